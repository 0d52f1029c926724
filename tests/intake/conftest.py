"""What several tests of intake stand on: cages of their own, and an installation whose database can be taken away."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from services.intake.readers import Cage, Scanner
from tests.conftest import Installation, installed, prepared
from tests.intake.outage import Outages

CageOf = Callable[..., Awaitable[Cage]]


@pytest.fixture
async def cage_of() -> AsyncIterator[CageOf]:
    """A factory of cages that are open."""
    cages: list[Cage] = []

    async def make(scanner: Scanner | None = None, *, hold: bool = True) -> Cage:
        cage = Cage(scanner=scanner, hold_unscanned=hold)
        await cage.start()
        cages.append(cage)
        return cage

    yield make
    for cage in cages:
        await cage.stop()


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation of a module's own."""
    made = installed(tmp_path_factory.mktemp("state"))
    outages = Outages(made)
    outages.start()
    asyncio.run(prepared(made, ("intake",)))
    outages.stop()
    return made


@pytest.fixture
async def outages(own: Installation) -> AsyncIterator[Outages]:
    """The database of the installation, running at first."""
    made = Outages(own)
    await asyncio.to_thread(made.start)
    yield made
    made.thaw()
    await asyncio.to_thread(made.stop)
