"""The clock of intake: late ledger lines are counted and raised, old idempotency keys forgotten."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import cast
from uuid import UUID

from chassis import clock, telemetry
from chassis.actor import Actor
from chassis.errors import Unavailable
from chassis.holdings import Holders
from chassis.jobs import Job
from chassis.runtime import Runtime
from services.intake.clients import scanner_at
from services.intake.domain.reconciliation import Passage, Trouble, counted
from services.intake.operations import keep_counts, liken_again, purge_keys, read_again, reconciled, tell_of_day
from services.intake.operations.saving import forget_saved_forms, purge_progress_links
from services.intake.queries import (
    came_in,
    count_desk,
    count_late_lines,
    count_mails_set_aside,
    count_open_differences,
    open_days,
    waiting_for_the_scanner,
)
from services.intake.queries.reconciliation import STATISTICS_TOPIC
from services.intake.queries.saved import expired_forms
from services.intake.settings import IntakeSettings
from services.intake.spool import drain

KEYS_KEPT = timedelta(days=30)
LATE_LINES_EVERY = timedelta(seconds=15)
DESK_EVERY = timedelta(minutes=1)
PURGE_EVERY = timedelta(days=1)
RECONCILE_EVERY = timedelta(days=1)
RECONCILE_AGAIN_EVERY = timedelta(minutes=15)
LOOKED_BACK = timedelta(days=14)
SPOOL_EVERY = timedelta(seconds=1)
READ_HELD_EVERY = timedelta(seconds=30)
READ_HELD_AT_ONCE = 50
LIKEN_EVERY = timedelta(minutes=1)
LIKEN_SINCE = timedelta(minutes=3)

DESK_OVERDUE = "desk-overdue"
TEAM_NOT_TOLD = "team-not-told"

log = telemetry.logger("intake.jobs")


class Counted:
    """What was last counted that calls for a person: told as figures, and raised by monitor from them."""

    late_lines = 0
    unacknowledged = 0
    undelivered = 0
    overdue_at_desk = 0
    mails_aside = 0
    differences = 0


telemetry.gauge("intake.ledger.late", lambda: Counted.late_lines, "1", "Required ledger lines over their time")
telemetry.gauge(
    "intake.ledger.unacknowledged",
    lambda: Counted.unacknowledged,
    "1",
    "Required ledger lines that are stored and over their time to be acknowledged by a person",
)
telemetry.gauge(
    "intake.ledger.undelivered",
    lambda: Counted.undelivered,
    "1",
    "Ledger lines whose team was told by a mail that came back, and that nobody has seen",
)
telemetry.gauge("intake.desk.overdue", lambda: Counted.overdue_at_desk, "1", "Originals not completed in time")
telemetry.gauge("intake.mail.set_aside", lambda: Counted.mails_aside, "1", "Answers to our mails that wait")
telemetry.gauge("intake.reconciliation.open", lambda: Counted.differences, "1", "Differences that nobody has explained")


async def watch_late_lines(runtime: Runtime, now: datetime) -> None:
    """Count the required teams that have not stored or acknowledged in time, for the alarm and for the desk."""
    async with runtime.database.transaction(Actor.job("intake", "late-lines")) as session:
        late = await count_late_lines(session, now=now)
    Counted.late_lines, Counted.unacknowledged = late.unstored + late.unacknowledged, late.unacknowledged
    Counted.undelivered = late.undelivered
    if late.undelivered:
        facts: dict[str, object] = {"count": late.undelivered, "reason": TEAM_NOT_TOLD}
        log.warning("Teams could not be told of referrals: somebody must ring them.", extra={"facts": facts})
    if late.unstored:
        facts = {"count": late.unstored}
        log.warning("Required teams have not stored referrals in time.", extra={"facts": facts})
    if late.unacknowledged:
        facts = {"reason": str(Trouble.UNACKNOWLEDGED), "count": late.unacknowledged}
        log.warning("Nobody in required teams has acknowledged referrals in time.", extra={"facts": facts})


async def watch_desk(runtime: Runtime, now: datetime) -> None:
    """Count what is over its time at the desk, for the alarm."""
    async with runtime.database.transaction(Actor.job("intake", "desk")) as session:
        Counted.overdue_at_desk = (await count_desk(session, now=now)).overdue
        Counted.mails_aside = await count_mails_set_aside(session)
    if Counted.overdue_at_desk:
        facts = {"count": Counted.overdue_at_desk, "reason": DESK_OVERDUE}
        log.warning("Originals have not been completed at the intake desk in time.", extra={"facts": facts})


async def liken_what_came_together(runtime: Runtime, now: datetime) -> None:
    """Pair referrals that are alike and came in at the same moment, when neither could see the other."""
    async with runtime.database.transaction(Actor.job("intake", "liken-again")) as session:
        found = await liken_again(session, since=now - LIKEN_SINCE, now=now)
    if found:
        log.info("Pairs were found among referrals that came together.", extra={"facts": {"count": found}})


async def purge_old_keys(runtime: Runtime, now: datetime) -> None:
    """Forget idempotency keys and form tokens after 30 days."""
    async with runtime.database.transaction(Actor.job("intake", "purge-keys")) as session:
        await purge_keys(session, before=now - KEYS_KEPT, now=now)


async def take_in_the_spool(runtime: Runtime, now: datetime) -> None:
    """Take in what the spool kept while the database was away, and keep references for the next time."""
    await drain(runtime, now)


async def reconcile(runtime: Runtime, now: datetime) -> None:
    """Count the day before, in London, once it is over, and every earlier one of two weeks that is still open."""
    yesterday = now.astimezone(clock.LONDON).date() - timedelta(days=1)
    await _count({yesterday} | set(await _open_days(runtime, yesterday)), runtime)


async def reconcile_again(runtime: Runtime, now: datetime) -> None:
    """Count the days that are still open again: what was on its way has arrived, and who was silent may answer."""
    days = await _open_days(runtime, now.astimezone(clock.LONDON).date())
    await _count(set(days), runtime)


async def _open_days(runtime: Runtime, until: date) -> tuple[date, ...]:
    async with runtime.database.transaction(Actor.job("intake", "reconcile")) as session:
        Counted.differences = await count_open_differences(session)
        return await open_days(session, since=until - LOOKED_BACK)


async def _count(days: set[date], runtime: Runtime) -> None:
    """Count days: read our own tables, ask each consumer outside any transaction, keep what was found.

    Statistics are told of the first count of a day, and of every later one that says something else.
    """
    actor, now = Actor.job("intake", "reconcile"), clock.now()
    for day in sorted(days):
        async with runtime.database.transaction(actor) as session:
            found = await came_in(session, day, _bounds(day), runtime.areas.names())
        absent = await _absent(runtime, found.passages)
        counts = [*found.inside]
        for key, passages in found.passages.items():
            asked = key[1] != STATISTICS_TOPIC
            counts.append(counted(day, passages, absent.get(key), asked=asked, now=now))
        async with runtime.database.transaction(actor) as session:
            opened = await keep_counts(session, counts, now=now)
            stands = await reconciled(session, day, _recipients(runtime))
            await tell_of_day(session, day, stands, runtime.areas.versions_on(day))
            Counted.differences = await count_open_differences(session)
        if opened:
            facts = {"reason": str(Trouble.DIFFERENT), "count": opened}
            log.warning("A day's count of originals, events, receipts and holdings differs.", extra={"facts": facts})


def _recipients(runtime: Runtime) -> Mapping[str, tuple[str, ...]]:
    """Return which services must have every referral of an area, by area."""
    today = clock.now().astimezone(clock.LONDON).date()
    areas = runtime.areas
    return {
        name: tuple(dict.fromkeys(each.service for each in areas.current(name, today).recipients if each.required))
        for name in areas.names()
    }


async def _absent(
    runtime: Runtime, passages: Mapping[tuple[str, str, str], tuple[Passage, ...]]
) -> dict[tuple[str, str, str], frozenset[UUID]]:
    """Return, where a consumer answers, which of the referrals on a topic it says it does not have."""
    found = {}
    async with Holders(runtime.settings.service_urls, runtime.secrets.machine_credential) as holders:
        for key, ours in passages.items():
            _, topic, service = key
            if topic == STATISTICS_TOPIC:
                continue
            try:
                found[key] = await holders.missing(service, topic, [each.referral_id for each in ours])
            except Unavailable as error:
                facts = {"reason": error.reason, "service": service, "topic": topic}
                log.warning("A consumer does not say what it holds.", extra={"facts": facts})
    return found


def _bounds(day: date) -> tuple[datetime, datetime]:
    """Return a London day's first moment and that of the next."""
    begins, ends = (
        datetime(each.year, each.month, each.day, tzinfo=clock.LONDON) for each in (day, day + timedelta(1))
    )
    return begins.astimezone(UTC), ends.astimezone(UTC)


