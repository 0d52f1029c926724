"""Which step does what a clock is about: whatever else stops or restarts it has done nothing of the kind."""

from collections.abc import Mapping

from services.triage.domain.words import ClockName, Command

_DECISIONS = frozenset(
    {Command.CLOSE, Command.PROPOSE, Command.SIGNPOST, Command.PLP, Command.PASS_ON, Command.SECTION_36}
)
_OFFICERS = frozenset({Command.TAKE, Command.GATHER, Command.PURSUE, Command.TRANSFER})
_GIVEN_BACK = frozenset({Command.TAKE_BACK, Command.DECLINE_BACK})

_FULFILLED: Mapping[ClockName, frozenset[Command]] = {
    ClockName.DECONFLICTION: frozenset({Command.CLEAR, Command.CONFLICT}),
    ClockName.CONFLICT: frozenset({Command.CLEAR, Command.PURSUE}),
    ClockName.PURSUE: frozenset({Command.CLEAR}),
    ClockName.ASSESSMENT: _DECISIONS | {Command.GATHER},
    ClockName.GATHERING: frozenset({Command.GATHERED}),
    ClockName.DECISION: _DECISIONS,
    ClockName.SIGN_OFF: frozenset({Command.SIGN_OFF, Command.SEND_BACK}),
    ClockName.ACCEPTANCE: _GIVEN_BACK | {Command.PACK_ACCEPTED, Command.PACK_RETURNED},
    ClockName.TRANSFER: frozenset({Command.TRANSFER_ACCEPTED, Command.TRANSFER_REFUSED}),
    ClockName.PLP_REVIEW: frozenset({Command.REVIEW_PLP}),
    ClockName.CLOSURE_REVIEW: frozenset({Command.REVIEW}),
    ClockName.URGENT: _DECISIONS | _OFFICERS | _GIVEN_BACK,
}


def fulfils(command: Command, clock: ClockName) -> bool:
    """Say whether a step does what a clock is about; the clocks of obligations end with these, not by a step."""
    return command in _FULFILLED.get(clock, ())
