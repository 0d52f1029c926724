"""Synthetic packs and local practice for the tests of channel."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from chassis.actor import Actor, ActorKind
from chassis.app import Runtime
from chassis.broker import Message
from contracts.envelope import Event
from contracts.intake.awareness import ReferralMade
from contracts.triage.awareness import PeopleMerged, PeopleSeparated, PoliceDecisionMade
from contracts.triage.dovetail import PassedForInformationGathering, ReferralCorrected, Section36ReferralMade
from contracts.vocabulary import AgeBand, Outcome, ReferralForm, Role
from contracts.vocabulary.assessment import Assessment, FactorAnswer, Presence
from contracts.vocabulary.pack import ChronologyLine, GatheredInformation, Sharing
from services.channel.domain import Body, ClockName, Practice

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
POLICE_OWNER = "Sample Dutyofficer (synthetic)"
AREA = "kent-and-medway"
VERSION = "2026-01"
REFERENCE = "KM-7F3K-92QM"


def practice(**given: Any) -> Practice:
    """Return local practice as Kent and Medway has it."""
    values: dict[str, Any] = {
        "area": AREA,
        "version": VERSION,
        "decides": Body.POLICE,
        "front_door": "kent-cru",
        "due": {name: NOW + timedelta(days=days) for days, name in enumerate(ClockName, start=2)},
    }
    return Practice(**{**values, **given})


class GivenPractices:
    """Local practice that a test has made up; it remembers the districts that it was asked for."""

    def __init__(self, given: Practice) -> None:
        self.given = given
        self.districts: list[str] = []

    def under(self, area: str, version: str, district: str, now: datetime) -> Practice:
        """Return the same for every area."""
        assert (area, version) == (self.given.area, self.given.version)
        assert now.tzinfo
        self.districts.append(district)
        return self.given

    def current(self, area: str, now: datetime) -> Practice:
        """Return the same for every area."""
        return self.under(area, self.given.version, "", now)

    def districts_of(self, area: str, now: datetime) -> tuple[str, ...]:
        """Return two districts of Kent."""
        assert area
        assert now.tzinfo
        return ("Ashford", "Thanet")


def coordinator(*roles: Role, name: str = "Cora Synthetic", areas: frozenset[str] = frozenset({AREA})) -> Actor:
    """Return a signed-in synthetic coordinator, or somebody with other roles."""
    identity = name.lower().replace(" ", "-")
    chosen = frozenset(role.value for role in roles or (Role.CHANNEL_COORDINATOR,))
    return Actor(ActorKind.PERSON, identity, name, chosen, areas, "Sample Council")


CORA = coordinator()


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


def _pack(given: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {
        "reference": REFERENCE,
        "offered_at": NOW,
        "form": form(),
        "rationale": "More needs to be known.",
        "decided_by": "Gita Synthetic",
        "risk_owner": POLICE_OWNER,
        "immediate_danger": False,
        "statistics_key": uuid4(),
    }
    return {**values, **given}


def passed(**given: Any) -> PassedForInformationGathering:
    """Return the event that passes a pack for information gathering."""
    return PassedForInformationGathering(**_pack(given))


def referred(**given: Any) -> Section36ReferralMade:
    """Return the event that makes a s.36 referral."""
    return Section36ReferralMade(**_pack({"grounds": "Contact with a recruiter.", **given}))


def made(**given: Any) -> ReferralMade:
    """Return the event that makes the team aware of a referral."""
    values: dict[str, Any] = {
        "reference": REFERENCE,
        "received_at": NOW - timedelta(days=2),
        "version": 1,
        "age_band": AgeBand.FROM_16,
        "district": "Thanet",
        "statistics_key": uuid4(),
    }
    return ReferralMade(**{**values, **given})


def decided(outcome: Outcome, **given: Any) -> PoliceDecisionMade:
    """Return the event that tells of a decision of the police."""
    return PoliceDecisionMade(**{"reference": REFERENCE, "decided_at": NOW, "outcome": outcome, **given})


def parts() -> dict[str, Any]:
    """Return what a complete pack brings beside the form and the words of the decision."""
    factor = FactorAnswer(
        factor="grievance",
        dimension="engagement",
        label="Feelings of grievance and injustice",
        presence=Presence.PRESENT,
        narrative="Speaks of being singled out.",
    )
    return {
        "assessment": Assessment(
            instrument="vaf",
            edition="2015",
            name="Vulnerability Assessment Framework",
            number=1,
            completed_at=NOW - timedelta(days=1),
            completed_by="Gita Synthetic",
            finding="clear-evidence",
            summary="The concern stands.",
            factors=(factor,),
        ),
        "gathered": (GatheredInformation(body="Example School", asked="Attendance?", answer="Regular.", at=NOW),),
        "chronology": (
            ChronologyLine(reference="KM-2222-2222", at=NOW, what="Closed: mistaken.", by="Gita Synthetic"),
        ),
        "shared": (Sharing(what="A signpost", shared_with="Kent Early Help", at=NOW),),
    }


def corrected(**given: Any) -> ReferralCorrected:
    """Return the event that tells of a mistake of the police."""
    values: dict[str, Any] = {
        "reference": REFERENCE,
        "corrected_at": NOW,
        "corrected_by": "Gita Synthetic",
        "kind": "wrong-fact",
        "correction": "The poster was not his.",
    }
    return ReferralCorrected(**{**values, **given})


def merged(*references: str, days: int = 0) -> PeopleMerged:
    """Return the event that says whose referrals are one person's, so many days from now."""
    return PeopleMerged(references=references, merged_at=NOW + timedelta(days=days))


def separated(remaining: tuple[str, ...], gone: tuple[str, ...], *, days: int = 1) -> PeopleSeparated:
    """Return the event that takes references from a person again, with what was shared meanwhile."""
    shared = ("A pack about both was given to Channel",)
    at = NOW + timedelta(days=days)
    return PeopleSeparated(remaining=remaining, separated=gone, separated_at=at, shared=shared)


def message(event: Event, subject: UUID, *, now: datetime = NOW) -> Message:
    """Return the envelope's facts of an event about a subject."""
    return Message(uuid4(), event.wire_type, event.topic, subject, AREA, VERSION, subject, None, now)


async def rows(runtime: Runtime, statement: str, **parameters: Any) -> list[Mapping[str, Any]]:
    """Return the rows of a statement in the service's own database, seen from every area."""
    async with runtime.database.transaction(Actor.service(runtime.settings.service)) as session:
        found = await session.execute(text(statement), parameters)
        return [dict(row) for row in found.mappings().all()]
