"""What a closure must say: why, what was found, what else was considered, who owns the risk, when it is reviewed."""

import re
from collections.abc import Mapping

from chassis.transitions import NotRecorded
from services.triage.domain.standing import Record, Situation
from services.triage.domain.table import ASKED_FOR
from services.triage.domain.words import ClosureReason, NoIdeologyAlone, State

FINDING_LENGTH = 20
LED_BEFORE = frozenset({State.PLP, State.SIGNPOSTED})
_NO_IDEOLOGY = re.compile(
    r"\b(there|is|was|are|no|not|any|clear|fixed|specific|particular|evidence|signs?|of|an?|the|lack|absence|without"
    r"|ideolog(?:y|ies|ical)|identified|found|seen|present|motivation|driver|basis|closed?|because|due|to|has|been)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[.;:!?\n]+")
_ABSENCE = re.compile(r"\b(no|not|non|none|nothing|never|without|lacks?|lacking|absen\w*)\b|n['’]t\b", re.IGNORECASE)

REASONS: Mapping[ClosureReason, tuple[str, str]] = {
    ClosureReason.MISTAKEN: ("Mistaken", "What was seen or heard was misunderstood."),
    ClosureReason.MISGUIDED: ("Misguided", "Meant well, but there is no concern once the context is known."),
    ClosureReason.MALICIOUS: ("Malicious", "Made to harm the person."),
    ClosureReason.NOT_RADICALISATION: (
        "Not radicalisation",
        "There may be a need, but not this one: consider a signpost.",
    ),
    ClosureReason.WORK_DONE: (
        "The work is done",
        "Police-led partnership or the service that was signposted to has done what it could.",
    ),
}


def reasons_from(state: State) -> tuple[ClosureReason, ...]:
    """Return the reasons for which a referral in a state may be closed: work is done only where some was begun."""
    return tuple(reason for reason in ClosureReason if reason is not ClosureReason.WORK_DONE or state in LED_BEFORE)


def owners(situation: Situation) -> tuple[str, ...]:
    """Return who may be named as risk owner from a decision on: the present one, or whoever decides.

    Nobody else, because the risk passes to others only by their own acceptance.
    """
    return tuple(dict.fromkeys(name for name in (situation.risk_owner, situation.acting) if name))


def check_owner(situation: Situation, record: Record) -> None:
    """Raise NotRecorded where somebody is named as risk owner who has not accepted the risk."""
    if record.risk_owner.strip() not in owners(situation):
        raise NotRecorded("risk_owner", "Choose the present risk owner or yourself: others accept a risk themselves")


def check_closure(situation: Situation, record: Record) -> None:
    """Raise NotRecorded or NoIdeologyAlone for a closure that says too little; the field is named."""
    only_ideology = "ideolog" in record.rationale.lower() and not re.search(
        r"\w", _NO_IDEOLOGY.sub("", record.rationale)
    )
    if record.reason == "no-ideology" or only_ideology:
        raise NoIdeologyAlone(
            "rationale" if only_ideology else "reason",
            "The absence of an ideology is not by itself a reason to close: people without a fixed ideology can still"
            " be drawn into terrorism. Say what was found about the concern itself",
        )
    if record.reason not in reasons_from(situation.state):
        raise NotRecorded("reason", ASKED_FOR["reason"])
    _check_finding(record)
    check_owner(situation, record)


def _check_finding(record: Record) -> None:
    """Ask for words about the concern itself; sentences about ideology do not count once its absence is a reason."""
    if len(record.finding.strip()) < FINDING_LENGTH:
        raise NotRecorded("finding", ASKED_FOR["finding"])
    clauses = _CLAUSE.split(f"{record.rationale}\n{record.finding}")
    if not any("ideolog" in clause.lower() and _ABSENCE.search(clause) for clause in clauses):
        return
    beyond = [clause.strip() for clause in _CLAUSE.split(record.finding) if "ideolog" not in clause.lower()]
    if len(" ".join(beyond).strip()) < FINDING_LENGTH:
        raise NoIdeologyAlone(
            "finding",
            "The absence of an ideology is not an answer about the concern itself. Say what was found about the"
            " concern, in a sentence of its own of at least 20 characters",
        )
