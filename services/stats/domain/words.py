"""What statistics may be asked for, by whom, and how it refuses."""

from collections.abc import Mapping
from typing import ClassVar

from chassis.errors import Conflict, Missing, Rejected
from contracts.vocabulary import Role

READ_RELEASES = "read-releases"
MAKE_RELEASE = "make-release"
PROVE_RELEASE = "prove-release"
_READERS = frozenset({Role.BOARD_MEMBER, Role.ANALYST, Role.OPS_ENGINEER})
PERMISSIONS: Mapping[str, frozenset[Role]] = {
    READ_RELEASES: _READERS,
    MAKE_RELEASE: frozenset({Role.ANALYST}),
    PROVE_RELEASE: frozenset({Role.ANALYST, Role.OPS_ENGINEER}),
}

HIDDEN = "[c]"
"""The marker of the Government Statistical Service for a value that is confidential."""
WHY_NOTHING = "too few stand behind a figure, or it could be worked out from others"
"""Why tables of which nothing can be shown are hidden, whichever of the two it was: no reader learns which."""


class NothingToRelease(Rejected):
    """No closed month is waiting for its release."""

    reason: ClassVar[str] = "nothing-to-release"


class MonthMalformed(Rejected):
    """A fact names its month in another way than 2026-11."""

    reason: ClassVar[str] = "month-malformed"


class ReleaseAbsent(Missing):
    """There is no release with that number in an area that the reader may see."""

    reason: ClassVar[str] = "release-absent"


class AreaNotYours(Missing):
    """The reader's account holds no area, or not this one."""

    reason: ClassVar[str] = "area-not-yours"


class SameHand(Conflict):
    """Whoever drafted a release signs it off as well."""

    reason: ClassVar[str] = "same-hand"
