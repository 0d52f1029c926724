"""What each audience is told of a version of a referral: narrowed by the area, and nothing outside the contract."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import outbox
from chassis.database import Session
from contracts.envelope import DocumentReference, Event
from contracts.intake import awareness, police, referrer, social_care, statistics
from contracts.vocabulary import Door, ProgressStage, ReferralForm
from services.intake.domain import Practice, anonymous_facts, month_of

TOPICS: Mapping[str, str] = {
    "police": police.TOPIC,
    "social-care": social_care.TOPIC,
    "awareness": awareness.TOPIC,
    "statistics": statistics.TOPIC,
}

FIRST_EVENTS: Mapping[str, type[Event]] = {
    "police": police.ReferralReceived,
    "social-care": social_care.SafeguardingConcernReceived,
    "awareness": awareness.ReferralMade,
    "statistics": statistics.ReferralCounted,
}
MAY_WITHHOLD: Mapping[str, frozenset[str]] = {
    audience: frozenset(name for name, field in event.model_fields.items() if not field.is_required())
    for audience, event in FIRST_EVENTS.items()
}
"""The fields that an area may keep from each audience: those that the contract can do without."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version of a referral as it is announced; `at` is when this version was made."""

    referral_id: UUID
    reference: str
    correlation_id: UUID
    statistics_key: UUID
    practice: Practice
    door: Door
    received_at: datetime
    at: datetime
    version: int
    form: ReferralForm | None
    unread_reason: str
    documents: tuple[DocumentReference, ...] = ()
    possibly_same_as: tuple[str, ...] = ()

    @property
    def immediate_danger(self) -> bool:
        """Say whether the referrer told of immediate danger; False while nothing has been read."""
        return self.form is not None and self.form.concerns.immediate_danger


async def announce_first(
    session: Session, version: Version, message: referrer.ReferrerMessageDue | None = None
) -> frozenset[str]:
    """Announce a referral to every audience that its area names, and ask notify to tell the referrer, if asked.

    Returns the audiences that were told.
    """
    told = audiences_to_tell(version)
    await _announce(session, version, [_first_event(audience, version) for audience in sorted(told)], message)
    return told


async def announce_again(
    session: Session,
    version: Version,
    told_before: frozenset[str],
    message: referrer.ReferrerMessageDue | None = None,
) -> frozenset[str]:
    """Announce a later version; an audience that waited for a readable form hears of the referral now.

    Returns every audience that has been told by now.
    """
    told = audiences_to_tell(version)
    events = [
        _later_event(audience, version) if audience in told_before else _first_event(audience, version)
        for audience in sorted(told)
    ]
    await _announce(session, version, [event for event in events if event], message)
    return told | told_before


async def _announce(
    session: Session, version: Version, events: list[Event], message: referrer.ReferrerMessageDue | None
) -> None:
    if message is not None:
        events = [*events, message]
    await outbox.add_all(session, [(event, _about(event, version)) for event in events])


def _about(event: Event, version: Version) -> outbox.About:
    place = version.practice.area, version.practice.version
    if event.topic == statistics.TOPIC:
        return outbox.About(version.statistics_key, *place)
    return outbox.About(version.referral_id, *place, version.correlation_id)


def audiences_to_tell(version: Version) -> frozenset[str]:
    """Return the audiences that may hear of this version: while unread, only those for whom the area says so."""
    recipients = version.practice.recipients
    return frozenset(each.audience for each in recipients if version.form is not None or each.announce_unread)


def receipt_message(version: Version, email: str, in_reply_to: str) -> referrer.ReferrerMessageDue:
    """Return the request to send the referrer the receipt."""
    return referrer.ReferrerMessageDue(
        reference=version.reference,
        due_at=version.at,
        email=email,
        stage=ProgressStage.RECEIVED,
        language=version.form.language if version.form else "en",
        in_reply_to=in_reply_to,
    )


def _first_event(audience: str, version: Version) -> Event:
    if audience == "police":
        return police.ReferralReceived(**_narrowed(audience, version, _for_police(version)))
    if audience == "social-care":
        return social_care.SafeguardingConcernReceived(**_narrowed(audience, version, _for_social_care(version)))
    return _for_awareness(version) if audience == "awareness" else _for_statistics(version)


def _later_event(audience: str, version: Version) -> Event | None:
    if audience == "police":
        return _version_added(version)
    if version.form is None:
        return None
    if audience == "social-care":
        return social_care.SafeguardingConcernUpdated(**_narrowed(audience, version, _for_social_care(version)))
    return _first_event(audience, version)


def _narrowed(audience: str, version: Version, fields: Mapping[str, Any]) -> dict[str, Any]:
    withheld = version.practice.withheld_from(audience)
    return {name: value for name, value in fields.items() if name not in withheld}


def _for_police(version: Version) -> dict[str, Any]:
    return {
        "reference": version.reference,
        "received_at": version.received_at,
        "door": version.door,
        "immediate_danger": version.immediate_danger,
        "version": version.version,
        "form": version.form,
        "unread_reason": version.unread_reason,
        "documents": version.documents,
        "possibly_same_as": version.possibly_same_as,
        "statistics_key": version.statistics_key,
    }


def _version_added(version: Version) -> Event:
    # The police have had the original with the first announcement.
    fields = {
        "reference": version.reference,
        "added_at": version.at,
        "version": version.version,
        "immediate_danger": version.immediate_danger,
        "form": version.form,
        "unread_reason": version.unread_reason,
        "possibly_same_as": version.possibly_same_as,
    }
    return police.ReferralVersionAdded(**_narrowed("police", version, fields))


def _for_social_care(version: Version) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "reference": version.reference,
        "received_at": version.received_at,
        "front_door": version.practice.front_door,
        "immediate_danger": version.immediate_danger,
        "version": version.version,
        "read": version.form is not None,
        "documents": version.documents,
    }
    form = version.form
    if form is None:
        return fields
    return fields | {
        "forenames": form.person.forenames,
        "surname": form.person.surname,
        "date_of_birth": form.person.date_of_birth,
        "approximate_age": form.person.approximate_age,
        "addresses": form.person.addresses,
        "safeguarding_concern": form.concerns.narrative,
        "complex_needs": form.concerns.complex_needs,
        "parent_or_carer": form.considerations.parent_or_carer,
        "referrer_organisation": "" if form.referrer.wishes_anonymity else form.referrer.organisation,
    }


def _for_awareness(version: Version) -> Event:
    facts = anonymous_facts(version.form, version.received_at)
    return awareness.ReferralMade(
        reference=version.reference,
        received_at=version.received_at,
        version=version.version,
        age_band=facts.age_band,
        district=version.practice.district,
        statistics_key=version.statistics_key,
    )


def _for_statistics(version: Version) -> Event:
    facts = anonymous_facts(version.form, version.received_at)
    return statistics.ReferralCounted(
        month=month_of(version.received_at),
        version=version.version,
        door=version.door,
        sector=facts.sector,
        age_band=facts.age_band,
        gender=facts.gender,
        district=version.practice.district,
    )
