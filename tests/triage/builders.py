"""Synthetic referrals and local practice for the tests of triage."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from areas.instruments import load_instruments
from chassis.actor import Actor, ActorKind
from chassis.app import Runtime
from chassis.broker import Message
from contracts.envelope import Event
from contracts.intake.police import ReferralReceived, ReferralVersionAdded
from contracts.vocabulary import ReferralForm, Role
from services.triage.domain import Body, ClockName, Older, Practice, SignpostTo

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
DUTY = "Sample Dutyofficer (synthetic)"
FINDING = "The remark was a quotation from a set book."
REVIEW_ON = date(2027, 5, 18)
CLOSURE: dict[str, Any] = {
    "reason": "mistaken",
    "finding": FINDING,
    "rationale": "Because the checks found nothing.",
    "alternatives": "A signpost was offered and not wanted.",
    "earlier": "Searched; there is none.",
    "concern": "no-ideology-identified",
    "risk_owner": DUTY,
    "review_on": REVIEW_ON,
}
AREA = "kent-and-medway"
VERSION = "2026-01"
INSTRUMENTS = {each.instrument.id: each.instrument for each in load_instruments()[0]}


def practice(**given: Any) -> Practice:
    """Return local practice as Kent and Medway has it."""
    values: dict[str, Any] = {
        "area": AREA,
        "version": VERSION,
        "gathers": Body.LOCAL_AUTHORITY,
        "decides": Body.POLICE,
        "duty_officer": DUTY,
        "due": {name: NOW + timedelta(days=days) for days, name in enumerate(ClockName, start=1)},
        "later": lambda _, due: due + timedelta(days=3),
        "urgent_within": timedelta(minutes=30),
        "close_of": lambda day: datetime.combine(day, time(17), UTC),
        "front_doors": {"kent-cru": "Kent Central Referral Unit"},
        "forces": {"northmere-constabulary": "Northmere Constabulary"},
        "instruments": INSTRUMENTS,
        "services": {"kent-early-help": SignpostTo("Kent Early Help", NOW + timedelta(days=7))},
    }
    return Practice(**{**values, **given})


class GivenPractices:
    """Local practice that a test has made up, with no other version beside it."""

    def __init__(self, given: Practice) -> None:
        self.given = given

    def under(self, area: str, version: str, now: datetime) -> Practice:
        """Return the same for every area."""
        assert (area, version) == (self.given.area, self.given.version)
        assert now.tzinfo
        return self.given

    def older(self, _: datetime) -> tuple[Older, ...]:
        """Return nothing: there is one version."""
        return ()


def officer(*roles: Role, name: str = "Gita Synthetic", areas: frozenset[str] = frozenset({AREA})) -> Actor:
    """Return a signed-in synthetic officer."""
    identity = name.lower().replace(" ", "-")
    return Actor(ActorKind.PERSON, identity, name, frozenset(role.value for role in roles), areas, "Sample Police")


GATEWAY = officer(Role.GATEWAY_OFFICER)
IMU = officer(Role.IMU_OFFICER, name="Imran Synthetic")


def form(**person: Any) -> ReferralForm:
    """Return a synthetic form."""
    return ReferralForm.model_validate(
        {
            "person": {
                "forenames": "Sample",
                "surname": "Synthetic",
                "date_of_birth": "2009-04-27",
                "district": "Thanet",
                **person,
            },
            "concerns": {"narrative": "A synthetic concern.\n\nIts second paragraph."},
            "referrer": {"forename": "Ada", "surname": "Referrer", "organisation": "Example School"},
            "sharing_acknowledged": True,
        }
    )


def received(**given: Any) -> ReferralReceived:
    """Return the event that brings a referral."""
    values: dict[str, Any] = {
        "reference": "KM-7F3K-92QM",
        "received_at": NOW - timedelta(hours=3),
        "door": "web",
        "immediate_danger": False,
        "version": 1,
        "form": form(),
        "statistics_key": uuid4(),
    }
    return ReferralReceived(**{**values, **given})


def version_added(**given: Any) -> ReferralVersionAdded:
    """Return the event that brings a later version."""
    values: dict[str, Any] = {
        "reference": "KM-7F3K-92QM",
        "added_at": NOW,
        "version": 2,
        "immediate_danger": False,
        "form": form(surname="Completed"),
    }
    return ReferralVersionAdded(**{**values, **given})


def message(event: Event, subject: UUID, *, now: datetime = NOW, area: str = AREA) -> Message:
    """Return the envelope's facts of an event about a subject."""
    return Message(uuid4(), event.wire_type, event.topic, subject, area, VERSION, subject, None, now)


async def rows(runtime: Runtime, statement: str, **parameters: Any) -> list[Mapping[str, Any]]:
    """Return the rows of a statement in the service's own database, seen from every area."""
    async with runtime.database.transaction(Actor.service(runtime.settings.service)) as session:
        found = await session.execute(text(statement), parameters)
        return [dict(row) for row in found.mappings().all()]


async def announced(runtime: Runtime, wire_type: str) -> list[Mapping[str, Any]]:
    """Return the outbox rows of one event type, oldest first."""
    return await rows(runtime, "SELECT * FROM outbox WHERE type = :type ORDER BY id", type=wire_type)
