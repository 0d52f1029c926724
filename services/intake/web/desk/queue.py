"""What waits at the desk: unread, being completed, over its time, or held in quarantine."""

from chassis.web import PageRequest, Response
from contracts.vocabulary import Door
from services.intake.domain import CAME_IN, LONDON
from services.intake.operations import come_to_desk
from services.intake.queries import (
    DeskCount,
    DeskList,
    Unread,
    UnreadPlace,
    count_desk,
    count_mails_set_aside,
    count_waiting_pairs,
    localities_of,
    unread_referrals,
)
from services.intake.web import keying, places
from services.intake.web.naming import DOORS
from services.intake.web.places import age, mark, moment_of, place_of, reference_of
from services.intake.web.spool import spool_note

AT_DESK = "at_desk"
"""What a session remembers of an officer who has been noted as one who works at the desk."""
LABELS = {
    DeskList.WAITING: "Waiting",
    DeskList.MINE: "Yours",
    DeskList.CLAIMED: "Being completed",
    DeskList.OVERDUE: "Overdue",
    DeskList.QUARANTINED: "In quarantine",
}


async def unread(request: PageRequest) -> Response:
    """List the originals that wait for a person, oldest first, with their owner and by when they are due."""
    which = _list(request.query.get("list", ""))
    async with request.transaction() as session:
        if not request.session.get(AT_DESK):
            await come_to_desk(session, _areas(request), now=request.now)
        count = await count_desk(session, now=request.now)
        others = await count_waiting_pairs(session), await count_mails_set_aside(session)
        after: UnreadPlace | None = place_of(request.query.get("after", ""), moment_of, reference_of)
        found = await unread_referrals(session, now=request.now, which=which, limit=places.SHOWN + 1, after=after)
    request.session[CAME_IN] = request.session[AT_DESK] = True
    shown = found[: places.SHOWN]
    more = mark(shown[-1].place) if len(found) > places.SHOWN else ""
    return request.render(
        "unread",
        rows=[_row(request, each) for each in shown],
        covers=_covers(request),
        total=count.of(which),
        which=which.value,
        label=LABELS[which],
        lists=_lists(request, which, count, others),
        spool=spool_note(request),
        more=more,
    )


def _lists(request: PageRequest, which: DeskList, count: DeskCount, others: tuple[int, int]) -> list[dict[str, object]]:
    """Return the lists of the desk for its sub-navigation, each with how much is in it."""
    pairs, mails = others
    items: list[dict[str, object]] = [
        {
            "text": f"{label} ({count.of(each):,})",
            "href": request.url("unread") if each is DeskList.WAITING else request.url("unread", list=each.value),
            "current": each is which,
        }
        for each, label in LABELS.items()
    ]
    return [
        *items,
        {"text": f"Possibly the same ({pairs:,})", "href": request.url("pairs"), "current": False},
        {"text": f"Mails set aside ({mails:,})", "href": request.url("mails_aside"), "current": False},
    ]


def _row(request: PageRequest, each: Unread) -> dict[str, object]:
    practice = localities_of(request.runtime).by_version(each.area, each.area_version, "")
    duty = practice.desk.on_duty(request.now)
    return {
        "reference": each.reference,
        "door": DOORS[Door(each.door)],
        "age": age(each.received_at, request.now),
        "reason": keying.in_plain_words(each.reason),
        "state": str(each.reading),
        "complete_by": each.complete_by,
        "overdue": each.open and each.complete_by < request.now,
        "open": each.open,
        "owner": each.claim.officer_name if each.claim else f"{duty.risk_owner}, duty officer",
        "claimed": each.claim is not None,
        "allocated_by": each.claim.allocated_by if each.claim else "",
        "mine": each.claim is not None and each.claim.officer_id == request.actor.id,
    }


def _areas(request: PageRequest) -> dict[str, str]:
    """Return the areas at whose desks the officer works, each with what people call it."""
    known = dict(localities_of(request.runtime).areas(request.now.astimezone(LONDON).date()))
    own = request.actor.areas
    return known if "*" in own else {area: name for area, name in known.items() if area in own}


def _covers(request: PageRequest) -> list[str]:
    """Return who is at the desk of each of the officer's areas now, or covers for it."""
    localities, on = localities_of(request.runtime), request.now.astimezone(LONDON).date()
    lines = []
    for area, name in _areas(request).items():
        duty = localities.by_area(area, on).desk.on_duty(request.now)
        there = "now at the desk" if duty.desk_open else "desk closed, covered by"
        lines.append(f"{name}: {there} {duty.covers}, {duty.organisation}.")
    return lines


def _list(text: str) -> DeskList:
    try:
        return DeskList(text)
    except ValueError:
        return DeskList.WAITING
