"""Everything that notify ever tells anybody, once, of events whose personal fields all hold a canary."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from pydantic import BaseModel

from areas import Area
from areas.parts import AreaPart, Reached, Way
from chassis.actor import Actor
from chassis.app import Runtime
from contracts.envelope import Event
from contracts.intake.referrer import LinkDue, LinkPurpose
from contracts.triage.notices import SignpostEnded, TransferCalledBack
from contracts.vocabulary import Address, AskKind, ProgressStage
from contracts.vocabulary.asking import AskSection
from contracts.vocabulary.classes import PERSONAL, field_class_of
from services.notify import jobs, operations
from services.notify.domain import Mailing, Reach
from tests.notify.asks_made import ask, ended
from tests.notify.made import (
    AREA,
    NOW,
    REFERENCE,
    concern,
    duty_page,
    escalation,
    escalation_of_case,
    handle,
    pack_answered,
    referrer_message,
    signpost,
    transfer,
)

CANARY = "canary"
"""Stands, whatever its case, in every personal value of these events, and in nothing else."""
SECRET_LINK = "https://referrals.example.org/saved/Canary-Key-7731"
REFERRER = "canary.referrer@school.example"
TYPED = "canary.typed@partner.example"
PERSON: dict[str, Any] = {
    "forenames": "Canaryforename",
    "surname": "Canarysurname",
    "date_of_birth": date(1999, 9, 9),
    "approximate_age": 27,
    "addresses": (Address(lines="1 Canarystreet", postcode="CN4 1RY"),),
    "safeguarding_concern": "A canaryconcern, made up.",
    "complex_needs": "Made-up canaryneeds.",
    "parent_or_carer": "Canarycarer",
    "referrer_organisation": "Canaryschool",
    "additions": ("A canaryaddition, made up.",),
}
OTHER_FORMS = ("1999-09-09", "9 September 1999", "09/09/1999", "CN4 1RY")
"""What else would tell of the person: the date of birth, however it is written, and the postcode."""
NO_WORDS = frozenset({"date_of_birth", "approximate_age", "documents", "stops", "in_reply_to"})
"""Personal fields that cannot hold a canary, or are looked for in `OTHER_FORMS`."""


def told() -> tuple[Event, ...]:
    """Return the events that tell somebody of something by themselves."""
    asked: dict[str, Any] = {
        "name": "Canaryname (synthetic)",
        "title": "A canarytitle",
        "made_by": "Canaryofficer (synthetic)",
        "shown": (AskSection(heading="What we ask", words="A canaryask, made up."),),
        "questions": ("What is known of Canaryforename?",),
    }
    return (
        concern(**PERSON),
        concern(immediate_danger=True, **PERSON),
        concern(front_door="medway-front-door", **PERSON),
        pack_answered(),
        duty_page(),
        escalation(),
        escalation_of_case("plan"),
        *(_to_referrer(stage, language) for stage in ProgressStage for language in ("en", "cy")),
        *(_to_referrer(ProgressStage.RECEIVED, language, addition=True) for language in ("en", "cy")),
        *(_link(purpose, language) for purpose in LinkPurpose for language in ("en", "cy")),
        *(ask(kind, at=NOW, **asked) for kind in AskKind),
        ask(at=NOW, recipient="", address=TYPED, **asked),
    )


def _to_referrer(stage: ProgressStage, language: str, *, addition: bool = False) -> Event:
    return referrer_message(stage, email=REFERRER, language=language, addition=addition)


def _link(purpose: LinkPurpose, language: str) -> Event:
    return LinkDue(
        due_at=NOW,
        purpose=purpose,
        email=REFERRER,
        link=SECRET_LINK,
        works_until=date(2026, 12, 19),
        reference=REFERENCE if purpose == LinkPurpose.PROGRESS else "",
        language=language,
    )


async def everything(notify: Runtime) -> None:
    """Let notify tell everything that it ever tells, and send it."""
    for event in told():
        await handle(notify, event, subject=uuid4())
    await _changes_of_a_concern(notify)
    await _ends(notify)
    await jobs.send_due(notify, NOW)


async def _changes_of_a_concern(notify: Runtime) -> None:
    """Send more of a concern to a front door that has seen it, and then to another one."""
    subject = uuid4()
    await handle(notify, concern(**PERSON), subject=subject)
    async with notify.database.transaction(Actor.service("notify")) as session:
        reach = Reach(frozenset({(AREA, "kent-cru")}))
        await operations.open_concern(session, subject, reach, now=NOW)
    await handle(notify, concern(2, **PERSON), subject=subject)
    await jobs.send_due(notify, NOW)
    await handle(notify, concern(3, front_door="medway-front-door", **PERSON), subject=subject)


async def _ends(notify: Runtime) -> None:
    """Ask a service, a force and a partner, remind, mail a code, and then end all of it."""
    service, force, partner = signpost("victim-support"), transfer(), ask(at=NOW)
    subjects = uuid4(), uuid4(), uuid4()
    for event, subject in zip((service, force, partner), subjects, strict=True):
        await handle(notify, event, subject=subject)
    await jobs.send_due(notify, NOW)
    for days in (9, 11):
        await jobs.remind_of_asks(notify, NOW + timedelta(days=days))
    async with notify.database.transaction(Actor.service("notify")) as session:
        assert await operations.mail_code(session, partner.ask_id, b"key", now=NOW) is Mailing.GOES
    await jobs.send_due(notify, NOW)
    ends = (
        SignpostEnded(reference=REFERENCE, signpost_id=service.signpost_id, ended_at=NOW),
        TransferCalledBack(reference=REFERENCE, transfer_id=force.transfer_id, called_back_at=NOW),
        ended(partner),
    )
    for end, subject in zip(ends, subjects, strict=True):
        await handle(notify, end, subject=subject)


def reach_everybody(notify: Runtime, way: Way, webhook: str | None = None) -> None:
    """Let everybody whom the area files name, and the referrers by anything but a webhook, be reached by one way."""
    notify.areas = replace(
        notify.areas, files=tuple(replace(file, area=_reached(file.area, way, webhook)) for file in notify.areas.files)
    )


def _reached(part: Any, way: Way, webhook: str | None) -> Any:
    if isinstance(part, tuple):
        return tuple(_reached(each, way, webhook) for each in part)
    if not isinstance(part, AreaPart):
        return part
    changed = {name: _reached(getattr(part, name), way, webhook) for name in type(part).model_fields}
    if isinstance(part, Reached):
        changed |= {"ways": (way,), "webhook": webhook}
    if isinstance(part, Area) and webhook is None:
        changed["referrer_ways"] = (way,)
    return part.model_copy(update=changed)


def without_canary(model: BaseModel) -> list[str]:
    """Return the personal fields of an event that hold no canary: one that was added to a contract since, say."""
    return [
        name
        for name, field in type(model).model_fields.items()
        if field_class_of(field) in PERSONAL
        and name not in NO_WORDS
        and CANARY not in str(getattr(model, name)).casefold()
    ]
