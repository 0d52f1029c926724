"""How what happened in a meeting is said: who was in the room, how the panel decided, who voted how."""

from collections.abc import Iterable
from datetime import datetime

from contracts.vocabulary.days import LONDON
from services.channel.domain import CLOSING_LABELS, HAPPENED, ClosingOutcome, Command
from services.channel.domain.panel import (
    AGREEMENT_LABELS,
    INSTEAD_LABELS,
    VERDICT_LABELS,
    VOTE_LABELS,
    WHY_NOT_LABELS,
    Instead,
    Verdict,
    Vote,
    WhyNot,
    counted,
)
from services.channel.queries import PanelDecision, Presence


def decision_told(decision: PanelDecision | None) -> dict[str, object] | None:
    """Return a decision as pages show it, None where there is none."""
    if decision is None:
        return None
    return {
        "what": HAPPENED[Command(decision.command)] if decision.command else "Not decided",
        "agreement": AGREEMENT_LABELS[decision.agreement] if decision.agreement else "",
        "votes": counted([each.vote for each in decision.votes]) if decision.votes else "",
        "against": [vars(each) | {"vote": VOTE_LABELS[each.vote]} for each in decision.votes if _differs(each.vote)],
        "words": decision.words,
        "chosen": "; ".join(_chosen(decision)),
        "next_on": decision.next_on,
        "presided_by": decision.presided_by,
        "decided_at": decision.decided_at,
        "held_on": decision.held_on,
        "meeting_id": decision.meeting_id,
    }


def _differs(vote: Vote) -> bool:
    return vote is not Vote.FOR


def _chosen(decision: PanelDecision) -> list[str]:
    """Return what was chosen from lists, in words."""
    parts = [WHY_NOT_LABELS[WhyNot(decision.reason_kind)]] if decision.reason_kind else []
    if decision.verdict:
        instead = decision.command == Command.NOT_ADOPT
        label = INSTEAD_LABELS[Instead(decision.verdict)] if instead else VERDICT_LABELS[Verdict(decision.verdict)]
        parts.append(label)
    return [*parts, CLOSING_LABELS[ClosingOutcome(decision.outcome)]] if decision.outcome else parts


def presence_told(present: Iterable[Presence]) -> list[dict[str, object]]:
    """Return who was in the room from when until when: those together who came and left together."""
    together: dict[str, list[str]] = {}
    for each in present:
        times = f"From {_time(each.admitted_at)}" + (f" until {_time(each.left_at)}" if each.left_at else "")
        guest = "" if each.seat.is_member else " (guest, no vote)"
        together.setdefault(times, []).append(f"{each.seat.organisation}: {each.seat.name}{guest}")
    return [{"times": times, "people": people} for times, people in together.items()]


def _time(at: datetime) -> str:
    return at.astimezone(LONDON).strftime("%-I:%M%p").lower()
