"""What an attempt has handed over so far: kept where it is broken off, or fails by a fault of our own."""

from contextvars import ContextVar
from dataclasses import replace

from services.notify.domain import Result
from services.notify.operations import Sent

_last: ContextVar[Sent | None] = ContextVar("handed over", default=None)


def begin_attempt() -> None:
    """Forget what an earlier attempt handed over."""
    _last.set(None)


def hand_over(sent: Sent) -> None:
    """Note what is handed to a server from now on: nobody knows yet whether it arrives."""
    _last.set(sent)


def left_at(result: Result) -> Sent:
    """Return an attempt that ended like this without an answer, with what it had handed over by then."""
    last = _last.get()
    return Sent(result) if last is None else replace(last, result=result)
