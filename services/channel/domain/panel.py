"""The panel in its meeting: who has to be in the room, how it agrees, and what came of a case that it did not adopt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Protocol
from uuid import UUID

from chassis.errors import Conflict, Forbidden, Rejected
from services.channel.domain.meetings import SlotState
from services.channel.domain.standing import force_key
from services.channel.domain.table import PANEL_DECISIONS, TABLE
from services.channel.domain.words import Command, State

LOCAL_AUTHORITY = "local-authority"
POLICE = "police"
ENDED_SLOTS = frozenset({SlotState.DECIDED, SlotState.NOT_DECIDED})
"""How a slot stands that has been dealt with."""


class Vote(StrEnum):
    """What a member of the panel says to a decision."""

    FOR = "for"
    AGAINST = "against"
    ABSTAINED = "abstained"


class Agreement(StrEnum):
    """How the panel came to a decision (CTSA 2015 s.37): all agree, else most of them, else the chair decides."""

    UNANIMOUS = "unanimous"
    MAJORITY = "majority"
    CHAIR = "chair"
    LOST = "lost"


class Instead(StrEnum):
    """What comes of a case that is not adopted, once health and social care have been considered (s.36(6))."""

    SIGNPOST = "signpost"
    POLICE_LED = "police-led-partnership"
    NOTHING = "nothing"


class WhyNot(StrEnum):
    """Why a case is not adopted, as the outcome analysis counts it; the words stand beside it."""

    NOT_VULNERABLE = "not-vulnerable-to-being-drawn-in"
    TOO_LITTLE_KNOWN = "too-little-known"
    OTHER_SERVICE = "another-service-meets-the-need"
    RISK_TOO_HIGH = "risk-too-high-for-channel"
    SUPPORTED_ALREADY = "supported-already"
    OUT_OF_AREA = "not-of-this-area"


class Verdict(StrEnum):
    """What the panel makes of a review after closure."""

    NO_CONCERN = "no-concern"
    EXTEND = "extended"
    REOPEN = "reopened"


AGREEMENT_LABELS: Mapping[Agreement, str] = {
    Agreement.UNANIMOUS: "Everybody agreed",
    Agreement.MAJORITY: "The majority decided",
    Agreement.CHAIR: "There was no majority, so the chair decided",
    Agreement.LOST: "The majority was against it",
}
VOTE_LABELS: Mapping[Vote, str] = {Vote.FOR: "For", Vote.AGAINST: "Against", Vote.ABSTAINED: "Abstains"}
INSTEAD_LABELS: Mapping[Instead, str] = {
    Instead.SIGNPOST: "Signpost to a service",
    Instead.POLICE_LED: "Police-led partnership: the case is given back to the police",
    Instead.NOTHING: "Nothing further",
}
WHY_NOT_LABELS: Mapping[WhyNot, str] = {
    WhyNot.NOT_VULNERABLE: "Not vulnerable to being drawn into terrorism",
    WhyNot.TOO_LITTLE_KNOWN: "Too little is known",
    WhyNot.OTHER_SERVICE: "Another service meets the need",
    WhyNot.RISK_TOO_HIGH: "The risk is too high for Channel",
    WhyNot.SUPPORTED_ALREADY: "Is supported already",
    WhyNot.OUT_OF_AREA: "Does not live in this area",
}
VERDICT_LABELS: Mapping[Verdict, str] = {
    Verdict.NO_CONCERN: "No concern",
    Verdict.EXTEND: "Go on with the reviews until a date",
    Verdict.REOPEN: "Open the case again",
}


class ConflictStands(Forbidden):
    """Somebody with a conflict of interest in a case tries to open it."""

    reason: ClassVar[str] = "conflict-of-interest"


class NotInTheRoom(Conflict):
    """Whoever is named has left the room, or was never in it."""

    reason: ClassVar[str] = "not-in-the-room"


class MeetingNotOpen(Rejected):
    """Something is recorded of a meeting, or a slot, that does not run now."""

    reason: ClassVar[str] = "meeting-not-open"


class VoteLost(Rejected):
    """More than half of the panel are against what the chair wants to record."""

    reason: ClassVar[str] = "vote-lost"


class MinutesApproved(Conflict):
    """The chair has approved the minutes: they are corrected in the next meeting, not changed."""

    reason: ClassVar[str] = "minutes-approved"


@dataclass(frozen=True)
class Seat:
    """Somebody in the room for a case: `is_member` of the panel, so that they count and vote; `chairs` may preside.

    `member_id` is that of the area file, `account` the sign-in id; empty for those who have none.
    """

    id: UUID
    name: str
    organisation: str
    sector: str
    force: str = ""
    is_member: bool = True
    chairs: bool = False
    member_id: str = ""
    account: str = ""


@dataclass(frozen=True)
class Needs:
    """What a case asks of the room: the area's police force, that of where the person lives, and the area's sectors."""

    force: str
    home_force: str = ""
    also_needed: tuple[str, ...] = ()


def quorum_lacks(room: Sequence[Seat], presiding: str, needs: Needs) -> tuple[str, ...]:
    """Return why the panel cannot decide a case now, one sentence each; none where it can.

    The responsible local authority presides, and it and the chief officer of police are members; of the police, the
    force of the area where the person lives is present at any meeting that discusses them (CTSA 2015 s.37). An area
    can ask for more sectors, never for fewer. Guests neither count nor preside.
    """
    members = [each for each in room if each.is_member]
    forces = {force_key(each.force) for each in members if each.sector == POLICE}
    lacking = []
    if not any(each.member_id == presiding and may_preside(each) for each in members):
        lacking.append("No chair of the local authority presides in the room: let the chair or a co-chair take over.")
    if not any(each.sector == LOCAL_AUTHORITY for each in members):
        lacking.append("Nobody of the local authority is in the room (section 37).")
    if force_key(needs.force) not in forces:
        lacking.append(f"Nobody of the chief officer of police is in the room: {needs.force} is missing (section 37).")
    home = needs.home_force or needs.force
    if force_key(home) != force_key(needs.force) and force_key(home) not in forces:
        lacking.append(f"The person lives in the area of {home}, and nobody of that force is in the room (section 37).")
    present = {each.sector for each in members}
    wanted = [sector for sector in needs.also_needed if sector not in present]
    lacking += [f"This area also needs {sector.replace('-', ' ')} in the room." for sector in wanted]
    return tuple(lacking)


class Chairing(Protocol):
    """A member as the area file has them, or somebody in the room."""

    @property
    def sector(self) -> str:
        """Return the sector that they come from."""

    @property
    def chairs(self) -> bool:
        """Say whether the area names them as a chair or co-chair."""


def may_chair(one: Chairing) -> bool:
    """Say whether somebody may be named as chair: a chair or co-chair of the responsible local authority (s.37)."""
    return one.chairs and one.sector == LOCAL_AUTHORITY


def may_preside(seat: Seat) -> bool:
    """Say whether somebody in the room may preside: a member who may chair."""
    return seat.is_member and may_chair(seat) and bool(seat.member_id)


def voters(room: Sequence[Seat]) -> tuple[Seat, ...]:
    """Return who votes: the members in the room, once each; who stepped out is not in it, and guests only speak."""
    seen: dict[UUID, Seat] = {each.id: each for each in room if each.is_member}
    return tuple(seen.values())


def agreed(votes: Sequence[Vote]) -> Agreement:
    """Return how the votes of everybody who may vote decide.

    All for: unanimous. More than half for or against: the majority. Otherwise, and where nobody says anything, the
    chair decides (CTSA 2015 s.37).
    """
    in_favour, against = votes.count(Vote.FOR), votes.count(Vote.AGAINST)
    if votes and in_favour == len(votes):
        return Agreement.UNANIMOUS
    if 2 * in_favour > len(votes):
        return Agreement.MAJORITY
    return Agreement.LOST if 2 * against > len(votes) else Agreement.CHAIR


def counted(votes: Sequence[Vote]) -> str:
    """Return the votes in words, as the minutes have them."""
    parts = [f"{votes.count(Vote.FOR)} for", f"{votes.count(Vote.AGAINST)} against"]
    abstained = votes.count(Vote.ABSTAINED)
    return ", ".join([*parts, f"{abstained} abstained"] if abstained else parts)


def decisions_in(state: State) -> tuple[Command, ...]:
    """Return what the panel can decide of a case that stands in a state."""
    rows = {row.command for row in TABLE if state in row.sources}
    return tuple(each for each in PANEL_DECISIONS if each in rows)
