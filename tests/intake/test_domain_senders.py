"""When a receipt goes back by mail, and which mail is perhaps no referral: the rules, for every combination."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain import (
    Letter,
    NoReceipt,
    NoReferral,
    SenderEvidence,
    Source,
    Verdict,
    perhaps_no_referral,
    why_no_receipt,
)

OURS = frozenset({"preventreferrals@kent-and-medway.example"})
SENDER = "referrer@school.example"
evidences = st.builds(
    SenderEvidence,
    source=st.sampled_from(Source),
    spf=st.sampled_from(Verdict),
    dkim=st.sampled_from(Verdict),
    dmarc=st.sampled_from(Verdict),
    replies_elsewhere=st.booleans(),
)
letters = st.builds(
    Letter,
    sender=st.sampled_from([SENDER, "", *OURS, "PreventReferrals@Kent-and-Medway.example"]),
    null_sender=st.booleans(),
    automatic=st.booleans(),
    submitted=st.sampled_from(["", "no", "auto-replied", "auto-generated"]),
    report=st.booleans(),
    received=st.integers(0, 60),
    from_us=st.booleans(),
    answers_us=st.booleans(),
    evidence=evidences,
)


class TestReceipts:
    @given(evidence=evidences)
    def test_what_its_owner_vouches_for_is_never_taken_for_forged(self, evidence: SenderEvidence) -> None:
        assert not replace(evidence, dmarc=Verdict.PASS).looks_forged

    @given(evidence=evidences)
    def test_what_its_owner_disowns_is_always_taken_for_forged(self, evidence: SenderEvidence) -> None:
        assert replace(evidence, dmarc=Verdict.FAIL).looks_forged

    @given(evidence=evidences, check=st.sampled_from(["spf", "dkim", "dmarc"]))
    def test_a_failed_check_never_makes_a_sender_more_believable(self, evidence: SenderEvidence, check: str) -> None:
        worse: dict[str, Any] = {check: Verdict.FAIL}
        assert replace(evidence, **worse).looks_forged or not evidence.looks_forged

    @given(evidence=evidences)
    def test_what_nobody_checked_looks_like_nothing(self, evidence: SenderEvidence) -> None:
        unchecked = replace(evidence, spf=Verdict.UNTOLD, dkim=Verdict.UNTOLD, dmarc=Verdict.UNTOLD)
        assert not unchecked.looks_forged

    @given(letter=letters)
    def test_go_to_nobody_who_may_be_a_machine_ourselves_or_forged(self, letter: Letter) -> None:
        if why_no_receipt(letter, OURS) is None:
            assert letter.sender == SENDER
            assert not any((letter.null_sender, letter.automatic, letter.from_us, letter.evidence.looks_forged))

    def test_go_to_an_ordinary_sender(self) -> None:
        assert why_no_receipt(Letter(sender=SENDER), OURS) is None

    def test_do_not_go_where_answers_are_asked_elsewhere_and_a_check_failed(self) -> None:
        doubted = SenderEvidence(source=Source.RELAY, spf=Verdict.SOFTFAIL, replies_elsewhere=True)
        letter = Letter(sender=SENDER, evidence=doubted)
        assert why_no_receipt(letter, OURS) is NoReceipt.FORGED
        assert why_no_receipt(replace(letter, evidence=replace(doubted, replies_elsewhere=False)), OURS) is None


class TestPerhapsNoReferral:
    @given(letter=letters)
    def test_is_only_what_goes_back_to_our_own_mails(self, letter: Letter) -> None:
        if perhaps_no_referral(letter) is not None:
            assert letter.from_us or letter.answers_us or (letter.report and letter.null_sender)

    def test_is_no_mail_of_another_machine(self) -> None:
        assert perhaps_no_referral(Letter(sender=SENDER, automatic=True, submitted="auto-generated")) is None
        assert perhaps_no_referral(Letter(sender=SENDER, automatic=True, submitted="auto-replied")) is None

    def test_is_no_persons_answer_to_our_receipt(self) -> None:
        assert perhaps_no_referral(Letter(sender=SENDER, answers_us=True)) is None

    def test_is_a_bounce_an_automatic_answer_and_our_own_mail(self) -> None:
        found = [
            perhaps_no_referral(Letter(null_sender=True, report=True)),
            perhaps_no_referral(Letter(sender=SENDER, submitted="auto-replied", answers_us=True)),
            perhaps_no_referral(Letter(sender=SENDER, from_us=True)),
        ]
        assert found == [NoReferral.BOUNCE, NoReferral.AUTO_REPLY, NoReferral.OUR_OWN]
