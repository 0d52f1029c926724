"""The national figures: each has a source that says where somebody read it, and fits the others."""

from pathlib import Path

import pytest

from services.stats.domain.measures import ATTRIBUTES, MEASURES
from services.stats.domain.national import SourceStatus
from services.stats.readers import NATIONAL, national


class TestNational:
    def test_every_figure_has_a_source_with_an_address_and_a_date(self) -> None:
        for figure in national().figures:
            assert figure.source.address.startswith(("https://www.gov.uk/", "http://counterterrorbusiness.com/"))
            assert figure.source.published_on.year >= int(figure.year) + 1
            assert figure.source.status in SourceStatus

    def test_what_is_called_published_was_read_at_the_publisher(self) -> None:
        published = [figure.source for figure in national().figures if figure.source.status is SourceStatus.PUBLISHED]
        assert published
        assert all(source.address.startswith("https://www.gov.uk/") for source in published)

    def test_measures_and_categories_are_those_that_areas_count(self) -> None:
        for figure in national().figures:
            assert figure.measure in MEASURES
            assert not figure.attribute or figure.category in ATTRIBUTES[figure.attribute].categories

    def test_no_figure_stands_twice(self) -> None:
        keys = [(each.year, each.measure, each.attribute, each.category) for each in national().figures]
        assert len(keys) == len(set(keys))

    def test_parts_are_no_more_than_their_whole(self) -> None:
        found = national()
        for figure in found.figures:
            whole = found.figure(figure.year, "received")
            assert whole is not None
            assert figure.count <= (figure.known or whole.count) <= whole.count

    @pytest.mark.parametrize(
        ("year", "measure", "share"), [("2023", "discussed", 13), ("2023", "adopted", 7), ("2024", "adopted", 17)]
    )
    def test_shares_are_those_that_the_home_office_gives(self, year: str, measure: str, share: int) -> None:
        figure = national().figure(year, measure)
        assert figure is not None
        assert national().share(figure) == share

    def test_no_share_is_made_up_where_the_known_denominator_is_not_given(self) -> None:
        figure = national().figure("2024", "received", "ethnicity", "white")
        assert figure is not None
        assert national().share(figure) is None

    def test_what_nobody_could_check_is_left_out(self) -> None:
        assert national().figure("2015", "received") is None
        assert national().latest("discussed") == national().figure("2023", "discussed")

    def test_a_figure_whose_source_is_not_listed_is_refused(self, tmp_path: Path) -> None:
        wrong = tmp_path / "national.yaml"
        wrong.write_text(NATIONAL.read_text(encoding="utf-8").replace("source: to-march-2025", "source: hearsay"))
        with pytest.raises(KeyError):
            national(wrong)
