"""Fixtures of statistics: its real database without background work."""

import pytest

from chassis.app import Runtime
from services.stats.app import service
from tests.conftest import RuntimeOf
from tests.stats.trusting import trusted


@pytest.fixture
async def stats(runtime_of: RuntimeOf) -> Runtime:
    """Return statistics upon its emptied database, with an auditor that finds nothing."""
    return trusted(await runtime_of(service()))
