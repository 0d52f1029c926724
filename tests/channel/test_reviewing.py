"""Closing reports, and reviews after closure that survive it: asked for, made, decided on, extended, reopened."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert

from chassis.actor import Actor
from chassis.database import Session
from chassis.deadlines import Change, Wanted
from chassis.ticking import ClockKey
from contracts.channel.notices import AskMade
from contracts.channel.statistics import CaseCounted
from contracts.vocabulary import AskKind, Outcome
from contracts.vocabulary.assessment import Assessment, FactorAnswer, Presence
from services.channel import jobs, models, operations, queries
from services.channel.domain import (
    Body,
    ClockName,
    ClosingOutcome,
    Command,
    Consent,
    Member,
    NotOffered,
    NotRecorded,
    PanelPractice,
    State,
)
from services.channel.domain.panel import Verdict
from services.channel.domain.reviewing import (
    FactorChange,
    ReviewDecided,
    ReviewNotFound,
    factor_changes,
    to_be_asked,
    why_not_until,
)
from services.channel.operations import Act, Looked
from services.channel.queries import ClosingWords, ReviewView
from tests.channel import panel_made
from tests.channel.builders import AREA, NOW, POLICE_OWNER, rows
from tests.channel.conftest import Team
from tests.channel.interventions_made import act, commissioned, done, into, providing, supported

DAY = timedelta(days=1)
WORDS = ClosingWords(changed="Grievance is gone.", remains="Nothing.", holders="The school.", summary="It went well.")
POLICE = Member("polly", "Polly Panelpolice (synthetic)", "Kent Police", "police", force="kent")
HEALTH = Member("hamid", "Hamid Health (synthetic)", "Health Trust", "health")


async def closing(team: Team, outcome: str = ClosingOutcome.CONCERNS_REDUCED, **given: Any) -> UUID:
    """Return a case that the panel has decided to close, in an area with reviews after six and twelve months."""
    subject = await supported(team)
    after = (NOW + 180 * DAY, NOW + 365 * DAY)
    panel = PanelPractice(members=(HEALTH, POLICE))
    team.practices.given = providing(**{"after_closure": after, "panel": panel, "force": "kent", **given})
    await into(team.runtime, subject, State.CLOSING, consent=Consent.GIVEN)
    await done(team, lambda session: _decide(session, subject, outcome), Actor.service("channel"))
    return subject


async def _decide(session: Session, subject: UUID, outcome: str) -> None:
    row = {
        "id": uuid4(),
        "slot_id": uuid4(),
        "meeting_id": uuid4(),
        "subject": subject,
        "area": "kent-and-medway",
        "area_version": "2026-01",
        "command": Command.PANEL_CLOSE,
        "agreement": "unanimous",
        "reason_kind": "",
        "verdict": "",
        "outcome": outcome,
        "presided_by": "Petra Panelchair",
        "by_id": "petra",
        "by_name": "Petra Panelchair",
        "decided_at": NOW,
    }
    await session.execute(insert(models.panel_decision).values(row))


async def close(team: Team, subject: UUID, words: ClosingWords = WORDS, now: datetime = NOW) -> None:
    """Complete the closing report."""
    local, done_at = team.practices.given, act(Command.CLOSING_REPORT, now)
    await done(team, lambda s: operations.close_case(s, subject, words, done_at, local))


async def reviews_of(team: Team, subject: UUID) -> tuple[ReviewView, ...]:
    """Return the reviews of a case."""
    found: tuple[ReviewView, ...] = await done(team, lambda session: queries.reviews(session, subject))
    return found


async def find(team: Team, subject: UUID, review: UUID, words: str = "Nothing new.") -> None:
    """Record what a review found."""
    local = team.practices.given
    await done(team, lambda s: operations.record_findings(s, subject, (review, words), act(Command.NOTE), local))


async def decide(team: Team, subject: UUID, verdict: Verdict, until: date | None = None) -> None:
    """Let the panel decide on the next review."""

    async def work(session: Session) -> None:
        held = await queries.held(session, subject)
        looked, local = Looked(verdict, until), team.practices.given
        await operations.review_closed(session, held, looked, local, NOW + 181 * DAY)

    await done(team, work)


class TestCloseCase:
    async def test_closes_and_lets_a_clock_run_for_each_review(self, team: Team) -> None:
        subject = await closing(team)
        await close(team, subject)
        case = (await rows(team.runtime, "SELECT state, closed_at FROM case_file"))[0]
        assert case == {"state": "closed", "closed_at": NOW}
        clocks = await rows(
            team.runtime, "SELECT about, due_at FROM clock WHERE name = 'review-after-closure' AND stopped_at IS NULL"
        )
        found = await reviews_of(team, subject)
        assert {(each["about"], each["due_at"]) for each in clocks} == {(each.id, each.due_at) for each in found}
        assert [each.due_at for each in found] == [NOW + 180 * DAY, NOW + 365 * DAY]
        report = (await done(team, lambda session: queries.closing_reports(session, subject)))[0]
        assert (report.number, report.outcome, report.words) == (1, "concerns-reduced", WORDS)
        counts = [each for each in (await team.announced())["channel.case-counted.v1"] if isinstance(each, CaseCounted)]
        assert counts[-1].outcome is Outcome.CASE_CLOSED

    @pytest.mark.parametrize("name", ["changed", "remains", "holders", "summary"])
    async def test_needs_each_part(self, team: Team, name: str) -> None:
        subject = await closing(team)
        with pytest.raises(NotRecorded) as refusal:
            await close(team, subject, WORDS.model_copy(update={name: " "}))
        assert refusal.value.field == name

    async def test_refuses_while_an_intervention_runs(self, team: Team) -> None:
        subject = await supported(team)
        await commissioned(team, subject)
        await into(team.runtime, subject, State.CLOSING)
        with pytest.raises(NotOffered, match="End the interventions first: Sample Provider One"):
            await close(team, subject)

    async def test_nobody_reviews_a_person_who_died(self, team: Team) -> None:
        subject = await closing(team, ClosingOutcome.DIED)
        await close(team, subject)
        assert await reviews_of(team, subject) == ()


class TestReviews:
    async def test_keep_the_case_from_ending_until_the_panel_has_decided_on_each(self, team: Team) -> None:
        subject = await closing(team)
        await close(team, subject)
        with pytest.raises(NotOffered, match="2 of the reviews"):
            await team.act(subject, Command.END, reason="Over.")
        for each in await reviews_of(team, subject):
            await find(team, subject, each.id)
            await decide(team, subject, Verdict.NO_CONCERN)
        await team.act(subject, Command.END, reason="Over.")
        assert (await rows(team.runtime, "SELECT state FROM case_file"))[0]["state"] == "ended"

    async def test_are_made_before_the_panel_decides(self, team: Team) -> None:
        subject = await closing(team)
        await close(team, subject)
        with pytest.raises(NotRecorded, match="has not been made"):
            await decide(team, subject, Verdict.NO_CONCERN)

    async def test_go_on_until_a_day_that_the_panel_names(self, team: Team) -> None:
        subject = await closing(team)
        await close(team, subject)
        await find(team, subject, (await reviews_of(team, subject))[0].id)
        until = (NOW + 700 * DAY).date()
        await decide(team, subject, Verdict.EXTEND, until)
        first, _, last = await reviews_of(team, subject)
        assert (first.verdict, last.due_at.date()) == ("extended", until)
        held = await done(team, lambda session: queries.held(session, subject))
        assert held.situation.reviews_run == 2

    @pytest.mark.parametrize("days", [None, 0, 181, 731])
    async def test_never_beyond_two_years_from_closure(self, team: Team, days: int | None) -> None:
        subject = await closing(team)
        await close(team, subject)
        await find(team, subject, (await reviews_of(team, subject))[0].id)
        until = None if days is None else (NOW + days * DAY).date()
        with pytest.raises(NotRecorded, match="reviews go on no longer"):
            await decide(team, subject, Verdict.EXTEND, until)

    async def test_of_a_case_that_was_opened_again_are_past(self, team: Team) -> None:
        subject = await closing(team)
        await close(team, subject)
        review = (await reviews_of(team, subject))[0]
        assert len(await done(team, queries.reviews_to_come)) == 2
        await team.act(subject, Command.REOPEN, reason="A new concern.")
        assert (await rows(team.runtime, "SELECT state FROM case_file"))[0]["state"] == "referred-to-panel"
        assert not await done(team, queries.reviews_to_come)
        assert not await rows(
            team.runtime, "SELECT 1 FROM clock WHERE name = 'review-after-closure' AND stopped_at IS NULL"
        )
        with pytest.raises(ReviewDecided):
            await find(team, subject, review.id)

    async def test_fall_due_when_their_clocks_say(self, team: Team) -> None:
        subject = await closing(team)
        await close(team, subject)
        first, second = await reviews_of(team, subject)
        longer = Wanted(Change.EXTEND, until=second.due_at.date() + 2 * DAY, words="The reviewer is away.")
        extend = Act(Command(Change.EXTEND), NOW + 30 * DAY)
        key = ClockKey(subject, ClockName.AFTER_CLOSURE, first.id)
        later = await done(team, lambda s: operations.change_clock(s, key, extend, longer, team.practices.given))
        assert [(each.id, each.due_at) for each in await reviews_of(team, subject)][1] == (first.id, later)
        listed = await done(team, queries.reviews_to_come)
        assert [each.id for each in listed] == [second.id, first.id]

    async def test_a_missed_one_raises_an_alarm(self, team: Team) -> None:
        subject = await closing(team)
        await close(team, subject)
        await jobs.deadlines(team.runtime, NOW + 181 * DAY)
        found = await rows(team.runtime, "SELECT name FROM clock WHERE alarmed_at IS NOT NULL AND stopped_at IS NULL")
        assert "review-after-closure" in {each["name"] for each in found}

    async def test_findings_are_words_about_a_review_that_is_there(self, team: Team) -> None:
        subject = await closing(team)
        await close(team, subject)
        with pytest.raises(NotRecorded, match="what the review found"):
            await find(team, subject, (await reviews_of(team, subject))[0].id, " ")
        with pytest.raises(ReviewNotFound):
            await find(team, subject, uuid4())

    async def test_erasing_leaves_no_words(self, team: Team) -> None:
        subject = await closing(team)
        await close(team, subject)
        await find(team, subject, (await reviews_of(team, subject))[0].id)
        await done(team, lambda session: operations.erase_subject(session, subject), Actor.service("channel"))
        assert {each.findings for each in await reviews_of(team, subject)} == {""}
        report = (await done(team, lambda session: queries.closing_reports(session, subject)))[0]
        assert report.words == ClosingWords()


class TestInTheMeeting:
    async def test_the_panels_decision_is_kept_with_the_review(self, team: Team) -> None:
        meeting = await panel_made.made(team, 1)
        subject = (await meeting.held(0)).subject
        await into(team.runtime, subject, State.CLOSED, closed_at=NOW)
        review = uuid4()
        row = {"id": review, "subject": subject, "area": AREA, "closed_at": NOW, "due_at": NOW + 180 * DAY}
        given = row | {"reviewer": Body.LOCAL_AUTHORITY}
        await done(team, lambda s: s.execute(insert(models.review).values(given)), Actor.service("channel"))
        await meeting.begin()
        await meeting.go_on(0)
        with pytest.raises(NotRecorded, match="has not been made"):
            await meeting.decide(0, Command.REVIEW_CLOSED, summary="No concern.", verdict=Verdict.NO_CONCERN)
        await find(team, subject, review)
        await meeting.decide(0, Command.REVIEW_CLOSED, summary="No concern.", verdict=Verdict.NO_CONCERN)
        assert [each.verdict for each in await reviews_of(team, subject)] == ["no-concern"]


class TestPoliceReviews:
    async def test_are_asked_for_some_weeks_before_by_a_link_once(self, team: Team) -> None:
        subject = await closing(team, reviewer=Body.POLICE)
        await close(team, subject)
        await jobs.reviews_after_closure(team.runtime, NOW + 100 * DAY)
        assert "channel.ask-made.v1" not in await team.announced()
        for _ in range(2):
            await jobs.reviews_after_closure(team.runtime, NOW + 153 * DAY)
        asked = (await team.announced())["channel.ask-made.v1"]
        assert len(asked) == 1
        assert isinstance(asked[0], AskMade)
        assert (asked[0].kind, asked[0].recipient) == (AskKind.INFORMATION, "polly")
        first = (await reviews_of(team, subject))[0]
        assert first.asked_at == NOW + 153 * DAY
        assert first.obligation == asked[0].ask_id

    async def test_are_not_asked_for_where_the_team_makes_them(self, team: Team) -> None:
        subject = await closing(team)
        await close(team, subject)
        await jobs.reviews_after_closure(team.runtime, NOW + 179 * DAY)
        assert "channel.ask-made.v1" not in await team.announced()

    async def test_are_not_asked_for_of_a_case_that_was_opened_again_meanwhile(self, team: Team) -> None:
        subject = await closing(team, reviewer=Body.POLICE)
        await close(team, subject)
        now, local = NOW + 153 * DAY, team.practices
        [wanted] = await done(team, lambda session: queries.reviews_to_ask(session, now, 10))
        await team.act(subject, Command.REOPEN, reason="A new concern.")
        assert await done(team, lambda session: operations.ask_for_review(session, wanted, local, now)) is None
        assert "channel.ask-made.v1" not in await team.announced()
        assert (await reviews_of(team, subject))[0].asked_at is None

    async def test_without_a_member_of_the_police_nobody_is_asked(self, team: Team) -> None:
        subject = await closing(team, reviewer=Body.POLICE, panel=PanelPractice(members=(HEALTH,)))
        await close(team, subject)
        await jobs.reviews_after_closure(team.runtime, NOW + 179 * DAY)
        assert (await reviews_of(team, subject))[0].asked_at is None


def _assessed(number: int, presence: Presence, instrument: str = "vaf") -> Assessment:
    factor = FactorAnswer(
        factor="grievance", dimension="engagement", label="Grievance", presence=presence, narrative="Words."
    )
    return Assessment(
        instrument=instrument,
        edition="2015",
        name="Framework",
        number=number,
        completed_at=NOW,
        completed_by=POLICE_OWNER,
        finding="clear-evidence",
        summary="Words.",
        factors=(factor,),
    )


class TestRules:
    def test_compares_the_first_assessment_with_the_last(self) -> None:
        first, last = _assessed(1, Presence.PRESENT), _assessed(3, Presence.NOT_PRESENT)
        between = _assessed(2, Presence.NOT_KNOWN)
        assert factor_changes([first, between, last]) == (FactorChange("Grievance", "present", "not present"),)
        assert factor_changes([first, first]) == ()
        assert factor_changes([_assessed(1, Presence.PRESENT, "gateway"), last]) == ()
        assert factor_changes([]) == ()

    def test_asks_the_police_of_the_home_force_first(self) -> None:
        other = Member("otto", "Otto (synthetic)", "Essex Police", "police", force="essex")
        assert to_be_asked((HEALTH, POLICE, other), "essex") is other
        assert to_be_asked((HEALTH, POLICE, other), " Essex") is other
        assert to_be_asked((HEALTH, POLICE), "essex") is POLICE
        assert to_be_asked((HEALTH,), "essex") is None

    def test_names_the_last_day(self) -> None:
        today = NOW.date()
        assert why_not_until(today + DAY, today + DAY, today) == ""
        assert "18 November 2028" in why_not_until(None, date(2028, 11, 18), today)
