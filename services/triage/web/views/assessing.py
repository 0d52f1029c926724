"""The pages of Gateway assessments: those that both consoles have, with what the police's says in its own words."""

from collections.abc import Mapping

from chassis.database import Session
from chassis.web import PageRequest, Response
from chassis.web.assessing import AssessmentPages, Completing, Finding, Wording, Work
from contracts.vocabulary.assessment import FINDING_WORDS
from services.triage import operations, queries
from services.triage.domain import Command
from services.triage.domain import Finding as GatewayFinding
from services.triage.domain.assessing import FINDING_HINTS
from services.triage.operations import Act
from services.triage.web.forms import OPEN_HINT, why_not_open
from services.triage.web.views.asked import Opened, as_it_stands, changes_text, opened, shown


class GatewayPages(AssessmentPages[Opened]):
    """Assessments of a referral; Channel reads what is completed, so nothing that marks intelligence is even kept."""

    wording = Wording(
        noun="referral",
        home="referral",
        record_page="_referral.html",
        title="Gateway assessment",
        completed="Gateway assessment completed.",
        hint=OPEN_HINT,
        findings=tuple(Finding(each.value, FINDING_WORDS[each], FINDING_HINTS[each]) for each in GatewayFinding),
    )
    kept = queries.ASSESSMENTS

    async def opened(self, page: PageRequest, session: Session, *, reason: str) -> Opened:
        """Open the referral of the address and record the read."""
        return await opened(page, session, reason=reason)

    async def unread(self, page: PageRequest, session: Session) -> Opened:
        """Open the referral of the address where nothing of it is shown."""
        return await as_it_stands(page, session, await queries.held_by_reference(session, page.path["reference"]))

    def refusal(self, found: Opened) -> str:
        """Return why no assessment can be completed now."""
        return found.refusal(Command.ASSESS)

    def render(
        self, page: PageRequest, template: str, found: Opened, values: Mapping[str, object], status: int
    ) -> Response:
        """Render a page of the referral."""
        return shown(page, template, found, values, status)

    async def complete(self, session: Session, work: Work[Opened], act: Completing) -> None:
        """Complete the draft as a Gateway assessment."""
        doing = Act(Command.ASSESS, act.now, expected=act.row_version)
        held, practice = work.found.held, work.found.practice
        await operations.complete_assessment(session, held, work.held.line.id, doing, practice)

    async def changes(self, session: Session, found: Opened, since: int) -> list[dict[str, object]]:
        """Return what happened to the referral since it was seen."""
        return changes_text(await queries.changes_since(session, found.held.subject, since))

    def unfit(self, text: str) -> str:
        """Return the sentence that refuses words which mark intelligence material."""
        return why_not_open(text)


PAGES = GatewayPages()