async def read_what_was_held(runtime: Runtime, now: datetime) -> None:
    """Have originals read that were held because the malware scanner was away, now that it answers."""
    scanner = scanner_at(cast("IntakeSettings", runtime.clients).clamd_address)
    if scanner is not None and not await scanner.answers():
        return
    actor = Actor.job("intake", "read-held")
    async with runtime.database.transaction(actor) as session:
        held = await waiting_for_the_scanner(session, limit=READ_HELD_AT_ONCE)
    for referral_id in held:
        async with runtime.database.transaction(actor) as session:
            await read_again(session, referral_id, now=now)


async def purge_saved_forms(runtime: Runtime, now: datetime) -> None:
    """Forget drafts of the web form whose link has run out, each with its key, and links to progress likewise."""
    async with runtime.database.transaction(Actor.job("intake", "purge-saved-forms")) as session:
        expired = await expired_forms(session, now=now)
    for each in expired:
        await runtime.keys.erase(each)
    async with runtime.database.transaction(Actor.job("intake", "purge-saved-forms")) as session:
        await forget_saved_forms(session, expired, now=now, reason="expired")
        await purge_progress_links(session, now=now)


JOBS = (
    Job("read-held", READ_HELD_EVERY, read_what_was_held),
    Job("spool", SPOOL_EVERY, take_in_the_spool),
    Job("late-lines", LATE_LINES_EVERY, watch_late_lines),
    Job("desk", DESK_EVERY, watch_desk),
    Job("liken-again", LIKEN_EVERY, liken_what_came_together),
    Job("reconcile", RECONCILE_EVERY, reconcile, daily=True),
    Job("reconcile-again", RECONCILE_AGAIN_EVERY, reconcile_again),
    Job("purge-keys", PURGE_EVERY, purge_old_keys, daily=True),
    Job("purge-saved-forms", PURGE_EVERY, purge_saved_forms, daily=True),
)
