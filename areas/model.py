"""What an area file says: frozen values, one class per part of the file."""

from datetime import date, time
from enum import StrEnum
from typing import Annotated, TypeVar

from pydantic import Field, StringConstraints

from areas.doors import Cover, DutyOfficer, FrontDoor, OpeningHours
from areas.parts import (
    AreaPart,
    Escalation,
    FieldPath,
    MailAddress,
    Months,
    Prefix,
    Reached,
    Slug,
    Smtp,
    Way,
    Ways,
    Words,
    WorkingDays,
)
from areas.pathway import Channel, Panel
from contracts.vocabulary import ProgressStage, Team


class Body(StrEnum):
    """The two bodies that Part 5 of the Counter-Terrorism and Security Act 2015 lets refer a person to a panel."""

    POLICE = "police"
    LOCAL_AUTHORITY = "local-authority"


class Audience(StrEnum):
    """Whose contract a recipient reads; the contract is the ceiling of what it may see."""

    POLICE = "police"
    SOCIAL_CARE = "social-care"
    AWARENESS = "awareness"
    STATISTICS = "statistics"


class Purpose(StrEnum):
    """What a record is kept for; each purpose has its own period."""

    DRAFT = "draft"
    REFERRAL_CLOSED = "referral-closed"
    REFERRAL_SIGNPOSTED = "referral-signposted"
    POLICE_LED_PARTNERSHIP = "police-led-partnership"
    CHANNEL_NOT_ADOPTED = "channel-not-adopted"
    CHANNEL_CASE = "channel-case"
    SOCIAL_CARE_NOTICE = "social-care-notice"
    OUTGOING_MAIL = "outgoing-mail"
    AUDIT = "audit"


class CountedFrom(StrEnum):
    """The moment from which a period of retention runs."""

    RECEIVED = "received"
    CLOSED = "closed"
    LAST_ACTIVITY = "last-activity"


class DeskCover(AreaPart):
    """Who reads what software could not, outside the desk's opening hours."""

    name: Words
    organisation: Words
    email: MailAddress


class Desk(AreaPart):
    """The intake desk: where forms are mailed to, when it is open and who covers for it."""

    organisation: Words
    mail_addresses: Annotated[tuple[MailAddress, ...], Field(min_length=1)]
    opening_hours: OpeningHours
    out_of_hours: DeskCover


class DovetailTeam(AreaPart):
    """A local authority team that gathers information and works cases in a Dovetail area."""

    id: Slug
    name: Words
    organisation: Words
    districts: Annotated[tuple[Words, ...], Field(min_length=1)]
    email: MailAddress


class PoliceTeam(AreaPart):
    """A police team that works referrals of this area."""

    id: Slug
    name: Words
    organisation: Words


class SignpostService(Reached):
    """A service that a referral may be signposted to; it has to acknowledge and report back."""

    id: Slug
    name: Words
    acknowledged_within_working_days: WorkingDays


class Recipient(AreaPart):
    """One line of the ledger: a team, the service that acts for it, what it may see and by when it must have it.

    `withhold` names fields of the audience's event that this area does not send, or paths inside the form such as
    form.person.nationality; it can only narrow, never add. `equality_monitoring` lets the answers of that section go
    to an audience whose contract has the form; without it they go to nobody.
    `acknowledged_within_working_days` is empty where nobody has to confirm by hand.
    """

    team: Team
    service: Slug
    audience: Audience
    required: bool
    withhold: tuple[FieldPath, ...] = ()
    documents: bool
    equality_monitoring: bool = False
    announce_unread: bool
    stored_within_seconds: Annotated[int, Field(ge=1, le=86_400)]
    acknowledged_within_working_days: WorkingDays | None = None
    urgent_within_minutes: Annotated[int, Field(ge=1, le=10_080)] | None = None


