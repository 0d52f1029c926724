"""Pages that keep what is written on them: at every submit, offered again, dropped once it is recorded."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import wraps
from uuid import UUID

from sqlalchemy import Table
from starlette.responses import JSONResponse, Response

from chassis import telemetry
from chassis.begun import BegunWork, Desk, begun_work, drop_begun, keep_begun
from chassis.database import Session
from chassis.errors import Missing, Unavailable
from chassis.web.bodies import FormData
from chassis.web.forms import refused
from chassis.web.pages import Page, PageRequest
from contracts.vocabulary import is_reference

log = telemetry.logger(__name__)

NOT_WORDS = frozenset({"row_version", "step"})
"""What every form sends, whether or not somebody has written or chosen anything."""
_KEEP, _DISCARD, _GO_ON = "keep", "discard", "go-on"
_SEE_OTHER = 303


@dataclass(frozen=True)
class Place:
    """Whose key seals what is written on a page, in which area, and the reference in the page's address.

    `fields` are those of a page that are about this one, where it has words about several; None for all of them.
    """

    subject: UUID
    area: str
    reference: str
    fields: frozenset[str] | None = None


@dataclass(frozen=True)
class Writing:
    """A page on which somebody writes, and what waits there of theirs; `on` is None where nothing is kept."""

    on: Desk | None = None
    begun: BegunWork | None = None


NOTHING_WRITTEN = Writing()


@dataclass(frozen=True)
class Keeper:
    """How a console keeps words: in which table, on which pages, and what may stand in their addresses.

    `places_of` returns what a page is about, None for what nothing is kept of. `is_plain` says of a part of an address
    that nobody typed it: an address is kept in clear. `asked` are the parts of the query that name what the page is
    about, `filled_in` the fields that a page fills in by itself. `unfit` says that a text is not to be kept at all.
    `missing` makes the error where there is nothing to discard.
    """

    table: Table
    pages: frozenset[str]
    places_of: Callable[[PageRequest, Session], Awaitable[Sequence[Place | None]]]
    is_plain: Callable[[str], bool]
    missing: Callable[[], Missing]
    asked: tuple[str, ...] = ()
    filled_in: frozenset[str] = frozenset()
    unfit: Callable[[PageRequest, str, str], bool] = lambda _, __, ___: False

    def kept(self, row: Page) -> Page:
        """Return a row of the site map that keeps what is sent before the view looks, and drops it once recorded."""
        if row.title not in self.pages or row.method != "POST":
            return row

        @wraps(row.view)
        async def view(page: PageRequest) -> Response:
            desks, words = await self._keep(page)
            if _DISCARD in page.query:
                return await self._discarded(page, desks)
            if _KEEP in page.query:
                return JSONResponse({"words": words})
            answer = await row.view(page)
            if answer.status_code == _SEE_OTHER and desks:
                await self._drop(page, desks)
            return answer

        return replace(row, view=view)

    async def writing(self, page: PageRequest, session: Session, *places: Place | None) -> Writing:
        """Return what the person who asks has begun on this page."""
        desks = list(self._desks(page, places))
        if not desks or page.request.method != "GET":
            return Writing(next(iter(desks), None))
        found = [await begun_work(session, self.table, desk.subject, desk.address) for desk in desks]
        return Writing(desks[0], _together([each for each in found if each is not None]))

    def _desks(
        self, page: PageRequest, places: Sequence[Place | None], sent: Mapping[str, str] | None = None
    ) -> Mapping[Desk, Place]:
        """Return what a page is about, by the places where its words are kept."""
        found = ((self._desk(page, place, sent), place) for place in places)
        return {desk: place for desk, place in found if desk is not None and place is not None}

    def _desk(self, page: PageRequest, place: Place | None, sent: Mapping[str, str] | None = None) -> Desk | None:
        """Return the page as a place to keep words for: its address holds references and ids, never what was typed."""
        row = page.page
        if row is None or row.title not in self.pages or place is None:
            return None
        path = {**page.path, **({"reference": place.reference} if "reference" in page.path else {})}
        asked = {
            name: value for name in self.asked if (value := page.query.get(name, "") or (sent or {}).get(name, ""))
        }
        named = [value for name, value in path.items() if name != "reference"]
        if not all(self._is_plain(value) for value in (*named, *asked.values())):
            return None
        command = path.get("command", row.permission)
        if not page.may(command):
            return None
        return Desk(place.subject, place.area, command, page.url(row.title, **path, **asked))

    def _is_plain(self, value: str) -> bool:
        if is_reference(value) or self.is_plain(value):
            return True
        try:
            return str(UUID(value)) == value
        except ValueError:
            return False

    async def _keep(self, page: PageRequest) -> tuple[Collection[Desk], str]:
        """Keep what was sent, where there is something to keep, so that no refusal and no lost line loses it."""
        data = await page.form()
        async with page.transaction() as session:
            places = await self.places_of(page, session)
            # What a page is about is named by the address or by the form; whatever else a form says is words.
            desks = self._desks(page, places, {name: data.get(name) for name in self.asked})
            if not desks or _DISCARD in page.query:
                return desks.keys(), ""
            fields, left_out = self._written(page, data)
            for desk, place in desks.items():
                await self._keep_part(session, desk, place, fields, page.now)
        if left_out:
            return desks.keys(), "Not everything is kept: some words look like intelligence material. Leave them out"
        return desks.keys(), "Kept as you write"

    async def _keep_part(
        self, session: Session, desk: Desk, place: Place, fields: Mapping[str, tuple[str, ...]], now: datetime
    ) -> None:
        """Keep what is about one of those whom a page is about, or all of it where it is about one alone."""
        own = {name: texts for name, texts in fields.items() if place.fields is None or name in place.fields}
        if any(text.strip() for name, texts in own.items() if name not in self.filled_in for text in texts):
            await keep_begun(session, self.table, desk, own, now)
        elif place.fields is not None:
            # Emptied while words about others stay: it would come back with them.
            await drop_begun(session, self.table, desk)

    def _written(self, page: PageRequest, data: FormData) -> tuple[dict[str, tuple[str, ...]], bool]:
        """Return the fields to keep, and whether any was left out because of what it says."""
        fields = {name: data.all(name) for name in data.fields if name not in NOT_WORDS}
        fit = {name: texts for name, texts in fields.items() if not any(self.unfit(page, name, text) for text in texts)}
        return fit, len(fit) < len(fields)

    async def _discarded(self, page: PageRequest, desks: Collection[Desk]) -> Response:
        address = next((desk.address for desk in desks), "")
        if not address:
            raise self.missing()
        async with page.transaction() as session:
            for desk in desks:
                await drop_begun(session, self.table, desk)
        page.flash("What you had begun to write is discarded.")
        return Response(status_code=_SEE_OTHER, headers={"Location": address})

    async def _drop(self, page: PageRequest, desks: Collection[Desk]) -> None:
        try:
            async with page.transaction() as session:
                for desk in desks:
                    await drop_begun(session, self.table, desk)
        except Unavailable:
            # It is recorded, and that is what the person is told; the page offers the words once more.
            log.warning("What is recorded now could not be dropped from the work begun.")


def _together(found: Sequence[BegunWork]) -> BegunWork | None:
    """Return what was begun on one page as one: its parts were written side by side."""
    if not found:
        return None
    fields = {name: texts for each in found for name, texts in each.fields.items()}
    return BegunWork(fields, min(each.begun_at for each in found), max(each.saved_at for each in found))


def values_of(page: PageRequest, found: Writing = NOTHING_WRITTEN) -> dict[str, object]:
    """Return what a page says of work begun: when, and where to go on with it; or the form with what was written."""
    if found.on is None:
        return {"begun": {}, "kept_url": ""}
    address = found.on.address
    values: dict[str, object] = {"begun": {}, "kept_url": _with(address, _KEEP)}
    if found.begun is None:
        return values
    if _GO_ON in page.query:
        return {**values, "form": refused(FormData(dict(found.begun.fields)))}
    begun = {"begun_at": found.begun.begun_at, "saved_at": found.begun.saved_at}
    return {**values, "begun": {**begun, "go_on": _with(address, _GO_ON), "discard": _with(address, _DISCARD)}}


def _with(address: str, name: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}{name}=1"
