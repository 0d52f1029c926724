"""Everything that happened in a case as a timeline and as text, and the case as it was known on any day."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

from chassis.clock import LONDON
from chassis.web import FormData, FormErrors, PageRequest, Response
from chassis.web.forms import parse_date
from contracts.vocabulary import day_in_words
from services.channel import queries
from services.channel.domain import CONSENT_LABELS, OBLIGATION_LABELS, STATE_LABELS, AreaVersionUnknown, Practices
from services.channel.domain.chronology import KIND_LABELS, Kind, Known
from services.channel.queries import AsAt, ClockThen, Happening, Held, ObligationView
from services.channel.web.views.asked import opened, shown

NEWEST, OLDEST = "newest", "oldest"


async def chronology(page: PageRequest) -> Response:
    """Show everything that happened, newest or oldest first, all of it or one kind."""
    async with page.transaction() as session:
        found = await opened(page, session, reason="chronology-page")
        every = await queries.chronology(session, found.held)
        papers = await queries.papers(session, found.held)
    kind, newest_first = _kind(page), page.query.get("order", NEWEST) != OLDEST
    chosen = queries.of_kind(every, kind, newest_first=newest_first)
    values = {
        "title": "Chronology",
        "entries": [entry_of(each) for each in chosen],
        "number": len(chosen),
        "kinds": _kinds(every),
        "kind": kind.value if kind else "",
        "order": NEWEST if newest_first else OLDEST,
        "text_query": urlencode({"kind": kind.value if kind else "", "order": NEWEST if newest_first else OLDEST}),
        "form": FormErrors(),
        "papers": papers,
    }
    return shown(page, "chronology", found, values)


async def chronology_text(page: PageRequest) -> Response:
    """Hand the chronology out as plain text; the read is recorded as a download."""
    async with page.transaction() as session:
        found = await opened(page, session, reason="chronology-download")
        every = await queries.chronology(session, found.held)
    chosen = queries.of_kind(every, _kind(page), newest_first=page.query.get("order", NEWEST) != OLDEST)
    body = _text(found.held, chosen, f"{page.actor.name or page.actor.id}, {_when(page.now)}")
    headers = {"Content-Disposition": f'attachment; filename="{found.held.reference}-chronology.txt"'}
    return Response(body, media_type="text/plain; charset=utf-8", headers=headers)


async def as_at(page: PageRequest) -> Response:
    """Show the case as it was known at the end of a day: what was recorded later is left out."""
    form = _form(page)
    day = (None if form.errors else parse_date(form.values, "on")) or _today(page)
    until = min(page.now, datetime.combine(day + timedelta(days=1), time(), LONDON).astimezone(UTC))
    async with page.transaction() as session:
        found = await opened(page, session, reason="as-at-page")
        then = await queries.as_at(session, found.held, until)
    values = {
        "title": f"The case as it was known on {day_in_words(day, 'en')}",
        "form": form,
        "area": found.held.area,
        "known": then.known is not None,
        **(_known(then.known) if then.known else {}),
        **_work(page, found.held, then),
        "entries": [entry_of(each) for each in reversed(then.happened)],
    }
    return shown(page, "as_at", found, values, 422 if form.errors else 200, tab="chronology")


def _kind(page: PageRequest) -> Kind | None:
    asked = page.query.get("kind", "")
    return Kind(asked) if asked in set(Kind) else None


def _kinds(every: Sequence[Happening]) -> list[tuple[str, str]]:
    there = {each.kind for each in every}
    return [(kind.value, label) for kind, label in KIND_LABELS.items() if kind in there]


def entry_of(each: Happening) -> dict[str, object]:
    """Return one happening as a timeline shows it, with the rule behind it and since when it is known."""
    behind = f"By the rule “{each.rule}”, version {each.area_version} of the area’s practice." if each.rule else ""
    late = "" if each.recorded_at <= each.at else f"Known here since {_when(each.recorded_at)}."
    words = "\n".join(part for part in (each.words, late, behind) if part)
    by = each.by if each.by and each.where == queries.HERE else ", ".join(filter(None, (each.by, each.where)))
    return {"title": each.what, "by": "" if by == queries.HERE else by, "at": each.at, "text": words}


def _text(held: Held, chosen: Iterable[Happening], printed: str) -> str:
    """Return a chronology as lines of text: day and time, what happened, by whom, the words under it."""
    name = held.summary.name if held.summary else "Erased"
    lines = [f"Chronology of {held.reference}", name, f"Made for {printed}. Keep it as carefully as the case.", ""]
    for each in chosen:
        entry = entry_of(each)
        by = f" (by {entry['by']})" if entry["by"] else ""
        lines.append(f"{_when(each.at)}  {each.what}{by}")
        lines += [f"    {line}" for line in str(entry["text"]).splitlines()]
    return "\n".join(lines) + "\n"


def _when(at: datetime) -> str:
    local = at.astimezone(LONDON)
    return f"{day_in_words(local.date(), 'en')}, {local:%H:%M}"


def _known(known: Known) -> dict[str, object]:
    plan = f"Version {known.plans}, {_when(known.planned_at)}" if known.planned_at else "None"
    return {
        "state": STATE_LABELS[known.state],
        "risk_owner_then": known.risk_owner,
        "consent": CONSENT_LABELS[known.consent],
        "plan": plan,
        "version": known.area_version,
    }


def _work(page: PageRequest, held: Held, then: AsAt) -> dict[str, object]:
    return {
        "assessment": then.assessment,
        "owed": [_owed(each) for each in then.owed],
        "clocks": [_clock(page, held, each) for each in then.clocks],
        "decisions": [
            {"what": each.what, "rule": each.rule, "version": each.area_version, "by": each.by, "at": each.at}
            for each in reversed(then.decisions)
        ],
    }


def _owed(each: ObligationView) -> dict[str, object]:
    return {"what": OBLIGATION_LABELS[each.kind], "owner": each.owner, "due_at": each.due_at}


def _clock(page: PageRequest, held: Held, each: ClockThen) -> dict[str, object]:
    """Return a clock with its date: as its row has it, else as the practice of then gave it when it started."""
    due = each.due_at
    if due is None:
        local: Practices = page.runtime.clients
        district = held.summary.district if held.summary else ""
        try:
            due = local.under(held.area, each.area_version, district, each.since).due[each.name]
        except AreaVersionUnknown:
            due = None
    return {"name": each.name, "since": each.since, "due_at": due, "version": each.area_version}


def _form(page: PageRequest) -> FormErrors:
    """Return the day as it was asked for, or the sentence that says what is wrong with it."""
    data = FormData({f"on-{part}": (page.query.get(f"on-{part}", ""),) for part in ("day", "month", "year")})
    try:
        asked: date | None = parse_date(data, "on", "the day")
    except ValueError as wrong:
        return FormErrors(data, (("on", str(wrong)),), frozenset({"on"}))
    if asked is not None and asked > _today(page):
        return FormErrors(data, (("on", "The day must be today or earlier"),), frozenset({"on"}))
    return FormErrors(data)


def _today(page: PageRequest) -> date:
    return page.now.astimezone(LONDON).date()
