"""The panel's part of a synthetic store: meetings, agendas, who came, what was said and decided, packs and minutes."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

from areas.loader import load
from areas.pathway import Member
from bench.channel_store_case import HEARD, OVER, OWNER, TO_PANEL, TO_REVIEW, WITH_PLAN, Case, Desk
from bench.triage_store import AREA, OFFICERS, VERSION, WORDS
from services.channel.domain import Command, State
from services.channel.domain.meetings import (
    AHEAD,
    STATEMENT_VERSION,
    InvitationState,
    MeetingState,
    SlotKind,
    SlotState,
)
from services.channel.domain.panel import Agreement, Vote, WhyNot
from services.channel.domain.sharing import PackPart
from services.channel.queries import Guest

YEARS = timedelta(days=2000)
AGENDA = 20
"""So many cases a meeting to come has on its agenda: what a panel can hear in a day."""
CAME = 8
SAID = 4
GUEST_IN = 5
"""In every so many slots there is a guest."""
MINUTES = 20


@dataclass
class Meeting:
    """A meeting of the store, with the slots that it has so far."""

    id: UUID
    starts_at: datetime
    state: MeetingState
    invitations: list[UUID]
    agenda: list[UUID] = field(default_factory=list)
    open_slot: tuple[str, UUID] | None = None
    reference: str = ""

    @property
    def address(self) -> str:
        """Return the address of its page."""
        return f"/meetings/{self.id}"


@dataclass(frozen=True)
class Calendar:
    """The meetings of the store, oldest first: those that were held, one that is under way, two to come."""

    desk: Desk
    meetings: list[Meeting]
    members: tuple[Member, ...]

    @property
    def under_way(self) -> Meeting:
        """Return the meeting that runs."""
        return next(each for each in self.meetings if each.state is MeetingState.UNDER_WAY)

    @property
    def to_come(self) -> Meeting:
        """Return the next meeting."""
        return next(each for each in self.meetings if each.state is MeetingState.PLANNED)

    @property
    def last_held(self) -> Meeting:
        """Return the meeting before the one that runs, of those that heard a case."""
        return [each for each in self.meetings if each.state is MeetingState.HELD and each.agenda][-1]

    async def hear(self, case: Case) -> None:
        """Put a case before the panel as often as its state needs."""
        if case.state in HEARD:
            held = self._on(case.opened_at + TO_PANEL)
            if held is not None:
                await self._heard(held, case, SlotKind.NEW)
            again = self._on(case.opened_at + TO_REVIEW) if case.state in WITH_PLAN else None
            if again is not None and again is not held:
                await self._heard(again, case, SlotKind.REVIEW)
        waits = {State.REFERRED: SlotKind.NEW, State.SUPPORTED: SlotKind.REVIEW, State.CLOSED: SlotKind.AFTER_CLOSURE}
        if case.state in waits:
            await self._to_be_heard(case, waits[case.state])

    def _on(self, moment: datetime) -> Meeting | None:
        """Return the first meeting that was held after a moment, None where none was yet."""
        # Meetings are at even distances, so that none has to be searched for.
        first, second = self.meetings[0].starts_at, self.meetings[1].starts_at
        nth = max(0, -(-(moment - first) // (second - first)))
        found = self.meetings[nth] if nth < len(self.meetings) else None
        return found if found is not None and found.state is MeetingState.HELD else None

    async def _to_be_heard(self, case: Case, kind: SlotKind) -> None:
        for each in self.meetings[-3:]:
            if len(each.agenda) < AGENDA and (each.state is MeetingState.PLANNED or kind is SlotKind.NEW):
                first = each.state is MeetingState.UNDER_WAY and each.open_slot is None
                slot = self._slot(each, case, kind, SlotState.OPEN if first else SlotState.WAITING)
                self._shared(each, case, slot)
                if first:
                    each.open_slot = (case.reference, slot)
                    await self._in_the_room(each, case, slot)
                return

    async def _heard(self, meeting: Meeting, case: Case, kind: SlotKind) -> None:
        slot = self._slot(meeting, case, kind, SlotState.DECIDED)
        meeting.reference = case.reference
        self._shared(meeting, case, slot)
        await self._in_the_room(meeting, case, slot)
        self._decided(meeting, case, slot, kind)
        self.desk.rows.add(
            "minute", slot_id=slot, number=1, meeting_id=meeting.id, subject=case.subject, area=AREA,
            sealed_summary=case.words, by_id=OFFICERS[1][0], by_name=OWNER, at=meeting.starts_at + timedelta(days=1),
        )  # fmt: skip

    def _slot(self, meeting: Meeting, case: Case, kind: SlotKind, state: SlotState) -> UUID:
        slot, position = uuid4(), len(meeting.agenda) + 1
        meeting.agenda.append(slot)
        begun = state in (SlotState.OPEN, SlotState.DECIDED)
        self.desk.rows.add(
            "slot", id=slot, meeting_id=meeting.id, subject=case.subject, area=AREA, kind=kind.value, position=position,
            starts_at=meeting.starts_at + timedelta(minutes=MINUTES * (position - 1)), minutes=MINUTES,
            state=state.value, not_asked=[], opened_at=meeting.starts_at if begun else None,
            ended_at=meeting.starts_at if state is SlotState.DECIDED else None, row_version=3,
            added_at=meeting.starts_at - timedelta(days=10), added_by=OWNER,
        )  # fmt: skip
        return slot

    def _shared(self, meeting: Meeting, case: Case, slot: UUID) -> None:
        """Share the pack with every member, who opened it once."""
        made_at = meeting.starts_at - timedelta(days=5)
        of_it = {"meeting_id": meeting.id, "slot_id": slot, "subject": case.subject, "area": AREA}
        for member, invitation in zip(self.members, meeting.invitations, strict=True):
            how = "console" if member.account else "link"
            self.desk.rows.add(
                "pack_share", id=uuid4(), invitation_id=invitation, how=how, made_at=made_at, made_by=OWNER,
                parts=[part.value for part in PackPart], opens_at=made_at,
                closes_at=meeting.starts_at + timedelta(days=2), **of_it,
            )  # fmt: skip
            self.desk.rows.add(
                "pack_read", invitation_id=invitation, how=how, is_refused=False, why="", by_name=member.name,
                at=made_at + timedelta(days=1), **of_it,
            )  # fmt: skip

    async def _in_the_room(self, meeting: Meeting, case: Case, slot: UUID) -> None:
        of_it = {"slot_id": slot, "subject": case.subject, "area": AREA}
        left_at = meeting.starts_at + timedelta(hours=1) if meeting.state is MeetingState.HELD else None
        came = list(zip(self.members, meeting.invitations, strict=True))[:CAME]
        for member, invitation in came:
            self.desk.rows.add(
                "presence", id=uuid4(), meeting_id=meeting.id, attendee=invitation, member_id=member.id,
                account=member.account or "", name=member.name, organisation=member.organisation, sealed_details=None,
                sector=member.sector, force=member.force or "", is_member=True, chairs=member.chairs,
                admitted_at=meeting.starts_at, left_at=left_at, by_name=OWNER, **of_it,
            )  # fmt: skip
        for _, invitation in came[:SAID]:
            self.desk.rows.add(
                "contribution", attendee=invitation, sealed_words=case.words, at=meeting.starts_at, by_name=OWNER,
                **of_it,
            )  # fmt: skip
        if len(meeting.agenda) % GUEST_IN == 0:
            await self._guest(meeting, case, slot, left_at)

    async def _guest(self, meeting: Meeting, case: Case, slot: UUID, left_at: datetime | None) -> None:
        invitation, member = uuid4(), self.members[-1]
        guest = Guest(name="Sample Guest (synthetic)", organisation="Example School", address="guest@school.example")
        details = await self.desk.sealed(case.subject, guest)
        self._invitation(meeting, None, invitation, slot_id=slot, subject=case.subject, sealed_details=details)
        self.desk.rows.add(
            "presence", id=uuid4(), meeting_id=meeting.id, attendee=invitation, member_id="", account="", name="",
            organisation="", sealed_details=details, sector=member.sector, force="", is_member=False, chairs=False,
            admitted_at=meeting.starts_at, left_at=left_at, by_name=OWNER, slot_id=slot, subject=case.subject,
            area=AREA,
        )  # fmt: skip

    def _decided(self, meeting: Meeting, case: Case, slot: UUID, kind: SlotKind) -> None:
        command = {SlotKind.NEW: Command.ADOPT, SlotKind.REVIEW: Command.CONTINUE}[kind]
        if case.state is State.NOT_ADOPTED:
            command = Command.NOT_ADOPT
        elif case.state in OVER and kind is SlotKind.REVIEW:
            command = Command.PANEL_CLOSE
        decision = uuid4()
        self.desk.rows.add(
            "panel_decision", id=decision, slot_id=slot, meeting_id=meeting.id, subject=case.subject, area=AREA,
            area_version=VERSION, command=command.value, agreement=Agreement.MAJORITY.value,
            reason_kind=WhyNot.OTHER_SERVICE.value if command is Command.NOT_ADOPT else "", verdict="",
            outcome="concerns-reduced" if command is Command.PANEL_CLOSE else "", sealed_words=case.words,
            presided_by=self.members[0].name, by_id=OFFICERS[1][0], by_name=OWNER, decided_at=meeting.starts_at,
        )  # fmt: skip
        for nth, invitation in enumerate(meeting.invitations[:CAME]):
            self.desk.rows.add(
                "vote", decision_id=decision, attendee=invitation, subject=case.subject, area=AREA,
                sealed_words=None if nth else case.words, vote=(Vote.FOR if nth else Vote.AGAINST).value,
            )  # fmt: skip

    async def open(self) -> None:
        """Write the meetings themselves: their days, the invitations of the members, who presides, their minutes."""
        await self.desk.keys.ensure([each.id for each in self.meetings])
        for each in self.meetings:
            await self._meeting(each)
            for member, invitation in zip(self.members, each.invitations, strict=True):
                self._invitation(each, member, invitation)

    async def _meeting(self, each: Meeting) -> None:
        rows, began = self.desk.rows, each.starts_at
        rows.add(
            "meeting", id=each.id, area=AREA, area_version=VERSION, held_on=began.date(), starts_at=began,
            place="County Hall and by video", state=each.state.value, chair_id=self.members[0].id,
            cochair_id=self.members[1].id, row_version=4, made_at=began - timedelta(days=60), made_by=OWNER,
        )  # fmt: skip
        words = await self.desk.sealed(each.id, WORDS)
        for version, what in enumerate(("made", "agenda-changed", "invited", "moved"), start=1):
            rows.add(
                "meeting_change", meeting_id=each.id, area=AREA, row_version=version, what=what, by_id=OFFICERS[1][0],
                by_name=OWNER, at=began - timedelta(days=40), sealed_words=words if what == "moved" else None,
            )  # fmt: skip
        if each.state is MeetingState.PLANNED:
            return
        rows.add(
            "presiding", meeting_id=each.id, area=AREA, member_id=self.members[0].id, name=self.members[0].name,
            by_id=OFFICERS[1][0], by_name=OWNER, at=began,
        )  # fmt: skip
        if each.state is MeetingState.HELD and each is not self.last_day:
            rows.add(
                "meeting_minutes", meeting_id=each.id, area=AREA, row_version=1, approved_at=began + timedelta(days=5),
                approved_by=self.members[0].name,
            )  # fmt: skip

    @property
    def last_day(self) -> Meeting:
        """Return the newest meeting that was held: its minutes are still to be approved."""
        return [each for each in self.meetings if each.state is MeetingState.HELD][-1]

    def _invitation(
        self,
        meeting: Meeting,
        member: Member | None,
        invitation: UUID,
        *,
        slot_id: UUID | None = None,
        subject: UUID | None = None,
        sealed_details: bytes | None = None,
    ) -> None:
        # The first member is whoever is signed in while pages are measured.
        account = OFFICERS[1][0] if member is self.members[0] else (member and member.account) or ""
        asked = {name: getattr(member, name, None) or "" for name in ("name", "organisation", "sector", "force")}
        self.desk.rows.add(
            "invitation", id=invitation, meeting_id=meeting.id, slot_id=slot_id, subject=subject, area=AREA,
            member_id=member.id if member else "", account=account, sealed_details=sealed_details,
            state=InvitationState.ACCEPTED.value, ask_id=uuid4(), statement=STATEMENT_VERSION,
            invited_at=meeting.starts_at - timedelta(days=20), answered_at=meeting.starts_at - timedelta(days=15),
            answered_by="a member", **asked,
        )  # fmt: skip


def calendar(desk: Desk, cases: int, full: int) -> Calendar:
    """Return the meetings of five years: one each day where the store is full, fewer in a smaller one, as long each."""
    members = load().current(AREA, desk.now.date()).panel.members
    apart = timedelta(days=max(1, round(full / cases)))
    today = desk.now.date()
    made = [
        Meeting(uuid4(), _at(today + nth * apart), _state(nth), [uuid4() for _ in members])
        for nth in range(-(YEARS // apart), AHEAD + 1)
    ]
    return Calendar(desk, made, tuple(members))


def _state(nth: int) -> MeetingState:
    if nth == 0:
        return MeetingState.UNDER_WAY
    return MeetingState.HELD if nth < 0 else MeetingState.PLANNED


def _at(day: date) -> datetime:
    return datetime.combine(day, time(10), UTC)
