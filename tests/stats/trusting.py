"""An auditor that finds nothing, for tests of what comes before and after it; the real one has tests of its own."""

from chassis.app import Runtime
from services.stats.domain.auditing import AuditAsked, Verdict
from services.stats.jobs.auditing import AUDITOR


class TrustingAuditor:
    """Says of everything that it gives nobody away."""

    async def audit(self, asked: AuditAsked) -> Verdict:
        """Count what is hidden in the release that is tried, and find out none of it."""
        counts = [count for table in asked.releases[-1].tables for row in table.rows for count in row.counts]
        return Verdict(counts.count(None))


def trusted(runtime: Runtime) -> Runtime:
    """Return the same runtime with an auditor that finds nothing."""
    runtime.state[AUDITOR] = TrustingAuditor()
    return runtime
