"""Processes that live for one question: what they take of memory is given back, and pages are answered meanwhile."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE

from chassis import telemetry

log = telemetry.logger("stats.clients")


async def answer_of(worker: str, asked: bytes, patience_seconds: float) -> bytes:
    """Return what a new process of a module answers; empty where it fails or takes too long.

    Whatever it has started itself ends with it, also where whoever asks is cancelled.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", worker),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(patience_seconds):
            answer, _ = await process.communicate(asked)
    except TimeoutError:
        answer = b""
    finally:
        if process.returncode != 0:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode == 0 and answer:
        return answer
    facts = {"process": worker, "exit_code": process.returncode or 0}
    log.error("A process that was asked something gave no answer.", extra={"facts": facts})
    return b""
