"""What statistics knows: counts by month, and releases as they were frozen."""

from services.stats.queries.releases import (
    ReleaseFound,
    ReleaseListed,
    first_month,
    grid,
    last_number,
    release_found,
    released_months,
    releases,
)

__all__ = [
    "ReleaseFound",
    "ReleaseListed",
    "first_month",
    "grid",
    "last_number",
    "release_found",
    "released_months",
    "releases",
]
