"""Who completes what at the desk, by when, beside the original; and pairs that may be about the same person."""

from datetime import timedelta
from typing import Any

import pytest
from lxml import html
from sqlalchemy import text

from chassis import clock
from chassis.actor import Actor
from chassis.web import FormData
from contracts.vocabulary.nrf import QUESTIONS, Kind
from services.intake import jobs
from services.intake.app import service
from services.intake.domain import (
    Addition,
    Found,
    NoReceipt,
    Outcome,
    Quarantined,
    QuarantineReason,
    SenderEvidence,
    Source,
    Verdict,
)
from services.intake.operations import (
    Sent,
    add_version_by_referrer,
    note_quarantined,
    record_evidence,
    record_reading,
)
from services.intake.queries import desk_referral
from services.intake.readers import Cage
from services.intake.web import keying, places
from tests.conftest import Running, RunningOf, eventually
from tests.intake.builders import form, rows
from tests.intake.test_operations import KEY, practice, take_in
from tests.intake.test_web_desk import as_officer, hidden, keyed, listed, next_page, post, problems, sheet, unread_mail


@pytest.fixture
async def intake(running_of: RunningOf) -> Running:
    """Intake with everything but its mailbox and its clock."""
    return await running_of(service(), doors=False)


def words(page: str) -> str:
    """Return a page's main text."""
    root: Any = html.fromstring(page)
    return " ".join(root.xpath("//main")[0].text_content().split())


async def overdue(intake: Running, reference: str) -> None:
    """Let the time for a referral be over."""
    await rows(
        intake.runtime,
        "UPDATE referral SET complete_by = now() - interval '1 day' WHERE reference = :r RETURNING 1",
        r=reference,
    )


class TestSender:
    async def test_is_shown_beside_the_original_with_what_was_found_and_a_warning(self, intake: Running) -> None:
        reference = await unread_mail(intake)
        [row] = await rows(intake.runtime, "SELECT id FROM referral WHERE reference = :r", r=reference)
        forged = SenderEvidence(source=Source.RELAY, dmarc=Verdict.FAIL, domain="school.example")
        async with intake.runtime.database.transaction(Actor.job("intake", "reading")) as session:
            await record_evidence(session, row.id, Sent(evidence=forged, no_receipt=NoReceipt.FORGED), now=clock.now())
        await as_officer(intake)
        page = words((await intake.client.get(f"/desk/referrals/{reference}")).text)
        assert "May be forged The mail says that it comes from school.example." in page
        assert "was changed on its way (DMARC failed)" in page
        assert "answer by telephone" in page

    async def test_of_several_forms_in_one_mail_leads_from_each_to_the_others(self, intake: Running) -> None:
        first, second = await unread_mail(intake), await unread_mail(intake)
        await rows(
            intake.runtime,
            """INSERT INTO same_mail (first_id, place, area, referral_id, made_by)
            SELECT f.id, 1, f.area, s.id, '' FROM referral f, referral s WHERE f.reference = :f AND s.reference = :s
            RETURNING 1""",
            f=first,
            s=second,
        )
        await as_officer(intake)
        for one, other in ((first, second), (second, first)):
            page = (await intake.client.get(f"/desk/referrals/{one}")).text
            assert f"/desk/referrals/{other}" in page
            assert "Another referral came in the same mail" in words(page)


class TestOwner:
    async def test_is_the_duty_officer_until_somebody_claims_it(self, intake: Running) -> None:
        reference = await unread_mail(intake)
        await as_officer(intake)
        page = words((await intake.client.get(f"/desk/referrals/{reference}")).text)
        assert "duty officer, until somebody claims it" in page
        assert "At the desk now" in page or "Desk closed, covered by" in page
        assert "Sample Dutyofficer" in words((await intake.client.get("/desk")).text)
        answer = await claim(intake, reference)
        assert answer.headers["location"] == f"/desk/referrals/{reference}"
        listed = words((await intake.client.get("/desk?list=claimed")).text)
        assert reference in listed
        assert "Sample Officer (synthetic)" in listed

    async def test_alone_completes_and_another_takes_over_with_a_reason(self, intake: Running) -> None:
        reference = await unread_mail(intake)
        await as_officer(intake)
        await claim(intake, reference)
        await as_officer(intake, "Second Officer (synthetic)", 2)
        path = f"/desk/referrals/{reference}"
        page = (await intake.client.get(path)).text
        assert "Complete and send on" not in page
        assert "Person making this referral: last name" in page
        refused = await intake.client.post(path, data={**keyed(), **hidden(page)})
        assert refused.status_code == 409
        lacking = await claim(intake, reference)
        assert (lacking.status_code, problems(lacking.text)) == (422, ["Enter why you take this referral over"])
        taken = await claim(intake, reference, reason="The shift of the first officer is over (synthetic).")
        assert taken.status_code == 303
        completed = await post(intake, path, keyed())
        assert completed.headers["location"] == "/desk", problems(completed.text)
        audited = await rows(
            intake.runtime, "SELECT actor_id FROM audit_entry WHERE action = 'referral.claimed' ORDER BY id"
        )
        assert [row.actor_id for row in audited] == ["desk-1", "desk-2"]


