"""An assessment is written: choose the instrument, write part by part, check, complete; every step is kept."""

from starlette.responses import JSONResponse

from chassis.database import Session
from chassis.web import FormData, FormErrors, PageRequest, Response, blank, parse, refused
from contracts.vocabulary.assessment import FINDING_WORDS, Dimension, Factor
from services.triage import operations, queries
from services.triage.domain import (
    ChangedMeanwhile,
    Command,
    EditionReplaced,
    Finding,
    NotInThisState,
    NotOffered,
    NotRecorded,
)
from services.triage.domain import assessing as rules
from services.triage.operations import Act
from services.triage.web.forms import OPEN_HINT, AssessmentForm
from services.triage.web.views import drafting
from services.triage.web.views.asked import Opened, changes_text, opened, shown
from services.triage.web.views.assessments import answer_in_words
from services.triage.web.views.drafting import Work, worked

PROGRESS = {
    rules.Progress.NOT_BEGUN: "Nothing written yet",
    rules.Progress.BEGUN: "Begun",
    rules.Progress.ANSWERED: "Everything answered",
}
MEANWHILE = "This part was saved in another window after you opened it: compare below, then save the words that count"
ELSEWHERE = "Not kept: this part was changed elsewhere after you opened it. Press “Save and continue” to compare"
_KEEP = "keep"
READ_AGAIN = "The draft was saved in another window after you opened this page: read it again, then complete it"


async def assess(page: PageRequest) -> Response:
    """Ask which instrument, and offer to go on with a draft."""
    async with page.transaction() as session:
        found = await opened(page, session, reason="assessment")
        return await _choose(page, session, found, blank())


async def begin_assessment(page: PageRequest) -> Response:
    """Begin a draft with the chosen instrument, or go on with the one that this officer has."""
    data = await page.form()
    async with page.transaction() as session:
        found = await opened(page, session, reason="assessment")
        instrument = found.practice.instruments.get(data.get("instrument"))
        if instrument is None:
            return await _choose(page, session, found, refused(data, ("instrument", "Choose an instrument")), 422)
        if refusal := found.refusal(Command.ASSESS):
            return await _choose(page, session, found, refused(data, ("instrument", refusal)), 422)
        draft_id = await operations.begin_draft(session, found.held, instrument, page.now)
    return page.redirect("assess_draft", reference=found.held.reference, draft=draft_id)


async def assess_draft(page: PageRequest) -> Response:
    """Show the parts of a draft and how far each is written."""
    async with page.transaction() as session:
        work = await worked(page, session)
    return _overview(page, work)


async def change_draft(page: PageRequest) -> Response:
    """Carry a draft to the edition that the area uses now, or throw it away after asking once more."""
    step = (await page.form()).get("step")
    async with page.transaction() as session:
        work = await worked(page, session)
        held, draft_id = work.found.held, work.held.line.id
        if step == "discard-now":
            await operations.discard_draft(session, held, draft_id, page.now)
        elif step == "move" and work.instrument:
            await operations.move_draft(session, held, draft_id, work.instrument, page.now)
    if step == "discard-now":
        page.flash("The draft was thrown away.")
        return page.redirect("referral", reference=held.reference)
    if step == "move":
        return _to(page, work, "assess_draft")
    return _overview(page, work, asks=step == "discard")


async def assess_part(page: PageRequest) -> Response:
    """Ask about one dimension, or for the conclusion, with what was written before."""
    async with page.transaction() as session:
        work = await worked(page, session)
    if work.stale:
        return _to(page, work, "assess_draft")
    dimension = work.dimension(page.path["part"])
    return _ask(page, work, dimension, blank(drafting.before(dimension, work.draft)))


