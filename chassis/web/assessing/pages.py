"""An assessment is written: choose the instrument, write part by part, check, complete; every step is kept."""

from typing import Annotated, ClassVar, Generic

from pydantic import Field
from starlette.responses import JSONResponse

from chassis.assessing import EditionReplaced
from chassis.database import Session
from chassis.transitions import ChangedMeanwhile, NotInThisState, NotOffered, NotRecorded
from chassis.web.assessing.console import Completing, Console
from chassis.web.assessing.reading import answer_in_words
from chassis.web.assessing.work import LONGEST, TITLES, FoundT, Sheet, Work, concluded, mark_of_all, typed
from chassis.web.bodies import FormData
from chassis.web.forms import Form, FormErrors, blank, parse, refused
from chassis.web.pages import PageRequest, Response
from contracts.vocabulary.assessment import Dimension, Draft, Factor
from contracts.vocabulary.drafting import (
    CONCLUSION,
    Lack,
    Progress,
    choices,
    conclusion_progress,
    lacking,
    progress,
    reconcluded,
    replaced,
)

PROGRESS = {
    Progress.NOT_BEGUN: "Nothing written yet",
    Progress.BEGUN: "Begun",
    Progress.ANSWERED: "Everything answered",
}
MEANWHILE = "This part was saved in another window after you opened it: compare below, then save the words that count"
ELSEWHERE = "Not kept: this part was changed elsewhere after you opened it. Press “Save and continue” to compare"
READ_AGAIN = "The draft was saved in another window after you opened this page: read it again, then complete it"
CONFLICT = 409
_KEEP = "keep"


class CompletingForm(Form):
    """Completing an assessment: the record's row version and the state of the draft, as the person saw them."""

    row_version: int = Field(title="the version that was seen")
    seen: Annotated[str, Field(max_length=64)] = ""

    messages: ClassVar[dict[str, str]] = {"row_version": "Open the draft again: this form was not complete"}


