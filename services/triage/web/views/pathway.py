"""The pathway as the page of a referral draws it: from the table of transitions, with the present state marked."""

from collections.abc import Collection, Sequence
from itertools import groupby

from services.triage.domain import STATE_LABELS, TABLE, Practice, Situation, State, next_states
from services.triage.queries import TimelineEntry, Way
from services.triage.web.views.versions import DOORS

STAGES: tuple[tuple[str, tuple[State, ...]], ...] = (
    (
        "Checks by the intelligence unit",
        (State.RECEIVED, State.DECONFLICTING, State.CONFLICT, State.PURSUE_OFFERED, State.PURSUE),
    ),
    ("Gateway", (State.ASSESSING, State.GATHERING, State.DECIDING)),
    ("Offered to others", (State.PASSED_ON, State.SECTION_36, State.GIVEN_BACK, State.TRANSFERRING)),
    ("Work goes on", (State.PLP, State.SIGNPOSTED, State.HANDED_OVER, State.CLOSING)),
    ("Ended here", (State.CLOSED, State.WITHDRAWN, State.TRANSFERRED)),
)
SERVICES = {
    "channel": "Channel",
    "notify": "notices (social care, other services)",
    "intake": "the front door",
    "triage": "police triage",
}
ANNOUNCED = {
    "triage.police-decision-made.v1": "The decision, without identity",
    "triage.referral-progressed.v1": "How far it is",
    "triage.signpost-made.v1": "A signpost",
    "triage.passed-for-information-gathering.v1": "The pack, for information gathering",
    "triage.section-36-referral-made.v1": "The pack, as a section 36 referral",
    "triage.referrals-linked.v1": "Whether it is the same person",
    "triage.clock-escalated.v1": "A clock that ran out",
    "triage.transfer-offered.v1": "An offer to another force",
    "triage.referral-corrected.v1": "A correction",
    "triage.pack-withdrawn.v1": "The pack was taken back",
    "triage.work-halted.v1": "Wait, and speak to somebody",
    "triage.work-resumed.v1": "Go on",
    "triage.signpost-ended.v1": "No answer to a signpost is needed any more",
    "triage.transfer-called-back.v1": "The offer to another force was called back",
}


def pathway(situation: Situation, practice: Practice, timeline: Sequence[TimelineEntry]) -> dict[str, object]:
    """Return the stages with their states (where it is, was and can go next), and every way between them in words."""
    been = [State(state) for state, _ in groupby(entry.to_state for entry in timeline)]
    following = next_states(situation, practice)
    return {
        "now": STATE_LABELS[situation.state],
        "been": [STATE_LABELS[state] for state in been],
        "next": [STATE_LABELS[state] for state in following],
        "stages": [
            {"title": title, "states": [_state(state, situation.state, been, following) for state in states]}
            for title, states in STAGES
        ],
        "ways": [way for state in STATE_LABELS for way in _ways(state)],
    }


def _state(state: State, now: State, been: Collection[State], following: Collection[State]) -> dict[str, object]:
    mark = "now" if state is now else "next" if state in following else "been" if state in been else ""
    return {"label": STATE_LABELS[state], "mark": mark}


def _ways(state: State) -> list[dict[str, str]]:
    return [
        {"from": STATE_LABELS[state], "by": row.label, "to": STATE_LABELS[row.target]}
        for row in TABLE
        if state in row.sources and row.target not in (None, state)
        if row.target is not None
    ]


def way_through(way: Way, door: str) -> list[dict[str, object]]:
    """Return a referral's way through the services, step by step; a step that is waited for has no time."""
    steps: list[dict[str, object]] = [
        {"what": f"Came in by {DOORS.get(door, door)}", "at": way.received_at},
        {"what": "Arrived in police triage", "at": way.arrived_at},
    ]
    teams = (
        ("The intelligence unit", way.imu_seen_at, way.imu_acknowledged_at),
        ("The Gateway", way.gateway_seen_at, way.gateway_acknowledged_at),
    )
    for team, seen_at, answered_at in teams:
        steps += [
            {"what": f"{team} opened it", "at": seen_at},
            {"what": f"{team} acted on it", "at": answered_at},
        ]
    for each in way.sent:
        what = ANNOUNCED.get(each.type, each.type.removeprefix("triage.").rsplit(".", 1)[0].replace("-", " "))
        to = SERVICES.get(each.recipient, each.recipient)
        steps.append(
            {
                "what": f"{what}: sent to {to}",
                "at": each.recorded_at,
                "stored_at": each.stored_at,
                "waiting": each.stored_at is None,
                "parked": each.parked,
            }
        )
    return steps
