"""Those whom notify could not reach: the desk tells them in another way, and says how."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from chassis import audit
from chassis.web import Form, FormErrors, PageRequest, Response, parse
from contracts.vocabulary import ProgressStage, Unreached, WhomToReach
from services.intake import operations, queries
from services.intake.queries import UnreachedView
from services.intake.web.places import age

WHOM: Mapping[WhomToReach, str] = {
    WhomToReach.REFERRER: "The referrer",
    WhomToReach.DUTY_OFFICER: "The duty officer",
    WhomToReach.FRONT_DOOR: "The front door",
    WhomToReach.ESCALATION: "Somebody who was to hear that a front door is silent",
}
WHY: Mapping[Unreached, str] = {
    Unreached.BOUNCED: "The mail came back",
    Unreached.GIVEN_UP: "The mail could not be delivered",
    Unreached.SILENT: "Nobody has answered in time",
    Unreached.SUPPRESSED: "The delivery desk held the mail back",
}
ABOUT: Mapping[ProgressStage, str] = {
    ProgressStage.RECEIVED: "that the referral was received",
    ProgressStage.BEING_ASSESSED: "that the referral is being assessed",
    ProgressStage.PASSED_TO_ANOTHER_SERVICE: "that it was passed to another service",
    ProgressStage.SUPPORT_BEING_CONSIDERED: "that support is being considered",
    ProgressStage.CLOSED: "that the referral is closed",
}
ELSE: Mapping[WhomToReach, str] = {
    WhomToReach.REFERRER: "how the referral stands, by the link that they asked for",
    WhomToReach.DUTY_OFFICER: "that somebody is in immediate danger",
    WhomToReach.FRONT_DOOR: "that a safeguarding concern has moved",
    WhomToReach.ESCALATION: "that a safeguarding concern has not been acknowledged in time",
}
"""What they were to hear where it is no stage."""
SILENT_DOOR = "of a safeguarding concern, which nobody there has acknowledged although everybody above was told"


class ToldForm(Form):
    """How somebody was told in another way."""

    messages: ClassVar[Mapping[str, str]] = {
        "how": "Enter how they were told, for example: rang the school office",
        "how.string_too_long": "What you write must be 400 characters or fewer",
    }
    how: Annotated[str, Field(min_length=3, max_length=400, pattern=r"^[^\x00]*$")]


async def not_told(request: PageRequest) -> Response:
    """List who could not be told, longest first."""
    async with request.transaction() as session:
        count = await queries.count_unreached(session)
        found = await queries.unreached(session)
    return request.render("not_told", count=count, lines=[unreached_line(each, request.now) for each in found])


async def told(request: PageRequest) -> Response:
    """Show one who could not be told, and take how they were told in another way."""
    unreached_id = UUID(request.path["unreached_id"])
    form: FormErrors = FormErrors()
    async with request.transaction() as session:
        found = await queries.unreached_found(session, unreached_id)
        await audit.record_read(session, subject=found.subject, now=request.now, reason="intake-desk-not-told")
    if request.request.method == "POST":
        checked = parse(ToldForm, await request.form())
        if isinstance(checked, ToldForm):
            async with request.transaction() as session:
                await operations.note_told(session, unreached_id, checked.how, now=request.now)
            request.flash("Recorded that they have been told.")
            return request.redirect("not_told")
        form = checked
    return request.render(
        "told", status=422 if form.errors else 200, form=form, line=unreached_line(found, request.now)
    )


def unreached_line(found: UnreachedView, now: datetime) -> dict[str, object]:
    """Return what pages show of somebody who could not be told."""
    return {
        "reference": found.reference,
        "id": found.id,
        "whom": WHOM[found.whom],
        "why": WHY[found.why],
        "about": _about(found),
        "urgent": found.whom is WhomToReach.DUTY_OFFICER or _is_silent_door(found),
        "noted_at": found.noted_at,
        "age": age(found.noted_at, now),
    }


def _about(found: UnreachedView) -> str:
    """Return what somebody was to hear."""
    if _is_silent_door(found):
        return SILENT_DOOR
    return ABOUT[found.stage] if found.stage else ELSE[found.whom]


def _is_silent_door(found: UnreachedView) -> bool:
    """Say whether a front door does not acknowledge a concern, although everybody above was told."""
    return found.whom is WhomToReach.FRONT_DOOR and found.why is Unreached.SILENT
