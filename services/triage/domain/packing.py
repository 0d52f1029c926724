"""What a pack is made of, what it still lacks before it is handed over, and what of a history may enter it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.triage.domain import guards as g
from services.triage.domain.standing import Practice, Situation
from services.triage.domain.words import Command


class PackPart(StrEnum):
    """The parts of a pack that must be there before it is handed over."""

    FORM = "form"
    ASSESSMENT = "assessment"
    GATHERED = "information-gathered"


PART_LABELS: Mapping[PackPart, str] = {
    PackPart.FORM: "The form",
    PackPart.ASSESSMENT: "A Gateway assessment",
    PackPart.GATHERED: "Information gathered, and by whom",
}
NEEDED: Mapping[Command, tuple[PackPart, ...]] = {
    Command.PASS_ON: (PackPart.FORM, PackPart.ASSESSMENT),
    Command.SECTION_36: tuple(PackPart),
}
_CHECKS: Mapping[PackPart, Callable[[Situation, Practice], str]] = {
    PackPart.FORM: g.form_is_read,
    PackPart.ASSESSMENT: g.is_assessed,
    PackPart.GATHERED: g.is_gathered,
}

CHRONICLED: Mapping[Command, str] = {
    Command.RECEIVE: "Referral received",
    Command.VERSION_ADDED: "A later version of the form arrived",
    Command.ASSESS: "Gateway assessment completed",
    Command.GATHER: "Information gathering begun by the police",
    Command.GATHERED: "Information gathering by the police complete",
    Command.CHANNEL_GATHERED: "Information gathering by Channel complete",
    Command.PASS_ON: "Passed on for information gathering",
    Command.SECTION_36: "Referred to the panel under section 36",
    Command.CHANNEL_REFERRED: "Referred to the panel under section 36 by the local authority",
    Command.PACK_ACCEPTED: "Pack accepted by Channel",
    Command.PACK_RETURNED: "Pack returned by Channel",
    Command.GIVEN_BACK: "Given back by Channel",
    Command.TAKE_BACK: "Taken back from Channel",
    Command.DECLINE_BACK: "Not taken back: returned to Channel",
    Command.TAKE_RISK: "The risk taken over",
    Command.PLP: "Taken into police-led partnership",
    Command.REVIEW_PLP: "Police-led partnership reviewed",
    Command.SIGNPOST: "Signposted to another service",
    Command.REPORTED: "The signpost ended",
    Command.CLOSE: "Closed: no further action",
    Command.PROPOSE: "Closure proposed",
    Command.SIGN_OFF: "Closure signed off",
    Command.SEND_BACK: "Closure sent back",
    Command.REVIEW: "Closure reviewed",
    Command.TRANSFER: "Offered to another force",
    Command.TRANSFER_ACCEPTED: "Accepted by the other force",
    Command.TRANSFER_REFUSED: "Refused by the other force",
    Command.WITHDRAW: "Recorded as withdrawn",
    Command.CORRECT: "Recorded that something was wrong",
    Command.REOPEN: "Reopened",
}
"""What a chronology tells of, in words for readers outside the police: whatever is not named here stays inside.

Nothing of the intelligence unit is named, nor who may see a referral, nor how clocks were set.
"""

WORDED = frozenset({Command.CHANNEL_GATHERED, Command.PACK_RETURNED, Command.GIVEN_BACK, Command.CORRECT})
"""Of these the chronology gives the note of the timeline as well; decisions bring their own words."""


@dataclass(frozen=True)
class PartNeeded:
    """One part of a pack as a page shows it: `lacking` is empty where it is there, else the sentence why not."""

    part: PackPart
    label: str
    lacking: str
    for_passing_on: bool


def parts_needed(situation: Situation, practice: Practice) -> tuple[PartNeeded, ...]:
    """Return every part that a section 36 referral needs, each with what it lacks."""
    return tuple(
        PartNeeded(part, label, _CHECKS[part](situation, practice), part in NEEDED[Command.PASS_ON])
        for part, label in PART_LABELS.items()
    )


def pack_to_pass_on(situation: Situation, practice: Practice) -> str:
    """Refuse passing on while a part is missing that the gathering rests on; every one is named."""
    return _lacking(Command.PASS_ON, situation, practice)


def pack_to_refer(situation: Situation, practice: Practice) -> str:
    """Refuse a section 36(3) referral while a part of its pack is missing; every one is named."""
    return _lacking(Command.SECTION_36, situation, practice)


def _lacking(command: Command, situation: Situation, practice: Practice) -> str:
    said = (_CHECKS[part](situation, practice) for part in NEEDED[command])
    return " ".join(sentence for sentence in said if sentence)
