"""What changes in statistics: facts are counted, and releases are drafted, frozen, signed off or discarded."""

from services.stats.operations.facts import Fact, count, count_institution, mix_facts
from services.stats.operations.reconciling import Reconciled, keep_reconciled
from services.stats.operations.releases import (
    ask_for_proof,
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
    "Reconciled",
    "ask_for_proof",
    "count",
    "count_institution",
    "discard",
    "fail",
    "freeze",
    "frozen",
    "keep_reconciled",
    "mix_facts",
    "note_check",
    "open_draft",
    "progress",
    "settle",
    "sign_off",
    "try_again",
]
