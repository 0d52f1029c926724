"""What each audience is told of a version of a referral: narrowed by the area, and nothing outside the contract."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any
from uuid import UUID, uuid4

from chassis import outbox
from chassis.database import Session
from contracts.envelope import DocumentReference, Event
from contracts.intake import awareness, duty, police, referrer, social_care, statistics
from contracts.vocabulary import Door, ProgressStage, ReferralForm, VersionMaker, age_on
from contracts.vocabulary.days import LONDON
from services.intake.domain import Practice, anonymous_facts, month_of, narrowed
from services.intake.domain.disclosure import withholdable
from services.intake.operations.ledger import hasten

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
LATER_EVENTS: Mapping[str, type[Event]] = {
    **FIRST_EVENTS,
    "police": police.ReferralVersionAdded,
    "social-care": social_care.SafeguardingConcernUpdated,
}
MAY_WITHHOLD: Mapping[str, frozenset[str]] = {
    audience: frozenset(withholdable(event.model_fields)) for audience, event in FIRST_EVENTS.items()
}
"""The fields, and the paths inside the form, that an area may keep from each audience: what the contract can lack."""
TAKEN: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "police": {"form": ("form",)},
    "social-care": {
        "forenames": ("form.person.forenames",),
        "surname": ("form.person.surname",),
        "date_of_birth": ("form.person.date_of_birth",),
        "approximate_age": ("form.person.approximate_age",),
        "addresses": ("form.person.addresses",),
        "safeguarding_concern": ("form.concerns.narrative",),
        "complex_needs": ("form.concerns.complex_needs",),
        "parent_or_carer": ("form.considerations.parent_or_carer",),
        "referrer_organisation": ("form.referrer.organisation",),
    },
    "awareness": {
        "age_band": ("form.person.date_of_birth", "form.person.approximate_age"),
        "district": ("form.person.district",),
    },
    "statistics": {
        "sector": ("form.referrer.sector",),
        "age_band": ("form.person.date_of_birth", "form.person.approximate_age"),
        "gender": ("form.person.gender",),
        "district": ("form.person.district",),
        "ethnicity": ("form.equality.ethnicity",),
    },
}
"""Which answers of the form each field of an event is made of; the events for social care are built from this."""
_COPIED = {name: attrgetter(answer.removeprefix("form.")) for name, (answer,) in TAKEN["social-care"].items()}


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version of a referral as it is announced; `at` is when this version was made.

    `read_before` says that an earlier version had a form.
    """

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
    additions: tuple[str, ...] = ()
    added_documents: tuple[DocumentReference, ...] = ()
    danger: bool = False
    danger_known: bool = False
    made_by: VersionMaker | None = None
    came_by: Door | None = None
    read_before: bool = False

    @property
    def immediate_danger(self) -> bool:
        """Say whether the referrer told of immediate danger, on the form or in what was added to it later."""
        return self.danger or (self.form is not None and self.form.concerns.immediate_danger)

    @property
    def pages(self) -> bool:
        """Say whether the duty officer must be called: danger is told of, and no earlier version told of it."""
        return self.immediate_danger and not self.danger_known


async def announce_first(
    session: Session, version: Version, message: referrer.ReferrerMessageDue | None = None
) -> frozenset[str]:
    """Announce a referral to every audience that its area names, and ask notify to tell the referrer, if asked.

    Returns the audiences that were told.
    """
    told = audiences_to_tell(version)
    events = [event_for(audience, version, told_before=False) for audience in sorted(told)]
    await _announce(session, version, [*filter(None, (*events, message))])
    return told


async def announce_again(
    session: Session,
    version: Version,
    told_before: frozenset[str],
    messages: Sequence[referrer.ReferrerMessageDue] = (),
) -> frozenset[str]:
    """Announce a later version; an audience that waited for a readable form hears of the referral now.

    Returns every audience that has been told by now.
    """
    told = audiences_to_tell(version)
    events = [event_for(audience, version, told_before=audience in told_before) for audience in sorted(told)]
    await _announce(session, version, [*filter(None, events), *messages])
    return told | told_before


async def _announce(session: Session, version: Version, events: list[Event]) -> None:
    if version.pages:
        paged = duty.DutyOfficerPaged(reference=version.reference, raised_at=version.at, version=version.version)
        events = [paged, *events]
        minutes = {each.team: each.urgent_within_minutes for each in version.practice.recipients}
        by = {team: version.at + timedelta(minutes=given) for team, given in minutes.items() if given}
        await hasten(session, version.referral_id, by)
    events = [*events, *_institution(version)]
    await outbox.add_all(session, [(event, _about(event, version)) for event in events])


def _institution(version: Version) -> Iterator[Event]:
    """Yield what statistics are told of the institution that made the referral, once, when it is first read."""
    form, local = version.form, version.practice
    if form is None or version.read_before or not local.told("statistics"):
        return
    if institution := local.institution(form.referrer.organisation):
        yield statistics.InstitutionCounted(month=month_of(version.received_at), institution=institution)