class AssessmentPages(Console[FoundT], Generic[FoundT]):
    """The pages on which a draft is written; a service's routes name these methods."""

    async def assess(self, page: PageRequest) -> Response:
        """Ask which instrument, and offer to go on with a draft."""
        async with page.transaction() as session:
            found = await self.opened(page, session, reason="assessment")
            return await self._choose(page, session, found, blank())

    async def begin_assessment(self, page: PageRequest) -> Response:
        """Begin a draft with the chosen instrument, or go on with the one that this officer has."""
        data = await page.form()
        async with page.transaction() as session:
            found = await self.opened(page, session, reason="assessment")
            instrument = found.practice.instruments.get(data.get("instrument"))
            refusal = self.refusal(found) if instrument else "Choose an instrument"
            if instrument is None or refusal:
                return await self._choose(page, session, found, refused(data, ("instrument", refusal)))
            begun = await self.kept.begin_draft(session, found.held, instrument, page.now)
        return page.redirect("assess_draft", reference=found.held.reference, draft=begun)

    async def assess_draft(self, page: PageRequest) -> Response:
        """Show the parts of a draft and how far each is written."""
        async with page.transaction() as session:
            work = await self.worked(page, session)
        return self._overview(page, work)

    async def change_draft(self, page: PageRequest) -> Response:
        """Carry a draft to the edition that the area uses now, or throw it away after asking once more."""
        step = (await page.form()).get("step")
        async with page.transaction() as session:
            work = await self.worked(page, session)
            placed, this = work.found.held, work.held.line.id
            if step == "discard-now":
                await self.kept.discard(session, placed, this, page.now)
            elif step == "move" and work.instrument:
                await self.kept.move(session, placed, this, work.instrument, page.now)
        if step == "discard-now":
            page.flash("The draft was thrown away.")
            return page.redirect(self.wording.home, reference=placed.reference)
        if step == "move":
            return _to(page, work, "assess_draft")
        return self._overview(page, work, asks=step == "discard")

    async def assess_part(self, page: PageRequest) -> Response:
        """Ask about one dimension, or for the conclusion, with what was written before."""
        async with page.transaction() as session:
            work = await self.worked(page, session)
        if work.stale:
            return _to(page, work, "assess_draft")
        sheet = self._sheet(page, work)
        return self._ask(page, work, sheet, blank(sheet.before(work.draft)))

    async def save_part(self, page: PageRequest) -> Response:
        """Keep what was typed, finished or not, and go on; another window's words are not overwritten unseen."""
        data = await page.form()
        if _KEEP in page.query:
            return JSONResponse(await self._kept_as_typed(page, data))
        async with page.transaction() as session:
            work = await self.worked(page, session, hold=True)
            if work.stale:
                return self._overview(page, work, typed_now=typed(data, work.draft), status=CONFLICT)
            sheet = self._sheet(page, work)
            if wrong := self._unusable(sheet, data):
                return self._ask(page, work, sheet, refused(data, *wrong), 422)
            if data.get("seen") != sheet.mark(work.draft):
                return self._ask(page, work, sheet, refused(data, (sheet.first_field(), MEANWHILE)), CONFLICT)
            await self._save(page, session, work, sheet, data)
        if data.get("step") == "later":
            page.flash("Your draft is saved. Nobody else reads it before you complete it.")
            return page.redirect(self.wording.home, reference=work.found.held.reference)
        return _onward(page, work)

    async def assess_check(self, page: PageRequest) -> Response:
        """Show the whole draft, and what it still lacks."""
        async with page.transaction() as session:
            work = await self.worked(page, session)
        return _to(page, work, "assess_draft") if work.stale else self._check(page, work, blank())

    async def complete_draft(self, page: PageRequest) -> Response:
        """Complete the draft as it was shown; where anything changed meanwhile, show it again."""
        data = await page.form()
        form = parse(CompletingForm, data)
        if isinstance(form, FormErrors):
            return await self._again(page, form, 422)
        try:
            async with page.transaction() as session:
                work = await self.worked(page, session, hold=True)
                if form.seen != mark_of_all(work.draft):
                    return self._check(page, work, refused(data, ("complete", READ_AGAIN)), CONFLICT)
                await self.complete(session, work, Completing(page.now, form.row_version))
        except ChangedMeanwhile:
            return await self._again(page, refused(data), CONFLICT, form.row_version)
        except EditionReplaced:
            return page.redirect("assess_draft", **page.path)
        except (NotRecorded, NotOffered, NotInThisState) as wrong:
            return await self._again(page, refused(data, ("complete", str(wrong))), 422)
        page.flash(self.wording.completed)
        return page.redirect(self.wording.home, reference=work.found.held.reference)

    async def _kept_as_typed(self, page: PageRequest, data: FormData) -> dict[str, str]:
        """Save what stands in an open page; return what to tell, and the mark that the page now sends back."""
        async with page.transaction() as session:
            work = await self.worked(page, session, hold=True, shows=False)
            if work.stale:
                return {"words": ELSEWHERE}
            sheet = self._sheet(page, work)
            if wrong := self._unusable(sheet, data):
                return {"words": f"Not kept: {wrong[0][1]}"}
            if data.get("seen") != sheet.mark(work.draft):
                return {"words": ELSEWHERE}
            saved = await self._save(page, session, work, sheet, data)
            return {"words": "Saved as you write", "seen": sheet.mark(saved)}

    async def _again(self, page: PageRequest, form: FormErrors, status: int, seen: int | None = None) -> Response:
        """Show the check page once more, with what happened since the record was seen."""
        async with page.transaction() as session:
            work = await self.worked(page, session)
            since = work.found.held.row_version if seen is None else seen
            changes = await self.changes(session, work.found, since)
        return self._check(page, work, form, status, changes)

    def _sheet(self, page: PageRequest, work: Work[FoundT]) -> Sheet:
        return Sheet(work.dimension(page.path["part"]), self.kept.asks)

    def _unusable(self, sheet: Sheet, data: FormData) -> tuple[tuple[str, str], ...]:
        """Return (field, sentence) for whatever cannot even be kept in a draft.

        That is no such choice, what is far too long, and what the service lets nobody write here.
        """
        wrong: list[tuple[str, str]] = []
        for name, label, allowed in sheet.asked():
            text = data.get(name)
            if allowed is not None:
                wrong += [(name, f"Choose one of the answers to “{label}”")] if text and text not in allowed else []
            elif len(text) > LONGEST:
                wrong.append(
                    (name, f"“{label}” must have {LONGEST:,} characters or fewer: shorten it, nothing is lost")
                )
            elif refusal := self.unfit(text):
                wrong.append((name, refusal))
        return tuple(wrong)

    async def _save(
        self, page: PageRequest, session: Session, work: Work[FoundT], sheet: Sheet, data: FormData
    ) -> Draft:
        if sheet.dimension is None:
            draft = reconcluded(work.draft, concluded(data, sheet.asks))
        else:
            draft = replaced(work.draft, sheet.dimension, sheet.written(data))
        await self.kept.save(session, work.found.held, work.held, draft, page.now)
        return draft

    async def _choose(self, page: PageRequest, session: Session, found: FoundT, form: FormErrors) -> Response:
        drafts = await self.kept.drafts(session, found.held.subject)
        own = [line for line in drafts if line.by_id == page.actor.id]
        instruments = found.practice.instruments
        values = {
            "title": self.wording.title,
            "form": form,
            "refusal": self.refusal(found),
            "instruments": [(each.id, each.name, each.source) for each in instruments.values()],
            "own": [
                {
                    "name": instruments[line.instrument].name if line.instrument in instruments else line.instrument,
                    "saved_at": line.saved_at,
                    "href": page.url("assess_draft", reference=found.held.reference, draft=line.id),
                }
                for line in own
            ],
            "others": [{"by": line.by, "saved_at": line.saved_at} for line in drafts if line not in own],
        }
        return self.shown(page, "assess", found, values, 422 if form.errors else 200)

    def _overview(
        self,
        page: PageRequest,
        work: Work[FoundT],
        *,
        asks: bool = False,
        typed_now: tuple[tuple[str, str], ...] = (),
        status: int = 200,
    ) -> Response:
        name = work.instrument.name if work.instrument else "an instrument that is not used any more"
        values = {
            "title": f"Your draft: {name}",
            "parts": [] if work.stale else self._parts(page, work),
            "stale": work.stale,
            "edition": work.held.line.edition,
            "newer": work.instrument.edition if work.instrument else "",
            "unplaced": _unplaced(work),
            "written": _written(work) if work.stale else [],
            "saved_at": work.held.line.saved_at,
            "check": page.url("assess_check", reference=work.found.held.reference, draft=work.held.line.id),
            "refusal": work.refusal,
            "asks": asks,
            "typed": typed_now,
        }
        return self.shown(page, "assess_draft", work.found, values, status)

    def _parts(self, page: PageRequest, work: Work[FoundT]) -> list[dict[str, str]]:
        dimensions, asks = work.instrument.dimensions if work.instrument else (), self.kept.asks
        states = [(each.id, each.label, progress(each, work.draft, asks)) for each in dimensions]
        conclusion = conclusion_progress(work.draft, asks, again=work.again)
        return [
            {"title": title, "status": PROGRESS[state], "href": _part_address(page, work, name)}
            for name, title, state in [*states, (CONCLUSION, "Conclusion", conclusion)]
        ]

    def _ask(
        self, page: PageRequest, work: Work[FoundT], sheet: Sheet, form: FormErrors, status: int = 200
    ) -> Response:
        conflict = status == CONFLICT
        values: dict[str, object] = {
            "title": sheet.dimension.label if sheet.dimension else "Conclusion",
            "caption": work.instrument.name if work.instrument else "",
            "form": form,
            "seen": sheet.mark(work.draft),
            "again": work.again,
            "hint": self.wording.hint,
            "rests_on": self.wording.rests_on,
            "stored": _stored(work, sheet.dimension) if conflict else [],
            "draft_url": page.url("assess_draft", reference=work.found.held.reference, draft=work.held.line.id),
            # Whoever has to compare with another window saves on purpose, not by typing.
            "keep_url": "" if conflict else f"{_part_address(page, work, page.path['part'])}?{_KEEP}=1",
        }
        if sheet.dimension is None:
            last = work.before[0] if work.before else None
            values["findings"] = [(each.value, each.words, each.hint) for each in self.wording.findings]
            values["last"] = {"summary": last.summary, "at": last.completed_at} if last else {}
        else:
            values["factors"] = [_factor(work, sheet, factor) for factor in sheet.dimension.factors]
        return self.shown(page, "assess_part", work.found, values, status)

    def _check(
        self,
        page: PageRequest,
        work: Work[FoundT],
        form: FormErrors,
        status: int = 200,
        changes: list[dict[str, object]] | None = None,
    ) -> Response:
        instrument = work.instrument
        lacks = lacking(instrument, work.draft, self.kept.asks, again=work.again) if instrument else ()
        values = {
            "title": "Check the assessment before you complete it",
            "draft": work.held.line.id,
            "caption": instrument.name if instrument else "",
            "form": form,
            "seen": mark_of_all(work.draft),
            "lacks": [{"text": each.sentence, "href": _lack_address(page, work, each)} for each in lacks],
            "refusal": work.refusal,
            "parts": [_checked(page, work, each) for each in instrument.dimensions] if instrument else [],
            "conclusion": {"href": _part_address(page, work, CONCLUSION), "rows": work.conclusion()},
            "changes": changes or [],
            "unplaced": _unplaced(work),
        }
        return self.shown(page, "assess_check", work.found, values, status)


