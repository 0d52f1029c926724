"""The pages of statistics."""

from services.stats.web.views.board import board
from services.stats.web.views.charts import chart
from services.stats.web.views.figures import figures, release_cover, table_csv, trend_csv
from services.stats.web.views.institutions import institutions
from services.stats.web.views.national import national
from services.stats.web.views.published import prove_release, release, release_csv
from services.stats.web.views.reconciling import reconciliation
from services.stats.web.views.releasing import (
    correction,
    discard,
    draft,
    draft_release,
    draft_table,
    releases,
    sign_off,
    try_again,
)
from services.stats.web.views.timeliness import timeliness, timeliness_csv

__all__ = [
    "board",
    "chart",
    "correction",
    "discard",
    "draft",
    "draft_release",
    "draft_table",
    "figures",
    "institutions",
    "national",
    "prove_release",
    "reconciliation",
    "release",
    "release_cover",
    "release_csv",
    "releases",
    "sign_off",
    "table_csv",
    "timeliness",
    "timeliness_csv",
    "trend_csv",
    "try_again",
]