class Clocks(AreaPart):
    """Local time limits; none is statutory. Working days of England and Wales unless the name says otherwise."""

    closes_at: time
    desk_completion: WorkingDays
    deconfliction: WorkingDays
    gateway_assessment: WorkingDays
    information_gathering: WorkingDays
    information_request_reply: WorkingDays
    section_36_decision: WorkingDays
    pack_answer: WorkingDays
    panel_decision: WorkingDays
    consent: WorkingDays
    plan_review_months: Months
    reassessment_after_refusal_months: Months
    post_closure_review_months: Annotated[tuple[Months, ...], Field(min_length=1)]


class Force(Reached):
    """Another police force that a referral may be transferred to; `email` is where the offer goes."""

    id: Slug
    name: Words


class SignedOff(StrEnum):
    """Which closures a second person signs off; those of people who were referred before always need it."""

    EVERY = "every-closure"
    REPEATS = "repeat-referrals"


class Gateway(AreaPart):
    """How the police Gateway of the area works; working days unless the name says months."""

    closures_signed_off: SignedOff
    sign_off: WorkingDays
    conflict_review: WorkingDays
    investigation_review_months: Months
    partnership_review_months: Months
    closure_review_months: Months
    transfer_answer: WorkingDays
    escalations: tuple[Escalation, ...] = ()
    forces: tuple[Force, ...] = ()


class Telling(AreaPart):
    """Whether a referrer may be told that a stage is reached, and in which words."""

    stage: ProgressStage
    tell: bool
    sentence: Words
    sentence_cy: Words | None = None

    def spoken(self, language: str) -> str:
        """Return the words in a language: Welsh (`cy`) where the area has written them, English otherwise."""
        return (self.sentence_cy if language == "cy" else None) or self.sentence


class Retention(AreaPart):
    """How long records of one purpose are kept, from when, and why so long."""

    purpose: Purpose
    months: Months
    counted_from: CountedFrom
    reason: Words


class Instrument(AreaPart):
    """An assessment instrument in use, by its name and edition."""

    id: Slug
    edition: Words
    name: Words
    used_at: tuple[Slug, ...]


class Institution(AreaPart):
    """An institution whose share of the referrals the board is told, never a count and never for the minutes."""

    id: Slug
    name: Words
    other_spellings: tuple[Words, ...] = ()


class Statistics(AreaPart):
    """Disclosure control of published tables: cells below the threshold are hidden.

    Percentages are shown only where the area says `percentages: yes`.
    """

    suppress_below: Annotated[int, Field(ge=3, le=50)]
    round_to: Annotated[int, Field(ge=1, le=10)] = 1
    percentages: bool = False
    institutions: tuple[Institution, ...] = ()


Part = TypeVar("Part", FrontDoor, SignpostService)


