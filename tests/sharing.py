"""How a run is shared out between workers: file by file, the longest first; who looks at one system stays together."""

import os
from pathlib import PurePosixPath

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.kafka import GIVEN

SYSTEMS = ("tests/journeys", "tests/faults")
"""The tests of a folder that look at one running system, which is started once for whoever has them."""
APART = (
    "tests/faults/test_channel_canaries.py",
    "tests/journeys/test_channel_alarms.py",
    "tests/journeys/test_channel_killed.py",
    "tests/journeys/test_channel_transfer.py",
    "tests/journeys/test_channel_year.py",
    "tests/journeys/test_moving_bus.py",
    "tests/journeys/test_panel_meeting.py",
    "tests/faults/test_runs.py",
    "tests/faults/test_shuffled_delivery.py",
    "tests/faults/test_wiped_bus.py",
)
"""Those of the same folders that start what they need themselves."""
DAY = "tests/journeys/test_channel_roles.py"
ONE_DAY = (
    "tests/journeys/test_channel_guests.py",
    "tests/journeys/test_channel_panel_roles.py",
    DAY,
)
"""Those that share one day of Channel's team, which is prepared once."""
LONGEST = (
    "tests/journeys",
    "tests/journeys/test_panel_meeting.py",
    "tests/faults/test_wiped_bus.py",
    "tests/faults",
    DAY,
    "tests/journeys/test_channel_year.py",
    "tests/journeys/test_channel_alarms.py",
    "tests/faults/test_channel_canaries.py",
    "tests/journeys/test_channel_killed.py",
    "tests/journeys/test_channel_transfer.py",
    "tests/faults/test_runs.py",
    "tests/chassis/transports/test_kafka_outages.py",
    "tests/journeys/test_moving_bus.py",
    "tests/chassis/transports/test_groups.py",
    "tests/deploy/test_compose.py",
    "tests/intake/test_web_api_schemathesis.py",
    "tests/deploy/test_kafka_brokers.py",
    "tests/intake/test_spool_kills.py",
    "tests/chassis/transports/test_conformance.py",
    "tests/intake/test_spool_outage.py",
    "tests/chassis/test_inbox.py",
    "tests/chassis/test_known_failures_database.py",
    "tests/cli/test_up.py",
    "tests/intake/test_readers_confinement.py",
    "tests/intake/test_doors.py",
    "tests/intake/test_readers_cage.py",
    "tests/faults/test_shuffled_delivery.py",
)
"""Begun first, so that nobody has one of them left when everybody else is done."""


def share_of(nodeid: str) -> str:
    """Return the share that a test belongs to: its file, or what those who look at one system have in common."""
    file = nodeid.partition("::")[0]
    if file in ONE_DAY:
        return DAY
    folder = str(PurePosixPath(file).parent)
    return folder if folder in SYSTEMS and file not in APART else file


class Shares(LoadScopeScheduling):  # type: ignore[misc]  # it comes without types
    """Hands out share after share, in the order of the collection."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return share_of(nodeid)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put together again what belongs together, once chance has shuffled the files of all folders."""
    places: dict[str, int] = {share: place - len(LONGEST) for place, share in enumerate(LONGEST)}
    items.sort(key=lambda item: places.setdefault(share_of(item.nodeid), len(places)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores, for tests wait a third of their time: for outages, leases and restarts to pass.

    A Kafka that is given is one for all, and each test that uses it empties it: only a lone worker may.
    """
    return 1 if os.environ.get(GIVEN) else (os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Shares:
    return Shares(config, log)
