"""What somebody invited sees of a case: which parts for which sector, from when until when, and why not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from contracts.vocabulary.days import LONDON
from services.channel.domain.meetings import InvitationState
from services.channel.domain.panel import LOCAL_AUTHORITY, POLICE


class PackPart(StrEnum):
    """A part of what the panel is given about one case, in the order in which it is read."""

    IDENTITY = "identity"
    GROUNDS = "grounds"
    RATIONALE = "rationale"
    CONCERN = "concern"
    CHRONOLOGY = "chronology"
    GATHERED = "gathered"
    ASSESSMENT = "assessment"
    PLAN = "plan"
    DECISIONS = "decisions"
    SHARED = "shared"


class PackRefusal(StrEnum):
    """Why a pack is not opened."""

    NOT_INVITED = "not-invited"
    NOT_ACCEPTED = "not-accepted"
    NOT_SHARED = "not-shared"
    CONFLICT = "conflict-of-interest"
    TOO_EARLY = "too-early"
    EXPIRED = "expired"


PART_LABELS: Mapping[PackPart, str] = {
    PackPart.IDENTITY: "Who it is about",
    PackPart.GROUNDS: "Reason in Channel (section 36(3))",
    PackPart.RATIONALE: "What the police decided and why",
    PackPart.CONCERN: "The concern as it was referred",
    PackPart.CHRONOLOGY: "What happened before",
    PackPart.GATHERED: "Information gathered",
    PackPart.ASSESSMENT: "Newest assessment",
    PackPart.PLAN: "Support plan and consent",
    PackPart.DECISIONS: "Earlier decisions of the panel",
    PackPart.SHARED: "What the police shared with whom",
}
HELD_BACK = (
    "Held back: these words look like intelligence material, which no partner may be given (section 38(4)). "
    "Speak to the coordinator of the case."
)
"""What stands in a pack in place of a part in which words were found that mark intelligence material."""
REFUSED: Mapping[PackRefusal, str] = {
    PackRefusal.NOT_INVITED: "You are not asked to this case, so there is no pack of it for you.",
    PackRefusal.NOT_ACCEPTED: "Accept the invitation first: that is how you agree to the confidentiality statement.",
    PackRefusal.NOT_SHARED: "The packs of this meeting have not been shared with you yet.",
    PackRefusal.CONFLICT: "You have declared a conflict of interest in this case, so its pack stays closed to you.",
    PackRefusal.TOO_EARLY: "The packs of this meeting are not open yet.",
    PackRefusal.EXPIRED: "The packs of this meeting have expired: ask the support officer what you may still read.",
}
_MEMBERS = frozenset(PackPart) - {PackPart.RATIONALE, PackPart.SHARED}
_GUESTS = frozenset({PackPart.IDENTITY, PackPart.GROUNDS, PackPart.CONCERN, PackPart.PLAN, PackPart.DECISIONS})
# Of the panel itself, the two whom section 37 names see everything that is held here. What an intelligence service
# holds is in no part at all: it may not be disclosed to a partner (Counter-Terrorism and Security Act 2015 s.38(4)).
_SECTORS: Mapping[str, frozenset[PackPart]] = {
    POLICE: frozenset(PackPart),
    LOCAL_AUTHORITY: frozenset(PackPart),
}


@dataclass(frozen=True)
class Window:
    """From when until when the packs of a meeting can be read."""

    opens_at: datetime
    closes_at: datetime

    @property
    def first_day(self) -> date:
        """Return the first day on which they can be read."""
        return self.opens_at.astimezone(LONDON).date()

    @property
    def last_day(self) -> date:
        """Return the last day on which they can be read, to its end."""
        return (self.closes_at - timedelta(seconds=1)).astimezone(LONDON).date()


def parts_for(sector: str, *, guest: bool) -> tuple[PackPart, ...]:
    """Return which parts somebody of a sector is shown; whoever is asked to one case only (a guest) sees the least."""
    seen = _GUESTS if guest else _SECTORS.get(sector, _MEMBERS)
    return tuple(part for part in PackPart if part in seen)


@dataclass(frozen=True)
class Reader:
    """How somebody stands towards the pack of a case: `asked` to it, `shared` with them, in `conflict` with it.

    Whoever has accepted has agreed to the confidentiality statement.
    """

    state: InvitationState
    asked: bool
    shared: bool
    conflict: bool


def why_closed(reader: Reader, window: Window, now: datetime) -> PackRefusal | None:
    """Return why somebody may not open the pack of a case now; None where they may."""
    reasons = (
        (not reader.asked, PackRefusal.NOT_INVITED),
        (reader.conflict, PackRefusal.CONFLICT),
        (reader.state is not InvitationState.ACCEPTED, PackRefusal.NOT_ACCEPTED),
        (now >= window.closes_at, PackRefusal.EXPIRED),
        (not reader.shared, PackRefusal.NOT_SHARED),
        (now < window.opens_at, PackRefusal.TOO_EARLY),
    )
    return next((refusal for holds, refusal in reasons if holds), None)


def watermark(name: str, organisation: str, at: str) -> str:
    """Return the line that stands on every part of a pack; `at` is the moment of reading in words."""
    whose = f"{name}, {organisation}" if organisation else name
    return f"For {whose}. Opened {at}. Confidential: do not copy or pass on."
