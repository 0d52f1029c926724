"""The page of one person: all their referrals in one chronology, and the way to separate what is not theirs."""

from uuid import UUID

from chassis import audit
from chassis.database import Session
from chassis.web import FormData, FormErrors, PageRequest, Response, blank, parse, refused
from services.triage import operations, queries
from services.triage.domain import (
    DECISIONS,
    DECONFLICTION,
    STATE_LABELS,
    ChangedMeanwhile,
    Command,
    NotRecorded,
    PersonNotFound,
    ReferralNotFound,
    ReferralRestricted,
)
from services.triage.queries import Held, PersonView, ReferralView, Shared
from services.triage.web.forms import OPEN_HINT, SameForm, SeparateForm
from services.triage.web.views.asked import HAPPENED, changes_text, mistakes, opened, said, shown
from services.triage.web.views.begun import values_of, writing
from services.triage.web.views.obligations import KINDS
from services.triage.web.views.sameness import ANSWERED, ANSWERS, elsewhere_shown, problems_of, told_in

TIMES = {1: "once", 2: "twice"}
_IN_TABLES = frozenset({*DECISIONS, *DECONFLICTION})


async def person(page: PageRequest) -> Response:
    """Show everything about one person: every referral that people have confirmed to be about them."""
    async with page.transaction() as session:
        view = await queries.person_view(session, _person(page))
        subjects = [each.held.subject for each in view.referrals]
        for subject in subjects:
            await audit.record_read(session, subject=subject, now=page.now, reason="person-page")
        corrections = mistakes(await queries.corrections(session, subjects))
    number = len(view.referrals) + len(view.closed_off)
    return page.render(
        "person",
        title=f"One person: {', '.join(view.names[:1]) or 'name not known yet'}",
        person=view.person,
        corrections=corrections,
        restricted=False,
        names=view.names,
        count=TIMES.get(number, f"{number} times"),
        many=number > 1,
        referrals=[_line(each) for each in view.referrals],
        closed_off=view.closed_off,
        open=[each for view_of_one in view.referrals for each in _open(view_of_one)],
        shared=_plain(view.shared),
        merges=[vars(each) for each in view.merges],
        entries=_entries(view),
    )


async def separate(page: PageRequest) -> Response:
    """Ask which of a person's referrals are about somebody else, and list what was shared meanwhile."""
    return await _separating(page, blank())


async def record_separation(page: PageRequest) -> Response:
    """Separate them, or show what is missing."""
    data = await page.form()
    form = parse(SeparateForm, data)
    if isinstance(form, FormErrors):
        return await _separating(page, form, status=422)
    leaving = data.all("leaving")
    person_id = _person(page)
    try:
        async with page.transaction() as session:
            await operations.separate_person(session, person_id, leaving, form.reason, page.runtime.clients, page.now)
    except NotRecorded as wrong:
        return await _separating(page, refused(data, (wrong.field, str(wrong))), status=422)
    except ReferralRestricted as denied:
        return await _denied(page, data, denied)
    page.flash(f"Separated: {', '.join(sorted(leaving))}. Those who were told otherwise are told now.")
    return page.redirect("referral", reference=min(leaving))


async def _denied(page: PageRequest, data: FormData, denied: ReferralRestricted) -> Response:
    """Write down that part of the person is not for whoever asks, and give them their words back."""
    async with page.transaction() as session:
        await operations.note_denied(session, denied, page.now)
    return await _separating(page, refused(data), status=403)


async def elsewhere(page: PageRequest) -> Response:
    """Ask what the duty officer of another area said about a referral that is held there."""
    return await _asked_elsewhere(page, blank())


async def record_elsewhere(page: PageRequest) -> Response:
    """Record what was said, or show what is missing."""
    data = await page.form()
    form = parse(SameForm, data)
    if isinstance(form, FormErrors):
        return await _asked_elsewhere(page, form, status=422)
    if problems := problems_of(data):
        return await _asked_elsewhere(page, refused(data, *problems), status=422)
    other = _id(page.query.get("other", ""))
    try:
        async with page.transaction() as session:
            held = (await opened(page, session, reason="same-person")).held
            pair = (held, other)
            await operations.answer_elsewhere(session, pair, told_in(form), page.runtime.clients, page.now)
    except ChangedMeanwhile:
        return await _asked_elsewhere(page, refused(data), status=409, seen=form.row_version)
    page.flash(f"Recorded: {ANSWERED[form.answer].lower()}.")
    return page.redirect("referral", reference=held.reference)


