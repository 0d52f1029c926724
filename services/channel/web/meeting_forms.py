"""What people type about meetings of the panel: days, agendas, guests, answers to invitations."""

from collections.abc import Mapping
from datetime import date, time
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from chassis.web import Form
from services.channel.domain.meetings import Shift
from services.channel.web.forms import Line, Words

AGAIN = "Open the meeting again: this form was not complete"
AT = "Enter the time as hours and minutes, such as 10:00"
DAY = "Enter the day on which the panel meets"


class MoveStep(StrEnum):
    """Whether somebody looks at what moves, or moves the meeting."""

    LOOK = "look"
    MOVE = "move"


class MeetingForm(Form):
    """A meeting that is put into the calendar."""

    held_on: date = Field(title="the day")
    at: time = Field(title="the time")
    place: Line = Field(title="the place")
    chair_id: Line = Field(default="", title="who chairs")
    cochair_id: Line = Field(default="", title="the co-chair")

    messages: ClassVar[Mapping[str, str]] = {"at": AT, "held_on": DAY, "place": "Enter where the panel meets"}


class SeenForm(Form):
    """What changes a meeting: `row_version` is the meeting as somebody saw it; a bare press sends nothing else."""

    row_version: int = Field(title="the version")

    messages: ClassVar[Mapping[str, str]] = {"row_version": AGAIN}


class MoveForm(SeenForm):
    """Another day for a meeting: what moves with it is shown first."""

    held_on: date = Field(title="the day")
    at: time = Field(title="the time")
    reason: Words = Field(default="", title="the reason")
    step: MoveStep = MoveStep.LOOK

    messages: ClassVar[Mapping[str, str]] = {**SeenForm.messages, "at": AT, "held_on": DAY}


class ReasonForm(SeenForm):
    """Why a meeting is cancelled."""

    reason: Words = Field(default="", title="the reason")


class AgendaForm(SeenForm):
    """Cases that are put on an agenda: those ticked, and one by its reference."""

    case: tuple[Line, ...] = ()
    reference: Line = ""


class ShiftForm(SeenForm):
    """What is done to one slot."""

    slot: UUID
    do: Shift

    messages: ClassVar[Mapping[str, str]] = {**SeenForm.messages, "slot": AGAIN, "do": AGAIN}


class MembersForm(SeenForm):
    """Which standing members a case concerns."""

    member: tuple[Line, ...] = ()


class GuestForm(SeenForm):
    """Somebody who is invited to one case."""

    name: Line = Field(default="", title="the name")
    organisation: Line = Field(default="", title="the organisation")
    sector: Line = Field(default="", title="the sector")
    force: Line = Field(default="", title="the police force")
    address: Line = Field(default="", title="the mail address")


class AnswerForm(Form):
    """What somebody answers to an invitation."""

    answer: Annotated[str, Field(pattern="^(yes|no)$")] = Field(title="your answer")
    reason: Words = Field(default="", title="the reason")

    messages: ClassVar[Mapping[str, str]] = {"answer": "Choose whether you come"}


class ConflictForm(Form):
    """A conflict of interest in one case."""

    words: Words = Field(default="", title="what it is")
