"""Who hides what would give somebody away: the protocol, and the real one, a process of its own for a release."""

from typing import Protocol

from pydantic import TypeAdapter

from services.stats.clients.workers import answer_of
from services.stats.domain.disclosure import CannotHide
from services.stats.domain.hiding import Hidden, HideAnswered, HideAsked, HidingFailed

WORKER = "services.stats.clients.hide_worker"
PATIENCE_SECONDS = 1800.0

_ASKED, _ANSWERED = TypeAdapter(HideAsked), TypeAdapter(HideAnswered)


class Hider(Protocol):
    """Makes the tables of a release."""

    async def hide(self, asked: HideAsked) -> Hidden:
        """Return what may be shown; raises CannotHide, and HidingFailed where there is no answer."""


class WorkerHider:
    """Asks a process that lives for one release: it counts for minutes, on every core that there is."""

    async def hide(self, asked: HideAsked) -> Hidden:
        """Return what may be shown; raises CannotHide, and HidingFailed where there is no answer."""
        answer = await answer_of(WORKER, _ASKED.dump_json(asked), PATIENCE_SECONDS)
        if not answer:
            raise HidingFailed(
                "The process that hides figures ended without an answer; compute this draft once more when the machine "
                "has less to do and more memory is free."
            )
        answered = _ANSWERED.validate_json(answer)
        if answered.hidden is None:
            raise CannotHide(answered.refused)
        return answered.hidden
