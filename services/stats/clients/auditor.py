"""The auditor of releases: the protocol, and the real one, a process of its own for each audit."""

import asyncio
import os
import sys
from typing import Protocol

from pydantic import TypeAdapter

from services.stats.domain.auditing import AuditAsked, AuditFailed, Verdict

WORKER = "services.stats.clients.audit_worker"
PATIENCE_SECONDS = 600.0

_ASKED, _VERDICT = TypeAdapter(AuditAsked), TypeAdapter(Verdict)


class Auditor(Protocol):
    """Tries to find out what a release hides."""

    async def audit(self, asked: AuditAsked) -> Verdict:
        """Return what could be found out; raises AuditFailed where there is no answer."""


class WorkerAuditor:
    """Asks a process that lives for one audit, so that the solver takes no memory at any other time."""

    async def audit(self, asked: AuditAsked) -> Verdict:
        """Return what could be found out; raises AuditFailed where there is no answer."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            WORKER,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                answer, _ = await process.communicate(_ASKED.dump_json(asked))
        except TimeoutError:
            answer = b""
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0 or not answer:
            raise AuditFailed(
                "The audit of this release gave no answer; compute it once more when the machine has less to do."
            )
        return _VERDICT.validate_json(answer)
