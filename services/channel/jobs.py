"""What the clock makes Channel do: alarms, escalations, birthdays, transfers, meetings, and reviews to ask for."""

from datetime import datetime, timedelta

from chassis import telemetry
from chassis.actor import Actor
from chassis.app import Job, Runtime
from chassis.clock import LONDON
from chassis.errors import ThroughlineError
from chassis.watching import Watch
from services.channel import operations, queries
from services.channel.domain import Practices
from services.channel.domain.transferring import Carry
from services.channel.operations.meetings import keep_ahead
from services.channel.queries import Watched
from services.channel.queries.agenda import areas_with_cases

REVIEWS_IN_A_TURN = 200

log = telemetry.logger("channel.jobs")
mismatches = telemetry.counter("channel.intervention.mismatch", "{alarm}", "Alarms about sessions that are missing")

WATCH = Watch(
    "channel",
    operations.alarm_overdue,
    queries.clocks_to_escalate,
    operations.escalate,
    overdue=telemetry.counter("channel.clock.overdue", "{clock}", "Clocks that ran out"),
    escalated=telemetry.counter("channel.clock.escalated", "{clock}", "Times that a person was told of a clock"),
)
deadlines, escalations = WATCH.deadlines, WATCH.escalations


async def birthdays(runtime: Runtime, now: datetime) -> None:
    """Let consent that a parent or guardian gave lapse on the 18th birthday, each case in a transaction of its own.

    A day on which nothing ran is made good on the next; a birthday is noted once.
    """
    local: Practices = runtime.clients
    async with runtime.database.transaction(Actor.job("channel", "birthdays")) as session:
        waiting = await queries.turning_18(session, now.astimezone(LONDON).date())
    for each in waiting:
        try:
            async with runtime.database.transaction(Actor.job("channel", "birthdays")) as session:
                reference = await operations.turn_18(session, each, local, now)
        except ThroughlineError as refusal:
            # One case that cannot be noted must not keep the others from it; the next day tries again.
            facts = {"subject": str(each.subject), "reason": refusal.reason}
            log.warning("A birthday could not be noted.", extra={"facts": facts})
        else:
            if reference:
                log.info("Somebody turned 18: consent is asked of them.", extra={"facts": {"reference": reference}})


async def transfers(runtime: Runtime, now: datetime) -> None:
    """Carry offers between panels of this installation on, each in a transaction of its own."""
    local: Practices = runtime.clients
    actor = Actor.job("channel", "transfers")
    async with runtime.database.transaction(actor) as session:
        waiting = await queries.unsettled_transfers(session)
    for each in waiting:
        try:
            async with runtime.database.transaction(actor) as session:
                carried = await operations.carry_transfer(session, each, local, now)
        except ThroughlineError as refusal:
            facts = {"subject": str(each), "reason": refusal.reason}
            log.warning("A transfer could not be carried on.", extra={"facts": facts})
        else:
            if carried.what is not Carry.WAIT:
                facts = {"kind": carried.what.value, "reference": carried.reference}
                log.info("A transfer was carried on.", extra={"facts": facts})


async def shortfalls(runtime: Runtime, now: datetime) -> None:
    """Tell coordinators of interventions with sessions missing, once each and again when more are.

    Each case has a transaction of its own, so that one that cannot be looked at keeps no other from it.
    """
    async with runtime.database.transaction(Actor.job("channel", "shortfalls")) as session:
        changed = await operations.changed_shortfalls(session, now)
    for each in changed:
        try:
            await _look(runtime, each, now)
        except ThroughlineError as refusal:
            facts = {"subject": str(each.subject), "reason": refusal.reason}
            log.warning("An intervention could not be looked at.", extra={"facts": facts})


async def _look(runtime: Runtime, each: Watched, now: datetime) -> None:
    local: Practices = runtime.clients
    async with runtime.database.transaction(Actor.job("channel", "shortfalls")) as session:
        raised = await operations.raise_shortfall(session, each.subject, each.id, local, now)
    if raised is not None:
        mismatches.add(1)
        facts = {"reference": raised.reference, "count": raised.count, "reason": raised.reason}
        log.warning("Sessions of an intervention are missing.", extra={"facts": facts})


async def calendar(runtime: Runtime, now: datetime) -> None:
    """Keep the next meetings of every panel fixed; an area whose file says nothing for today keeps no other from it."""
    local: Practices = runtime.clients
    async with runtime.database.transaction(Actor.job("channel", "calendar")) as session:
        areas = await areas_with_cases(session)
    for area in areas:
        try:
            async with runtime.database.transaction(Actor.job("channel", "calendar")) as session:
                made = await keep_ahead(session, area, local, now)
        except ThroughlineError as refusal:
            log.warning("A panel has no next date.", extra={"facts": {"area": area, "reason": refusal.reason}})
            continue
        for each in made:
            log.info("A meeting of the panel was put into the calendar.", extra={"facts": {"area": each.area}})


async def reviews_after_closure(runtime: Runtime, now: datetime) -> None:
    """Ask the police for the reviews that they carry out, some weeks before each is due, once each."""
    local: Practices = runtime.clients
    async with runtime.database.transaction(Actor.job("channel", "reviews")) as session:
        waiting = await queries.reviews_to_ask(session, now, REVIEWS_IN_A_TURN)
    for each in waiting:
        try:
            async with runtime.database.transaction(Actor.job("channel", "reviews")) as session:
                reference = await operations.ask_for_review(session, each, local, now)
        except ThroughlineError as refusal:
            facts = {"subject": str(each.subject), "reason": refusal.reason}
            log.warning("Nobody could be asked for a review after closure.", extra={"facts": facts})
        else:
            if reference == "":
                facts = {"subject": str(each.subject), "reason": "no-member-of-the-police"}
                log.warning("Nobody could be asked for a review after closure.", extra={"facts": facts})


JOBS = (
    *WATCH.jobs(),
    Job("reviews", timedelta(hours=1), reviews_after_closure, daily=True),
    Job("shortfalls", timedelta(minutes=1), shortfalls),
    Job("birthdays", timedelta(hours=1), birthdays, daily=True),
    Job("calendar", timedelta(minutes=1), calendar),
    Job("transfers", timedelta(seconds=5), transfers),
)
