"""What one recipient was told over time, and how old the queues are: two pages of the delivery desk."""

from datetime import datetime

from starlette.responses import Response

from areas.parts import Way
from chassis.web import PageRequest
from services.notify import queries
from services.notify.domain import AGES, NoticeAbsent, Result
from services.notify.queries import FIRST_WAY, Told, TriedOnce
from services.notify.web.finding import address_behind, place_of
from services.notify.web.naming import (
    KIND_NAMES,
    RESULT_NAMES,
    STATE_COLOURS,
    STATE_NAMES,
    WAY_NAMES,
    age_in_words,
    area_name,
    length_in_words,
    recipient_name,
)


async def recipient(page: PageRequest) -> Response:
    """Show everything that one recipient of an area was told: every attempt, what came back, how long until seen."""
    area, key = page.path["area"], page.path["key"]
    async with page.transaction() as session:
        told, more = await queries.history_of(session, area, key, place_of(page))
    if not told and "after" not in page.query:
        raise NoticeAbsent
    return page.render(
        "recipient",
        name=recipient_name(page, told[0].listed) if told else key,
        area=area_name(page, area),
        told=told,
        more=address_behind(page, "recipient", more, area=area, key=key),
        kind_names=KIND_NAMES,
        state_names=STATE_NAMES,
        state_colours=STATE_COLOURS,
        tries=_tries,
        until_seen=_until_seen,
    )


def _tries(told: Told) -> list[tuple[datetime, str]]:
    """Return each attempt as a line: when it ended, by which way, and how."""
    return [(each.ended_at, f"by {WAY_NAMES[Way(each.way)]}, {_ended(each)}") for each in told.attempts]


def _ended(tried: TriedOnce) -> str:
    words = RESULT_NAMES[Result(tried.result)].lower()
    return f"{words} ({tried.code})" if tried.code else words


def _until_seen(told: Told) -> str:
    """Return how long it took until people there saw it."""
    return length_in_words(told.seen_at - told.listed.created_at) if told.seen_at else ""


def _way_name(way: str) -> str:
    name = way if way == FIRST_WAY else WAY_NAMES[Way(way)]
    return name[:1].upper() + name[1:]


async def queue(page: PageRequest) -> Response:
    """Show what waits to be sent, by way and urgency, with its age."""
    async with page.transaction() as session:
        queues = await queries.queue_ages(session, now=page.now)
    return page.render(
        "queue",
        queues=queues,
        bands=list(AGES),
        way_name=_way_name,
        age=lambda at: age_in_words(at, page.now),
    )