async def save_part(page: PageRequest) -> Response:
    """Keep what was typed, finished or not, and go on; another window's words are not overwritten unseen."""
    data = await page.form()
    if _KEEP in page.query:
        return JSONResponse(await _kept(page, data))
    async with page.transaction() as session:
        work = await worked(page, session, hold=True)
        if work.stale:
            return _overview(page, work, typed=drafting.typed(data, work.draft), status=409)
        dimension = work.dimension(page.path["part"])
        if wrong := drafting.unusable(dimension, data):
            return _ask(page, work, dimension, refused(data, *wrong), 422)
        if data.get("seen") != drafting.mark(dimension, work.draft):
            sentence = (drafting.first_field(dimension), MEANWHILE)
            return _ask(page, work, dimension, refused(data, sentence), 409)
        await _save(page, session, work, dimension, data)
    if data.get("step") == "later":
        page.flash("Your draft is saved. Nobody else reads it before you complete it.")
        return page.redirect("referral", reference=work.found.held.reference)
    return _onward(page, work)


async def _kept(page: PageRequest, data: FormData) -> dict[str, str]:
    """Save what stands in an open page; return what to tell, and the mark that the page now sends back."""
    async with page.transaction() as session:
        work = await worked(page, session, hold=True, shows=False)
        if work.stale:
            return {"words": ELSEWHERE}
        dimension = work.dimension(page.path["part"])
        if wrong := drafting.unusable(dimension, data):
            return {"words": f"Not kept: {wrong[0][1]}"}
        if data.get("seen") != drafting.mark(dimension, work.draft):
            return {"words": ELSEWHERE}
        await _save(page, session, work, dimension, data)
        saved = await queries.own_draft(session, work.found.held.subject, work.held.line.id)
        return {"words": "Saved as you write", "seen": drafting.mark(dimension, saved.draft)}


async def assess_check(page: PageRequest) -> Response:
    """Show the whole draft, and what it still lacks."""
    async with page.transaction() as session:
        work = await worked(page, session)
    return _to(page, work, "assess_draft") if work.stale else _check(page, work, blank())


async def complete_draft(page: PageRequest) -> Response:
    """Complete the draft as it was shown; where anything changed meanwhile, show it again."""
    data = await page.form()
    form = parse(AssessmentForm, data)
    if isinstance(form, FormErrors):
        return await _again(page, form, 422)
    act = Act(Command.ASSESS, page.now, expected=form.row_version)
    try:
        async with page.transaction() as session:
            work = await worked(page, session, hold=True)
            if form.seen != drafting.mark_of_all(work.draft):
                return _check(page, work, refused(data, ("complete", READ_AGAIN)), 409)
            await operations.complete_assessment(session, work.found.held, work.held.line.id, act, work.found.practice)
    except ChangedMeanwhile:
        return await _again(page, refused(data), 409, form.row_version)
    except EditionReplaced:
        return page.redirect("assess_draft", **page.path)
    except (NotRecorded, NotOffered, NotInThisState) as wrong:
        return await _again(page, refused(data, ("complete", str(wrong))), 422)
    page.flash("Gateway assessment completed.")
    return page.redirect("referral", reference=work.found.held.reference)


async def _again(page: PageRequest, form: FormErrors, status: int, seen: int | None = None) -> Response:
    """Show the check page once more, with what happened since the referral was seen."""
    async with page.transaction() as session:
        work = await worked(page, session)
        since = work.found.held.row_version if seen is None else seen
        changes = await queries.changes_since(session, work.found.held.subject, since)
    return _check(page, work, form, status, changes_text(changes))


async def _save(page: PageRequest, session: Session, work: Work, dimension: Dimension | None, data: FormData) -> None:
    held, draft_id = work.found.held, work.held.line.id
    if dimension is None:
        await operations.save_conclusion(session, held, draft_id, drafting.concluded(data), page.now)
    else:
        written = drafting.said(dimension, data)
        await operations.save_dimension(session, held, draft_id, dimension, written, page.now)


def _to(page: PageRequest, work: Work, name: str, **values: str) -> Response:
    return page.redirect(name, reference=work.found.held.reference, draft=work.held.line.id, **values)


