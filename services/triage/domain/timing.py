"""Which clocks of triage people may change, and the one that they may not."""

from services.triage.domain.words import ClockName, Command

CLOCK_CHANGES = (Command.EXTEND, Command.PAUSE, Command.RESUME)
_URGENT = "The time to answer immediate danger cannot be extended or paused: a Gateway officer takes the referral."


FIXED_CLOCKS = {
    ClockName.URGENT.value: "It can be neither extended nor paused: a Gateway officer takes the referral.",
}
"""What the list of clocks says of the one that nobody may change."""


def why_fixed(name: str) -> str:
    """Return why a clock can be neither extended nor paused, nothing where it can."""
    return _URGENT if name == ClockName.URGENT else ""
