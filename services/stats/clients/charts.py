"""Charts are drawn by a process of their own: the protocol, the real client, and a twin that draws nothing."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections import OrderedDict
from typing import ClassVar, Protocol

from chassis import telemetry
from chassis.errors import Unavailable
from services.stats.domain.charting import Chart

WORKER = "services.stats.clients.charts_worker"
IDLE_SECONDS = 120.0
PATIENCE_SECONDS = 10.0
"""So long a chart may take to be drawn, by a process that is ready."""
START_SECONDS = 45.0
"""So long a process may take until it is ready: on a busy machine that is far longer than it takes to draw."""
READY = b"ready\n"
MOST_KEPT = 400

log = telemetry.logger("stats.clients")


class ChartNotDrawn(Unavailable):
    """The process that draws charts does not answer; the figures stand in the table beside the chart."""

    reason: ClassVar[str] = "chart-not-drawn"


class Charts(Protocol):
    """Draws charts."""

    def svg(self, key: str, chart: Chart) -> bytes:
        """Return a chart as SVG without script or style; the same key always means the same chart.

        Blocks for as long as it takes. Raises ChartNotDrawn.
        """

    def close(self) -> None:
        """End whatever draws."""


class WorkerCharts:
    """Draws in a process that is started when the first chart is wanted, and ended when none was for a while."""

    def __init__(
        self,
        *,
        idle_seconds: float = IDLE_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
        start_seconds: float = START_SECONDS,
    ) -> None:
        """Start nothing yet."""
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._one_at_a_time = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._idle: threading.Timer | None = None
        self._idle_seconds, self._patience, self._start_seconds = idle_seconds, patience_seconds, start_seconds

    def svg(self, key: str, chart: Chart) -> bytes:
        """Return a chart, drawn once for each key and kept."""
        found = self._kept.get(key)
        if found is not None:
            return found
        with self._one_at_a_time:
            self._kept[key] = self._kept.get(key) or self._drawn(chart)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            return self._kept[key]

    def close(self) -> None:
        """End the process, if there is one."""
        with self._one_at_a_time:
            self._end()

    @property
    def running(self) -> bool:
        """Say whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def _drawn(self, chart: Chart) -> bytes:
        self._rest()
        asked = json.dumps(chart.plain(), separators=(",", ":")).encode() + b"\n"
        answer = b""
        # A process that ended meanwhile is started once more; one that cannot draw this chart will not in a new one,
        # and where one does not even start the next one would not either.
        for _ in range(2):
            process = self._started()
            answer = self._answer(process, asked, self._patience) if process else b""
            if answer or process is None:
                break
        self._wait_idle()
        if not answer:
            log.error("A chart could not be drawn.", extra={"facts": {"reason": ChartNotDrawn.reason}})
            raise ChartNotDrawn("The chart cannot be drawn just now; its figures are in the table on the same page.")
        return str(json.loads(answer)["svg"]).encode()

    def _answer(self, process: subprocess.Popen[bytes], asked: bytes, seconds: float) -> bytes:
        """Return the next line that the process says, empty where it says none in this time: then it is ended."""
        limit = threading.Timer(seconds, process.kill)
        limit.start()
        try:
            if process.stdin is None or process.stdout is None:
                return b""
            process.stdin.write(asked)
            process.stdin.flush()
            answer = process.stdout.readline()
        except (BrokenPipeError, OSError):
            answer = b""
        finally:
            limit.cancel()
        if not answer.endswith(b"\n"):
            self._end()
            return b""
        return answer

    def _started(self) -> subprocess.Popen[bytes] | None:
        """Return a process that is ready to draw, a new one where there is none; None where it does not start."""
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        self._process = subprocess.Popen(
            [sys.executable, "-m", WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        if self._answer(self._process, b"", self._start_seconds) != READY:
            self._end()
        return self._process

    def _rest(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _wait_idle(self) -> None:
        self._idle = threading.Timer(self._idle_seconds, self.close)
        self._idle.daemon = True
        self._idle.start()

    def _end(self) -> None:
        self._rest()
        process, self._process = self._process, None
        if process is None:
            return
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        process.kill()
        process.wait()


class NoCharts:
    """A twin that draws an empty picture with the words of the chart, for tests of pages."""

    def __init__(self) -> None:
        """Remember what was asked for."""
        self.asked: list[Chart] = []

    def svg(self, key: str, chart: Chart) -> bytes:  # noqa: ARG002  the protocol's
        """Return a picture that says its title."""
        self.asked.append(chart)
        return b'<svg xmlns="http://www.w3.org/2000/svg" role="img"/>'

    def close(self) -> None:
        """Do nothing."""
