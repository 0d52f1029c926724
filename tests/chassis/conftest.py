"""Fixtures for the chassis alone: one service without a domain on its real database."""

import pytest

from tests.chassis.places import BARE, Place
from tests.conftest import Installation, RuntimeOf


@pytest.fixture
async def place(installation: Installation, runtime_of: RuntimeOf) -> Place:
    """Return the emptied database of a service that has only the chassis."""
    runtime = await runtime_of(BARE)
    return Place(runtime, runtime.database, runtime.secrets.database_url, installation.owner_url("triage"))
