"""The words of Channel: states, commands, clocks, and what a decision is made from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol

from chassis.errors import Missing, NotYet


class State(StrEnum):
    """Where a case stands with the Dovetail team."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    GATHERED = "gathered"
    RETURNED = "returned"
    REFERRED = "referred-to-panel"
    GIVEN_BACK = "given-back"
    TAKEN_BACK = "taken-back"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"


class Command(StrEnum):
    """What people and the police may do to a case."""

    OPEN = "open"
    OFFER_AGAIN = "offer-again"
    RECEIVE_SECTION_36 = "receive-section-36"
    ACCEPT = "accept"
    TO_PANEL = "to-panel"
    RETURN = "return"
    GATHERED = "record-gathered"
    REFER = "refer-section-36"
    GIVE_BACK = "give-back"
    TAKEN_BACK = "taken-back"
    WITHDRAW = "withdraw"
    CONFIRM = "confirm-withdrawal"
    HALT = "halt"
    GO_ON = "go-on"


class ClockName(StrEnum):
    """The clocks that run in Channel; how many working days each has is the area's."""

    ANSWER = "answer"
    INFORMATION_GATHERING = "information-gathering"
    DECISION = "section-36-decision"


class Body(StrEnum):
    """The two bodies that may decide under s.36(3)."""

    POLICE = "police"
    LOCAL_AUTHORITY = "local-authority"


class CaseNotFound(Missing):
    """No such case is here, or none that this person's areas let them see."""

    reason: ClassVar[str] = "case-not-found"


class AreaVersionUnknown(NotYet):
    """The version of the area's practice that a case is under is not here yet."""

    reason: ClassVar[str] = "area-version-unknown"


@dataclass(frozen=True)
class Practice:
    """What the area says about Channel at one moment: `due` is when each clock would run out if it started now."""

    area: str
    version: str
    decides: Body
    front_door: str
    due: Mapping[ClockName, datetime]


class Practices(Protocol):
    """Where the practice of an area comes from: the area files, read by settings."""

    def under(self, area: str, version: str, district: str, now: datetime) -> Practice:
        """Return the practice of one version for a district as from `now`; AreaVersionUnknown where it is not here."""


@dataclass(frozen=True)
class Record:
    """What is recorded with a command, in the coordinator's or the police's own words."""

    reason: str = ""
    grounds: str = ""
    risk_owner: str = ""
    summary: str = ""
    gathered_by: str = ""
    speak_to: str = ""

    def written(self) -> str:
        """Return what history keeps: the reason or the grounds, and of gathering what was found and by whom."""
        gathered = f"{self.gathered_by.strip()}: {self.summary.strip()}" if self.summary.strip() else ""
        return "\n\n".join(part for part in (self.reason.strip(), self.grounds.strip(), gathered) if part)


@dataclass(frozen=True)
class Situation:
    """What a decision may depend on."""

    state: State
    risk_owner: str
    section_36_made: bool = False
