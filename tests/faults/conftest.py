"""One running system for the faults that do not end it."""

from collections.abc import Iterator

import pytest

from tests.journeys.live import Live, started


@pytest.fixture(scope="package")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The whole system, shared: each test looks for values of its own."""
    with started(tmp_path_factory.mktemp("live")) as running:
        yield running
