"""What a service's console tells the shared pages of assessments, and how those pages open and show a draft."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic

from chassis.assessing import Assessments, DraftLine
from chassis.database import Session
from chassis.web.assessing.reading import Version, before, chosen, heading, in_words, side_by_side
from chassis.web.assessing.work import FoundT, Work, draft_id
from chassis.web.pages import PageRequest, Response
from contracts.vocabulary.assessment import Assessment


@dataclass(frozen=True)
class Finding:
    """A conclusion that an assessment may come to: its value, its words, and what is meant."""

    value: str
    words: str
    hint: str


@dataclass(frozen=True)
class Wording:
    """How a console speaks of assessments.

    `noun` is what is assessed and `home` the page of one; `record_page` is the template of every page about one.
    `title` is what the assessment is called, `completed` the sentence once it is complete, `hint` what stands beside
    what is written, `rests_on` the hint of a narrative.
    """

    noun: str
    home: str
    record_page: str
    title: str
    completed: str
    hint: str = ""
    rests_on: str = "What is known, and how it is known."
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Completing:
    """When a draft is completed, and the row version that was seen."""

    now: datetime
    row_version: int


class Console(ABC, Generic[FoundT]):
    """A service's side of the pages; nothing here commits but the pages' own transactions."""

    wording: Wording
    kept: Assessments

    @abstractmethod
    async def opened(self, page: PageRequest, session: Session, *, reason: str) -> FoundT:
        """Open what the address names and record the read; raises what the service's queries raise."""

    @abstractmethod
    async def unread(self, page: PageRequest, session: Session) -> FoundT:
        """Open the same where nothing of it is shown, so that it is no reading."""

    @abstractmethod
    def refusal(self, found: FoundT) -> str:
        """Return why an assessment cannot be completed now, nothing where it can."""

    @abstractmethod
    def render(
        self, page: PageRequest, template: str, found: FoundT, values: Mapping[str, object], status: int
    ) -> Response:
        """Render a page about what was opened."""

    @abstractmethod
    async def complete(self, session: Session, work: Work[FoundT], act: Completing) -> None:
        """Complete a draft; raises what `Assessments.ready` and the service's transition refuse."""

    @abstractmethod
    async def changes(self, session: Session, found: FoundT, since: int) -> list[dict[str, object]]:
        """Return what happened since a row version, as the page about changes shows it."""

    async def brought(self, session: Session, found: FoundT, own: tuple[Assessment, ...]) -> tuple[Version, ...]:
        """Return the assessments that another team made and handed over, newest first, without those of one's own.

        None unless told otherwise.
        """
        del session, found, own
        return ()

    def unfit(self, text: str) -> str:
        """Return why words cannot even be kept in a draft, nothing where they can."""
        del text
        return ""

    def print_url(self, page: PageRequest, found: FoundT, this: Version) -> str:
        """Return the address of an assessment alone on paper; nothing where the whole record is printed instead."""
        del page, found, this
        return ""

    async def versions(self, session: Session, found: FoundT) -> tuple[Version, ...]:
        """Return every complete assessment that can be read here, newest first."""
        own = await self.kept.all(session, found.held.subject)
        numbered = (Version(str(each.number), f"Assessment {each.number}", each) for each in own)
        every = (*numbered, *await self.brought(session, found, own))
        return tuple(sorted(every, key=lambda each: each.assessment.completed_at, reverse=True))

    async def version(self, page: PageRequest, session: Session, found: FoundT) -> Version:
        """Return the assessment that the address names; AssessmentNotFound where there is none."""
        return chosen(await self.versions(session, found), page.path["number"])

    async def worked(
        self, page: PageRequest, session: Session, *, hold: bool = False, shows: bool = True
    ) -> Work[FoundT]:
        """Open this officer's draft of the address, and keep other windows waiting where it is to change.

        What `shows` nothing of the record is no reading of it. Raises what `opened` raises, and DraftNotFound.
        """
        found = await self.opened(page, session, reason="assessment") if shows else await self.unread(page, session)
        wanted, placed = draft_id(page.path["draft"]), found.held
        if hold:
            held = await self.kept.hold(session, placed, wanted)
        else:
            held = await self.kept.own(session, placed.subject, wanted)
        own = await self.kept.all(session, placed.subject)
        return Work(
            found,
            held,
            found.practice.instruments.get(held.line.instrument),
            own,
            tuple(each.assessment for each in await self.brought(session, found, own)),
            self.refusal(found),
        )

    def shown(
        self, page: PageRequest, template: str, found: FoundT, values: Mapping[str, object], status: int = 200
    ) -> Response:
        """Render one of the shared pages within the service's own frame."""
        frame = {
            "record_page": self.wording.record_page,
            "noun": self.wording.noun,
            "home": page.url(self.wording.home, reference=found.held.reference),
        }
        return self.render(page, template, found, {**frame, **values}, status)

    async def assessment(self, page: PageRequest) -> Response:
        """Show one complete assessment as it was written."""
        async with page.transaction() as session:
            found = await self.opened(page, session, reason="assessment-read")
            versions = await self.versions(session, found)
            this = chosen(versions, page.path["number"])
        values = {
            "title": f"{this.label}: {this.assessment.name}",
            "assessment": in_words(this.assessment),
            "compare": self.compare(page, found, this, before(versions, this)),
            "print_url": self.print_url(page, found, this),
        }
        return self.shown(page, "assessment", found, values)

    async def assess_compare(self, page: PageRequest) -> Response:
        """Show two assessments side by side, what differs first."""
        async with page.transaction() as session:
            found = await self.opened(page, session, reason="assessment-read")
            versions = await self.versions(session, found)
        first, second = (chosen(versions, page.path[name]) for name in ("earlier", "number"))
        values = side_by_side(versions, first, second)
        labels = sorted((first, second), key=versions.index, reverse=True)
        title = f"{labels[0].label} and {labels[1].label[0].lower()}{labels[1].label[1:]} compared"
        return self.shown(page, "assess_compare", found, {"title": title, **values})

    async def listed(self, page: PageRequest, session: Session, found: FoundT) -> dict[str, object]:
        """Return what a page lists of assessments: those that are complete, and who writes another."""
        versions = await self.versions(session, found)
        drafts = await self.kept.drafts(session, found.held.subject)
        return {
            "assessments": [
                {
                    **heading(each.assessment),
                    "key": each.key,
                    "label": each.label,
                    "href": page.url("assessment", reference=found.held.reference, number=each.key),
                    "compare": self.compare(page, found, each, before(versions, each)),
                }
                for each in versions
            ],
            "drafts": [self._draft(page, found, line) for line in drafts],
        }

    def compare(self, page: PageRequest, found: FoundT, this: Version, other: Version | None) -> dict[str, str]:
        """Return the way to the comparison of two versions; empty where there is no other."""
        if other is None:
            return {}
        where = {"reference": found.held.reference, "number": this.key, "earlier": other.key}
        return {"label": f"{other.label[0].lower()}{other.label[1:]}", "href": page.url("assess_compare", **where)}

    def _draft(self, page: PageRequest, found: FoundT, line: DraftLine) -> dict[str, object]:
        mine = line.by_id == page.actor.id
        href = page.url("assess_draft", reference=found.held.reference, draft=line.id) if mine else ""
        return {"by": "you" if mine else line.by, "saved_at": line.saved_at, "href": href}
