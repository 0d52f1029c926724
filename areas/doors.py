"""Who answers when: opening hours, the duty officer, and the front doors of social care by place and age."""

from datetime import time
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from areas.parts import AreaPart, Escalation, MailAddress, Reached, Slug, Way, Ways, Words


class Cover(StrEnum):
    """When a duty officer covers."""

    OPENING_HOURS = "opening-hours"
    OUT_OF_HOURS = "out-of-hours"


class Hours(AreaPart):
    """From when to when, London time."""

    opens: time
    closes: time


class OpeningHours(AreaPart):
    """When a team is at work: on working days and, where it is, on the others."""

    working_days: Hours
    other_days: Hours | None = None

    def is_open(self, at: time, *, working_day: bool) -> bool:
        """Say whether the team is at work at a London time on a working day, or on another one."""
        hours = self.working_days if working_day else self.other_days
        return hours is not None and hours.opens <= at < hours.closes


class DutyOfficer(AreaPart):
    """Who owns the risk of a referral from its arrival until somebody else has accepted it.

    `page` is the mail address that reaches this officer at once, as a gateway to telephones does. It is mailed by the
    first of `ways`, and by the second where that does not succeed.
    """

    id: Slug
    name: Words
    organisation: Words
    cover: Cover
    page: MailAddress
    ways: Ways = (Way.SMTP,)

    @model_validator(mode="after")
    def _called_by_mail(self) -> Self:
        if len(set(self.ways)) < len(self.ways):
            raise ValueError("ways names the same way twice; the second way must be another one")
        if not set(self.ways) <= {Way.SMTP, Way.GOVUK_NOTIFY}:
            raise ValueError("a duty officer is called by mail; ways may name smtp and govuk-notify only")
        return self


class Ages(StrEnum):
    """Whom a front door answers for; a child is under 18."""

    CHILDREN = "children"
    ADULTS = "adults"
    EVERYONE = "everyone"


OF_AGE = 18


class FrontDoor(Reached):
    """One social care front door and the districts, and ages, that it answers for.

    Only to addresses of `secure_domains` the full form may go by mail. `escalations` are who is told in turn where
    nobody there has acknowledged in time.
    """

    id: Slug
    name: Words
    organisation: Words
    districts: Annotated[tuple[Words, ...], Field(min_length=1)]
    ages: Ages = Ages.EVERYONE
    secure_domains: tuple[Words, ...] = ()
    opening_hours: OpeningHours
    out_of_hours_email: MailAddress
    escalations: tuple[Escalation, ...] = ()

    def takes(self, age: int | None) -> bool:
        """Say whether it answers for somebody of an age in years; of an unknown age as if they were a child."""
        own = Ages.CHILDREN if age is None or age < OF_AGE else Ages.ADULTS
        return self.ages in {Ages.EVERYONE, own}
