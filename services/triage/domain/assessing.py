"""What a Gateway assessment concludes, and what is meant by each finding."""

from collections.abc import Mapping

from contracts.vocabulary.drafting import Asks
from services.triage.domain.words import Finding

FINDING_HINTS: Mapping[Finding, str] = {
    Finding.CLEAR_EVIDENCE: "What is known shows it.",
    Finding.LIMITED_INFORMATION: "Too little is known to say more: say below what is to be found out, and from whom.",
    Finding.NOT_APPROPRIATE: "There is no such concern. There may be another need: consider a signpost.",
}
ASKS = Asks(findings=frozenset(Finding))
