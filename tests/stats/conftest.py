"""Fixtures of statistics: its real database without background work."""

import pytest

from chassis.app import Runtime
from services.stats.app import service
from tests.conftest import RuntimeOf


@pytest.fixture
async def stats(runtime_of: RuntimeOf) -> Runtime:
    """Return statistics upon its emptied database."""
    return await runtime_of(service())
