"""Asks GOV.UK Notify what became of the mails that it took, and keeps the answers."""

from collections.abc import Mapping
from datetime import UTC, datetime

from chassis import telemetry
from chassis.errors import SubjectErased
from chassis.runtime import Runtime
from services.notify import operations
from services.notify.clients import Arrival, Clients
from services.notify.domain import Evidence, NoticeAbsent, What
from services.notify.jobs.running import job_actor
from services.notify.operations import ReceiptDue

# Its codes are its own words; these are the enhanced status codes that say the same (RFC 3463).
ARRIVED: Mapping[Arrival, tuple[What, str]] = {
    Arrival.DELIVERED: (What.DELIVERED, "2.0.0"),
    Arrival.PERMANENT_FAILURE: (What.BOUNCED, "5.1.1"),
    Arrival.TEMPORARY_FAILURE: (What.BOUNCED, "4.4.7"),
    Arrival.TECHNICAL_FAILURE: (What.BOUNCED, "5.3.0"),
    Arrival.FORGOTTEN: (What.UNREADABLE, ""),
}
"""What the provider's last words mean; of what it has forgotten nobody can say any more whether it arrived."""

log = telemetry.logger(__name__)


async def ask_for_receipts(runtime: Runtime, now: datetime) -> None:
    """Ask of every mail that is due; one that cannot be asked of is asked of again later."""
    machine_now = datetime.now(UTC)
    async with runtime.database.transaction(job_actor(runtime)) as session:
        due = await operations.receipts_due(session, machine_now=machine_now)
    clients: Clients = runtime.clients
    for each in due:
        arrival = await clients.govuk_notify.arrival(each.provider_id)
        await _keep(runtime, each, arrival, now)


async def _keep(runtime: Runtime, asked: ReceiptDue, arrival: Arrival, now: datetime) -> None:
    said, machine_now = ARRIVED.get(arrival), datetime.now(UTC)
    try:
        async with runtime.database.transaction(job_actor(runtime)) as session:
            await operations.ask_later(session, asked, over=said is not None, machine_now=machine_now)
            if said is not None:
                found = Evidence(said[0], asked.way, now, said[1], attempt=asked.attempt)
                await operations.note_evidence(session, asked.id, found, now=now)
    except (NoticeAbsent, SubjectErased):
        log.info("A mail was asked after whose subject has been erased.")