def _onward(page: PageRequest, work: Work) -> Response:
    """Lead to the part after this one; after the last to the check."""
    if work.stale:
        return _to(page, work, "assess_draft")
    names = work.part_names()
    following = names[names.index(page.path["part"]) + 1 :]
    return _to(page, work, "assess_part", part=following[0]) if following else _to(page, work, "assess_check")


async def _choose(page: PageRequest, session: Session, found: Opened, form: FormErrors, status: int = 200) -> Response:
    drafts = await queries.drafts(session, found.held.subject)
    own = [line for line in drafts if line.by_id == page.actor.id]
    names = {each.id: each.name for each in found.practice.instruments.values()}
    values = {
        "title": "Gateway assessment",
        "form": form,
        "refusal": found.refusal(Command.ASSESS),
        "instruments": [(each.id, each.name, each.source) for each in found.practice.instruments.values()],
        "own": [
            {
                "name": names.get(line.instrument, line.instrument),
                "saved_at": line.saved_at,
                "href": page.url("assess_draft", reference=found.held.reference, draft=line.id),
            }
            for line in own
        ],
        "others": [{"by": line.by, "saved_at": line.saved_at} for line in drafts if line not in own],
    }
    return shown(page, "assess", found, values, status)


def _overview(
    page: PageRequest, work: Work, *, asks: bool = False, typed: tuple[tuple[str, str], ...] = (), status: int = 200
) -> Response:
    name = work.instrument.name if work.instrument else "an instrument that is not used any more"
    return shown(
        page,
        "assess_draft",
        work.found,
        {
            "title": f"Your draft: {name}",
            "parts": [] if work.stale else _parts(page, work),
            "stale": work.stale,
            "edition": work.held.line.edition,
            "newer": work.instrument.edition if work.instrument else "",
            "unplaced": _unplaced(work),
            "written": _written(work) if work.stale else [],
            "saved_at": work.held.line.saved_at,
            "check": page.url("assess_check", reference=work.found.held.reference, draft=work.held.line.id),
            "refusal": work.refusal,
            "asks": asks,
            "typed": typed,
        },
        status,
    )


def _parts(page: PageRequest, work: Work) -> list[dict[str, str]]:
    dimensions = work.instrument.dimensions if work.instrument else ()
    states = [(each.id, each.label, rules.progress(each, work.draft)) for each in dimensions]
    conclusion = rules.conclusion_progress(work.draft, again=work.again)
    return [
        {"title": title, "status": PROGRESS[state], "href": _part_address(page, work, name)}
        for name, title, state in [*states, (rules.CONCLUSION, "Conclusion", conclusion)]
    ]


def _part_address(page: PageRequest, work: Work, name: str) -> str:
    return page.url("assess_part", reference=work.found.held.reference, draft=work.held.line.id, part=name)


def _unplaced(work: Work) -> list[dict[str, str]]:
    return [{"label": each.label, "narrative": each.narrative} for each in work.homeless()]


def _written(work: Work) -> list[dict[str, str]]:
    """Return all words of a draft whose edition is out of use, so that they can be read and copied."""
    of_factors = [{"label": each.label, "text": each.narrative} for each in work.draft.written if each.narrative]
    concluded = [(drafting.TITLES[name], getattr(work.draft, name)) for name in drafting.CONCLUDED[1:]]
    return of_factors + [{"label": label, "text": text} for label, text in concluded if text]


