"""The auditor of releases: the protocol, and the real one, a process of its own for each audit."""

from typing import Protocol

from pydantic import TypeAdapter

from services.stats.clients.workers import answer_of
from services.stats.domain.auditing import AuditAsked, AuditFailed, Verdict

WORKER = "services.stats.clients.audit_worker"
PATIENCE_SECONDS = 600.0

_QUESTION, _VERDICT = TypeAdapter(tuple[AuditAsked, str]), TypeAdapter(Verdict)


class Auditor(Protocol):
    """Checks for every hidden figure that a list which it is handed gives it otherwise, and all that is shown."""

    async def audit(self, asked: AuditAsked, witnesses: str) -> Verdict:
        """Return the hidden figures that no other list (JSON) gives otherwise; raises AuditFailed without an answer."""


class WorkerAuditor:
    """Asks a process that lives for one audit, so that what it takes of memory is given back."""

    async def audit(self, asked: AuditAsked, witnesses: str) -> Verdict:
        """Return the hidden figures that no other list (JSON) gives otherwise; raises AuditFailed without an answer."""
        answer = await answer_of(WORKER, _QUESTION.dump_json((asked, witnesses)), PATIENCE_SECONDS)
        if not answer:
            raise AuditFailed(
                "The audit of this release gave no answer; compute it once more when the machine has less to do."
            )
        return _VERDICT.validate_json(answer)
