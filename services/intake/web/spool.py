"""What waits in the spool, for operations and the desk: when it came and why it waits, never what it is."""

from starlette.responses import JSONResponse

from chassis import audit
from chassis.web import PageRequest, Response
from services.intake.domain import SpoolEntryStuck
from services.intake.spool import Waiting, is_stuck, shelter_of, waiting_of


async def spool_as_json(request: PageRequest) -> Response:
    """Answer what waits in the spool to the operations plane."""
    waiting, shelter = waiting_of(request.runtime), shelter_of(request.runtime)
    async with request.transaction() as session:
        await audit.record(session, "ops.spool", subject=None, now=request.now, facts={"entries": len(waiting)})
    content = {
        "set": shelter is not None,
        "away": shelter is not None and shelter.away,
        "refused": shelter.refused if shelter else 0,
        "entries": [_content(each) for each in waiting],
    }
    return JSONResponse(content)


def spool_note(request: PageRequest) -> dict[str, int]:
    """Return how many originals wait in the spool, and how many of them for a person."""
    waiting = waiting_of(request.runtime)
    return {"waiting": len(waiting), "stuck": sum(map(is_stuck, waiting))}


def _content(each: Waiting) -> dict[str, object]:
    return {
        "entry": str(each.id),
        "bytes": each.size,
        "door": each.door,
        "reference": each.receipt.reference if each.receipt else "",
        "received_at": each.receipt.received_at.isoformat() if each.receipt else "",
        "tries": each.tries,
        "cause": each.reason,
        "trouble": SpoolEntryStuck.reason if is_stuck(each) else "",
    }
