"""Starts, stops, kills and pauses Apache Kafka's brokers on this machine."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Self

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from deploy.kafka.jars import KafkaNotHere, jars, java
from deploy.kafka.layout import ADMIN, HOST, KafkaNotStarted, Layout, laid_out, write_private, write_settings

__all__ = ["Brokers", "KafkaNotHere", "KafkaNotStarted", "jars"]

START_SECONDS = 180.0
STOP_SECONDS = 20.0
POLL_SECONDS = 0.1
MEMORY = ("-Xms64m", "-Xmx320m", "-XX:+UseSerialGC", "-XX:MaxDirectMemorySize=128m")


class Brokers:
    """One broker or three, each a controller too; `with Brokers(folder) as brokers` starts them and stops them."""

    def __init__(
        self, folder: Path, count: int = 1, ports: Sequence[int] | None = None, advertised: Sequence[int] = ()
    ) -> None:
        """Take the folder that keeps their data between starts, and the ports for clients (free ones by default).

        `advertised` are the ports that clients are sent to when something stands between them and the brokers.
        """
        self._folder = folder.absolute()
        self._layout: Layout = replace(laid_out(self._folder, count, ports), advertised=tuple(advertised))
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._keeper: subprocess.Popen[bytes] | None = None
        self._java = self._lib = ""

    @property
    def bootstrap(self) -> str:
        """The address of every broker, for clients."""
        return self._layout.bootstrap

    @property
    def admin_url(self) -> str:
        """The address with the administrator, as `throughline up --bus` takes it."""
        return self._layout.admin_url

    @property
    def count(self) -> int:
        """How many brokers there are."""
        return len(self._layout.ports)

    def __enter__(self) -> Self:
        """Start; raises KafkaNotHere or KafkaNotStarted, and then nothing is left running."""
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop cleanly."""
        self.stop()

    def start(self) -> None:
        """Format what is new, start every broker and return when all of them answer their administrator."""
        self._java, self._lib = java(), str(jars())
        self._keeper = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("keeper.py"))], stdin=subprocess.PIPE, start_new_session=True
        )
        with ThreadPoolExecutor(self.count) as pool:
            list(pool.map(self._format, range(self.count)))
        for index in range(self.count):
            self._launch(index)
        self._wait(range(self.count))

    def stop(self) -> None:
        """Ask every broker to end, and kill what has not after a while."""
        for process in self._running.values():
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for index in list(self._running):
            self._reap(index)
        if self._keeper is not None and self._keeper.stdin is not None:
            self._keeper.stdin.close()
            self._keeper.wait()
            self._keeper = None

    def pids(self) -> list[int]:
        """Return the process ids of the brokers that run."""
        return [self._running[index].pid for index in sorted(self._running)]

    def kill(self, index: int) -> None:
        """End one broker as a power cut would (SIGKILL)."""
        process = self._running.pop(index)
        process.kill()
        process.wait()
        self._guard("-", process)

    def pause(self, index: int) -> None:
        """Freeze one broker (SIGSTOP)."""
        self._running[index].send_signal(signal.SIGSTOP)

    def resume(self, index: int) -> None:
        """Let a frozen broker go on (SIGCONT)."""
        self._running[index].send_signal(signal.SIGCONT)

    def stop_one(self, index: int) -> None:
        """End one broker cleanly."""
        self._running[index].send_signal(signal.SIGCONT)
        self._running[index].terminate()
        self._reap(index)

    def start_one(self, index: int) -> None:
        """Start one broker that does not run, and return when it answers; raises KafkaNotStarted."""
        if index not in self._running:
            self._launch(index)
        self._wait([index])

    def restart(self, index: int) -> None:
        """Stop one broker, if it runs, and start it."""
        if index in self._running:
            self.stop_one(index)
        self.start_one(index)

    def ended(self) -> str:
        """Return a sentence about the first broker that ended without being told to, or nothing."""
        for index, process in self._running.items():
            if process.poll() is not None:
                return f"Broker {index + 1} ended by itself: read {self.log(index)}."
        return ""

    def log(self, index: int) -> Path:
        """Return where one broker's words are."""
        return self._folder / f"broker-{index + 1}" / "broker.log"

    def _format(self, index: int) -> None:
        settings = write_settings(self._folder, self._layout, index)
        if (settings.parent / "data" / "meta.properties").exists():
            return
        # A start that ended in the middle of formatting left a folder that nobody has used.
        shutil.rmtree(settings.parent / "data", ignore_errors=True)
        scram = f"SCRAM-SHA-512=[name={ADMIN},password={self._layout.admin_password}]"
        words = ["kafka.tools.StorageTool", "format", "--cluster-id", self._layout.cluster_id]
        words += ["--config", str(settings), "--add-scram", scram]
        command = self._command(settings.with_name("format.args"), words)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        settings.with_name("format.args").unlink()
        if done.returncode:
            message = f"Kafka could not format its storage in {settings.parent}: {(done.stderr or done.stdout).strip()}"
            raise KafkaNotStarted(message)

    def _command(self, arguments: Path, words: Iterable[str]) -> list[str]:
        """Write the arguments into a file of ours: what stands on a command line, everybody on the machine can read."""
        logging = Path(__file__).with_name("log4j2.properties").as_uri()
        every = [*MEMORY, f"-Dlog4j2.configurationFile={logging}", "-cp", f"{self._lib}/*", *words]
        quoted = ('"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"\n' for word in every)
        write_private(arguments, "".join(quoted))
        return [self._java, f"@{arguments}"]

    def _launch(self, index: int) -> None:
        settings = write_settings(self._folder, self._layout, index)
        command = self._command(settings.with_name("broker.args"), ["kafka.Kafka", str(settings)])
        handle = os.open(self.log(index), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            # A session of its own: Ctrl-C is for the program that started it, which then stops all in order.
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=handle,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=settings.parent,
            )
        finally:
            os.close(handle)
        self._running[index] = process
        self._guard("+", process)

    def _guard(self, sign: str, process: subprocess.Popen[bytes]) -> None:
        if self._keeper is not None and self._keeper.stdin is not None:
            self._keeper.stdin.write(f"{sign}{process.pid}\n".encode("ascii"))
            self._keeper.stdin.flush()

    def _reap(self, index: int) -> None:
        process = self._running.pop(index)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._guard("-", process)

    def _wait(self, indexes: Iterable[int]) -> None:
        """Return when each broker listed lets its administrator in and knows the whole cluster that runs."""
        end = time.monotonic() + START_SECONDS
        for index in indexes:
            while not self._answers(index):
                self._still_there(index)
                if time.monotonic() > end:
                    message = f"Kafka was not ready after {START_SECONDS:.0f} seconds: read {self.log(index)}."
                    raise KafkaNotStarted(message)
                time.sleep(POLL_SECONDS)

    def _still_there(self, index: int) -> None:
        process = self._running[index]
        if process.poll() is None:
            return
        del self._running[index]
        self._guard("-", process)
        lines = self.log(index).read_text(encoding="utf-8", errors="replace").splitlines()
        said = next((line for line in reversed(lines) if " ERROR " in line or "Exception: " in line), "nothing")
        message = f"A Kafka broker ended at its start; read {self.log(index)}, which says: {said.strip()}"
        raise KafkaNotStarted(message)

    def _answers(self, index: int) -> bool:
        port = self._layout.ports[index].client
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex((HOST, port)):
                return False
        # In a thread of its own, because the caller may be inside an event loop.
        answers: list[bool] = []
        asking = threading.Thread(target=lambda: answers.append(asyncio.run(self._admits(port))))
        asking.start()
        asking.join()
        return answers == [True]

    async def _admits(self, port: int) -> bool:
        client = AIOKafkaAdminClient(
            bootstrap_servers=f"{HOST}:{port}",
            security_protocol="SASL_PLAINTEXT",
            sasl_mechanism="SCRAM-SHA-512",
            sasl_plain_username=ADMIN,
            sasl_plain_password=self._layout.admin_password,
            request_timeout_ms=5000,
        )
        try:
            async with asyncio.timeout(10):
                await client.start()
                cluster = await client.describe_cluster()
        except (KafkaError, OSError, TimeoutError):
            return False
        else:
            return {broker["node_id"] for broker in cluster["brokers"]} >= {number + 1 for number in self._running}
        finally:
            with contextlib.suppress(Exception):
                await client.close()