def _ask(page: PageRequest, work: Work, dimension: Dimension | None, form: FormErrors, status: int = 200) -> Response:
    values: dict[str, object] = {
        "title": dimension.label if dimension else "Conclusion",
        "caption": work.instrument.name if work.instrument else "",
        "form": form,
        "seen": drafting.mark(dimension, work.draft),
        "again": work.again,
        "open_hint": OPEN_HINT,
        "stored": _stored(work, dimension) if status == 409 else [],  # noqa: PLR2004
        "draft_url": page.url("assess_draft", reference=work.found.held.reference, draft=work.held.line.id),
        # Whoever has to compare with another window saves on purpose, not by typing.
        "keep_url": "" if status == 409 else f"{_part_address(page, work, page.path['part'])}?{_KEEP}=1",  # noqa: PLR2004
    }
    if dimension is None:
        last = work.before[0] if work.before else None
        findings = [(each.value, FINDING_WORDS[each], rules.FINDING_HINTS[each]) for each in Finding]
        values |= {"findings": findings, "last": {"summary": last.summary, "at": last.completed_at} if last else {}}
    else:
        values["factors"] = [_factor(work, factor) for factor in dimension.factors]
    return shown(page, "assess_part", work.found, values, status)


def _factor(work: Work, factor: Factor) -> dict[str, object]:
    earlier = work.earlier
    answers = {each.factor: each for each in earlier.factors} if earlier else {}
    return {
        "label": factor.label,
        "hint": factor.hint,
        "answer": rules.answer_field(factor.id),
        "words": "" if factor.kind == "check" else rules.words_field(factor.id),
        "choices": rules.choices(factor),
        "earlier": answer_in_words(answers[factor.id]) if factor.id in answers else {},
        "earlier_at": earlier.completed_at if earlier else None,
    }


def _stored(work: Work, dimension: Dimension | None) -> list[dict[str, str]]:
    """Return what another window saved in this part, to compare with."""
    if dimension is None:
        texts = [(drafting.TITLES[name], getattr(work.draft, name)) for name in drafting.CONCLUDED]
        return [{"label": label, "text": FINDING_WORDS.get(text, text)} for label, text in texts if text]
    return [
        {"label": factor.label, "text": ". ".join(part for part in said if part)}
        for factor in dimension.factors
        if (said := _said(work, factor)) and any(said)
    ]


def _said(work: Work, factor: Factor) -> tuple[str, str] | None:
    written = work.draft.of(factor.id)
    return (dict(rules.choices(factor)).get(written.answer, ""), written.narrative) if written else None


def _check(
    page: PageRequest,
    work: Work,
    form: FormErrors,
    status: int = 200,
    changes: list[dict[str, object]] | None = None,
) -> Response:
    instrument = work.instrument
    lacks = rules.lacking(instrument, work.draft, again=work.again) if instrument else ()
    values = {
        "title": "Check the assessment before you complete it",
        "draft": work.held.line.id,
        "caption": instrument.name if instrument else "",
        "form": form,
        "seen": drafting.mark_of_all(work.draft),
        "lacks": [{"text": each.sentence, "href": _lack_address(page, work, each)} for each in lacks],
        "refusal": work.refusal,
        "parts": [_checked(page, work, each) for each in instrument.dimensions] if instrument else [],
        "conclusion": _conclusion(page, work),
        "changes": changes or [],
        "unplaced": _unplaced(work),
    }
    return shown(page, "assess_check", work.found, values, status)


def _lack_address(page: PageRequest, work: Work, lack: rules.Lack) -> str:
    return f"{_part_address(page, work, lack.part)}#{lack.field}"


def _checked(page: PageRequest, work: Work, dimension: Dimension) -> dict[str, object]:
    answers = []
    for factor in dimension.factors:
        answer, words = _said(work, factor) or ("", "")
        answers.append({"label": factor.label, "answer": answer or "Not answered yet", "narrative": words})
    return {"label": dimension.label, "href": _part_address(page, work, dimension.id), "factors": answers}


def _conclusion(page: PageRequest, work: Work) -> dict[str, object]:
    rows = [(drafting.TITLES[name], getattr(work.draft, name)) for name in drafting.CONCLUDED]
    shown_rows = [(label, FINDING_WORDS.get(text, text)) for label, text in rows if text]
    return {"href": _part_address(page, work, rules.CONCLUSION), "rows": shown_rows}
