"""What our own relay wrote counts; what others wrote under its name, or it wrote of something else, does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain import Source, Verdict
from services.intake.readers import read_headers
from services.intake.readers.evidence import evidence_in, findings

RELAYS = frozenset({"mx.force.example"})
FROM = "From: Referrer <referrer@our-hill.example>"


def evidence(*headers: str) -> tuple[Verdict, Verdict, Verdict]:
    found = evidence_in(read_headers("\r\n".join((*headers, FROM, "", "")).encode()), RELAYS)
    return found.spf, found.dkim, found.dmarc


class TestRelay:
    def test_says_three_things(self) -> None:
        said = (
            "Authentication-Results: mx.force.example (relay; no 1) 1;\r\n spf=softfail smtp.mailfrom=x@a.example;"
            '\r\n dkim=fail reason="bad; signature" header.d=list.example;'
            "\r\n dkim=pass (2048-bit key) header.i=@our-hill.example; dmarc=pass (p=reject)"
        )
        assert evidence(said) == (Verdict.SOFTFAIL, Verdict.PASS, Verdict.PASS)
        found = evidence_in(read_headers(f"{said}\r\n{FROM}\r\n\r\n".encode()), RELAYS)
        assert (found.source, found.domain, found.signers) == (
            Source.RELAY,
            "our-hill.example",
            ("our-hill.example",),
        )

    def test_of_another_name_says_nothing(self) -> None:
        said = "Authentication-Results: mx.force.example.attacker.example; dmarc=pass"
        assert evidence(said) == (Verdict.UNTOLD,) * 3
        assert evidence_in(read_headers(f"{said}\r\n{FROM}\r\n\r\n".encode()), RELAYS).source is Source.NOBODY

    def test_is_believed_before_what_came_with_the_mail(self) -> None:
        ours = "Authentication-Results: mx.force.example; dmarc=fail; spf=fail"
        forged = "Authentication-Results: mx.force.example; dmarc=pass; spf=pass; dkim=pass"
        assert evidence(ours, "Received: by mx.force.example", forged)[::2] == (Verdict.FAIL, Verdict.FAIL)
        assert evidence("Received: by mx.force.example", ours, forged)[::2] == (Verdict.FAIL, Verdict.FAIL)

    def test_that_stands_below_another_hop_is_ignored(self) -> None:
        forged = "Authentication-Results: mx.force.example; dmarc=pass"
        assert evidence("Received: by mx.force.example", "Received: by evil.example", forged) == (Verdict.UNTOLD,) * 3

    def test_without_our_relays_nothing_counts(self) -> None:
        headers = read_headers(f"Authentication-Results: mx.force.example; dmarc=pass\r\n{FROM}\r\n\r\n".encode())
        assert evidence_in(headers, frozenset()).source is Source.NOBODY

    @pytest.mark.parametrize(
        "said",
        ["mx.force.example; none", "mx.force.example", ";;;", "mx.force.example; dkim=", '"mx.force.example', ""],
    )
    def test_may_say_nothing(self, said: str) -> None:
        assert list(findings(said, RELAYS)) == []

    @given(st.text(alphabet='mx.force example;=()"\\dkimpassfl/1 \t', max_size=200))
    def test_may_write_anything(self, said: str) -> None:
        list(findings(said, RELAYS))
        list(findings(f"mx.force.example; {said}", RELAYS))


class TestReplies:
    @pytest.mark.parametrize(
        ("reply_to", "elsewhere"),
        [
            ("other@our-hill.example", False),
            ("office@mail.our-hill.example", False),
            ("somebody@freemail.example", True),
            ("not an address", False),
        ],
    )
    def test_to_another_organisation_are_seen(self, reply_to: str, elsewhere: bool) -> None:
        headers = read_headers(f"{FROM}\r\nReply-To: {reply_to}\r\n\r\n".encode())
        assert evidence_in(headers, RELAYS).replies_elsewhere is elsewhere
