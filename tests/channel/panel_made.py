"""A panel of twelve, six cases on its agenda, and the shortest way to have them discussed, for tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, text, update

from chassis.actor import Actor
from contracts.vocabulary import Role
from services.channel import models, operations, queries
from services.channel.domain import Command, Member, PanelPractice, Practice, Record, State
from services.channel.domain.meetings import MeetingState, SlotKind, SlotState
from services.channel.domain.panel import Seat, Vote
from services.channel.operations import Cast, Motion
from services.channel.operations.convening import MeetingAct
from tests.channel.builders import AREA, NOW, VERSION, coordinator, passed, practice
from tests.channel.conftest import Team

FORCE, AWAY = "Kent Police", "Northmere Constabulary"
PETRA = coordinator(Role.PANEL_CHAIR, name="Petra Synthetic")
OTTO = coordinator(Role.PANEL_CHAIR, name="Otto Synthetic")
BELLA = coordinator(Role.BUSINESS_SUPPORT_OFFICER, name="Bella Synthetic")
POLLY = coordinator(Role.PANEL_MEMBER, name="Polly Synthetic")
SECTORS = ("health", "probation", "education", "childrens-social-care", "adults-social-care", "housing",
           "youth-justice", "community-safety")  # fmt: skip
MEMBERS = (
    Member("chair", PETRA.name, "Sample Council", "local-authority", account=PETRA.id, chairs=True),
    Member("cochair", OTTO.name, "Second Sample Council", "local-authority", account=OTTO.id, chairs=True),
    Member("police", POLLY.name, FORCE, "police", force=FORCE, account=POLLY.id),
    Member("ctp", "Cy Synthetic", "Sample Counter Terrorism Policing", "police", force=FORCE),
    *(Member(sector, f"{sector.title()} Synthetic", f"Sample {sector}", sector) for sector in SECTORS),
)
MEETS_ON = date(2026, 12, 9)
THEN = datetime(2026, 12, 9, 10, 0, tzinfo=NOW.tzinfo)


def panel_practice(**given: Any) -> Practice:
    """Return local practice with a panel of twelve."""
    panel = PanelPractice(
        name="Sample Panel", place="Sample Hall", members=MEMBERS, also_needed=given.pop("also_needed", ())
    )
    due = {name: THEN + timedelta(days=30) for name in practice().due}
    return practice(panel=panel, force=FORCE, due=due, **given)


def reference(number: int) -> str:
    """Return the reference of a case by its number."""
    return f"KM-2222-222{number + 2}"


@dataclass
class Made:
    """A meeting with its slots, and what a test does in it."""

    team: Team
    practice: Practice
    meeting_id: UUID
    slots: list[UUID] = field(default_factory=list)
    subjects: list[UUID] = field(default_factory=list)

    async def run(self, actor: Actor, doing: Any) -> Any:
        """Do something in a transaction of somebody's."""
        async with self.team.runtime.database.transaction(actor) as session:
            return await doing(session)

    async def meeting(self) -> queries.MeetingView:
        """Return the meeting as it stands."""
        found: queries.MeetingView = await self.run(BELLA, lambda s: queries.meeting(s, self.meeting_id))
        return found

    async def slot(self, number: int) -> queries.SlotView:
        """Return a slot as it stands."""
        found: queries.SlotView = await self.run(BELLA, lambda s: queries.slot(s, self.slots[number]))
        return found

    async def held(self, number: int) -> queries.Held:
        """Return a case as it stands."""
        found: queries.Held = await self.run(BELLA, lambda s: queries.held(s, self.subjects[number]))
        return found

    async def add(self, subject: UUID) -> None:
        """Put a case on the agenda, as the last one."""
        slot_id = uuid4()
        row = _slot(slot_id, self, subject, len(self.slots))
        await self.run(Actor.service("channel"), lambda s: s.execute(insert(models.slot).values(row)))
        self.slots.append(slot_id)
        self.subjects.append(subject)

    async def begin(self) -> None:
        """Begin the meeting."""
        seen = (await self.meeting()).row_version
        await self.run(
            BELLA, lambda s: operations.begin_meeting(s, self.meeting_id, MeetingAct(THEN, seen), self.practice)
        )

    async def finish(self) -> None:
        """End the meeting."""
        seen = (await self.meeting()).row_version
        await self.run(BELLA, lambda s: operations.end_meeting(s, self.meeting_id, MeetingAct(THEN, seen)))

    async def seats(self, number: int) -> dict[str, Seat]:
        """Return who can be let in, by member id."""
        slot = await self.slot(number)
        found = await self.run(BELLA, lambda s: queries.expected(s, slot, self.practice))
        return {each.member_id: each for each in found}

    async def go_on(self, number: int, *members: str) -> None:
        """Go on to a case, with these members in the room; all of them unless some are named."""
        slot = await self.slot(number)
        await self.run(BELLA, lambda s: operations.open_slot(s, slot.id, slot.row_version, THEN))
        await self.let_in(number, *members)

    async def let_in(self, number: int, *members: str) -> None:
        """Make the room these members; all of them unless some are named."""
        slot, seats = await self.slot(number), await self.seats(number)
        chosen = [seats[each].id for each in members or seats]
        await self.run(BELLA, lambda s: operations.let_in(s, slot.id, chosen, self.practice, slot.row_version, THEN))

    async def take_over(self, member: str, actor: Actor = OTTO) -> None:
        """Let somebody preside."""
        seen = (await self.meeting()).row_version
        await self.run(
            actor, lambda s: operations.take_over(s, self.meeting_id, member, MeetingAct(THEN, seen), self.practice)
        )

    async def decide(
        self, number: int, command: Command, actor: Actor = PETRA, *, against: Sequence[str] = (), **given: Any
    ) -> None:
        """Record a decision of the panel; `against` are the members who vote against it."""
        slot, held, seats = await self.slot(number), await self.held(number), await self.seats(number)
        votes = tuple(
            Cast(seat.id, Vote.AGAINST, "Too little is known.") if name in against else Cast(seat.id, Vote.FOR)
            for name, seat in seats.items()
        )
        names = ("reason_kind", "verdict", "until", "owed", "chairs_words")
        chosen = {name: given.pop(name) for name in names if name in given}
        motion = Motion(
            command, Record(**given), slot.row_version, held.row_version, votes if against else (), **chosen
        )
        await self.run(actor, lambda s: operations.decide_slot(s, slot.id, motion, self.practice, THEN))


