"""The ageing report: everything that others owe, by how long it has been open, on a page and as a file."""

import csv
import io
from datetime import UTC, date, datetime, time
from uuid import UUID

from chassis.clock import LONDON, working_days_between
from chassis.web import PageRequest, Response
from services.triage import queries
from services.triage.domain import AGE_LABELS, UNREACHED_LABELS, Obligation, age_of, first_days
from services.triage.queries import AgeingCount, AgeingLine
from services.triage.web.views.obligations import KINDS

COLUMNS = ("reference", "kind", "service", "working_days_open", "acknowledged", "overdue")


async def ageing(page: PageRequest) -> Response:
    """Show how many obligations are open, of which kind and how old, and the oldest of them."""
    kind, today = _kind(page), page.now.astimezone(LONDON).date()
    since = [_begins(day) for day in first_days(today, working_days_between)]
    async with page.transaction() as session:
        counts = await queries.ageing_counts(session, since, kind, page.now)
        found = await queries.ageing_lines(session, kind, _place(page.query.get("after", "")))
    lines = found[: queries.AGEING_PAGE]
    return page.render(
        "obligations",
        title="What others owe",
        kind=kind.value if kind else "",
        kinds=[(each.value, label) for each, label in KINDS.items()],
        ages=AGE_LABELS,
        counts=[_counted(each, counts) for each in KINDS if kind in (None, each)],
        lines=[_line(each, today, page.now) for each in lines],
        more=_mark(lines[-1]) if len(found) > len(lines) else "",
    )


async def ageing_file(page: PageRequest) -> Response:
    """Give the open obligations as a file, without identity: one line an obligation, the oldest first."""
    kind, today = _kind(page), page.now.astimezone(LONDON).date()
    async with page.transaction() as session:
        lines = await queries.ageing_lines(session, kind, limit=queries.MOST_IN_A_FILE)
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for line in lines:
        one = _line(line, today, page.now)
        said = ["yes" if one[name] else "no" for name in ("acknowledged", "overdue")]
        writer.writerow((line.reference, line.kind.value, line.service, one["days"], *said))
    headers = {"content-disposition": f'attachment; filename="obligations-{today.isoformat()}.csv"'}
    return Response(written.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _kind(page: PageRequest) -> Obligation | None:
    wanted = page.query.get("kind", "")
    return Obligation(wanted) if wanted in set(Obligation) else None


def _begins(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def _counted(kind: Obligation, counts: tuple[AgeingCount, ...]) -> dict[str, object]:
    own = [each for each in counts if each.kind is kind]
    by_age = {each.age: each.number for each in own}
    return {
        "label": KINDS[kind],
        "ages": [by_age.get(age, 0) for age in range(len(AGE_LABELS))],
        "unacknowledged": sum(each.unacknowledged for each in own) if kind is Obligation.SIGNPOST else None,
        "overdue": sum(each.overdue for each in own),
    }


def _line(line: AgeingLine, today: date, now: datetime) -> dict[str, object]:
    days = max(0, working_days_between(line.made_at.astimezone(LONDON).date(), today))
    overdue = line.due_at < now and not line.paused
    called = {
        "kind": KINDS[line.kind],
        "can_acknowledge": line.kind is Obligation.SIGNPOST,
        "unreached": UNREACHED_LABELS[line.unreached] if line.unreached else "",
    }
    return {**vars(line), **called, "days": days, "age": AGE_LABELS[age_of(days)], "overdue": overdue}


def _mark(line: AgeingLine) -> str:
    return f"{line.made_at.isoformat()}~{line.id}"


def _place(mark: str) -> tuple[datetime, UUID] | None:
    # A mark that somebody has changed by hand begins at the top: it can show nothing that the page would not.
    try:
        made_at, line = mark.split("~")
        at = datetime.fromisoformat(made_at)
        return (at.astimezone(UTC), UUID(line)) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None
