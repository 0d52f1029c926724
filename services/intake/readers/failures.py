"""Why a file cannot be taken apart, each cause with the sentence that people read."""

from collections.abc import Mapping

from services.intake.domain import QuarantineReason
from services.intake.domain.quarantine import SENTENCES
from services.intake.readers.values import Cause, FormReading

REASONS: Mapping[Cause, QuarantineReason] = {
    cause: QuarantineReason(cause.value) for cause in Cause if cause.value in set(QuarantineReason)
}
"""The causes that put a file into quarantine."""


class Unreadable(Exception):
    """A file that cannot be taken apart; the cause has a sentence of its own, or is given one."""

    def __init__(self, cause: Cause, said: str = "") -> None:
        """Keep the cause and the sentence."""
        super().__init__(said or sentence(cause))
        self.cause = cause


def sentence(cause: Cause) -> str:
    """Return what people read about a cause that puts a file into quarantine."""
    return SENTENCES[REASONS[cause]]


def unread(cause: Cause) -> FormReading:
    """Return what is known of a form that nobody opened."""
    return FormReading(reason=sentence(cause), cause=cause)
