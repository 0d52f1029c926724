"""What happened, as a timeline and as text; and the case as it was known on a day, with the rules behind it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.vocabulary import Outcome
from services.channel import queries
from services.channel.domain import ClockName, Command, Consent, Obligation, Record, State
from services.channel.domain.chronology import KINDS, Kind, known_at, rule_of
from services.channel.operations import Act, Owing, act_on_case, keep_obligation
from services.channel.queries import TimelineEntry
from tests.channel.builders import (
    CORA,
    NOW,
    POLICE_OWNER,
    REFERENCE,
    VERSION,
    corrected,
    decided,
    made,
    merged,
    parts,
    passed,
    rows,
    separated,
)
from tests.channel.conftest import Console, Team

DAY = timedelta(days=1)


def line(command: Command, to: State, *, days: int = 0, before: State | None = None, **given: Any) -> TimelineEntry:
    """Return a line of history so many days after the first."""
    values: dict[str, Any] = {
        "at": NOW + days * DAY,
        "by": CORA.name,
        "command": command,
        "from_state": before or "",
        "to_state": to,
        "risk_owner": CORA.name,
        "row_version": days + 1,
        "area_version": VERSION,
    }
    return TimelineEntry(**{**values, **given})


OPENED = line(Command.OPEN, State.OFFERED, risk_owner=POLICE_OWNER)
ACCEPTED = line(Command.ACCEPT, State.ACCEPTED, days=1, before=State.OFFERED)


class TestKnownAt:
    def test_is_nothing_before_the_first_line(self) -> None:
        assert known_at([OPENED], NOW - DAY) is None

    def test_has_the_state_owner_and_clocks_of_then(self) -> None:
        lines = [OPENED, ACCEPTED]
        first = known_at(lines, NOW)
        assert first is not None
        assert (first.state, first.risk_owner, list(first.clocks)) == (State.OFFERED, POLICE_OWNER, [ClockName.ANSWER])
        later = known_at(lines, NOW + DAY)
        assert later is not None
        assert (later.state, later.risk_owner) == (State.ACCEPTED, CORA.name)
        assert list(later.clocks) == [ClockName.INFORMATION_GATHERING]
        assert later.clocks[ClockName.INFORMATION_GATHERING].area_version == VERSION

    @pytest.mark.parametrize(
        ("commands", "consent"),
        [
            ((), Consent.NOT_ASKED),
            ((Command.CONSENT_ASKED,), Consent.AWAITED),
            ((Command.CONSENT_ASKED, Command.CONSENT_GIVEN), Consent.GIVEN),
            ((Command.CONSENT_GIVEN, Command.TURNED_18), Consent.LAPSED),
            ((Command.CONSENT_REFUSED, Command.TURNED_18), Consent.REFUSED),
            ((Command.CONSENT_GIVEN, Command.CONSENT_WITHDRAWN), Consent.WITHDRAWN),
            ((Command.CONSENT_GIVEN, Command.REOPEN), Consent.NOT_ASKED),
        ],
    )
    def test_follows_the_consent(self, commands: tuple[Command, ...], consent: Consent) -> None:
        lines = [
            replace(ACCEPTED, command=each, from_state=State.SUPPORTED, to_state=State.SUPPORTED) for each in commands
        ]
        known = known_at([OPENED, *lines], NOW + DAY)
        assert known is not None
        assert known.consent is consent

    def test_counts_the_versions_of_the_plan(self) -> None:
        made_plan = line(Command.MAKE_PLAN, State.PLANNED, days=2, before=State.ADOPTED)
        revised = line(Command.REVISE_PLAN, State.PLANNED, days=3, before=State.PLANNED)
        known = known_at([OPENED, made_plan, revised], NOW + 2 * DAY)
        assert known is not None
        assert (known.plans, known.planned_at) == (1, NOW + 2 * DAY)


class TestRules:
    def test_every_command_but_a_note_and_a_discarded_draft_has_a_kind_of_its_own(self) -> None:
        assert {command for command in Command if command not in KINDS} == {Command.NOTE, Command.DISCARD}

    def test_names_the_provision_behind_a_decision(self) -> None:
        assert rule_of(Command.NOT_ADOPT) == "Panel: do not adopt the case (CTSA 2015 s.36(6) and s.37)"
        assert rule_of(Command.NOTE) == "Add a note"


async def history(team: Team) -> UUID:
    """Return a case of which much is known: awareness, a decision, a full pack, a correction, a merge and its end."""
    subject = await team.open(passed(**parts()))
    await team.hear(made(), subject)
    await team.hear(decided(Outcome.INFORMATION_GATHERING), subject)
    await team.act(subject, Command.ACCEPT)
    await team.hear(corrected(corrected_at=NOW + 2 * DAY), subject)
    await team.hear(merged(REFERENCE, "KM-3333-3333"), subject)
    await team.hear(separated((REFERENCE,), ("KM-3333-3333",), days=3), subject)
    return subject


async def read(team: Team, subject: UUID) -> tuple[queries.Happening, ...]:
    """Return the chronology of a case."""
    async with team.runtime.database.transaction(CORA) as session:
        return await queries.chronology(session, await queries.held(session, subject))


class TestChronology:
    async def test_brings_everything_together_in_order(self, team: Team) -> None:
        found = await read(team, await history(team))
        said = " | ".join(each.what for each in found)
        for words in (
            f"Referral {REFERENCE} received",
            "Police decision: Passed on for information gathering",
            "KM-2222-2222: Closed: mistaken.",
            "The police offered a pack",
            "Pack accepted",
            "The police were mistaken in what they had passed on",
            "Not the same person as KM-3333-3333",
        ):
            assert words in said
        assert [each.at for each in found] == sorted(each.at for each in found)
        assert {each.kind for each in found} == {Kind.REFERRAL, Kind.POLICE, Kind.PATHWAY}

    async def test_gives_a_line_of_a_pack_that_came_twice_once(self, team: Team) -> None:
        subject = await team.open(passed(**parts()))
        await team.act(subject, Command.RETURN, reason="The address is missing.")
        await team.hear(passed(**parts()), subject)
        found = await read(team, subject)
        assert len([each for each in found if "Closed: mistaken." in each.what]) == 1


class TestAsAt:
    async def test_leaves_out_what_was_not_known_yet(self, team: Team) -> None:
        subject = await team.open(passed(**parts()))
        async with team.runtime.database.transaction(CORA) as session:
            act = Act(Command.ACCEPT, NOW + DAY, Record())
            await act_on_case(session, subject, act, team.practices.given)
            held = await queries.held(session, subject)
            owing = Owing(Obligation.ACTION, "Example School", "Ring.", NOW + 9 * DAY, owner_id="carl")
            await keep_obligation(session, held, owing, NOW + 2 * DAY)
            before = await queries.as_at(session, held, NOW - DAY)
            first = await queries.as_at(session, held, NOW)
            last = await queries.as_at(session, held, NOW + 2 * DAY)
        assert before.known is None
        assert before.happened == ()
        assert first.known is not None
        assert (first.known.state, first.known.risk_owner) == (State.OFFERED, POLICE_OWNER)
        assert [each.name for each in first.clocks] == [ClockName.ANSWER]
        assert (first.owed, first.decisions) == ((), ())
        assert last.known is not None
        assert (last.known.state, [each.owner for each in last.owed]) == (State.ACCEPTED, ["Example School"])
        assert [(each.rule, each.area_version) for each in last.decisions] == [("Accept the pack", VERSION)]

    async def test_a_line_of_a_pack_is_not_known_before_the_pack_came(self, team: Team) -> None:
        early = parts()["chronology"][0].model_copy(update={"at": NOW - 30 * DAY})
        subject = await team.open(passed(**{**parts(), "chronology": (early,)}))
        async with team.runtime.database.transaction(CORA) as session:
            held = await queries.held(session, subject)
            before = await queries.as_at(session, held, NOW - DAY)
            after = await queries.as_at(session, held, NOW)
        assert before.happened == ()
        assert "Closed: mistaken." in after.happened[0].what


class TestPages:
    async def test_show_filter_and_hand_out_as_text(self, console: Console) -> None:
        await history(console.team)
        client = await console.signed_in(CORA)
        page = await client.get(f"/cases/{REFERENCE}/chronology")
        assert page.status_code == 200
        assert "Pack accepted" in page.text
        assert "Accept the pack”, version 2026-01" in page.text
        only = await client.get(f"/cases/{REFERENCE}/chronology?kind=police&order=oldest")
        assert "Pack accepted" not in only.text
        text = await client.get(f"/cases/{REFERENCE}/chronology/text?order=oldest")
        assert text.headers["content-type"].startswith("text/plain")
        assert text.text.index("Referral KM-7F3K-92QM received") < text.text.index("Pack accepted")
        reads = await rows(console.team.runtime, "SELECT * FROM audit_entry WHERE action = 'record.read'")
        assert any("chronology-download" in str(dict(each)) for each in reads)

    async def test_a_past_day_is_shown_and_a_coming_one_refused(self, console: Console) -> None:
        await history(console.team)
        client = await console.signed_in(CORA)
        path = f"/cases/{REFERENCE}/as-at"
        shown = await client.get(path)
        assert shown.status_code == 200
        assert "Accepted, information being gathered" in shown.text
        before = await client.get(f"{path}?on-day=1&on-month=1&on-year=2020")
        assert "Nothing of this case had been recorded yet." in before.text
        wrong = await client.get(f"{path}?on-day=1&on-month=1&on-year=2199")
        assert wrong.status_code == 422
        assert "The day must be today or earlier" in wrong.text
        nonsense = await client.get(f"{path}?on-day=x&on-month=%3Cb%3E&on-year=")
        assert nonsense.status_code == 422
        assert "<b>" not in nonsense.text

    async def test_the_case_is_printed_with_its_chronology(self, console: Console) -> None:
        await history(console.team)
        client = await console.signed_in(CORA)
        page = await client.get(f"/cases/{REFERENCE}/print")
        assert page.status_code == 200
        assert "Printed by Cora Synthetic, Sample Council" in page.text
        assert "Pack (information gathering)" in page.text
        assert "KM-2222-2222: Closed: mistaken." in page.text