class Area(AreaPart):
    """One version of one area's practice."""

    area: Slug
    version: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}(-[a-z])?$")]
    valid_from: date
    name: Words
    reference_prefix: Prefix
    districts: Annotated[tuple[Words, ...], Field(min_length=1)]
    other_spellings: tuple[tuple[Words, Words], ...] = ()
    police_force: Words
    gathers: Body
    decides_section_36: Body
    desk: Desk
    police_teams: Annotated[tuple[PoliceTeam, ...], Field(min_length=1)]
    duty_officers: Annotated[tuple[DutyOfficer, ...], Field(min_length=1)]
    duty_hours: OpeningHours
    front_doors: Annotated[tuple[FrontDoor, ...], Field(min_length=1)]
    front_door_when_unknown: Slug
    dovetail_teams: tuple[DovetailTeam, ...] = ()
    signpost_services: Annotated[tuple[SignpostService, ...], Field(min_length=1)]
    recipients: Annotated[tuple[Recipient, ...], Field(min_length=1)]
    clocks: Clocks
    gateway: Gateway
    referrer_ways: Ways = (Way.SMTP,)
    smtp: Smtp = Smtp()
    referrer_told: tuple[Telling, ...]
    retention: tuple[Retention, ...]
    panel: Panel
    channel: Channel
    instruments: Annotated[tuple[Instrument, ...], Field(min_length=1)]
    statistics: Statistics

    def district(self, text: str) -> str:
        """Return the area's own name of a district as somebody wrote it, or "" when it is none of the area's.

        Only this name may go into statistics: what a person typed can hold anything.
        """
        wanted = _plain(text)
        known = {_plain(name): name for name in self.districts}
        known |= {_plain(written): name for written, name in self.other_spellings}
        return known.get(wanted, "")

    def front_door_for(self, district: str, age: int | None = None) -> FrontDoor:
        """Return the front door of a district for somebody of an age (years), or the one named for an unknown district.

        Whose age nobody knows is told to the door for children: it does not wait to hear that somebody is a child.
        """
        name = self.district(district)
        doors = (door for door in self.front_doors if name in door.districts and door.takes(age))
        return next(doors, self.front_door(self.front_door_when_unknown))

    def front_doors_of(self, district: str) -> tuple[FrontDoor, ...]:
        """Return the front doors of a district, of whatever age; the one named for an unknown district."""
        name = self.district(district)
        doors = tuple(door for door in self.front_doors if name in door.districts)
        return doors or (self.front_door(self.front_door_when_unknown),)

    def front_door(self, door_id: str) -> FrontDoor:
        """Return the front door with this id; KeyError when the area has none."""
        return _by_id(self.front_doors, door_id)

    def dovetail_team_for(self, district: str) -> DovetailTeam | None:
        """Return the Dovetail team of a district (the first one when unknown), None where the area has no Dovetail."""
        name = self.district(district)
        teams = (team for team in self.dovetail_teams if name in team.districts)
        return next(teams, self.dovetail_teams[0] if self.dovetail_teams else None)

    def signpost_service(self, service_id: str) -> SignpostService:
        """Return the service that may be signposted to under this id; KeyError when the area has none."""
        return _by_id(self.signpost_services, service_id)

    def recipient(self, team: Team) -> Recipient | None:
        """Return what the area says of a team, None where the team is no recipient here."""
        return next((recipient for recipient in self.recipients if recipient.team == team), None)

    def withheld(self, audience: Audience) -> frozenset[str]:
        """Return the names of the fields that this area does not send to an audience."""
        return frozenset(name for each in self.recipients if each.audience == audience for name in each.withhold)

    def telling(self, stage: ProgressStage) -> Telling | None:
        """Return what a referrer may be told at a stage, None where nothing may be told."""
        return next((telling for telling in self.referrer_told if telling.stage == stage and telling.tell), None)

    def duty_officer(self, at: time, *, working_day: bool) -> DutyOfficer:
        """Return who owns the risk of what arrives at this London time."""
        is_open = self.duty_hours.is_open(at, working_day=working_day)
        cover = Cover.OPENING_HOURS if is_open else Cover.OUT_OF_HOURS
        return next(officer for officer in self.duty_officers if officer.cover == cover)

    def told_in_turn(self, key: str) -> Escalation:
        """Return who is told at a step; KeyError where nobody is.

        "2" is the Gateway's second, "channel-2" Channel's, "kent-cru-2" that of the front door with the id before it.
        """
        known = {str(step): each for step, each in enumerate(self.gateway.escalations, 1)}
        known |= {f"channel-{step}": each for step, each in enumerate(self.channel.escalations, 1)}
        for door in self.front_doors:
            known |= {f"{door.id}-{step}": each for step, each in enumerate(door.escalations, 1)}
        return known[key]

    def kept_for(self, purpose: Purpose) -> Retention:
        """Return how long records of this purpose are kept."""
        return next(retention for retention in self.retention if retention.purpose == purpose)


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("&", " and ").replace("-", " ").split())


def _by_id(parts: tuple[Part, ...], part_id: str) -> Part:
    for part in parts:
        if part.id == part_id:
            return part
    raise KeyError(part_id)