def _person(page: PageRequest) -> UUID:
    try:
        return UUID(page.path["person"])
    except ValueError:
        raise PersonNotFound("There is no such person: open one of the referrals and go on from there.") from None


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ReferralNotFound("There is no such referral: open yours again and choose from there.") from None


async def _separating(page: PageRequest, form: FormErrors, *, status: int = 200) -> Response:
    async with page.transaction() as session:
        view = await queries.person_view(session, _person(page))
        for each in view.referrals:
            await audit.record_read(session, subject=each.held.subject, now=page.now, reason="separate-person")
        shared = await _since_merged(session, view)
        first = [await writing(page, session, each.held) for each in view.referrals[:1]]
    return page.render(
        "separate",
        status=status,
        title="Separate referrals that are about somebody else",
        person=view.person,
        closed_off=view.closed_off,
        hint=f"Both police teams see this with your name; others are told who was separated. {OPEN_HINT}",
        choices=[(each.held.reference, f"{each.held.reference}: {_name(each.held)}") for each in view.referrals],
        shared=_plain(shared),
        **{"form": form, **values_of(page, *first)},
    )


async def _since_merged(session: Session, view: PersonView) -> tuple[Shared, ...]:
    subjects = [each.held.subject for each in view.referrals]
    since = await queries.merged_since(session, subjects)
    return () if since is None else await queries.shared(session, subjects, since)


async def _asked_elsewhere(
    page: PageRequest, form: FormErrors, *, status: int = 200, seen: int | None = None
) -> Response:
    other = _id(page.query.get("other", ""))
    async with page.transaction() as session:
        found = await opened(page, session, reason="same-person")
        all_there = await queries.elsewhere(session, found.held.subject)
        changes = () if seen is None else await queries.changes_since(session, found.held.subject, seen)
    there = next((each for each in all_there if each.other_subject == other), None)
    if there is None:
        raise ReferralNotFound("There is no such referral: open yours again and choose from there.")
    values = {
        "title": "Same person as in another area?",
        "form": form,
        "choices": [(value, label) for value, label, _ in ANSWERS],
        "hint": f"Both police teams here see this with your name. {OPEN_HINT}",
        "there": elsewhere_shown(page, there),
        "changes": changes_text(tuple(changes)),
    }
    return shown(page, "elsewhere", found, values, status)


def _name(held: Held) -> str:
    return held.summary.name if held.summary else "name not known yet"


def _plain(shared: tuple[Shared, ...]) -> list[dict[str, object]]:
    return [dict(vars(each)) for each in shared]


def _line(view: ReferralView) -> dict[str, object]:
    """Return what a person's page says of one referral."""
    held = view.held
    decided = [each for each in view.decisions if Command(each.command) in queries.OUTCOMES]
    last = decided[-1] if decided else None
    outcome = queries.OUTCOMES[Command(last.command)] if last else None
    return {
        "reference": held.reference,
        "name": _name(held),
        "state": STATE_LABELS[held.situation.state],
        "received_at": held.received_at,
        "concern": view.form.concerns.narrative if view.form else "",
        "risk_owner": held.situation.risk_owner,
        "outcome": outcome.value.replace("-", " ").capitalize() if outcome else "",
        "decided_at": last.decided_at if last else None,
    }


def _open(view: ReferralView) -> list[dict[str, object]]:
    return [
        {"reference": view.held.reference, "what": KINDS[each.kind], "owner": each.owner, "due_at": each.due_at}
        for each in view.obligations
        if each.ended_at is None
    ]


def _entries(view: PersonView) -> list[dict[str, object]]:
    """Return one chronology of all referrals, newest first, each line with its reference."""
    entries = [each for one in view.referrals for each in _of_one(one)]
    return sorted(entries, key=lambda each: str(each["order"]))[::-1]


def _of_one(view: ReferralView) -> list[dict[str, object]]:
    """Return what happened to one referral: its timeline, with the words of decisions and of what others owe."""
    lines = [
        (each.at, said(each)["title"], said(each)["by"], each.note)
        for each in view.timeline
        if Command(each.command) not in _IN_TABLES
    ]
    lines += [
        (
            each.decided_at,
            HAPPENED[Command(each.command)],
            each.by,
            f"{each.rationale}\n{each.grounds}".strip(),
        )
        for each in view.decisions
    ]
    lines += [(each.recorded_at, HAPPENED[Command(each.outcome)], each.by, each.note) for each in view.deconflictions]
    lines += [
        (each.made_at, f"{KINDS[each.kind]}: {each.owner}", each.made_by, each.message) for each in view.obligations
    ]
    return [
        {"at": at, "title": f"{view.held.reference}: {title}", "by": by, "text": text, "order": at.isoformat()}
        for at, title, by, text in lines
    ]
