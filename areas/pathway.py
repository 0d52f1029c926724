"""What an area file says of Channel: the panel, whom it asks, who provides interventions, and its own time limits."""

from datetime import date, time
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from areas.parts import AreaPart, Escalation, Reached, Slug, Words, WorkingDays


class Weekday(StrEnum):
    """A working day of the week."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"


class Reviewer(StrEnum):
    """Who carries out the reviews after a case is closed."""

    LOCAL_AUTHORITY = "local-authority"
    POLICE = "police"


class Meets(AreaPart):
    """When the panel meets each month: the how-manieth weekday (5 is the last), from when (London), and where."""

    week: Annotated[int, Field(ge=1, le=5)]
    day: Weekday
    at: time
    place: Words


class Member(Reached):
    """Somebody who sits on the panel for an organisation.

    `sector` says for what: local-authority and police are those that the statute asks for. `force` is the police force
    that a member of the police comes from. `account` is the id under which the sign-in provider knows the person; who
    has none is reached by links.
    """

    id: Slug
    name: Words
    organisation: Words
    sector: Slug
    account: Words | None = None
    force: Words | None = None
    chairs: bool = False


class Panel(AreaPart):
    """The Channel panel of the area; its quorum and its vote are statute, an area can only ask for more.

    `also_needed` are sectors without which this panel does not decide either. Minutes are how long a slot takes; a pack
    can be read from so many days before the meeting until so many days after it.
    """

    name: Words
    meets: Meets
    members: Annotated[tuple[Member, ...], Field(min_length=2)]
    also_needed: tuple[Slug, ...] = ()
    minutes_new: Annotated[int, Field(ge=5, le=240)]
    minutes_review: Annotated[int, Field(ge=5, le=240)]
    minutes_after_closure: Annotated[int, Field(ge=5, le=240)]
    pack_days_before: Annotated[int, Field(ge=1, le=30)]
    pack_days_after: Annotated[int, Field(ge=0, le=30)]

    @model_validator(mode="after")
    def _statutory(self) -> Self:
        if not any(member.chairs and member.sector == "local-authority" for member in self.members):
            raise ValueError("no member of the local authority has chairs: yes; the authority chairs the panel")
        if not any(member.sector == "police" and member.force for member in self.members):
            raise ValueError("no member has sector: police and a force; the chief officer of police is a member")
        return self


class Partner(Reached):
    """A body that is asked for information; `questions` are what it is asked where the officer writes none."""

    id: Slug
    name: Words
    questions: tuple[Words, ...] = ()


class Provider(Reached):
    """An intervention provider; nobody is sent to one after `approved_until` (the last day)."""

    id: Slug
    name: Words
    approved_until: date


class PanelElsewhere(Reached):
    """A panel that a case may be transferred to; `area` is its area where that is served by this installation."""

    id: Slug
    name: Words
    area: Slug | None = None


class Channel(AreaPart):
    """How Channel works here beside its panel; working days unless the name says months.

    `reviews_until_months` is how long after closure the panel may let reviews go on at most (guidance: two years).
    """

    reviews_after_closure: Reviewer
    plan: WorkingDays
    consent_at_18: WorkingDays
    closing_report: WorkingDays
    action: WorkingDays
    session_report: WorkingDays
    change_acknowledged: WorkingDays
    transfer_answer: WorkingDays
    given_back_answer: WorkingDays
    reviews_until_months: Annotated[int, Field(ge=1, le=24)]
    escalations: tuple[Escalation, ...] = ()
    partners: tuple[Partner, ...] = ()
    intervention_providers: tuple[Provider, ...] = ()
    panels_elsewhere: tuple[PanelElsewhere, ...] = ()