def _about(event: Event, version: Version) -> outbox.About:
    place = version.practice.area, version.practice.version
    if isinstance(event, statistics.InstitutionCounted):
        # A key of its own that is kept nowhere: nobody can say later whose institution it was.
        return outbox.About(uuid4(), *place)
    if event.topic == statistics.TOPIC:
        return outbox.About(version.statistics_key, *place)
    return outbox.About(version.referral_id, *place, version.correlation_id)


def audiences_to_tell(version: Version) -> frozenset[str]:
    """Return the audiences that may hear of this version: while unread, only those for whom the area says so."""
    recipients = version.practice.recipients
    return frozenset(each.audience for each in recipients if version.form is not None or each.announce_unread)


def receipt_message(
    version: Version, email: str, in_reply_to: str, *, addition: bool = False
) -> referrer.ReferrerMessageDue:
    """Return the request to send the referrer the receipt of a referral, or of an addition to it."""
    return referrer.ReferrerMessageDue(
        reference=version.reference,
        due_at=version.at,
        email=email,
        stage=ProgressStage.RECEIVED,
        language=version.form.language if version.form else "en",
        in_reply_to=in_reply_to,
        addition=addition,
    )


def event_for(audience: str, version: Version, *, told_before: bool) -> Event | None:
    """Return exactly what an audience is sent of a version, None where this version tells it nothing.

    Whatever is announced, and every preview of it, is made here; no field comes into being anywhere else.
    """
    if told_before and version.form is None and audience not in _hears_unread(version):
        return None
    fields = _FIELDS[audience, told_before](version)
    return _MADE[audience, told_before](narrowed(fields, version.practice.withheld_from(audience)))


def _hears_unread(version: Version) -> tuple[str, ...]:
    """Return who hears of a later version that nobody could read: what a referrer added says something by itself."""
    return ("police", "social-care") if version.additions else ("police",)


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


def _version_added(version: Version) -> dict[str, Any]:
    # The police have had the original with the first announcement; of documents, only what came later is new to them.
    return {
        "reference": version.reference,
        "added_at": version.at,
        "version": version.version,
        "immediate_danger": version.immediate_danger,
        "form": version.form,
        "unread_reason": version.unread_reason,
        "documents": version.added_documents,
        "possibly_same_as": version.possibly_same_as,
        "additions": version.additions,
        "made_by": version.made_by,
        "came_by": version.came_by,
    }


def _for_social_care(version: Version) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "reference": version.reference,
        "received_at": version.received_at,
        "front_door": version.practice.door_for(_age(version)),
        "immediate_danger": version.immediate_danger,
        "version": version.version,
        "read": version.form is not None,
        "documents": version.documents,
        "additions": version.additions,
    }
    form = version.form
    if form is None:
        return fields
    fields |= {name: answer(form) for name, answer in _COPIED.items()}
    return fields | {"referrer_organisation": ""} if form.referrer.wishes_anonymity else fields


def _age(version: Version) -> int | None:
    """Return how old the person was when the referral came: a birthday does not move a concern to another door."""
    day = version.received_at.astimezone(LONDON).date()
    return None if version.form is None else age_on(version.form.person, day)


def _for_awareness(version: Version) -> dict[str, Any]:
    return {
        "reference": version.reference,
        "received_at": version.received_at,
        "version": version.version,
        "age_band": anonymous_facts(version.form, version.received_at).age_band,
        "district": version.practice.district,
        "statistics_key": version.statistics_key,
    }


def _for_statistics(version: Version) -> dict[str, Any]:
    facts = anonymous_facts(version.form, version.received_at)
    return {
        "month": month_of(version.received_at),
        "version": version.version,
        "door": version.door,
        "sector": facts.sector,
        "age_band": facts.age_band,
        "gender": facts.gender,
        "district": version.practice.district,
        "ethnicity": facts.ethnicity,
    }


_FIELDS: Mapping[tuple[str, bool], Callable[[Version], dict[str, Any]]] = {
    ("police", False): _for_police,
    ("police", True): _version_added,
    ("social-care", False): _for_social_care,
    ("social-care", True): _for_social_care,
    ("awareness", False): _for_awareness,
    ("awareness", True): _for_awareness,
    ("statistics", False): _for_statistics,
    ("statistics", True): _for_statistics,
}
"""What goes into the event of an audience; the key says whether the audience was told before."""
_MADE: Mapping[tuple[str, bool], Callable[[dict[str, Any]], Event]] = {
    ("police", False): lambda fields: police.ReferralReceived(**fields),
    ("police", True): lambda fields: police.ReferralVersionAdded(**fields),
    ("social-care", False): lambda fields: social_care.SafeguardingConcernReceived(**fields),
    ("social-care", True): lambda fields: social_care.SafeguardingConcernUpdated(**fields),
    ("awareness", False): lambda fields: awareness.ReferralMade(**fields),
    ("awareness", True): lambda fields: awareness.ReferralMade(**fields),
    ("statistics", False): lambda fields: statistics.ReferralCounted(**fields),
    ("statistics", True): lambda fields: statistics.ReferralCounted(**fields),
}
"""How the event is made of its fields; nothing but `event_for` makes one."""
