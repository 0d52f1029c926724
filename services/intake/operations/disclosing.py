"""Shows, field by field, what each audience gets of a referral: made by the function that makes the events."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.envelope import Event
from contracts.intake.statistics import InstitutionCounted
from contracts.specimens import DOCUMENT, FORM
from contracts.vocabulary import Door
from services.intake.domain import Because, Disclosed, Disclosure, Fate, Practice
from services.intake.domain.disclosure import UNANSWERED, at, covers, form_paths, leaves, words_of
from services.intake.operations.announcing import (
    FIRST_EVENTS,
    TAKEN,
    TOPICS,
    Version,
    audiences_to_tell,
    event_for,
)
from services.intake.queries import Stored

NOBODY = UUID(int=0)
ORDER = tuple(FIRST_EVENTS)


def preview(stored: Stored, practice: Practice) -> tuple[Disclosure, ...]:
    """Return what each audience of the area gets of a referral as it stands, and of the rest, why it does not."""
    version = Version(
        referral_id=stored.referral_id,
        reference=stored.reference,
        correlation_id=stored.correlation_id,
        statistics_key=stored.statistics_key,
        practice=practice,
        door=Door(stored.door),
        received_at=stored.received_at,
        at=stored.added_at,
        version=stored.version,
        form=stored.form,
        unread_reason=stored.unread_reason,
        documents=stored.documents,
        possibly_same_as=stored.possibly_same_as,
    )
    return disclosures(version)


def preview_of_area(practice: Practice, now: datetime) -> tuple[Disclosure, ...]:
    """Return what each audience of an area would get of a form in which every question is answered."""
    version = Version(
        referral_id=NOBODY,
        reference=f"{practice.prefix}-0000-0000",
        correlation_id=NOBODY,
        statistics_key=NOBODY,
        practice=practice,
        door=Door.WEB,
        received_at=now,
        at=now,
        version=1,
        form=FORM,
        unread_reason="",
        documents=(DOCUMENT,),
    )
    return tuple(_if_answered(each) for each in disclosures(version))


def _if_answered(disclosure: Disclosure) -> Disclosure:
    """Return what would be sent if every question were answered; the sample's answers are nobody's business."""
    fates = {Fate.EMPTY: Fate.SENT}
    fields = (
        replace(each, fate=fates.get(each.fate, each.fate), because=None if each.fate == Fate.EMPTY else each.because)
        for each in disclosure.fields
    )
    return replace(disclosure, fields=tuple(replace(each, value="") for each in fields))


def disclosures(version: Version) -> tuple[Disclosure, ...]:
    """Return what each audience gets of a version when it hears of the referral for the first time by it."""
    told = audiences_to_tell(version)
    audiences = [each for each in ORDER if version.practice.told(each)]
    return tuple(_disclosure(audience, version, told=audience in told) for audience in audiences)


def _disclosure(audience: str, version: Version, *, told: bool) -> Disclosure:
    event = event_for(audience, version, told_before=False) if told else None
    recipients = version.practice.told(audience)
    fields = _of_event(audience, version, event) if event else _untold(audience, version)
    return Disclosure(
        audience=audience,
        teams=tuple(each.team for each in recipients),
        service=recipients[0].service,
        topic=TOPICS[audience],
        wire_type=event.wire_type if event else "",
        fields=(*fields, *_above_the_ceiling(audience)),
        beside=_beside(audience, version),
    )


def _beside(audience: str, version: Version) -> tuple[str, ...]:
    """Return what statistics are told under a key of its own: the institution, where the area's file lists some."""
    counts = audience == "statistics" and version.practice.institutions
    return (InstitutionCounted.wire_type,) if counts else ()


def _of_event(audience: str, version: Version, event: Event) -> Iterator[Disclosed]:
    withheld = version.practice.withheld_from(audience)
    values: dict[str, Any] = {name: getattr(event, name) for name in type(event).model_fields}
    for path in leaves(type(event).model_fields):
        field, value = _answer_of(audience, path), at(values, path)
        if any(covers(each, path) for each in withheld):
            rule = version.practice.rule_about(audience, path)
            yield Disclosed(field, path, Fate.WITHHELD, Because.AREA, rule)
        elif value not in UNANSWERED:
            yield Disclosed(field, path, Fate.SENT, value=words_of(value))
        elif path == "referrer_organisation" and version.form and version.form.referrer.wishes_anonymity:
            yield Disclosed(field, path, Fate.WITHHELD, Because.ANONYMITY)
        else:
            unread = version.form is None and field.startswith("form.")
            yield Disclosed(field, path, Fate.EMPTY, Because.UNREAD if unread else Because.ANSWER)


def _untold(audience: str, version: Version) -> Iterator[Disclosed]:
    """Yield the fields of an audience that hears of the referral only when somebody has read it."""
    rule = version.practice.rule_about(audience, "announce_unread")
    for path in leaves(FIRST_EVENTS[audience].model_fields):
        yield Disclosed(_answer_of(audience, path), path, Fate.NOT_TOLD, Because.AREA, rule)


def _answer_of(audience: str, path: str) -> str:
    """Return the form's own name of what an event's field is made of; the field's own name where it is no answer."""
    name, inside, rest = path.partition(".")
    answers = TAKEN[audience].get(name)
    return f"{' or '.join(answers)}{inside}{rest}" if answers else path


def _above_the_ceiling(audience: str) -> Iterator[Disclosed]:
    """Yield the form's questions that the audience's contract has no field for."""
    taken = [answer for answers in TAKEN[audience].values() for answer in answers]
    for path in form_paths():
        if not any(covers(answer, path) for answer in taken):
            yield Disclosed(path, "", Fate.WITHHELD, Because.CONTRACT)
