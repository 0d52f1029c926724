"""The site map of statistics."""

from chassis.web import Page
from services.stats.domain import MAKE_RELEASE, READ_RELEASES
from services.stats.web import views

PAGES = (
    Page("GET", "/", views.releases, READ_RELEASES),
    Page("POST", "/releases", views.make_release, MAKE_RELEASE),
    Page("GET", "/releases/{area}/{number}", views.release, READ_RELEASES),
    Page("GET", "/releases/{area}/{number}/tables.csv", views.release_csv, READ_RELEASES),
)
NAVIGATION = (("Releases", "releases"),)