async def claim(intake: Running, reference: str, **fields: str) -> Any:
    """Claim a referral as its page offers it."""
    page = await intake.client.get(f"/desk/referrals/{reference}")
    return await intake.client.post(f"/desk/referrals/{reference}/claim", data={**fields, **hidden(page.text)})


class TestClock:
    async def test_marks_and_counts_what_is_overdue(self, intake: Running) -> None:
        late, other = await unread_mail(intake), await unread_mail(intake)
        await overdue(intake, late)
        await as_officer(intake)
        page = (await intake.client.get("/desk?list=overdue")).text
        assert listed(page) == [late]
        assert "Overdue" in words(page)
        assert other not in page
        await jobs.watch_desk(intake.runtime, clock.now())
        assert jobs.Counted.overdue_at_desk == 1

        async def none_is_overdue() -> bool:
            await jobs.watch_desk(intake.runtime, clock.now() - timedelta(days=30))
            return jobs.Counted.overdue_at_desk == 0

        await eventually(none_is_overdue)  # the service counts too, at this moment perhaps

    async def test_runs_by_the_working_hours_of_the_areas_desk(self, intake: Running) -> None:
        _, row = await take_in(intake.runtime, practice(intake.runtime), None)
        # A Saturday morning and one working day: Monday at the desk's closing time, London.
        assert row.complete_by.isoformat() == "2026-11-23T18:00:00+00:00"


