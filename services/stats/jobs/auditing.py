"""No release is frozen before an auditor has checked another list of people for each figure that it hides."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import cast

from chassis.app import Runtime
from services.stats.clients.auditor import Auditor, WorkerAuditor
from services.stats.domain.auditing import AuditAsked, AuditFailed, Published, Verdict
from services.stats.domain.disclosure import Protected
from services.stats.domain.hiding import Hidden
from services.stats.domain.making import Basis
from services.stats.domain.rules import Rules
from services.stats.jobs.computing import told

AUDITOR = "stats.auditor"
ROUNDS = 4
"""How often tables are kept back and the rest is tried again, before the release is refused."""

Protect = Callable[[Collection[str]], Awaitable[Hidden]]
"""Makes the tables of a release without those named."""


@dataclass(frozen=True)
class Audited:
    """Tables beside which each hidden figure may be another, those kept back for that, and what the last audit said.

    Whoever makes the release again keeps the same tables back and gets the same text.
    """

    protected: Protected
    kept_back: tuple[str, ...]
    verdict: Verdict

    @property
    def said(self) -> str:
        """Return in a sentence what the audit found."""
        kept = len(self.kept_back)
        of_them = "One table was kept back, because in it" if kept == 1 else f"{kept} tables were kept back: in each"
        rest = f" {of_them} a hidden figure had no such list." if kept else ""
        found = "the audit found another list of people that fits everything shown."
        return f"For each of {self.verdict.tried:,} hidden figures {found}{rest}"


async def audited(runtime: Runtime, protect: Protect, basis: Basis, rules: Rules) -> Audited:
    """Return the tables of a release once there is another list of people for all that any release hides.

    Raises AuditFailed where that cannot be had, or the auditor gives no answer.
    """
    auditor = cast("Auditor", runtime.state.setdefault(AUDITOR, WorkerAuditor()))
    before, kept_back = told(basis.earlier), frozenset[str]()
    for _ in range(ROUNDS):
        made = await protect(sorted(kept_back))
        releases = (*before, Published(made.protected.tables, basis.as_of, rules.districts))
        verdict = await auditor.audit(AuditAsked(releases, basis.people, rules.round_to), made.witnesses)
        if verdict.untrue:
            raise AuditFailed(
                f"Releases show figures that the log of facts does not give ({', '.join(verdict.untrue[:3])}), so this "
                "one was not made. See which release differs on the page of releases."
            )
        if verdict.is_clean:
            return Audited(made.protected, tuple(sorted(kept_back)), verdict)
        found = {each.table for each in verdict.recovered}
        if found <= kept_back:
            break
        kept_back |= found
    raise AuditFailed(
        "For some hidden figures no other list of people fits everything shown, so this release was not made. Discard "
        "the draft."
    )
