"""Who gets what: of a referral from intake, of an area's file from the same code without a running system."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.table import Table

import areas
from chassis import clock
from cli import console
from cli.clients import Operations, Operator
from cli.commands.follow import checked
from cli.errors import BadInput

WHY = {
    "contract": "no such field in the contract",
    "area": "the area's rule",
    "anonymity": "the referrer wishes to stay anonymous",
    "answer": "not answered",
    "unread": "not read yet",
    "": "",
}


def of_referral(reference: str, state: Path) -> dict[str, Any]:
    """Return what each audience gets of a referral as it stands."""
    with Operations(Operator.of(state)) as operations:
        found: dict[str, Any] = operations.get("intake", f"routing/{checked(reference)}")
    return found


def of_area(area: str, directory: Path | None) -> dict[str, Any]:
    """Return what each audience of an area would get of a full form; BadInput names file and line of a mistake."""
    from services.intake.operations import MAY_WITHHOLD, preview_of_area  # noqa: PLC0415  seconds
    from services.intake.settings import practice  # noqa: PLC0415
    from services.intake.web.routing import disclosure_content  # noqa: PLC0415

    now = clock.now()
    try:
        known = areas.load(directory)
        known.check_withholding(MAY_WITHHOLD)
        found = known.current(area, now.astimezone(clock.LONDON).date())
    except areas.AreaFileError as error:
        first = error.problems[0]
        message = f"{len(error.problems)} mistakes; the first: {first}" if len(error.problems) > 1 else str(first)
        raise BadInput(message) from None
    except areas.UnknownArea as error:
        raise BadInput(str(error)) from None
    told = [disclosure_content(each) for each in preview_of_area(practice(known, found, ""), now)]
    return {"area": found.area, "area_version": found.version, "audiences": told}


def audience_table(audience: Mapping[str, Any], *, every: bool) -> Table:
    """Return what one audience gets as people read it; fields above its ceiling are counted unless asked for."""
    above = [each for each in audience["fields"] if each["because"] == "contract"]
    shown = audience["fields"] if every else [each for each in audience["fields"] if each["because"] != "contract"]
    title = f"{audience['audience']}: {', '.join(audience['teams'])} ({audience['type'] or 'told nothing yet'})"
    many = "1 other question of the form is" if len(above) == 1 else f"{len(above)} other questions of the form are"
    rest = f"; {many} above its contract" if above and not every else ""
    made = console.table(title + rest, "field", "sent as", "fate", "why")
    for each in shown:
        why = f"{WHY[each['because']]}: {each['rule']}" if each["rule"] else WHY[each["because"]]
        made.add_row(each["field"], each["sent_as"], each["fate"], why)
    return made


def proof(reference: str, state: Path) -> dict[str, Any]:
    """Return what was sent to whom of a referral."""
    with Operations(Operator.of(state)) as operations:
        found: dict[str, Any] = operations.get("intake", f"proof/{checked(reference)}")
    return found


def proof_table(found: Mapping[str, Any]) -> Table:
    """Return what was sent as people read it."""
    headings = ("sent", "to", "message", "digest (SHA-256)", "stored there", "documents", "compared")
    made = console.table(f"What was sent of {found['reference']} (times are UTC)", *headings)
    for each in found["sent"]:
        sent, stored = console.moment(each["sent_at"]), console.moment(each["stored_at"])
        what, documents = each["type"] or each["topic"], str(len(each["documents"]))
        made.add_row(sent, each["recipient"], what, each["digest"] or "-", stored, documents, each["verdict"])
    return made
