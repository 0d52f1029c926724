"""The embedded PostgreSQL: starts, stops, survives crashes, and opens no folder to anybody."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from chassis.crypto import plain_url
from cli import postgres
from cli.errors import PostgresNotAllowed
from cli.postgres import SUPERUSER, Cluster, user_prefix
from cli.state import StateFolder

PASSWORD = "synthetic-password"


def modes_of_parents(path: Path) -> dict[str, int]:
    """The permissions of a folder and of every folder above it."""
    return {str(folder): folder.stat().st_mode for folder in (path, *path.parents)}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster in a private home, not running."""
    home = tmp_path_factory.mktemp("home")
    home.chmod(0o700)
    folder = StateFolder(home / "state")
    folder.root.mkdir(mode=0o700)
    made = Cluster(folder.postgres, folder.sockets(), PASSWORD, user_prefix())
    made.prepare()
    yield made
    made.clear_leftovers()


async def ask(cluster: Cluster, statement: str, password: str = PASSWORD) -> object:
    """Run one statement as the superuser."""
    connection = await asyncpg.connect(plain_url(cluster.url(SUPERUSER, password, "postgres")))
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def told(cluster: Cluster, statement: str) -> object:
    """Run one statement as the superuser, from outside a loop."""
    return asyncio.run(ask(cluster, statement))


class TestCluster:
    def test_keeps_data_and_leaves_nothing_running(self, cluster: Cluster, tmp_path: Path) -> None:
        with cluster.running(tmp_path / "log"):
            told(cluster, "CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS answer")
        assert cluster.processes() == ()
        assert list(cluster.sockets.iterdir()) == []
        with cluster.running(tmp_path / "log"):
            assert told(cluster, "SELECT answer FROM kept") == 42

    def test_loosens_no_folder_and_owns_every_file(self, cluster: Cluster, tmp_path: Path) -> None:
        before = modes_of_parents(cluster.data.parent)
        with cluster.running(tmp_path / "log"):
            told(cluster, "SELECT 1")
        assert modes_of_parents(cluster.data.parent) == before
        assert cluster.data.stat().st_mode & 0o777 == 0o700
        owners = {path.stat().st_uid for path in cluster.data.rglob("*")}
        assert owners == {os.getuid()}

    def test_is_durable_and_tells_its_log_nothing(self, cluster: Cluster, tmp_path: Path) -> None:
        log = tmp_path / "log"
        with cluster.running(log):
            shown = {
                name: told(cluster, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "listen_addresses")
            }
            with pytest.raises(asyncpg.PostgresError):
                told(cluster, "SELECT 'canary-in-a-statement'::int")
        assert shown == {"fsync": "on", "synchronous_commit": "on", "listen_addresses": ""}
        assert "ready to accept connections" in log.read_text()
        assert "canary" not in log.read_text()

    def test_wants_the_password_even_from_its_own_user(self, cluster: Cluster, tmp_path: Path) -> None:
        with cluster.running(tmp_path / "log"), pytest.raises(asyncpg.InvalidPasswordError):
            asyncio.run(ask(cluster, "SELECT 1", "wrong"))

    def test_starts_again_after_it_was_killed(self, cluster: Cluster, tmp_path: Path) -> None:
        with cluster.running(tmp_path / "log") as server:
            told(cluster, "CREATE TABLE IF NOT EXISTS crash AS SELECT 7 AS answer")
            server.kill()
            server.wait()
        assert (cluster.data / "postmaster.pid").exists()
        with cluster.running(tmp_path / "log"):
            assert told(cluster, "SELECT answer FROM crash") == 7

    def test_a_pid_file_that_names_a_stranger_does_not_block(self, cluster: Cluster, tmp_path: Path) -> None:
        (cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.data}\n1\n5432\n\n\n1\nready\n")
        with cluster.running(tmp_path / "log"):
            assert told(cluster, "SELECT 1") == 1

    def test_ends_with_whoever_started_it(self, cluster: Cluster, tmp_path: Path) -> None:
        code = (
            "import os, signal, sys; from pathlib import Path; from cli.postgres import Cluster, user_prefix\n"
            "cluster = Cluster(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], user_prefix())\n"
            "with cluster.running(Path(sys.argv[4])): os.kill(os.getpid(), signal.SIGKILL)"
        )
        arguments = [str(cluster.data), str(cluster.sockets), PASSWORD, str(tmp_path / "log")]
        killed = subprocess.run([sys.executable, "-c", code, *arguments], check=False)
        assert killed.returncode == -signal.SIGKILL
        until = time.monotonic() + 10
        while cluster.processes() and time.monotonic() < until:
            time.sleep(0.05)
        assert cluster.processes() == ()

    def test_stops_a_server_that_outlived_its_supervisor(self, cluster: Cluster, tmp_path: Path) -> None:
        unleashed = [*user_prefix(), str(postgres.binaries() / "postgres"), "-D", str(cluster.data)]
        with (tmp_path / "log").open("wb") as log, subprocess.Popen(unleashed, stdout=log, stderr=log) as left_over:
            until = time.monotonic() + 10
            while not cluster.ready() and time.monotonic() < until:
                time.sleep(0.02)
            with cluster.running(tmp_path / "log"):
                assert left_over.wait(10) == 0
                assert told(cluster, "SELECT 1") == 1


class TestUserPrefix:
    def test_an_ordinary_user_needs_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 1234)
        assert user_prefix() == ()

    def test_root_without_namespaces_is_told_where_to_put_the_state(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        monkeypatch.setattr("shutil.which", lambda _: "/bin/false")
        with pytest.raises(PostgresNotAllowed, match=r"ordinary user.*--state") as refused:
            user_prefix()
        assert str(refused.value).count(". ") == 0
