"""The types of concern that the Home Office counts, as an officer chooses between them, and what each is for."""

from collections.abc import Mapping

from chassis.transitions import NotRecorded
from contracts.vocabulary import ConcernType
from services.triage.domain.standing import Record
from services.triage.domain.table import ASKED_FOR, Transition

CONCERNS: Mapping[ConcernType, tuple[str, str]] = {
    ConcernType.EXTREME_RIGHT_WING: (
        "Extreme right-wing",
        "The concern is about extreme right-wing beliefs or groups, whichever of their kinds.",
    ),
    ConcernType.ISLAMIST: (
        "Islamist extremism",
        "The concern is about Islamist extremist beliefs or groups; belonging to a religion is no concern.",
    ),
    ConcernType.NO_IDEOLOGY: (
        "No ideology identified",
        "No ideology was found, and nothing else that makes the person susceptible to radicalisation.",
    ),
    ConcernType.OTHER_SUSCEPTIBILITY: (
        "No ideology: other susceptibility to radicalisation",
        "No ideology was found, but something else makes the person susceptible to radicalisation.",
    ),
    ConcernType.VIOLENCE: (
        "Fascination with extreme violence or mass casualty attacks",
        "What draws the person is the violence or the attacks themselves, for example attacks on schools.",
    ),
    ConcernType.CONFLICTED: (
        "Conflicted or multiple",
        "Several ideologies side by side or by turns, and none of them is the main one.",
    ),
    ConcernType.INCEL: ("Incel", "The concern is about the beliefs of “involuntary celibates”."),
    ConcernType.OTHER: ("Other ideology", "Another ideology than those above: name it in the rationale."),
    ConcernType.UNKNOWN: ("Not known", "Nothing is known that lets you choose. It can be chosen at a later decision."),
}
"""What each type is called and when it is chosen, in our own words, after the classification in use since 2024."""


def check_concern(row: Transition, record: Record) -> None:
    """Raise NotRecorded where a row asks for the type of concern and the record names none that there is."""
    if "concern" in row.records and record.concern not in set(ConcernType):
        raise NotRecorded("concern", ASKED_FOR["concern"])