def _to(page: PageRequest, work: Work[FoundT], name: str, **values: str) -> Response:
    return page.redirect(name, reference=work.found.held.reference, draft=work.held.line.id, **values)


def _onward(page: PageRequest, work: Work[FoundT]) -> Response:
    """Lead to the part after this one; after the last to the check."""
    names = work.part_names()
    following = names[names.index(page.path["part"]) + 1 :]
    return _to(page, work, "assess_part", part=following[0]) if following else _to(page, work, "assess_check")


def _part_address(page: PageRequest, work: Work[FoundT], name: str) -> str:
    return page.url("assess_part", reference=work.found.held.reference, draft=work.held.line.id, part=name)


def _lack_address(page: PageRequest, work: Work[FoundT], lack: Lack) -> str:
    return f"{_part_address(page, work, lack.part)}#{lack.field}"


def _unplaced(work: Work[FoundT]) -> list[dict[str, str]]:
    return [{"label": each.label, "narrative": each.text()} for each in work.homeless()]


def _written(work: Work[FoundT]) -> list[dict[str, str]]:
    """Return all words of a draft whose edition is out of use, so that they can be read and copied."""
    of_factors = [{"label": each.label, "text": each.text()} for each in work.draft.written if each.text()]
    concluded_texts = [{"label": label, "text": text} for label, text in work.conclusion()]
    return of_factors + [each for each in concluded_texts if each["label"] != TITLES["finding"]]


