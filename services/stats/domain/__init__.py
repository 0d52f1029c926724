"""The rules of statistics: what is counted, over which periods, what may be shown, and by whom."""

from services.stats.domain.measures import CLOSED_AS
from services.stats.domain.old import (
    DEFINITIONS,
    TOTAL,
    Cell,
    Definition,
    Grid,
    PublishedRow,
    PublishedTable,
    ReleaseContent,
    hidden_cells,
    publish,
)
from services.stats.domain.periods import SETTLING_DAYS, closes_on, is_closed, month_of, months_to_release
from services.stats.domain.words import (
    HIDDEN,
    MAKE_RELEASE,
    PERMISSIONS,
    READ_RELEASES,
    AreaNotYours,
    MonthMalformed,
    NothingToRelease,
    ReleaseAbsent,
)

__all__ = [
    "CLOSED_AS",
    "DEFINITIONS",
    "HIDDEN",
    "MAKE_RELEASE",
    "PERMISSIONS",
    "READ_RELEASES",
    "SETTLING_DAYS",
    "TOTAL",
    "AreaNotYours",
    "Cell",
    "Definition",
    "Grid",
    "MonthMalformed",
    "NothingToRelease",
    "PublishedRow",
    "PublishedTable",
    "ReleaseAbsent",
    "ReleaseContent",
    "closes_on",
    "hidden_cells",
    "is_closed",
    "month_of",
    "months_to_release",
    "publish",
]
