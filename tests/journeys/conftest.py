"""One running system for all journeys."""

from collections.abc import Iterator

import pytest

from tests.journeys.live import Live, started


@pytest.fixture(scope="package")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The whole system, shared: each journey uses referrals of its own."""
    with started(tmp_path_factory.mktemp("live")) as running:
        yield running
