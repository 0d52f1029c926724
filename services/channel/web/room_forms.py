"""What people type while a panel meeting runs; who counts, who votes and what must be said is the domain's to say."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from chassis.web import Form, FormData, parse_date
from services.channel.domain import Record
from services.channel.domain.panel import Seat, Vote, voters
from services.channel.operations import Cast
from services.channel.web.forms import Line, Words

AGAIN = "Open the page again: this form was not complete"
ROWS = range(4)
"""So many actions can be given at once; more are given afterwards."""


class SeenForm(Form):
    """What somebody does in a slot or a meeting: `seen` is its row version as they saw it."""

    seen: int = Field(title="the version")
    do: str = Field(default="", max_length=40)
    who: str = Field(default="", max_length=100)
    words: Words = Field(default="", title="the words")

    messages: ClassVar[Mapping[str, str]] = {"seen": AGAIN}


class RoomForm(Form):
    """Who is in the room for a case: the ids of everybody who is ticked."""

    seen: int = Field(title="the version")
    inside: tuple[UUID, ...] = ()

    messages: ClassVar[Mapping[str, str]] = {"seen": AGAIN, "inside": "Tick people from the list"}


class GuestForm(Form):
    """Somebody who is let in without having been invited."""

    seen: int = Field(title="the version")
    name: Line = Field(title="the name")
    organisation: Line = Field(title="the organisation")
    sector: Annotated[str, Field(max_length=100)] = Field(title="the sector")
    force: Line = Field(default="", title="the police force")
    stands_in: bool = False

    messages: ClassVar[Mapping[str, str]] = {
        "seen": AGAIN,
        "name.missing": "Enter the name of whom you let in",
        "organisation.missing": "Enter the organisation that they come from",
        "sector.missing": "Choose what they come for",
    }


class ForceForm(Form):
    """Which police force has the area where the person lives."""

    row_version: int = Field(title="the version of the case")
    force: Line = Field(default="", title="the police force")

    messages: ClassVar[Mapping[str, str]] = {"row_version": AGAIN}


class PanelForm(Form):
    """What the panel decides: `seen` is the slot and `row_version` the case as the chair saw them."""

    seen: int = Field(title="the version")
    row_version: int = Field(title="the version of the case")
    grounds: Words = Field(default="", title="the grounds")
    reason: Words = Field(default="", title="the reason")
    summary: Words = Field(default="", title="the summary")
    considered: Words = Field(default="", title="what was considered")
    message: Words = Field(default="", title="what the services are told")
    chairs_words: Words = Field(default="", title="why the chair decides")
    next_on: date | None = Field(default=None, title="the next date")
    until: date | None = Field(default=None, title="the date until when reviews go on")
    outcome: Annotated[str, Field(max_length=60)] = ""
    reason_kind: Annotated[str, Field(max_length=60)] = ""
    verdict: Annotated[str, Field(max_length=60)] = ""
    agreed: Annotated[str, Field(max_length=10)] = ""

    messages: ClassVar[Mapping[str, str]] = {"seen": AGAIN, "row_version": AGAIN}

    def record(self) -> Record:
        """Return what is to be recorded of the case."""
        return Record(
            reason=self.reason,
            grounds=self.grounds,
            summary=self.summary,
            considered=self.considered,
            outcome=self.outcome,
            next_on=self.next_on,
        )


def votes_of(data: FormData, room: Sequence[Seat]) -> tuple[Cast, ...]:
    """Return the votes that were recorded, each with the words of dissent; a vote that nobody knows counts as none."""
    known = {each.value for each in Vote}
    chosen = ((seat, data.get(f"vote-{seat.id}")) for seat in voters(room))
    return tuple(
        Cast(seat.id, Vote(vote), data.get(f"dissent-{seat.id}").strip()) for seat, vote in chosen if vote in known
    )


def action_rows(data: FormData) -> Iterator[tuple[int, date | None, str]]:
    """Yield the number of each action that was begun, with its date or the sentence that says what is wrong with it."""
    for number in ROWS:
        typed = (data.get(f"{name}-{number}").strip() for name in ("owner", "what", "owner_name", "address"))
        dated = any(data.get(f"by-{number}-{part}").strip() for part in ("day", "month", "year"))
        if not any(typed) and not dated:
            continue
        try:
            yield number, parse_date(data, f"by-{number}", "date"), ""
        except ValueError as wrong:
            yield number, None, str(wrong)
