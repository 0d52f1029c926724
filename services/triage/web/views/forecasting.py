"""What runs out by a day if nothing moves: counted by clock and by officer, listed, and what stands still apart."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode
from uuid import UUID

from chassis.clock import LONDON, add_working_days
from chassis.web import FormData, FormErrors, PageRequest, Response
from chassis.web.forms import parse_date
from contracts.vocabulary import day_in_words
from services.triage import queries
from services.triage.domain import PAUSE_REASONS, ClockName, Forecast, Share, clock_words, forecast
from services.triage.queries import ClockLine, Sought

WORKING_DAYS_AHEAD = 3
FARTHEST = timedelta(days=366)
NOBODY = "nobody"


async def clock_forecast(page: PageRequest) -> Response:
    """Show what runs out by the end of a day, the third working day from today unless another is asked for."""
    form = _form(page)
    day = _day(page, form)
    until = datetime.combine(day + timedelta(days=1), time(), LONDON).astimezone(UTC)
    async with page.transaction() as session:
        found = forecast(await queries.clock_counts(session, until, page.now))
        lines = await queries.clocks_until(session, _sought(page, until))
        paused = await queries.paused_clocks(session)
    values = {
        **_counted(page, found, day),
        "form": form,
        "lines": [_line(each, page.now) for each in lines[: queries.FORECAST_PAGE]],
        "more": _next(page, lines, day) if len(lines) > queries.FORECAST_PAGE else "",
        "paused": [_line(each, page.now) for each in paused[: queries.PAUSED_SHOWN]],
        "paused_more": len(paused) > queries.PAUSED_SHOWN,
        "only": _only(page, found),
        "all_href": _href(page, day),
    }
    return page.render("clocks", status=422 if form.errors else 200, **values)


def _form(page: PageRequest) -> FormErrors:
    """Return the day as it was asked for, or the sentence that says what is wrong with it."""
    parts = {f"until-{part}": (page.query.get(f"until-{part}", ""),) for part in ("day", "month", "year")}
    data = FormData(parts)
    today = page.now.astimezone(LONDON).date()
    try:
        asked = parse_date(data, "until", "the day")
    except ValueError as wrong:
        return _wrong(data, str(wrong))
    if asked is not None and not today <= asked <= today + FARTHEST:
        return _wrong(data, "The day must be today or later, and within a year")
    return FormErrors(data)


def _wrong(data: FormData, sentence: str) -> FormErrors:
    return FormErrors(data, (("until", sentence),), frozenset({"until"}))


def _day(page: PageRequest, form: FormErrors) -> date:
    asked = None if form.errors else parse_date(form.values, "until")
    return asked or add_working_days(page.now.astimezone(LONDON).date(), WORKING_DAYS_AHEAD)


def _sought(page: PageRequest, until: datetime) -> Sought:
    name, officer = page.query.get("clock", ""), page.query.get("officer", "")
    return Sought(
        until=until,
        name=ClockName(name) if name in set(ClockName) else None,
        officer=("" if officer == NOBODY else officer) if officer else None,
        after=_place(page.query.get("after", "")),
    )


def _counted(page: PageRequest, found: Forecast, day: date) -> dict[str, object]:
    by = f"{day:%A} {day_in_words(day, 'en')}"
    number = found.number
    many = f"{number:,} clocks or more" if number >= queries.MOST_COUNTED else f"{number} clocks"
    what = {0: "No clock runs", 1: "1 clock runs"}.get(number, f"{many} run")
    return {
        "title": f"{what} out by {by}" + (" if nothing moves" if number else ""),
        "number": number,
        "overdue": found.overdue,
        "by_clock": [_share(each, _href(page, day, clock=each.key)) for each in found.by_clock],
        "by_officer": [_share(each, _href(page, day, officer=each.key or NOBODY)) for each in found.by_officer],
    }


def _share(share: Share, href: str) -> dict[str, object]:
    return {"label": _called(share), "number": share.number, "overdue": share.overdue, "href": href}


def _called(share: Share) -> str:
    return "Not shown, restricted" if share.key == queries.RESTRICTED else share.label or "Nobody yet"


def _only(page: PageRequest, found: Forecast) -> str:
    """Return what the list is narrowed to, in words; empty where it is not."""
    name, officer = page.query.get("clock", ""), page.query.get("officer", "")
    words = [clock_words(name)] if name in set(ClockName) else []
    if officer:
        known = {each.key or NOBODY: _called(each) for each in found.by_officer}
        words.append(known.get(officer, "An officer of whom nothing runs out"))
    return ", ".join(words)


def _line(line: ClockLine, now: datetime) -> dict[str, object]:
    return {
        "reference": line.reference,
        "restricted": line.restricted,
        "officer": "Not shown" if line.restricted else line.officer or "Nobody yet",
        "clock": clock_words(line.name),
        "due_at": line.due_at,
        "overdue": line.due_at < now,
        "times_extended": line.times_extended,
        "paused_at": line.paused_at,
        "why": _WHY.get(line.paused_for, ""),
    }


_WHY: Mapping[str, str] = {reason.value: words for reason, words in PAUSE_REASONS.items()}


def _href(page: PageRequest, day: date, **narrowed: str) -> str:
    asked = {"until-day": day.day, "until-month": day.month, "until-year": day.year, **narrowed}
    return f"{page.url('forecast')}?{urlencode(asked)}"


def _next(page: PageRequest, lines: tuple[ClockLine, ...], day: date) -> str:
    last = lines[queries.FORECAST_PAGE - 1]
    kept = {name: page.query[name] for name in ("clock", "officer") if page.query.get(name)}
    return _href(page, day, **kept, after=f"{last.due_at.isoformat()}~{last.subject}~{last.name}~{last.about}")


def _place(mark: str) -> tuple[datetime, UUID, str, UUID] | None:
    # A mark that somebody has changed by hand begins at the top.
    try:
        due_at, subject, name, about = mark.split("~")
        at = datetime.fromisoformat(due_at)
        return (at.astimezone(UTC), UUID(subject), ClockName(name).value, UUID(about)) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None
