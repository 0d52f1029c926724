"""A panel, its meetings and cases that are due, for the tests of meetings and packs; everybody is made up."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from chassis.actor import Actor
from contracts.vocabulary import Role
from contracts.vocabulary.days import LONDON
from services.channel import queries
from services.channel.domain import ClockName, Command, Member, PanelPractice, Practice
from services.channel.operations.agenda import add_to_agenda
from services.channel.operations.convening import MeetingAct
from services.channel.operations.inviting import Said, answer_invitation, invite_members
from services.channel.operations.meetings import NewMeeting, make_meeting
from services.channel.queries import Attendee, SlotView
from tests.channel.builders import NOW, coordinator, passed, practice, referred, rows
from tests.channel.conftest import Team

DAY = date(2026, 12, 9)
NEXT_DAY = date(2027, 1, 13)
KENT = "Kent Police"
CHAIR = coordinator(Role.PANEL_CHAIR, name="Petra Synthetic")
BELLA = coordinator(Role.BUSINESS_SUPPORT_OFFICER, name="Bella Synthetic")
HAMID = coordinator(Role.PANEL_MEMBER, name="Hamid Synthetic")
POLLY = coordinator(Role.PANEL_MEMBER, name="Polly Synthetic")

SECTORS = (
    "local-authority", "local-authority", "police", "police", "health", "probation", "education",
    "childrens-social-care", "adults-social-care", "housing", "youth-justice", "community-safety",
)  # fmt: skip
ACCOUNTS = {0: CHAIR.id, 2: POLLY.id, 4: HAMID.id}


def member(number: int) -> Member:
    """Return one of the twelve: the first two chair, some have an account."""
    sector = SECTORS[number]
    return Member(
        id=f"member-{number}",
        name=f"Sample Member{number} (synthetic)",
        organisation=f"Sample {sector} {number}",
        sector=sector,
        force=KENT if sector == "police" else "",
        account=ACCOUNTS.get(number, ""),
        chairs=number < 2,
    )


def second_wednesday(month: date) -> date:
    """Return the day on which the sample panel meets."""
    first = month.replace(day=1)
    return first + timedelta(days=(2 - first.weekday()) % 7 + 7)


def midnight(day: date) -> datetime:
    """Return the beginning of a day in London."""
    return datetime.combine(day, time(), LONDON)


def panel(**given: object) -> PanelPractice:
    """Return a panel of twelve that meets on the second Wednesday."""
    made = PanelPractice(
        name="Sample panel (synthetic)",
        place="County Hall",
        members=tuple(member(number) for number in range(12)),
        meets_on=second_wednesday,
        pack_opens=lambda day: midnight(day - timedelta(days=5)),
        pack_closes=lambda day: midnight(day + timedelta(days=3)),
    )
    return replace(made, **given)  # type: ignore[arg-type]


def with_panel(**given: object) -> Practice:
    """Return local practice with that panel."""
    return practice(panel=panel(**given))


async def planned(team: Team, day: date = DAY, now: datetime = NOW) -> UUID:
    """Put a meeting into the calendar and return its id."""
    async with team.runtime.database.transaction(BELLA) as session:
        return await make_meeting(session, NewMeeting(day, time(10), "County Hall"), team.practices.given, now)


async def due(team: Team, number: int = 0, state: str = "referred-to-panel") -> UUID:
    """Open a case that is due before the panel in a state, with the clock that runs there, and return its subject."""
    reference = f"KM-7F3K-{number:04}"
    subject = await team.open(referred(reference=reference))
    await team.act(subject, Command.ACCEPT, risk_owner="Cora Synthetic")
    if state != "referred-to-panel":
        await stand(team, subject, state, NOW + timedelta(days=30))
    return subject


CLOCKS = {
    "supported": ClockName.PLAN_REVIEW,
    "no-consent": ClockName.REASSESSMENT,
    "closed": ClockName.AFTER_CLOSURE,
    "referred-to-panel": ClockName.PANEL,
}


async def stand(team: Team, subject: UUID, state: str, due_at: datetime) -> None:
    """Bring a case into a state by hand, with the clock that runs there."""
    await rows(
        team.runtime,
        "UPDATE case_file SET state = :state WHERE subject = :subject RETURNING 1",
        subject=subject,
        state=state,
    )
    await rows(
        team.runtime,
        "UPDATE clock SET name = :name, due_at = :due WHERE subject = :subject AND stopped_at IS NULL RETURNING 1",
        subject=subject,
        name=CLOCKS[state],
        due=due_at,
    )


async def version(team: Team, meeting_id: UUID) -> int:
    """Return the row version of a meeting."""
    found = await rows(team.runtime, "SELECT row_version FROM meeting WHERE id = :id", id=meeting_id)
    return int(found[0]["row_version"])


async def heard(team: Team, meeting_id: UUID, *references: str) -> tuple[SlotView, ...]:
    """Put cases on the agenda of a meeting and return it."""
    act = MeetingAct(NOW, await version(team, meeting_id))
    async with team.runtime.database.transaction(BELLA) as session:
        await add_to_agenda(session, meeting_id, references, act, team.practices.given)
        return await queries.slots(session, meeting_id)


async def everybody_invited(team: Team, meeting_id: UUID) -> tuple[Attendee, ...]:
    """Invite the standing members and return the invitations."""
    act = MeetingAct(NOW, await version(team, meeting_id))
    async with team.runtime.database.transaction(BELLA) as session:
        await invite_members(session, meeting_id, act, team.practices.given)
        return await queries.invitations(session, meeting_id)


async def accepted(team: Team, attendee: Attendee, actor: Actor = BELLA) -> None:
    """Let somebody accept."""
    said = Said(accepted=True, by=attendee.name, at=NOW)
    async with team.runtime.database.transaction(actor) as session:
        await answer_invitation(session, attendee, said, team.practices.given, NOW)


__all__ = ["accepted", "due", "everybody_invited", "heard", "panel", "passed", "planned", "stand", "version"]
