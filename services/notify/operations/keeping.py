"""Exactly what was sent is kept: what was taken last with the notice, what else may have gone out with its attempt."""

from typing import Any

from sqlalchemy import Row, update

from chassis.database import Session
from services.notify.domain import Result, may_have_gone
from services.notify.models import attempt
from services.notify.operations.delivery import Claimed, Sent

_NOTHING: dict[str, str | None] = {"template": None, "subject_line": None, "body": None}


def own_words(claimed: Claimed, sent: Sent, *, on_notice: bool) -> dict[str, str | None]:
    """Return what an attempt said, by column: nothing where it cannot have gone out, or where the notice keeps it."""
    if on_notice or not may_have_gone(sent.result, claimed.way, sent.code):
        return _NOTHING
    return {"template": sent.template, "subject_line": sent.subject_line, "body": sent.body}


async def keep_earlier_words(session: Session, row: Row[Any], sent: Sent) -> None:
    """Give the attempts that were taken before what the notice keeps of them, where this one says something else.

    The notice is held by the caller, and keeps what `sent` says from then on.
    """
    kept = (row.template, row.subject_line, row.body)
    if row.subject_line is None or kept == (sent.template, sent.subject_line, sent.body):
        return
    before = (
        attempt.c.notice_id == row.id,
        attempt.c.result == str(Result.ACCEPTED),
        attempt.c.subject_line.is_(None),
    )
    values = dict(zip(("template", "subject_line", "body"), kept, strict=True))
    await session.execute(update(attempt).where(*before).values(values))
