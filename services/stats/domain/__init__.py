"""The rules of statistics: what is counted, over which periods, what may be shown, and by whom."""

from services.stats.domain.periods import SETTLING_DAYS, closes_on, is_closed, month_of, months_to_release
from services.stats.domain.words import (
    HIDDEN,
    MAKE_RELEASE,
    PERMISSIONS,
    PROVE_RELEASE,
    READ_RELEASES,
    AreaNotYours,
    MonthMalformed,
    NothingToRelease,
    ReleaseAbsent,
)

__all__ = [
    "HIDDEN",
    "MAKE_RELEASE",
    "PERMISSIONS",
    "PROVE_RELEASE",
    "READ_RELEASES",
    "SETTLING_DAYS",
    "AreaNotYours",
    "MonthMalformed",
    "NothingToRelease",
    "ReleaseAbsent",
    "closes_on",
    "is_closed",
    "month_of",
    "months_to_release",
]