async def made(team: Team, cases: int = 1, **given: Any) -> Made:
    """Return a planned meeting with cases that have been referred to the panel and assessed."""
    area_practice = panel_practice(**given)
    team.practices.given = area_practice
    found = Made(team, area_practice, uuid4())
    service = Actor.service("channel")
    async with team.runtime.database.transaction(service) as session:
        found.meeting_id = await session.new_subject()
        following = await session.new_subject()
        for meeting_id, day in ((found.meeting_id, MEETS_ON), (following, date(2027, 1, 13))):
            await session.execute(insert(models.meeting).values(planned(meeting_id, day)))
    for number in range(cases):
        subject = await team.open(passed(reference=reference(number)))
        await team.act(subject, Command.ACCEPT)
        await into(team, subject, State.REFERRED)
        await assessed(team, subject)
        await found.add(subject)
    return found


async def into(team: Team, subject: UUID, state: State, **columns: Any) -> None:
    """Bring a case into a state whose own pages are tested elsewhere."""
    table = models.case_file
    async with team.runtime.database.transaction(Actor.service("channel")) as session:
        await session.execute(update(table).where(table.c.subject == subject).values(state=state, **columns))


async def assessed(team: Team, subject: UUID, at: datetime = NOW) -> None:
    """Have an assessment of a case completed at a moment."""
    async with team.runtime.database.transaction(Actor.service("channel")) as session:
        number = await session.scalar(text("SELECT count(*) FROM assessment WHERE subject = :s"), {"s": subject})
        row = {
            "subject": subject,
            "number": number + 1,
            "area": AREA,
            "instrument": "vaf",
            "edition": "2015",
            "sealed_assessment": None,
            "completed_at": at,
            "by_id": "cora-synthetic",
            "by_name": "Cora Synthetic",
        }
        await session.execute(insert(models.assessment).values(row))


def planned(meeting_id: UUID, day: date) -> dict[str, Any]:
    """Return the row of a meeting that is planned."""
    return {
        "id": meeting_id,
        "area": AREA,
        "area_version": VERSION,
        "held_on": day,
        "starts_at": datetime.combine(day, time(10), NOW.tzinfo),
        "place": "Sample Hall",
        "state": MeetingState.PLANNED,
        "chair_id": "chair",
        "cochair_id": "cochair",
        "row_version": 1,
        "made_at": NOW,
        "made_by": BELLA.name,
    }


def _slot(slot_id: UUID, found: Made, subject: UUID, number: int) -> dict[str, Any]:
    return {
        "id": slot_id,
        "meeting_id": found.meeting_id,
        "subject": subject,
        "area": AREA,
        "kind": SlotKind.NEW,
        "position": number + 1,
        "starts_at": THEN + timedelta(minutes=30 * number),
        "minutes": 30,
        "state": SlotState.WAITING,
        "not_asked": [],
        "row_version": 1,
        "added_at": NOW,
        "added_by": BELLA.name,
    }
