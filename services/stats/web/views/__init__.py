"""The pages of statistics."""

from services.stats.web.views.releases import category_name, csv_text, make_release, release, release_csv, releases

__all__ = ["category_name", "csv_text", "make_release", "release", "release_csv", "releases"]
