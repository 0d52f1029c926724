"""The file of a release: written once, kept for the next, and given to readers of its own area alone."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace

import pytest

from services.stats.domain.shelf import Grid, Shelf, grid_of
from services.stats.web.views import published
from services.stats.writers.tidy import release_csv
from tests.conftest import RunningOf
from tests.stats.published_made import AREA, content, publish
from tests.stats.reading import BOARD, GATEWAY, Site, opened


@pytest.fixture
async def site(running_of: RunningOf) -> Site:
    """Return statistics running, with a board member signed in."""
    return await opened(running_of)


async def test_is_written_once_and_read_by_its_own_area_alone(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[tuple[str, int]] = []

    def noting(shelf: Shelf, grids: Iterable[Grid]) -> str:
        written.append((shelf.area, shelf.number))
        return release_csv(shelf, grids)

    monkeypatch.setattr(published, "csv_of_release", noting)
    monkeypatch.setattr(published, "_files", OrderedDict())
    made = content()
    for number in range(1, published.MOST_FILES + 2):
        await publish(site.running.runtime, replace(made, number=number))
    path = f"/releases/{AREA}/{{}}/tables.csv"
    first, again = [await site.get(path.format(1)) for _ in range(2)]
    grids = (grid_of(table, made) for table in made.tables)
    assert first.content == again.content == release_csv(Shelf(AREA, 1, {}), grids).encode()
    assert first.headers["content-type"] == "text/csv; charset=utf-8"
    assert written == [(AREA, 1)]
    await site.become(GATEWAY)
    assert (await site.get(path.format(1))).status_code == 403
    await site.become(replace(BOARD, areas=frozenset({"northmere"})))
    assert (await site.get(path.format(1))).status_code == 404
    await site.become(BOARD)
    for number in range(2, published.MOST_FILES + 2):
        assert (await site.get(path.format(number))).content != first.content
    assert (await site.get(path.format(1))).content == first.content
    assert [number for _, number in written] == [*range(1, published.MOST_FILES + 2), 1]
