"""The site map of statistics."""

from chassis.web import Page
from services.stats.domain import MAKE_RELEASE, PROVE_RELEASE, READ_RELEASES
from services.stats.web import views
from services.stats.web.views import packs

PAGES = (
    Page("GET", "/", views.board, READ_RELEASES),
    Page("GET", "/figures/{area}", views.figures, READ_RELEASES),
    Page("GET", "/timeliness/{area}", views.timeliness, READ_RELEASES),
    Page("GET", "/institutions/{area}", views.institutions, READ_RELEASES),
    Page("GET", "/national", views.national, READ_RELEASES),
    Page("GET", "/reconciliation", views.reconciliation, READ_RELEASES),
    Page("GET", "/packs", packs.packs, READ_RELEASES),
    Page("POST", "/packs", packs.make_pack, READ_RELEASES, name="packs"),
    Page("GET", "/packs/{area}/{number}/{quarter}", packs.pack, READ_RELEASES),
    Page("GET", "/packs/{area}/{number}/{quarter}/{kind}", packs.pack_file, READ_RELEASES),
    Page("GET", "/releases", views.releases, READ_RELEASES),
    Page("POST", "/releases", views.draft_release, MAKE_RELEASE, name="releases"),
    Page("GET", "/drafts/{area}/correction", views.correction, MAKE_RELEASE),
    Page("GET", "/drafts/{area}/{number}", views.draft, MAKE_RELEASE),
    Page("GET", "/drafts/{area}/{number}/table", views.draft_table, MAKE_RELEASE),
    Page("POST", "/drafts/{area}/{number}/again", views.try_again, MAKE_RELEASE),
    Page("POST", "/drafts/{area}/{number}/sign-off", views.sign_off, MAKE_RELEASE),
    Page("POST", "/drafts/{area}/{number}/discard", views.discard, MAKE_RELEASE),
    Page("GET", "/releases/{area}/{number}", views.release, READ_RELEASES),
    Page("POST", "/releases/{area}/{number}/prove", views.prove_release, PROVE_RELEASE),
    Page("GET", "/releases/{area}/{number}/tables.csv", views.release_csv, READ_RELEASES),
    Page("GET", "/releases/{area}/{number}/definitions.csv", views.release_cover, READ_RELEASES),
    Page("GET", "/releases/{area}/{number}/table.csv", views.table_csv, READ_RELEASES),
    Page("GET", "/releases/{area}/{number}/trend.csv", views.trend_csv, READ_RELEASES),
    Page("GET", "/releases/{area}/{number}/timeliness.csv", views.timeliness_csv, READ_RELEASES),
    Page("GET", "/releases/{area}/{number}/chart.svg", views.chart, READ_RELEASES),
)
NAVIGATION = (
    ("Figures", "board"), ("Quarterly pack", "packs"), ("Releases", "releases"), ("Daily count", "reconciliation"),
)  # fmt: skip
