"""What changes in statistics: facts are counted, and releases are drafted, frozen, signed off or discarded."""

from services.stats.operations.facts import Fact, count
from services.stats.operations.releases import (
    discard,
    fail,
    freeze,
    frozen,
    note_check,
    open_draft,
    progress,
    settle,
    sign_off,
    try_again,
)

__all__ = [
    "Fact",
    "count",
    "discard",
    "fail",
    "freeze",
    "frozen",
    "note_check",
    "open_draft",
    "progress",
    "settle",
    "sign_off",
    "try_again",
]
