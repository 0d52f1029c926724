"""What later versions show: documents told apart, answers before and after, added words, and danger told of."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from chassis import documents
from chassis.actor import Actor
from contracts.envelope import DocumentReference
from contracts.vocabulary import Door, VersionMaker
from services.triage import queries
from services.triage.domain import Command, changed_answers, passages
from tests.triage.builders import GATEWAY, IMU, NOW, form, received, rows, version_added
from tests.triage.conftest import Console, Desk, hidden
from tests.triage.test_views import ONE, text_of

REFERENCE = "KM-7F3K-92QM"
RECEIPT = f"> Your reference is {REFERENCE}.\n> Keep it."


async def kept(desk: Desk, subject: UUID, name: str, media_type: str) -> DocumentReference:
    """Keep a document of a referral, as the inbox does before it hears of it."""
    async with desk.runtime.database.transaction(Actor.service("triage")) as session:
        return await documents.store(
            session, subject=subject, area="kent-and-medway", name=name, media_type=media_type, body=b"x", now=NOW
        )


class TestChangedAnswers:
    def test_are_those_that_differ_with_their_labels(self) -> None:
        changed = changed_answers(form(phones=["01632 960001"]), form(district="Medway"))
        found = {each.label.partition(": ")[2]: (each.before, each.after) for each in changed}
        assert ("Thanet", "Medway") in found.values()
        assert ("01632 960001", "") in found.values()
        assert len(changed) == 2

    def test_name_a_section_once_that_is_called_as_its_question(self) -> None:
        endangered = form()
        endangered = endangered.model_copy(
            update={"concerns": endangered.concerns.model_copy(update={"immediate_danger": True})}
        )
        assert [each.label for each in changed_answers(form(), endangered)] == ["Immediate danger"]

    def test_are_none_between_equal_forms(self) -> None:
        assert changed_answers(form(), form()) == ()


class TestPassages:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("He was seen.\nAt the station.", ["He was seen.\nAt the station."]),
            (f"Seen today.\r\n\r\nOn 3 May 2027 at 10:12\nPrevent wrote:\n{RECEIPT}", ["Seen today."]),
            (f"{RECEIPT}\n\nSeen today.", ["Seen today."]),
            (f"Seen.\nFrom: Prevent\nSent: 3 May\nTo: Ada\nSubject: {REFERENCE}\n\nThank you.", ["Seen."]),
            ("See below.\nFrom: A\nSent: 3 May\nTo: B\nHe said worse.", None),
            ("Call me:\nwe wrote:\nnothing", None),
        ],
    )
    def test_fold_only_what_an_earlier_message_said(self, text: str, shown: list[str] | None) -> None:
        found = passages(text, REFERENCE)
        told = [each.text.strip() for each in found if not each.quoted]
        assert told == (shown if shown is not None else [text])
        lines = [line for each in found for line in each.text.split("\n") if line.strip()]
        assert lines == [line for line in text.splitlines() if line.strip()]


class TestDocuments:
    async def test_of_the_same_name_are_told_apart_and_downloaded_under_no_persons_name(self, console: Console) -> None:
        subject = uuid4()
        desk = console.desk
        first = await kept(desk, subject, "message.eml", "message/rfc822")
        later = await kept(desk, subject, "message.eml", "message/rfc822")
        file = await kept(desk, subject, "Sample Synthetic.docx", "application/octet-stream")
        await desk.hear(received(door="email", documents=(first,)), subject)
        sent = {"made_by": VersionMaker.REFERRER, "added_at": NOW + timedelta(days=1)}
        await desk.hear(version_added(documents=(later,), came_by=Door.EMAIL, **sent), subject)
        await desk.hear(version_added(version=3, documents=(file,), came_by=Door.API, **sent), subject)
        client = await console.signed_in(GATEWAY)
        page = text_of(await client.get(ONE))
        assert "Original email from the referrer, received 18 November 2026 at 7:00am" in page
        assert "Later email from the referrer, received 19 November 2026 at 10:00am" in page
        assert "File added by the partner that referred, by API, received 19 November 2026" in page
        assert "Named by the sender: Sample Synthetic.docx" in page
        names = [
            (await client.get(f"{ONE}/documents/{each.id}")).headers["content-disposition"]
            for each in (first, later, file)
        ]
        assert names == [
            f'attachment; filename="{REFERENCE}-1-original-email-from-the-referrer.eml"',
            f'attachment; filename="{REFERENCE}-2-later-email-from-the-referrer.eml"',
            f'attachment; filename="{REFERENCE}-3-file-added-by-the-partner-that-referred-by-api.docx"',
        ]


class TestTimeline:
    @pytest.mark.parametrize(
        ("made_by", "came_by", "title", "by"),
        [
            (VersionMaker.REFERRER, Door.EMAIL, "Form corrected", "by the referrer, by email"),
            (VersionMaker.REFERRER, Door.API, "Form corrected", "by the partner that referred, by API"),
            (VersionMaker.DESK, None, "Form completed", "by an officer of the intake desk"),
        ],
    )
    async def test_says_what_changed_and_who_sent_it(
        self, console: Console, made_by: VersionMaker, came_by: Door | None, title: str, by: str
    ) -> None:
        subject = await console.desk.open()
        await console.desk.hear(version_added(made_by=made_by, came_by=came_by), subject)
        page = text_of(await (await console.signed_in(GATEWAY)).get(ONE))
        assert f"{title} {by}" in page
        assert "1 answer changed: " in page
        assert "Before: Synthetic Now: Completed" in page

    async def test_says_why_a_form_waits_for_the_desk_in_the_words_of_the_form(self, console: Console) -> None:
        reason = "Another form in the mail of KM-7F3K-92QM; not understood: concerns.came_to_light_on, person.surname."
        await console.desk.open(received(form=None, unread_reason=reason))
        page = text_of(await (await console.signed_in(GATEWAY)).get(ONE))
        assert "mail of KM-7F3K-92QM; not understood: “Relevant dates: Date the concern first came to light”" in page
        assert "“The person: Last name”." in page

    async def test_says_that_the_desk_made_a_form_in_a_mail_a_referral_of_its_own(self, console: Console) -> None:
        subject = await console.desk.open(received(door="email", form=None, unread_reason="Another form in a mail."))
        await console.desk.hear(version_added(made_by=VersionMaker.DESK, form=None), subject)
        page = text_of(await (await console.signed_in(GATEWAY)).get(ONE))
        assert "Made a referral of its own out of a mail by an officer of the intake desk" in page
        assert "Form completed" not in page

    async def test_says_that_software_read_the_form(self, console: Console) -> None:
        subject = await console.desk.open(received(form=None, unread_reason="no-form-found"))
        await console.desk.hear(version_added(made_by=VersionMaker.SOFTWARE), subject)
        page = text_of(await (await console.signed_in(GATEWAY)).get(ONE))
        assert "Form read from the original by software at intake" in page
        assert "answer changed" not in page


class TestAdditions:
    async def test_keep_their_lines_and_fold_what_is_quoted(self, console: Console) -> None:
        subject = await console.desk.open()
        words = (f"First line.\nSecond <b>line</b>.\n\n{RECEIPT}",)
        sent = {"made_by": VersionMaker.REFERRER, "came_by": Door.EMAIL, "form": form()}
        await console.desk.hear(version_added(additions=words, **sent), subject)
        await console.desk.hear(version_added(version=3, additions=(*words, "And once more."), **sent), subject)
        page = (await (await console.signed_in(GATEWAY)).get(ONE)).text
        assert '<p class="govuk-body throughline-typed">First line.\nSecond &lt;b&gt;line&lt;/b&gt;.</p>' in page
        folded = re.search(
            r"<details[^>]*>(?:(?!</details>).)*Quoted from an earlier message.*?</details>", page, re.DOTALL
        )
        assert folded
        assert "Your reference is" in folded[0]
        assert page.count("Your reference is") == 1
        assert page.count("And once more.") == 1
        assert "18 November 2026 at 10:00am, the referrer, by email" in page


class TestUrgent:
    async def test_runs_from_when_danger_was_told_until_an_officer_takes_it(self, console: Console) -> None:
        await console.desk.open(received(reference="KM-2222-2222"))
        await console.desk.open(received(immediate_danger=True))
        due = await rows(console.desk.runtime, "SELECT due_at FROM clock WHERE name = 'immediate-danger'")
        assert due == [{"due_at": NOW - timedelta(hours=3) + timedelta(minutes=30)}]
        client = await console.signed_in(GATEWAY)
        queue = (await client.get("/gateway")).text
        assert queue.index(REFERENCE) < queue.index("KM-2222-2222")
        assert "Urgent: a Gateway officer must take it by 18 November 2026 at 7:30am" in queue
        page = await client.get(ONE)
        assert "No Gateway officer has taken this referral since danger was reported." in text_of(page)
        assert "A Gateway officer must take it by 18 November 2026 at 7:30am Overdue" in text_of(page)
        fields = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
        await client.post(f"{ONE}/take", data=fields)
        after = text_of(await client.get(ONE))
        assert "No Gateway officer has taken" not in after
        assert "Immediate danger : stopped" in after

    async def test_stays_on_the_page_beside_a_form_that_says_no(self, console: Console) -> None:
        told = "answers “No” to immediate danger. No correction by the referrer takes this warning away."
        sent = form()
        yes = sent.model_copy(update={"concerns": sent.concerns.model_copy(update={"immediate_danger": True})})
        subject = await console.desk.open(received(immediate_danger=True, form=yes))
        client = await console.signed_in(GATEWAY)
        assert told not in text_of(await client.get(ONE))
        await console.desk.hear(version_added(immediate_danger=True), subject)
        page = text_of(await client.get(ONE))
        assert "The referrer says that somebody may be in immediate danger." in page
        assert told in page

    async def test_brings_back_to_the_queue_what_was_decided_and_can_be_taken_again(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject)
        await console.desk.decide(subject, Command.CLOSE, reason="mistaken")
        client = await console.signed_in(GATEWAY)
        assert f">{REFERENCE}</a>" not in (await client.get("/gateway")).text
        assert "only when immediate danger is told of anew" in (await client.get(ONE)).text
        await console.desk.hear(version_added(immediate_danger=True, made_by=VersionMaker.REFERRER), subject)
        assert "Urgent: a Gateway officer must take it by" in text_of(await client.get("/gateway"))
        page = await client.get(ONE)
        fields = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
        assert (await client.post(f"{ONE}/take", data=fields)).status_code == 303
        assert f">{REFERENCE}</a>" not in (await client.get("/gateway")).text

    async def test_is_stopped_by_a_decision_and_not_by_deconfliction(self, desk: Desk) -> None:
        subject = await desk.open(received(immediate_danger=True))
        running = "SELECT 1 AS one FROM clock WHERE name = 'immediate-danger' AND stopped_at IS NULL"
        await desk.clear(subject)
        assert await rows(desk.runtime, running)
        await desk.decide(subject, Command.PLP)
        assert not await rows(desk.runtime, running)


class TestPaging:
    async def test_a_page_that_is_just_full_leads_nowhere(
        self, console: Console, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("services.triage.queries.queues.QUEUE_PAGE", 2)
        monkeypatch.setattr(queries, "QUEUE_PAGE", 2)
        for number in (2, 3):
            await console.desk.open(received(reference=f"KM-{number}222-2222"))
        client = await console.signed_in(IMU)
        assert "Show the next" not in (await client.get("/imu")).text
        await console.desk.open(received(reference="KM-4222-2222"))
        page = (await client.get("/imu")).text
        assert "Show the next" in page
        following = re.search(r'href="/imu(\?after=[^"]+)"', page)
        assert following
        rest = (await client.get(f"/imu{following[1]}")).text
        assert len(re.findall(r"KM-\d222-2222</a>", rest)) == 1
