"""What Channel gave back, as the pages of a referral show it."""

from collections.abc import Iterable

from services.triage.domain import Command
from services.triage.queries import GivenBackView

_ENDED = {
    Command.TAKE_BACK: ("Taken back", "green"),
    Command.DECLINE_BACK: ("Returned to Channel", "grey"),
}
_WAITS = ("Waits for an answer", "orange")
_WANTED = {"plp": "A police-led partnership", "other": "That the police take the case back"}


def given_back(found: Iterable[GivenBackView]) -> list[dict[str, object]]:
    """Return each giving back with what was asked for and how it was answered."""
    return [{**vars(each), **_shown(each)} for each in found]


def _shown(each: GivenBackView) -> dict[str, object]:
    label, colour = _ENDED[Command(each.answer)] if each.answer else _WAITS
    return {"label": label, "colour": colour, "wanted": _WANTED.get(each.offered_for, "")}