class TestSheet:
    async def test_shows_each_field_with_what_was_made_of_it(self, intake: Running) -> None:
        reference = await unread_mail(intake)
        await as_officer(intake)
        fields = sheet((await intake.client.get(f"/desk/referrals/{reference}")).text)
        assert fields["The person: first names"] == ["Missing"]
        assert fields["Nationality or citizenship"] == ["Found"]
        assert fields["Role"] == []
        first = list(fields).index("Person making this referral: last name")
        assert first < list(fields).index("Nationality or citizenship")

    def test_puts_what_is_doubtful_first_with_the_words_that_were_read(self) -> None:
        found = Found({"person.date_of_birth": "3/7/11", "person.surname": "Found"}, (), ("person.date_of_birth",))
        shown = keying.form(found)
        [doubtful] = [each for each in shown.first.keyed if each.tag == "doubtful"]
        assert (doubtful.field.name, doubtful.read) == ("person.date_of_birth", "3/7/11")
        assert doubtful.field.parts == ("", "", "")

    def test_folds_what_has_no_answer_and_keeps_an_entry_of_a_list_together(self) -> None:
        [person, *others] = keying.form(Found({"person.addresses.0.postcode": "CT9 1AB"})).others
        shown = [each.field.name for each in person.shown]
        assert shown == [f"person.addresses.0.{name}" for name in ("lines", "postcode", "current")]
        assert "person.addresses.1.lines" in [each.field.name for each in person.folded]
        assert not [each for sheet in others for each in sheet.shown]
        assert len(person.shown) + len(person.folded) == len(person.keyed)

    async def test_leads_to_what_is_missing_and_shows_what_is_to_be_mended_unfolded(self, intake: Running) -> None:
        reference = await unread_mail(intake)
        await as_officer(intake)
        path = f"/desk/referrals/{reference}"
        page: Any = html.fromstring((await intake.client.get(path)).text)
        targets = page.xpath("//nav[@aria-labelledby='first']//a/@href")
        assert "#person.forenames" in targets
        assert [each for each in targets if not page.xpath(f"//form//*[@id='{each[1:]}']")] == []
        assert page.xpath("//details//input[@id='person.phones.0']")
        answer = await post(intake, path, keyed() | {"person.phones.0": "no number", "person.aliases.0": "Lex"})
        mended: Any = html.fromstring(answer.text)
        for name in ("person.phones.0", "person.aliases.0"):
            assert mended.xpath(f"//input[@id='{name}']")
            assert not mended.xpath(f"//details//input[@id='{name}']")

    def test_asks_of_the_referrer_as_somebody_else(self) -> None:
        wrong = keying.read(FormData(), Found(), clock.now().date())
        assert isinstance(wrong, tuple)
        said = dict(wrong)
        assert said["referrer.sector"] == "Select which of these describes the referrer or their organisation"
        assert not [sentence for sentence in said.values() if "you" in sentence.split()]

    def test_asks_every_question_of_the_form(self) -> None:
        shown = keying.form(Found())
        names = {each.field.name for sheet in (shown.first, *shown.others) for each in sheet.keyed}
        asked = {path.replace("*", "0") for path, each in QUESTIONS.items() if each.kind is not Kind.ACKNOWLEDGED}
        assert names == asked

    async def test_takes_in_lists_and_ticked_boxes(self, intake: Running) -> None:
        reference = await unread_mail(intake)
        await as_officer(intake)
        more = {
            "person.aliases.0": "Lex",
            "person.addresses.0.lines": "1 Example Street",
            "person.addresses.0.postcode": "CT9 1AB",
            "person.addresses.0.current": "no",
            "concerns.aspects": ["phone-internet-or-social-media", "desire-to-harm-or-threats"],
            "considerations.individual_informed": "no",
        }
        answer = await post(intake, f"/desk/referrals/{reference}", keyed() | more)
        assert answer.headers.get("location") == "/desk", problems(answer.text)
        async with intake.runtime.database.transaction(Actor.service("intake")) as session:
            made = (await desk_referral(session, reference)).form
        assert made is not None
        assert (made.person.aliases, made.person.addresses[0].current) == (("Lex",), False)
        assert len(made.concerns.aspects) == 2

    async def test_keeps_what_was_typed_when_something_is_to_be_mended(self, intake: Running) -> None:
        reference = await unread_mail(intake)
        await as_officer(intake)
        wrong = keyed() | {"person.phones.0": "no number", "person.family": "Kept words"}
        answer = await post(intake, f"/desk/referrals/{reference}", wrong)
        assert answer.status_code == 422
        assert any("phone number" in sentence for sentence in problems(answer.text))
        assert "Kept words" in answer.text
        page: Any = html.fromstring(answer.text)
        [known] = page.xpath("//input[@name='sharing_acknowledged'][@checked]/@value")
        assert known == keyed()["sharing_acknowledged"]
        assert not page.xpath("//nav[@aria-labelledby='first']//a[@href='#person.phones.0']"), "what is wrong is here"
        assert not page.xpath("//*[@id='person.phones.0']/ancestor::*[@class='throughline-keyed']//strong")

    async def test_sends_the_form_without_the_place_that_a_link_led_to(self, intake: Running) -> None:
        """A form without an address sends the fragment along: the browser then passes over the error summary."""
        reference = await unread_mail(intake)
        await as_officer(intake)
        page: Any = html.fromstring((await intake.client.get(f"/desk/referrals/{reference}")).text)
        assert f"/desk/referrals/{reference}" in page.xpath("//main//form/@action")


