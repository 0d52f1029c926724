"""What holds while the database is away: references set aside beforehand, and when the spool has to say no."""

from collections.abc import Callable
from itertools import cycle
from typing import ClassVar

from chassis.errors import Rejected, Unavailable
from contracts.vocabulary import make_reference
from contracts.vocabulary.reference import RANDOM_CHARACTERS

SET_ASIDE = "Z"
"""References whose random part begins so are given in an outage, and never otherwise."""


class Crowded(Unavailable):
    """More comes in at once than the database keeps in time; it is there, and nothing of this one was kept."""

    reason: ClassVar[str] = "crowded"


class SpoolFull(Unavailable):
    """The database is away, and the spool holds as much as it may, or has no reference left."""

    reason: ClassVar[str] = "spool-full"


class SpoolUnwritable(Unavailable):
    """The database is away, and the spool's folder cannot be written or read."""

    reason: ClassVar[str] = "spool-unwritable"


class SpoolEntryStuck(Rejected):
    """What waits in the spool does not open, or the database does not take it though it answers."""

    reason: ClassVar[str] = "spool-entry-stuck"


def is_set_aside(reference: str) -> bool:
    """Say whether a reference is of those that are kept for an outage."""
    return reference.partition("-")[2].startswith(SET_ASIDE)


def ordinary_reference(prefix: str, choose: Callable[[str], str]) -> str:
    """Return a new reference that no outage will ever give; `choose` picks one character of a string."""
    while True:
        made = make_reference(prefix, choose)
        if not is_set_aside(made):
            return made


def outage_reference(prefix: str, choose: Callable[[str], str]) -> str:
    """Return a new reference of those that are set aside; whether it is free only the database knows."""
    places = cycle(range(RANDOM_CHARACTERS))
    return make_reference(prefix, lambda letters: choose(letters) if next(places) else SET_ASIDE)
