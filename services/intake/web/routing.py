"""Who gets what: for each area as its file says, and for one referral field by field, with the reason for each."""

from typing import Any

from fastapi.responses import JSONResponse

from chassis import audit
from chassis.web import PageRequest, Response
from contracts.vocabulary import Team, tidy_reference
from contracts.vocabulary.nrf import question_at
from services.intake.domain import BECAUSE_WORDS, LONDON, Disclosed, Disclosure, Fate
from services.intake.operations import preview, preview_of_area
from services.intake.queries import localities_of, stored_version
from services.intake.web.naming import MESSAGES, SERVICES, TEAMS

FATES = {
    Fate.SENT: ("Sent", "green"),
    Fate.EMPTY: ("Empty", "grey"),
    Fate.WITHHELD: ("Withheld", "red"),
    Fate.NOT_TOLD: ("Not told yet", "orange"),
}


async def routing(request: PageRequest) -> Response:
    """Show what each audience of an area would get of a form in which everything is answered."""
    localities = localities_of(request.runtime)
    on = request.now.astimezone(LONDON).date()
    areas = localities.areas(on)
    chosen = request.query.get("area", "")
    practice = localities.by_area(chosen if chosen in dict(areas) else areas[0][0], on)
    return request.render(
        "routing",
        areas=areas,
        chosen=practice.area,
        version=practice.version,
        audiences=[_shown(each, with_values=False) for each in preview_of_area(practice, request.now)],
    )


async def routing_of(request: PageRequest) -> Response:
    """Show what each audience gets of one referral as it stands, with the values; the look is recorded."""
    reference = tidy_reference(request.path["reference"])
    found, disclosures = await _preview(request, reference, "intake-desk-routing")
    audiences = [_shown(each, with_values=True) for each in disclosures]
    return request.render(
        "routing_of", reference=reference, version=found.version, area=found.area, audiences=audiences
    )


async def routing_as_json(request: PageRequest) -> Response:
    """Answer what each audience gets of one referral to the operations plane: the fate of each field, never a value."""
    reference = tidy_reference(request.path["reference"])
    found, disclosures = await _preview(request, reference, "operations-routing")
    content = {"reference": reference, "version": found.version, "area": found.area, "area_version": found.area_version}
    return JSONResponse({**content, "audiences": [disclosure_content(each) for each in disclosures]})


async def _preview(request: PageRequest, reference: str, reason: str) -> tuple[Any, tuple[Disclosure, ...]]:
    async with request.transaction() as session:
        found = await stored_version(session, reference)
        await audit.record_read(session, subject=found.referral_id, now=request.now, reason=reason)
    localities = localities_of(request.runtime)
    return found, preview(found, localities.by_version(found.area, found.area_version, found.district))


def disclosure_content(disclosure: Disclosure) -> dict[str, Any]:
    """Return what an audience gets as programs read it, without any value."""
    return {
        "audience": disclosure.audience,
        "teams": [str(team) for team in disclosure.teams],
        "service": disclosure.service,
        "topic": disclosure.topic,
        "type": disclosure.wire_type,
        "beside": list(disclosure.beside),
        "fields": [
            {
                "field": each.field,
                "sent_as": each.sent_as,
                "fate": str(each.fate),
                "because": str(each.because) if each.because else "",
                "rule": each.rule,
            }
            for each in disclosure.fields
        ],
    }


def _shown(disclosure: Disclosure, *, with_values: bool) -> dict[str, object]:
    return {
        "name": disclosure.audience.replace("-", " ").capitalize(),
        "teams": ", ".join(TEAMS[Team(team)] for team in disclosure.teams),
        "service": SERVICES.get(disclosure.service, disclosure.service),
        "message": MESSAGES.get(disclosure.wire_type, disclosure.wire_type),
        "type": disclosure.wire_type,
        "beside": [(MESSAGES[each], each) for each in disclosure.beside],
        "sent": len(disclosure.of(Fate.SENT)),
        "withheld": len(disclosure.of(Fate.WITHHELD)),
        "fields": [_field(each, with_values=with_values) for each in disclosure.fields],
    }


def _field(each: Disclosed, *, with_values: bool) -> dict[str, object]:
    words, colour = FATES[each.fate]
    because = BECAUSE_WORDS[each.because] if each.because else ""
    return {
        "label": label_of(each.field),
        "field": each.field,
        "fate": words,
        "colour": colour,
        "because": f"{because}: {each.rule}" if each.rule else because,
        "value": each.value if with_values else "",
    }


def label_of(field: str) -> str:
    """Return what people call a field: the form's own label where it is a question of the form."""
    return " or ".join(_label(path) for path in field.split(" or "))


def _label(path: str) -> str:
    head, _, name = path.rpartition(".")
    inside = path.removeprefix("form.")
    known = (question_at(each) for each in (inside, f"{inside}.*", f"{head.removeprefix('form.')}.*.{name}"))
    question = next(filter(None, known), None) if path.startswith("form.") else None
    return question.label if question else name.replace("_", " ").capitalize()