class TestOriginal:
    async def test_is_shown_as_it_was_kept_without_opening_it_again(
        self, intake: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def opened(*_: Any) -> Any:
            raise AssertionError

        monkeypatch.setattr(Cage, "start", opened)
        reference = await unread_mail(intake)
        await as_officer(intake)
        page = (await intake.client.get(f"/desk/referrals/{reference}")).text
        assert "A synthetic &lt;b&gt;mail." in page
        await rows(intake.runtime, "UPDATE referral_version SET found = NULL RETURNING 1")
        page = (await intake.client.get(f"/desk/referrals/{reference}")).text
        assert "There is no text of it to show here: download it." in words(page)
        assert "Download: The mail as it came" in words(page)

    async def test_in_quarantine_is_named_with_its_reason_size_and_digest(self, intake: Running) -> None:
        reference = await unread_mail(intake)
        held = Quarantined(
            place=1, reason=QuarantineReason.INFECTED, name="a.docx", size=2048, digest="ab" * 32, signature="Eicar"
        )
        async with intake.runtime.database.transaction(Actor.job("intake", "reading")) as session:
            [row] = await session.rows(text("SELECT * FROM referral"))
            await note_quarantined(session, row, (held,), clock.now())
        await as_officer(intake)
        page = words((await intake.client.get(f"/desk/referrals/{reference}")).text)
        assert "In quarantine a.docx: The malware scanner recognised this as malicious" in page
        assert "The scanner calls it Eicar." in page
        assert "2 KB, found " in page
        assert "ab" * 32 in page


class TestAdditions:
    async def test_are_shown_beside_the_original(self, intake: Running) -> None:
        reference = await unread_mail(intake)
        [row] = await rows(intake.runtime, "SELECT id FROM referral")
        async with intake.runtime.database.transaction(Actor.public()) as session:
            await add_version_by_referrer(
                session,
                row.id,
                Addition(words="He was seen again (synthetic)."),
                practice(intake.runtime),
                likeness_key=KEY,
                now=clock.now(),
            )
        await as_officer(intake)
        assert "He was seen again (synthetic)." in words((await intake.client.get(f"/desk/referrals/{reference}")).text)


class TestPairs:
    async def test_wait_in_a_list_and_are_answered_beside_each_other(self, intake: Running) -> None:
        earlier, later = await two_alike(intake)
        await as_officer(intake)
        page = (await intake.client.get("/desk/pairs")).text
        assert listed(page) == [later]
        path = f"/desk/pairs/{later}/{earlier}"
        assert path in page
        shown = words((await intake.client.get(path)).text)
        assert shown.count("Sample Synthetic") == 2
        lacking = await post(intake, path, {})
        assert problems(lacking.text) == ["Select whether they are about the same person", "Enter how you know"]
        answer = await post(intake, path, {"answer": "linked", "reason": "The same synthetic boy."})
        assert answer.headers["location"] == "/desk/pairs"
        assert listed((await intake.client.get("/desk/pairs")).text) == []
        for one, other in ((earlier, later), (later, earlier)):
            told = words((await intake.client.get(f"/desk/referrals/{one}")).text)
            assert f"Linked {other}" in told
            assert "The same synthetic boy." in told
        reads = await rows(intake.runtime, "SELECT 1 FROM audit_entry WHERE reason = 'intake-desk-pair'")
        assert len(reads) >= 4

    async def test_are_named_in_the_order_in_which_they_came(self, intake: Running) -> None:
        one, other = await two_alike(intake)
        await as_officer(intake)
        for first, second in ((one, other), (other, one)):
            await rows(
                intake.runtime,
                """UPDATE referral SET received_at = now() - CASE WHEN reference = :first THEN interval '2 hours'
                    ELSE interval '1 hour' END RETURNING 1""",
                first=first,
            )
            page: Any = html.fromstring((await intake.client.get("/desk/pairs")).text)
            assert page.xpath("//tbody//th")[0].text_content() == second
            assert page.xpath("//tbody//td")[0].text_content() == first

    async def test_by_a_mail_that_names_another_referral_say_so_until_somebody_answers(self, intake: Running) -> None:
        await take_in(intake.runtime, practice(intake.runtime), form())
        [known] = await rows(intake.runtime, "SELECT reference FROM referral")
        receipt, row = await take_in(intake.runtime, practice(intake.runtime), None)
        outcome = Outcome(None, "No form.", Found(named=(known.reference, "KM-7F3K-92QM")))
        local = practice(intake.runtime)
        async with intake.runtime.database.transaction(Actor.job("intake", "reading")) as session:
            await record_reading(session, row.id, outcome, local, likeness_key=KEY, now=clock.now())
        await as_officer(intake)
        path = f"/desk/referrals/{receipt.reference}"
        said = f"names another referral, to which it may belong: compare {known.reference}."
        assert said in words((await intake.client.get(path)).text)
        answer = {"answer": "separate", "reason": "Another person (synthetic)."}
        await post(intake, f"/desk/pairs/{receipt.reference}/{known.reference}", answer)
        assert said not in words((await intake.client.get(path)).text)

    async def test_page_on(self, intake: Running, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(places, "SHOWN", 2)
        for _ in range(3):
            await take_in(intake.runtime, practice(intake.runtime), form())
        await as_officer(intake)
        first = (await intake.client.get("/desk/pairs")).text
        assert "3 pairs wait" in words(first)
        link = next_page(first)
        assert len(listed((await intake.client.get(f"/desk/pairs{link}")).text)) == 1
        assert len(listed((await intake.client.get("/desk/pairs?after=x~y~z")).text)) == 2

    async def test_can_be_any_two_referrals(self, intake: Running) -> None:
        earlier, later = await two_alike(intake)
        await as_officer(intake)
        found = await intake.client.get(f"/desk/pairs?reference={later.lower()}&other={earlier}")
        assert found.headers["location"] == f"/desk/pairs/{later}/{earlier}"
        wrong = await intake.client.get(f"/desk/pairs?reference={later}&other=foo")
        assert wrong.status_code == 404
        assert (await intake.client.get(f"/desk/pairs/{later}/KM-BBBB-BBBK")).status_code == 404


async def two_alike(intake: Running) -> tuple[str, str]:
    """Receive two referrals about the same person; return their references, in the order of their ids."""
    for _ in range(2):
        await take_in(intake.runtime, practice(intake.runtime), form())
    earlier, later = await rows(intake.runtime, "SELECT reference FROM referral ORDER BY id")
    return earlier.reference, later.reference
