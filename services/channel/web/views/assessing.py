"""The pages of assessments of a case: those that both consoles have, the list, the picture over time, and paper."""

from collections.abc import Mapping

from chassis.database import Session
from chassis.web import PageRequest, Response
from chassis.web.assessing import AssessmentPages, Completing, Version, Wording, Work, in_words
from chassis.web.templating import day
from contracts.vocabulary.assessment import Assessment
from services.channel import operations, queries
from services.channel.domain import Command
from services.channel.domain.assessing import MARK_WORDS, Picture, Seen, picture
from services.channel.operations import Act
from services.channel.web.views.asked import Opened, as_it_stands, changes_text, opened, shown

TAB = "assessments"


class CasePages(AssessmentPages[Opened]):
    """Assessments of a case, with those beside them that the police made and handed over."""

    wording = Wording(
        noun="case",
        home=TAB,
        record_page="_case.html",
        title="Assess",
        completed="Assessment completed.",
        rests_on="What it is about, in your words.",
    )
    kept = queries.ASSESSMENTS

    async def opened(self, page: PageRequest, session: Session, *, reason: str) -> Opened:
        """Open the case of the address and record the read."""
        return await opened(page, session, reason=reason)

    async def unread(self, page: PageRequest, session: Session) -> Opened:
        """Open the case of the address where nothing of it is shown."""
        return await as_it_stands(page, session, await queries.held_by_reference(session, page.path["reference"]))

    def refusal(self, found: Opened) -> str:
        """Return why no assessment can be completed now."""
        return found.refusal(Command.ASSESS)

    def render(
        self, page: PageRequest, template: str, found: Opened, values: Mapping[str, object], status: int
    ) -> Response:
        """Render a page of the case, under its tab."""
        return shown(page, template, found, values, status, tab=TAB)

    async def complete(self, session: Session, work: Work[Opened], act: Completing) -> None:
        """Complete the draft as an assessment of the case."""
        doing = Act(Command.ASSESS, act.now, expected=act.row_version)
        held, practice = work.found.held, work.found.practice
        await operations.complete_assessment(session, held, work.held.line.id, doing, practice)

    async def changes(self, session: Session, found: Opened, since: int) -> list[dict[str, object]]:
        """Return what happened to the case since it was seen."""
        return changes_text(await queries.changes_since(session, found.held.subject, since))

    async def brought(self, session: Session, found: Opened, own: tuple[Assessment, ...]) -> tuple[Version, ...]:
        """Return the assessments that the police handed over, newest first; what another panel handed on is our own."""
        brought = await queries.brought_assessments(session, found.held.subject)
        every = [each for each in brought if each not in own]
        return tuple(
            Version(f"pack-{len(every) - place}", _police(each, several=len(every) > 1), each)
            for place, each in enumerate(every)
        )

    def print_url(self, page: PageRequest, found: Opened, this: Version) -> str:
        """Return the address of an assessment on paper."""
        return page.url("assessment_print", reference=found.held.reference, number=this.key)

    async def assessments(self, page: PageRequest) -> Response:
        """List every assessment of the case, who writes another, and offer to compare any two."""
        async with page.transaction() as session:
            found = await self.opened(page, session, reason="assessments")
            listed = await self.listed(page, session, found)
        values = {"title": "Assessments", "refusal": self.refusal(found), **listed}
        return self.shown(page, "assessments", found, values)

    async def choose_comparison(self, page: PageRequest) -> Response:
        """Lead to the comparison of the two assessments that were chosen in the list."""
        reference, chosen = page.path["reference"], [page.query.get(name, "") for name in ("number", "earlier")]
        if not all(chosen) or chosen[0] == chosen[1]:
            page.flash("Choose two different assessments to compare.")
            return page.redirect(TAB, reference=reference)
        return page.redirect("assess_compare", reference=reference, number=chosen[0], earlier=chosen[1])

    async def assessment_picture(self, page: PageRequest) -> Response:
        """Show which factors were present when, by dimension, in marks and words."""
        async with page.transaction() as session:
            found = await self.opened(page, session, reason="assessments")
            versions = await self.versions(session, found)
            planned = await queries.planned_factors(session, found.held.subject)
        drawn = picture([Seen(each.label, each.assessment) for each in reversed(versions)], planned)
        values = {
            "title": "Factors over time",
            "columns": _columns(page, found, versions),
            "groups": _groups(drawn),
            "marks": [{"mark": mark.value, "words": words} for mark, words in MARK_WORDS.items()],
        }
        return self.shown(page, "assessment_picture", found, values)

    async def assessment_print(self, page: PageRequest) -> Response:
        """Show one assessment on a plain page for paper; the read is recorded as a printing."""
        async with page.transaction() as session:
            found = await self.opened(page, session, reason="print")
            this = await self.version(page, session, found)
        values = {
            "title": f"{this.label}, printed",
            "assessment": in_words(this.assessment),
            "printed_by": page.actor.name or page.actor.id,
            "organisation": page.actor.organisation,
        }
        return self.shown(page, "assessment_print", found, values)


def _police(brought: Assessment, *, several: bool) -> str:
    return f"The police’s assessment of {day(brought.completed_at)}" if several else "The police’s assessment"


def _columns(page: PageRequest, found: Opened, versions: tuple[Version, ...]) -> list[dict[str, object]]:
    """Return the assessments as the picture names them, the oldest first."""
    reference = found.held.reference
    return [
        {
            "label": each.label,
            "at": each.assessment.completed_at,
            "by": each.assessment.completed_by,
            "href": page.url("assessment", reference=reference, number=each.key),
        }
        for each in reversed(versions)
    ]


def _groups(drawn: Picture) -> list[dict[str, object]]:
    several = len({each.instrument for each in drawn.groups}) > 1
    return [
        {"label": f"{each.instrument}: {each.dimension}" if several else each.dimension, "lines": each.lines}
        for each in drawn.groups
    ]


PAGES = CasePages()
