"""Which step does what a clock is about: whatever else stops or restarts it has done nothing of the kind."""

from collections.abc import Mapping

from services.channel.domain.words import ClockName, Command

_FULFILLED: Mapping[ClockName, frozenset[Command]] = {
    ClockName.ANSWER: frozenset({Command.ACCEPT, Command.RETURN}),
    ClockName.INFORMATION_GATHERING: frozenset({Command.GATHERED}),
    ClockName.DECISION: frozenset({Command.REFER}),
    ClockName.PANEL: frozenset({Command.ADOPT, Command.NOT_ADOPT}),
    ClockName.PLAN: frozenset({Command.MAKE_PLAN}),
    ClockName.CONSENT: frozenset({Command.CONSENT_GIVEN, Command.CONSENT_REFUSED}),
    ClockName.CONSENT_AT_18: frozenset({Command.CONSENT_GIVEN, Command.CONSENT_REFUSED, Command.CONSENT_WITHDRAWN}),
    ClockName.PLAN_REVIEW: frozenset({Command.CONTINUE, Command.PANEL_CLOSE}),
    ClockName.REASSESSMENT: frozenset({Command.REASSESSED, Command.ADOPT, Command.PANEL_CLOSE}),
    ClockName.CLOSING_REPORT: frozenset({Command.CLOSING_REPORT}),
    ClockName.TRANSFER: frozenset({Command.TRANSFER_ACCEPTED, Command.TRANSFER_REFUSED}),
    ClockName.GIVEN_BACK: frozenset({Command.TAKEN_BACK, Command.RETURNED_BACK}),
}


def fulfils(command: Command, clock: ClockName) -> bool:
    """Say whether a step does what a clock is about; obligations, sessions and reviews end otherwise."""
    return command in _FULFILLED.get(clock, ())
