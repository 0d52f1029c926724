"""What others owe: officers ask for it, say that it was done, or cancel it, each with a look before it is recorded."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from chassis.web import FormData, FormErrors, PageRequest, Response, blank, parse, refused
from contracts.vocabulary import day_in_words
from services.triage import operations, queries
from services.triage.domain import (
    UNREACHED_LABELS,
    ChangedMeanwhile,
    Command,
    NotInThisState,
    NotOffered,
    Obligation,
    ObligationEnded,
    ObligationNotFound,
    Record,
    in_unreached_words,
)
from services.triage.domain import decide as decide_by_rules
from services.triage.operations import Act, Answer
from services.triage.queries import ObligationView, OfficerView
from services.triage.web.forms import OPEN_HINT, ObligationForm
from services.triage.web.views.asked import CHECK, HAPPENED, LABELS, Opened, changes_text, opened, shown

SOMEBODY_ELSE = "somebody-else"
NOTHING_KNOWN = "Nothing known."
KINDS = {
    Obligation.SIGNPOST: "Signpost",
    Obligation.REQUEST: "Request for information",
    Obligation.ACTION: "Action",
}


@dataclass(frozen=True)
class Asked:
    """One field of a page: its name and kind, what is asked, the hint, and the sentence for when it is empty."""

    name: str
    kind: str
    label: str
    hint: str
    empty: str


_REQUEST = (
    Asked("officer", "line", "Who is asked?", "For example a school, a GP practice or adult social care.",
          "Enter who is asked"),
    Asked("message", "words", "What do you want to know?", f"Ask for no more than the concern needs. {OPEN_HINT}",
          "Enter what you want to know"),
)  # fmt: skip
_ACTION = (
    Asked("officer", "person", "Who does it?",
          "One person, who owns the action. Whoever is in the list finds it in their own work.",
          "Choose who does it"),
    Asked("message", "words", "What is to be done?", OPEN_HINT, "Enter what is to be done"),
    Asked("review_on", "date", "By when?", "For example, 27 3 2027",
          "Enter the date by which it is done, for example 27 3 2027"),
)  # fmt: skip
_REVIEW = (
    Asked("rationale", "words", "What did the review find?", f"What changed, and what follows. {OPEN_HINT}",
          "Enter what the review found"),
)  # fmt: skip
_CANCEL = (
    Asked("rationale", "words", "Why is it cancelled?", f"This stays in the history. {OPEN_HINT}",
          "Enter why it is cancelled"),
)  # fmt: skip
_DONE: Mapping[Obligation, tuple[Asked, ...]] = {
    Obligation.REQUEST: (
        Asked("answer", "choice", "What did they answer?", "", "Choose whether anything is known"),
        Asked("rationale", "words", "In their words", OPEN_HINT, "Enter what they said"),
    ),
    Obligation.SIGNPOST: (
        Asked("told_by", "line", "Who told you?", "Name and service, and how: by telephone, say.",
              "Enter who told you"),
        Asked("rationale", "words", "What did they do?", f"As they said it. {OPEN_HINT}", "Enter what they did"),
    ),
    Obligation.ACTION: (Asked("rationale", "words", "What was done?", OPEN_HINT, "Enter what was done"),),
}  # fmt: skip
ENDED = {
    Obligation.SIGNPOST: "Record what they told us",
    Obligation.REQUEST: "Record the answer",
    Obligation.ACTION: "Record what was done",
}
KEPT = (
    *("officer", "officer_name", "message", "answer", "told_by", "rationale"),
    *("review_on-day", "review_on-month", "review_on-year"),
)
"""What a page carries on to its check, and back."""
ANSWERS = (
    ("nothing-known", NOTHING_KNOWN.rstrip("."), "An answer like any other: the request is met."),
    ("known", "They told us something", "Enter it below."),
)


@dataclass(frozen=True)
class Seen:
    """The referral that a page is about, what it records, and the obligation that it ends (None where it makes one)."""

    found: Opened
    command: Command
    fields: tuple[Asked, ...]
    owed: ObligationView | None = None
    officers: tuple[OfficerView, ...] = ()


async def ask_partner(page: PageRequest) -> Response:
    """Ask a partner for information."""
    return await _step(page, Command.REQUEST, _REQUEST)


async def add_action(page: PageRequest) -> Response:
    """Add an action to the partnership."""
    return await _step(page, Command.ADD_ACTION, _ACTION)


async def review_partnership(page: PageRequest) -> Response:
    """Record what a review of the partnership found."""
    return await _step(page, Command.REVIEW_PLP, _REVIEW)


async def fulfil_obligation(page: PageRequest) -> Response:
    """Record what was answered or done."""
    return await _step(page, Command.FULFIL)


async def cancel_obligation(page: PageRequest) -> Response:
    """Cancel what is open, with the reason."""
    return await _step(page, Command.CANCEL, _CANCEL)


async def _step(page: PageRequest, command: Command, fields: tuple[Asked, ...] = ()) -> Response:
    seen = await _look(page, command, fields)
    if page.request.method != "POST":
        return _write(page, seen, blank())
    data = await page.form()
    form = parse(ObligationForm, data)
    if isinstance(form, FormErrors):
        return _write(page, seen, form, status=422)
    return await _sent(page, seen, form, data)


async def _sent(page: PageRequest, seen: Seen, form: ObligationForm, data: FormData) -> Response:
    if form.step == "change":
        return _write(page, seen, refused(data))
    if form.row_version != seen.found.held.row_version:
        return await _changed(page, seen, data, form.row_version)
    if wrong := _wrong(seen, form):
        return _write(page, seen, refused(data, *wrong, of=ObligationForm), status=422)
    if form.step != "commit":
        return _check(page, seen, form, data)
    return await _commit(page, seen, form, data)


async def _look(page: PageRequest, command: Command, fields: tuple[Asked, ...]) -> Seen:
    async with page.transaction() as session:
        found = await opened(page, session, reason="obligation")
        if "obligation" not in page.path:
            named = any(each.kind == "person" for each in fields)
            officers = await queries.officers(session, found.held.area) if named else ()
            return Seen(found, command, fields, officers=officers)
        every = await queries.obligations(session, found.held.subject)
    owed = next((each for each in every if str(each.id) == page.path["obligation"]), None)
    if owed is None:
        raise ObligationNotFound("There is nothing open of that name here: open the referral and choose again.")
    if owed.ended_at is not None:
        how = "cancelled" if owed.state == "cancelled" else "reported done"
        raise ObligationEnded(f"This was {how} already: open the referral to see by whom and what was said.")
    return Seen(found, command, fields or _DONE[owed.kind], owed)


def _wrong(seen: Seen, form: ObligationForm) -> tuple[tuple[str, str], ...]:
    nothing = _nothing_known(seen, form)
    given = {name: getattr(form, name) for name in ("message", "review_on", "told_by", "rationale")}
    given["officer"] = _whom(seen, form).name
    given["answer"] = form.answer if form.answer in {value for value, _, _ in ANSWERS} else ""
    empty = [each for each in seen.fields if not given[each.name] and not (nothing and each.name == "rationale")]
    if empty:
        return tuple(_sentence(each, form) for each in empty)
    if form.review_on is not None and form.review_on < seen.found.today:
        return (("review_on", "The date must be today or later"),)
    try:
        decide_by_rules(seen.command, seen.found.held.situation, _record(seen, form), seen.found.practice)
    except (NotOffered, NotInThisState) as wrong:
        return ((seen.fields[0].name, str(wrong)),)
    return ()


def _nothing_known(seen: Seen, form: ObligationForm) -> bool:
    """Say whether a partner who was asked knows nothing: on no other page is that an answer that needs no words."""
    return form.answer == "nothing-known" and any(each.name == "answer" for each in seen.fields)


def _sentence(asked: Asked, form: ObligationForm) -> tuple[str, str]:
    if asked.kind == "person" and form.officer == SOMEBODY_ELSE:
        return "officer_name", "Enter the name of who does it"
    return asked.name, asked.empty


def _whom(seen: Seen, form: ObligationForm) -> OfficerView:
    """Return who is asked: an officer of the console with their id, or anybody else by name alone."""
    if not any(each.kind == "person" for each in seen.fields):
        return OfficerView("", form.officer)
    chosen = next((each for each in seen.officers if each.id == form.officer), None)
    return chosen or OfficerView("", form.officer_name)


def _record(seen: Seen, form: ObligationForm) -> Record:
    words = form.rationale.strip()
    if _nothing_known(seen, form):
        words = f"{NOTHING_KNOWN} {words}".strip()
    if form.told_by and any(each.name == "told_by" for each in seen.fields):
        words = f"{form.told_by} told us: {words}"
    whom = _whom(seen, form).name
    return Record(rationale=words, officer=whom, message=form.message, review_on=form.review_on)


async def _commit(page: PageRequest, seen: Seen, form: ObligationForm, data: FormData) -> Response:
    act = Act(seen.command, page.now, _record(seen, form), form.row_version)
    held, practice = seen.found.held, seen.found.practice
    try:
        async with page.transaction() as session:
            if seen.owed is None:
                # Whoever is chosen from the console's officers finds it in their own work, however the name is written.
                whom = (_whom(seen, form).id,) if seen.command is Command.ADD_ACTION else ()
                await _MAKE[seen.command](session, held.subject, act, practice, *whom)
            else:
                end = operations.cancel if seen.command is Command.CANCEL else operations.fulfil
                await end(session, held.subject, Answer(seen.owed.id, page.now), act, practice)
    except ChangedMeanwhile:
        return await _changed(page, seen, data, form.row_version)
    page.flash(f"{HAPPENED[seen.command]}.")
    return page.redirect("referral", reference=held.reference)


_MAKE: Mapping[Command, Callable[..., Awaitable[UUID | None]]] = {
    Command.REQUEST: operations.ask_partner,
    Command.ADD_ACTION: operations.add_action,
    Command.REVIEW_PLP: operations.review_partnership,
}


async def _changed(page: PageRequest, seen: Seen, data: FormData, row_version: int) -> Response:
    now = await _look(page, seen.command, seen.fields)
    async with page.transaction() as session:
        changes = await queries.changes_since(session, now.found.held.subject, row_version)
    return _write(page, now, refused(data), status=409, changes=changes_text(changes))


def _write(
    page: PageRequest,
    seen: Seen,
    form: FormErrors,
    *,
    status: int = 200,
    changes: list[dict[str, object]] | None = None,
) -> Response:
    values: dict[str, object] = {
        "title": _title(seen),
        "form": form,
        "fields": [vars(each) for each in seen.fields],
        "answers": ANSWERS,
        "officers": [*((each.id, each.name) for each in seen.officers), (SOMEBODY_ELSE, "Somebody else")],
        "owed": _owed(seen),
        "refusal": seen.found.refusal(seen.command),
        "changes": changes or [],
    }
    return shown(page, "obligation", seen.found, values, status)


def _check(page: PageRequest, seen: Seen, form: ObligationForm, data: FormData) -> Response:
    texts = [("What is recorded", _title(seen))]
    if seen.owed is not None:
        texts.append((KINDS[seen.owed.kind], seen.owed.owner))
    for each in seen.fields:
        text = getattr(form, each.name)
        if each.kind == "date":
            text = day_in_words(text, "en")
        if each.kind == "person":
            text = _whom(seen, form).name
        if each.kind == "choice":
            text = next(words for value, words, _ in ANSWERS if value == text)
        texts.append((each.label, text))
    kept = {name: data.get(name) for name in KEPT if name in data.fields}
    values = {"title": CHECK, "said": texts, "answers": kept, "button": "Record this"}
    return shown(page, "check", seen.found, values)


def _title(seen: Seen) -> str:
    if seen.command is Command.FULFIL and seen.owed is not None:
        return ENDED[seen.owed.kind]
    return LABELS[seen.command]


def _owed(seen: Seen) -> dict[str, object] | None:
    return None if seen.owed is None else {**vars(seen.owed), "called": KINDS[seen.owed.kind]}


def owed(found: tuple[ObligationView, ...]) -> list[dict[str, object]]:
    """Return what a page shows of what others owe, with what to do where somebody was not told."""
    return [
        {
            **vars(each),
            "unreached": UNREACHED_LABELS[each.unreached] if each.unreached else "",
            "what_to_do": in_unreached_words(each.unreached) if each.unreached else "",
        }
        for each in found
    ]