def _stored(work: Work[FoundT], dimension: Dimension | None) -> list[dict[str, str]]:
    """Return what another window saved in this part, to compare with."""
    if dimension is None:
        return [{"label": label, "text": text} for label, text in work.conclusion()]
    said = [(factor.label, work.answer(factor)) for factor in dimension.factors]
    return [{"label": label, "text": ". ".join(part for part in parts if part)} for label, parts in said if any(parts)]


def _factor(work: Work[FoundT], sheet: Sheet, factor: Factor) -> dict[str, object]:
    earlier = work.earlier
    answers = {each.factor: each for each in earlier.factors} if earlier else {}
    return {
        "label": factor.label,
        "hint": factor.hint,
        **sheet.fields_of(factor),
        "choices": choices(factor),
        "earlier": answer_in_words(answers[factor.id]) if factor.id in answers else {},
        "earlier_at": earlier.completed_at if earlier else None,
        "earlier_by": earlier.completed_by if earlier else "",
    }


def _checked(page: PageRequest, work: Work[FoundT], dimension: Dimension) -> dict[str, object]:
    answers = []
    for factor in dimension.factors:
        answer, words = work.answer(factor)
        answers.append({"label": factor.label, "answer": answer or "Not answered yet", "narrative": words})
    return {"label": dimension.label, "href": _part_address(page, work, dimension.id), "factors": answers}
