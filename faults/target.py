"""The system that is broken: its folder on a small disk, its links, its bus, and an init that starts it again."""

import asyncio
import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import asyncpg

from chassis.crypto import plain_url
from cli import vault
from cli.ports import FIXED, SMTP
from cli.postgres import Cluster, user_prefix
from cli.state import SOCKET_NAME, StateFolder
from contracts.catalogue import SERVICES
from deploy.kafka.brokers import Brokers
from faults.proxy import Link, Place
from faults.schedule import TO_BUS
from faults.start import Between

REPOSITORY = Path(__file__).parents[1]
# Below the ports that outgoing connections get: one of those could take a dead service's place.
FREE_PORTS = range(12_000, 19_000)
DISK_BYTES = 2 * 1024**3
START_SECONDS = 120.0
RESTART_SECONDS = 1.0
STOP_SECONDS = 45.0


class Target:
    """One throwaway system, and what stands between its parts."""

    def __init__(self, root: Path, bus: str) -> None:
        """Lay it out in an empty folder, on this kind of bus; nothing runs yet.

        Raises KafkaNotHere, with a sentence, when the bus is to be Kafka and this machine cannot run it.
        """
        self.root = root
        self.folder = StateFolder(root / "state")
        self.disk_is_small = False
        free = _free_ports()
        self._ports = {name: next(free) for name in FIXED}
        doors = {"client to api": self._ports["intake"], "client to smtp": self._ports[SMTP]}
        doors |= {f"services to {name}": self._ports[name] for name in SERVICES}
        self.door_ports = {name: next(free) for name in doors}
        self.links = {name: Link(name, Place(self.door_ports[name]), Place(port)) for name, port in doors.items()}
        real = Place(socket=self.folder.root / "run" / SOCKET_NAME)
        for service in SERVICES:
            listen = Place(socket=root / "sockets" / service / SOCKET_NAME)
            self.links[f"{service} to postgres"] = Link(f"{service} to postgres", listen, real)
        urls = {name: f"http://127.0.0.1:{self.door_ports[f'services to {name}']}" for name in SERVICES}
        self.brokers: Brokers | None = None
        bus_url = self._lay_kafka(next(free), next(free)) if bus == "kafka" else ""
        self._between = Between(
            str(self.folder.root), self._ports, str(root / "sockets"), urls, bus_url, str(root / "ready")
        )
        self._process: asyncio.subprocess.Process | None = None
        self._init: asyncio.Task[None] | None = None
        self.restarts = 0

    def _lay_kafka(self, port: int, told: int) -> str:
        """Put a broker behind a link, whose port it tells its clients; return the bus's address."""
        # On a disk of its own: Kafka belongs on other machines than the database, and a full disk is the database's.
        self.brokers = Brokers(self.root / "kafka", 1, [port], [told])
        self.links[TO_BUS] = Link(TO_BUS, Place(told), Place(port))
        return self.brokers.admin_url.replace(self.brokers.bootstrap, f"127.0.0.1:{told}")

    @property
    def output(self) -> Path:
        """What the supervisor said."""
        return self.root / "up.log"

    @property
    def supervisor(self) -> int:
        """The supervisor's process id."""
        return self._process.pid if self._process else 0

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Target"]:
        """Run the system until the block ends."""
        self._mount()
        try:
            for link in self.links.values():
                await link.start()
            if self.brokers:
                await asyncio.to_thread(self.brokers.start)
            (self.root / "between.json").write_text(json.dumps(asdict(self._between)))
            self._init = asyncio.create_task(self._keep_up())
            await within(START_SECONDS, self._is_ready, "The system did not start")
            yield self
        finally:
            await self._end()

    async def _is_ready(self) -> bool:
        return await asyncio.to_thread(Path(self._between.ready_file).exists)

    def _mount(self) -> None:
        """Give the state a small disk of its own, where the machine lets us."""
        self.folder.root.mkdir(mode=0o700)
        command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=0700", "throughline", str(self.folder.root)]
        if shutil.which("mount"):
            self.disk_is_small = subprocess.run(command, capture_output=True, check=False).returncode == 0

    async def _keep_up(self) -> None:
        """Start the system, and again whenever it ends, as the init of an operator's machine does."""
        while True:
            with self.output.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "faults.start", str(self.root / "between.json"),
                    cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                )  # fmt: skip
            await self._process.wait()
            self.restarts += 1
            await asyncio.sleep(RESTART_SECONDS)

    async def _end(self) -> None:
        for link in self.links.values():
            link.mend()
        if self._init:
            self._init.cancel()
        if self._process and self._process.returncode is None:
            self._process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
            if self._process.returncode is None:
                self._process.kill()
        if self.brokers:
            await asyncio.to_thread(self.brokers.stop)
        for link in self.links.values():
            await link.stop()
        if self.disk_is_small:
            await (await asyncio.create_subprocess_exec("umount", "--lazy", str(self.folder.root))).wait()

    def partner(self) -> tuple[str, str]:
        """Return the client id and secret of the demonstration's partner."""
        return vault.demo_partner(vault.load(self.folder))

    def cluster(self) -> Cluster:
        """Return the database cluster, addressed without a link."""
        password = vault.load(self.folder).role_passwords[vault.SUPERUSER]
        return Cluster(self.folder.postgres, self.folder.root / "run", password, user_prefix())

    @contextlib.asynccontextmanager
    async def database(self, name: str) -> AsyncIterator["asyncpg.Connection[Any]"]:
        """Yield a superuser's connection that no link can cut."""
        cluster = await asyncio.to_thread(self.cluster)
        url = plain_url(cluster.url(vault.SUPERUSER, cluster.password, name))
        connection = await asyncpg.connect(url, timeout=5, command_timeout=20)
        try:
            yield connection
        finally:
            await connection.close(timeout=5)

    async def rows(self, service: str, query: str, *values: object) -> list[Mapping[str, Any]]:
        """Return what a query answers in a service's database."""
        async with self.database(vault.database_of(service)) as connection:
            return list(await connection.fetch(query, *values))

    async def processes(self) -> dict[str, int]:
        """Return the process ids by name, as the supervisor writes them."""
        text = await asyncio.to_thread(self.folder.processes.read_text, "utf-8")
        return {str(name): int(pid) for name, pid in json.loads(text).items()}

    async def command(self, *words: str) -> tuple[int, str]:
        """Run the command line on the system; return its exit code and its words."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "cli.main", *words, "--state", str(self.folder.root),
            cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await process.communicate()
        return process.returncode or 0, output.decode("utf-8", "replace")


@contextlib.contextmanager
def workplace() -> Any:
    """Yield an empty folder with a short path, since a socket's path may be a hundred bytes; removed afterwards."""
    root = Path(tempfile.mkdtemp(prefix="faults-", dir="/tmp"))
    try:
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


async def within(seconds: float, condition: Callable[[], Awaitable[Any]], what: str, pause: float = 0.2) -> float:
    """Wait until the condition holds, whatever it raises meanwhile; return how long it took, or raise TimeoutError."""
    began = time.monotonic()
    error: Exception | None = None
    while True:
        try:
            if await condition():
                return time.monotonic() - began
        except Exception as raised:  # noqa: BLE001  the system is being broken: the next look may succeed
            error = raised
        if time.monotonic() - began > seconds:
            message = f"{what} within {seconds:.0f} seconds ({error!r})."
            raise TimeoutError(message)
        await asyncio.sleep(pause)


def children(pid: int) -> list[int]:
    """Return the child processes of a process."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError, ValueError):
            if int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1]) == pid:
                found.append(int(entry.name))
    return sorted(found)


def signalled(pids: list[int], number: signal.Signals) -> None:
    """Send a signal to each process that is still there."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _free_ports() -> Any:
    for port in random.sample(FREE_PORTS, len(FREE_PORTS)):
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            yield port
