"""What makes a run of the tests short: its shares, its emptying, and what it works out once, hide nothing."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from jinja2 import DictLoader

from areas import load
from chassis.web import templating
from cli import vault
from tests.conftest import Installation
from tests.kafka import GIVEN
from tests.sharing import APART, LONGEST, ONE_DAY, SYSTEMS, pytest_xdist_auto_num_workers, share_of

ROOT = Path(__file__).parents[2]


class TestShares:
    def test_each_that_is_named_is_there(self) -> None:
        assert [name for name in (*LONGEST, *APART, *ONE_DAY) if not (ROOT / name).exists()] == []

    def test_each_folder_with_a_running_system_is_one_share(self) -> None:
        conftests = (ROOT / "tests").glob("*/conftest.py")
        assert {f"tests/{path.parent.name}" for path in conftests if "def live(" in path.read_text()} == set(SYSTEMS)

    @pytest.mark.parametrize(
        ("nodeid", "share"),
        [
            ("tests/journeys/test_pages.py::test_every_page[triage]", "tests/journeys"),
            ("tests/faults/test_wiped_bus.py::test_it", "tests/faults/test_wiped_bus.py"),
            ("tests/journeys/test_channel_guests.py::test_it", "tests/journeys/test_channel_roles.py"),
            ("tests/triage/test_views.py::TestIt::test_it[a::b/c]", "tests/triage/test_views.py"),
        ],
    )
    def test_a_test_goes_with_its_file_or_with_its_system(self, nodeid: str, share: str) -> None:
        assert share_of(nodeid) == share

    def test_a_kafka_that_is_given_has_a_lone_worker(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv(GIVEN, raising=False)
        assert pytest_xdist_auto_num_workers() == (os.cpu_count() or 1) + 1
        monkeypatch.setenv(GIVEN, "broker-1:9092")
        assert pytest_xdist_auto_num_workers() == 1


class TestEmptying:
    def test_goes_on_when_its_connections_were_cut(
        self, installation: Installation, emptied: Callable[[], None]
    ) -> None:
        emptied()
        asyncio.run(_cut_and_write(installation))
        emptied()
        assert asyncio.run(_runs(installation)) == 0


async def _cut_and_write(installation: Installation) -> None:
    connection = await asyncpg.connect(installation.superuser_url(vault.database_of("intake")))
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1 AND pid <> pg_backend_pid()",
            vault.SUPERUSER,
        )
        await connection.execute("INSERT INTO job_run VALUES ('x', '2026-01-01', '2026-01-01T00:00Z')")
    finally:
        await connection.close()


async def _runs(installation: Installation) -> int:
    connection = await asyncpg.connect(installation.superuser_url(vault.database_of("intake")))
    try:
        return int(await connection.fetchval("SELECT count(*) FROM job_run"))
    finally:
        await connection.close()


class TestOnce:
    def test_a_template_that_changed_is_compiled_anew(self) -> None:
        for words in ("before", "after"):
            made = templating.environment(None)
            made.loader = DictLoader({"page.html": words})
            assert made.get_template("page.html").render() == words

    def test_an_area_file_that_changed_is_read_anew(self, tmp_path: Path) -> None:
        (shipped,) = (ROOT / "areas" / "kent-and-medway").glob("*.yaml")
        file = tmp_path / "kent-and-medway" / shipped.name
        file.parent.mkdir()
        for name in ("Kent", "Another Kent"):
            alone = shipped.read_text().replace(", area: northmere}", "}")
            file.write_text(alone.replace("name: Kent and Medway", f"name: {name}", 1))
            assert load(tmp_path).files[0].area.name == name
