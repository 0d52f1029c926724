"""The files of a pack are written by a process of their own: the protocol, and the real client."""

import asyncio
import base64
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from pydantic import TypeAdapter

from services.stats.domain.pack import Pack, PackFiles, PackKind, PackNotMade

WORKER = "services.stats.clients.packs_worker"
PATIENCE_SECONDS = 180.0
LONGEST_LINE = 64 * 1024 * 1024
_PACK = TypeAdapter(Pack)

Report = Callable[[str, int], Awaitable[None]]
"""Is told what is being done, and how many per cent are."""


class Packer(Protocol):
    """Writes the files of packs."""

    async def files(self, pack: Pack, report: Report) -> PackFiles:
        """Return the files; raises PackNotMade."""


class WorkerPacker:
    """Asks a process that lives for one pack, so that what it takes of memory is given back."""

    def __init__(self, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        """Start nothing yet."""
        self._patience = patience_seconds

    async def files(self, pack: Pack, report: Report) -> PackFiles:
        """Return the files; raises PackNotMade."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", WORKER),
            stdin=PIPE,
            stdout=PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=LONGEST_LINE,
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        try:
            async with asyncio.timeout(self._patience):
                said = await _answer(process, _PACK.dump_json(pack), report)
                await process.wait()
        except TimeoutError:
            said = {}
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if not set(PackKind) <= said.keys():
            raise PackNotMade("The files of the pack could not be written; ask for it once more in a while.")
        return PackFiles(**{kind.value: base64.b64decode(said[kind.value]) for kind in PackKind})


async def _answer(process: Process, asked: bytes, report: Report) -> dict[str, Any]:
    """Return the last line that a process says, and report each before it; empty where it ends without one."""
    if process.stdin is None or process.stdout is None:
        return {}
    try:
        process.stdin.write(asked)
        await process.stdin.drain()
        process.stdin.close()
    except (BrokenPipeError, ConnectionResetError):
        return {}
    said: dict[str, Any] = {}
    async for line in process.stdout:
        try:
            found = json.loads(line)
        except ValueError:
            return {}
        said = found if isinstance(found, dict) else {}
        if "step" in said:
            await report(said["step"], said["percent"])
    return said
