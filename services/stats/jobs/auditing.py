"""No release is frozen before an auditor has tried to find out what it hides; what gives somebody away is kept back."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from chassis.app import Runtime
from services.stats.clients.auditor import Auditor, WorkerAuditor
from services.stats.domain.auditing import AuditAsked, AuditFailed, Published, Verdict
from services.stats.domain.disclosure import Protected
from services.stats.domain.measures import MEASURES
from services.stats.domain.tables import ReleaseContent

AUDITOR = "stats.auditor"
ROUNDS = 4
"""How often tables are kept back and the rest is tried again, before the release is refused."""

Protect = Callable[[Collection[str]], Awaitable[Protected]]
"""Makes the tables of a release without those named."""


@dataclass(frozen=True)
class Audited:
    """Tables that nothing hidden can be found out from, those kept back for that, and what the last audit said.

    Whoever makes the release again keeps the same tables back and gets the same text.
    """

    protected: Protected
    kept_back: tuple[str, ...]
    verdict: Verdict

    @property
    def said(self) -> str:
        """Return in a sentence what the audit found."""
        kept = len(self.kept_back)
        of_them = "One table was" if kept == 1 else f"{kept} tables were"
        rest = f" {of_them} kept back, because a hidden figure could have been worked out." if kept else ""
        return f"The audit tried to work out {self.verdict.tried:,} hidden figures and could work out none.{rest}"


async def audited(
    runtime: Runtime, protect: Protect, earlier: Sequence[ReleaseContent], months: Iterable[str], round_to: int
) -> Audited:
    """Return the tables of a release of these months once nothing hidden can be found out from them.

    Raises AuditFailed where that cannot be had, or the auditor gives no answer.
    """
    auditor = cast("Auditor", runtime.state.setdefault(AUDITOR, WorkerAuditor()))
    told = tuple(Published(content.tables, _stated(content.months)) for content in earlier)
    stated, kept_back = _stated(months), frozenset[str]()
    for _ in range(ROUNDS):
        protected = await protect(sorted(kept_back))
        verdict = await auditor.audit(AuditAsked((*told, Published(protected.tables, stated)), round_to))
        if verdict.is_clean:
            return Audited(protected, tuple(sorted(kept_back)), verdict)
        found = {each.table for each in verdict.recovered}
        if found <= kept_back:
            break
        kept_back |= found
    raise AuditFailed("Hidden figures could be worked out from this release, so it was not made. Discard the draft.")


def _stated(months: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the measures and months that a release states, anew or for the first time."""
    measures = [measure.id for measure in MEASURES.values() if not measure.of]
    return tuple((measure, month) for month in months for measure in measures)
