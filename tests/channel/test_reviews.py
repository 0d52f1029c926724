"""The pages of reviews: the closing report, the reviews after closure, and the list of those to come."""

from datetime import timedelta
from uuid import UUID

from chassis import clock
from chassis.actor import Actor
from contracts.notify.channel import AskAnswered
from contracts.vocabulary import AskKind, Role
from contracts.vocabulary.asking import AskAnswer
from services.channel import jobs
from services.channel.domain import Body, Command
from services.channel.domain.panel import Verdict
from tests.channel.builders import CORA, NOW, REFERENCE, coordinator, rows
from tests.channel.conftest import Console, send
from tests.channel.test_reviewing import close, closing, decide, find, reviews_of

DAY = timedelta(days=1)
HERE = f"/cases/{REFERENCE}/reviews"
REPORT = f"/cases/{REFERENCE}/closing-report"
WORDS = {"changed": "Grievance is gone.", "remains": "Nothing.", "holders": "The school.", "summary": "Went well."}


async def _closed(console: Console, *, days: int = 180, reviewer: Body = Body.LOCAL_AUTHORITY) -> UUID:
    """Return a closed case with one review, due so many days from the real now, which is when pages are opened."""
    subject = await closing(console.team, after_closure=(clock.now() + days * DAY,), reviewer=reviewer)
    await close(console.team, subject)
    return subject


class TestClosingReport:
    async def test_shows_the_panels_decision_and_closes_the_case(self, console: Console) -> None:
        await closing(console.team)
        client = await console.signed_in(CORA)
        assert "The concerns are reduced" in (await client.get(REPORT)).text
        assert "Write the closing report" in (await client.get(HERE)).text
        answer = await send(client, REPORT, **WORDS)
        assert (answer.status_code, answer.headers["location"]) == (303, HERE)
        page = await client.get(HERE)
        for words in ("The concerns are reduced", *WORDS.values(), "After closure", "To come"):
            assert words in page.text

    async def test_keeps_the_words_when_a_part_is_missing(self, console: Console) -> None:
        await closing(console.team)
        client = await console.signed_in(CORA)
        answer = await send(client, REPORT, **{**WORDS, "holders": ""})
        assert answer.status_code == 422
        assert "Say who holds which risk" in answer.text
        assert "Grievance is gone." in answer.text

    async def test_is_not_offered_before_the_panel_has_decided(self, console: Console) -> None:
        await console.team.open()
        await console.team.act((await rows(console.team.runtime, "SELECT subject FROM case_file"))[0]["subject"],
                               Command.ACCEPT)  # fmt: skip
        client = await console.signed_in(CORA)
        assert "cannot be recorded now" in (await client.get(REPORT)).text
        assert (await client.get(HERE)).status_code == 200

    async def test_a_chair_reads_reviews_and_writes_none(self, console: Console) -> None:
        subject = await _closed(console)
        client = await console.signed_in(coordinator(Role.PANEL_CHAIR, name="Petra Panelchair"))
        page = await client.get(HERE)
        assert "Record what it found" not in page.text
        review = (await reviews_of(console.team, subject))[0].id
        assert (await client.get(f"{HERE}/{review}")).status_code == 403
        assert (await client.get(REPORT)).status_code == 403


class TestReviewAfterClosure:
    async def test_is_recorded_by_the_team(self, console: Console) -> None:
        subject = await _closed(console)
        client = await console.signed_in(CORA)
        review = (await reviews_of(console.team, subject))[0].id
        refused = await send(client, f"{HERE}/{review}", findings=" ")
        assert refused.status_code == 422
        assert (await send(client, f"{HERE}/{review}", findings="Nothing new.")).status_code == 303
        page = await client.get(HERE)
        assert "Nothing new." in page.text
        assert "Made, for the panel to decide" in page.text
        assert (await client.get(f"{HERE}/nothing")).status_code == 404

    async def test_shows_what_the_police_answered(self, console: Console) -> None:
        subject = await _closed(console, days=20, reviewer=Body.POLICE)
        await jobs.reviews_after_closure(console.team.runtime, clock.now())
        review = (await reviews_of(console.team, subject))[0]
        assert review.obligation
        told = AskAnswered(
            reference=REFERENCE,
            ask_id=review.obligation,
            kind=AskKind.INFORMATION,
            answered_at=NOW,
            answered_by="Polly Panelpolice (synthetic)",
            answers=(AskAnswer(question="Is there a new concern?", words="None is known to us."),),
        )
        await console.team.hear(told, subject)
        client = await console.signed_in(CORA)
        page = await client.get(f"{HERE}/{review.id}")
        assert "None is known to us." in page.text
        assert "Asked" in (await client.get(HERE)).text

    async def test_says_when_it_is_overdue_and_when_it_is_past(self, console: Console) -> None:
        subject = await _closed(console, days=-1)
        client = await console.signed_in(CORA)
        assert "Overdue" in (await client.get(HERE)).text
        await console.team.act(subject, Command.REOPEN, reason="A new concern.")
        page = await client.get(HERE)
        assert "Not made: the case was opened again" in page.text
        review = (await reviews_of(console.team, subject))[0]
        assert "This review is past" in (await client.get(f"{HERE}/{review.id}")).text

    async def test_shows_what_the_panel_decided(self, console: Console) -> None:
        subject = await _closed(console)
        await find(console.team, subject, (await reviews_of(console.team, subject))[0].id)
        await decide(console.team, subject, Verdict.NO_CONCERN)
        client = await console.signed_in(CORA)
        assert "No concern" in (await client.get(HERE)).text


class TestToCome:
    async def test_lists_what_is_to_come_in_the_persons_areas(self, console: Console) -> None:
        await _closed(console, days=-1)
        client = await console.signed_in(CORA)
        page = await client.get("/reviews")
        assert REFERENCE in page.text
        assert "Overdue" in page.text
        assert (await client.get("/reviews?after=x~y")).status_code == 200
        elsewhere: Actor = coordinator(name="Neil Northmere", areas=frozenset({"northmere"}))
        client = await console.signed_in(elsewhere)
        assert REFERENCE not in (await client.get("/reviews")).text

    async def test_is_for_those_who_read_cases(self, console: Console) -> None:
        client = await console.signed_in(coordinator(Role.PANEL_MEMBER, name="Polly Panelpolice"))
        assert (await client.get("/reviews")).status_code == 403
