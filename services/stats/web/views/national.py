"""What the Home Office published of England and Wales, each figure with its source."""

from starlette.responses import Response

from chassis.web import PageRequest
from services.stats.domain.naming import NOT_AVAILABLE, attribute_name, category_name, measure_name
from services.stats.domain.national import NationalFigure, Source
from services.stats.domain.periods import year_name
from services.stats.readers import national as read_national

_COLUMNS = ("received", "discussed", "adopted")


async def national(page: PageRequest) -> Response:
    """Show the national figures that an area's own may be set beside."""
    found = read_national()
    split = [figure for figure in found.figures if figure.attribute and figure.year == found.years[0]]
    return page.render(
        "national",
        national=found,
        columns=[measure_name(each) for each in _COLUMNS],
        years=[
            (
                year_name(year),
                [(figure, found.share(figure) if figure else None) for figure in _figures(year)],
                _from(year),
            )
            for year in found.years
        ],
        newest=year_name(found.years[0]),
        newest_from=tuple(dict.fromkeys(each.source for each in split)),
        split=[
            (attribute_name(each.attribute), category_name(each.category, each.attribute), each, found.share(each))
            for each in split
        ],
        not_available=NOT_AVAILABLE,
    )


def _from(year: str) -> tuple[Source, ...]:
    """Return where the figures of a year are from, each source once."""
    return tuple(dict.fromkeys(figure.source for figure in _figures(year) if figure))


def _figures(year: str) -> list[NationalFigure | None]:
    found = read_national()
    return [found.figure(year, measure) for measure in _COLUMNS]
