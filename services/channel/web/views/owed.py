"""Everything that is owed in the area's cases, by the date when it is due."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from chassis.web import PageRequest, Response, blank
from services.channel import queries
from services.channel.domain import OBLIGATION_LABELS, Obligation, Practices, marks
from services.channel.queries import OfficerView, OwedLine, Whose
from services.channel.web.views.obligations import OFFICER

MINE, TYPED = "me", "somebody-else"


async def owed(page: PageRequest) -> Response:
    """Show what is open in all cases of the area, of one kind or of one owner where that is asked for."""
    kind, wanted = page.query.get("kind", ""), page.query.get("whose", "")
    async with page.transaction() as session:
        officers = [each for area in sorted(page.actor.areas) for each in await queries.officers(session, area)]
        choices = _choices(page, officers)
        unknown = (kind and kind not in set(Obligation)) or (wanted and wanted not in choices)
        chosen = Obligation(kind) if kind in set(Obligation) else None
        whose = choices[wanted][1] if wanted in choices else None
        found = await queries.owed(session, chosen, whose, _place(page.query.get("after", "")))
    lines = found[: queries.PAGE]
    more = {"kind": kind, "whose": wanted, "after": _mark(lines[-1])} if len(found) > queries.PAGE else {}
    return page.render(
        "owed",
        title="What others owe",
        unknown=unknown,
        form=blank({"kind": kind, "whose": wanted}),
        kinds=[(each.value, OBLIGATION_LABELS[each]) for each in Obligation],
        choices=[(value, label) for value, (label, _) in choices.items()],
        lines=[_line(each, page.now) for each in lines],
        more=page.url("owed", **more) if more else "",
    )


def _choices(page: PageRequest, officers: list[OfficerView]) -> Mapping[str, tuple[str, Whose]]:
    """Return whose obligations can be asked for: one's own, an officer's, a body's, or of those who were typed.

    Where the area file has a body twice, under one name, its line in the list stands for both.
    """
    local: Practices = page.runtime.clients
    found = {MINE: ("Mine", Whose(officer_id=page.actor.id))}
    found |= {OFFICER + each.id: (each.name, Whose(officer_id=each.id)) for each in officers}
    bodies: dict[str, str] = {}
    for area in sorted(page.actor.areas - {"*"}):
        bodies |= local.current(area, page.now).bodies()
    for name in bodies.values():
        ids = tuple(each for each, other in bodies.items() if other.casefold() == name.casefold())
        found.setdefault(ids[0], (name, Whose(recipients=ids)))
    return found | {TYPED: ("Anybody else", Whose(typed=True))}


def _line(line: OwedLine, now: datetime) -> dict[str, object]:
    found = marks(
        "open",
        line.due_at,
        now,
        paused=line.paused,
        seen=line.seen_at is not None,
        undelivered=line.undelivered_at is not None,
    )
    return {**vars(line), "called": OBLIGATION_LABELS[line.kind], "marks": found}


def _mark(line: OwedLine) -> str:
    return f"{line.due_at.isoformat()}~{line.id}"


def _place(mark: str) -> tuple[datetime, UUID] | None:
    # A mark that somebody has changed by hand begins at the top: it can show nothing that the page would not.
    try:
        due_at, line = mark.split("~")
        at = datetime.fromisoformat(due_at)
        return (at.astimezone(UTC), UUID(line)) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None
