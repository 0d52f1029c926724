"""What statistics knows: counts by month, and releases as they were frozen."""

from services.stats.queries.counting import Found, counted
from services.stats.queries.institutions import institutions_counted
from services.stats.queries.reconciling import DayStands, days_reconciled
from services.stats.queries.releases import (
    Checked,
    DraftFound,
    ReleaseFound,
    ReleaseListed,
    check_of,
    checks,
    draft_found,
    draft_to_compute,
    drafts,
    earlier_releases,
    has_open_draft,
    last_number,
    late_facts,
    release_found,
    releases,
    standing,
)
from services.stats.queries.shelf import shelf_of

__all__ = [
    "Checked",
    "DayStands",
    "DraftFound",
    "Found",
    "ReleaseFound",
    "ReleaseListed",
    "check_of",
    "checks",
    "counted",
    "days_reconciled",
    "draft_found",
    "draft_to_compute",
    "drafts",
    "earlier_releases",
    "has_open_draft",
    "institutions_counted",
    "last_number",
    "late_facts",
    "release_found",
    "releases",
    "shelf_of",
    "standing",
]
