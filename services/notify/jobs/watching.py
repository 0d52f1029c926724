"""How old what waits is, and which front doors are silent although everybody above them was told: for the alarms."""

from datetime import UTC, datetime, timedelta

from chassis import telemetry
from chassis.runtime import Runtime
from services.notify import queries
from services.notify.jobs.running import job_actor
from services.notify.queries import Queue, Undelivered

MAY_WAIT = {True: timedelta(minutes=5), False: timedelta(hours=4)}
"""How long a notice may wait before a person is called, by whether it is urgent."""


class Counted:
    """What was last counted that may call for a person: told as figures, from which the alarms are raised."""

    queues: tuple[Queue, ...] = ()
    silent = 0
    unreadable = 0
    undelivered = Undelivered(0, 0)
    at = datetime.min.replace(tzinfo=UTC)


def _oldest() -> list[tuple[float, dict[str, str | bool | int | float]]]:
    """Return the age in seconds of the oldest notice that waits, by urgency; nought where none does."""
    ages = {True: 0.0, False: 0.0}
    for each in Counted.queues:
        ages[each.urgent] = max(ages[each.urgent], (Counted.at - each.oldest).total_seconds())
    return [(age, {"urgent": "yes" if urgent else "no"}) for urgent, age in ages.items()]


def _waiting() -> list[tuple[float, dict[str, str | bool | int | float]]]:
    return [(each.waiting, {"way": each.way, "urgent": "yes" if each.urgent else "no"}) for each in Counted.queues]


def _late() -> int:
    """Return on how many queues the oldest notice has waited longer than it may."""
    return sum(Counted.at - each.oldest > MAY_WAIT[each.urgent] for each in Counted.queues)


telemetry.gauge("notify.queue.late", _late, "1", "Queues on which a notice has waited longer than it may")
telemetry.gauge("notify.queue.oldest", _oldest, "s", "Age in seconds of the oldest notice that waits to be sent")
telemetry.gauge("notify.queue.waiting", _waiting, "1", "Notices that wait to be sent, by way")
telemetry.gauge(
    "notify.concern.silent",
    lambda: Counted.silent,
    "1",
    "Concerns that nobody has acknowledged although everybody whom the area names was told",
)


telemetry.gauge(
    "notify.notice.undelivered",
    lambda: Counted.undelivered.desk,
    "1",
    "Notices that reached nobody, and that nobody but the delivery desk sees to",
)
telemetry.gauge(
    "notify.duty.unreached",
    lambda: Counted.undelivered.duty_officer,
    "1",
    "Calls to a duty officer that reached nobody",
)


telemetry.gauge(
    "notify.mail.unreadable",
    lambda: Counted.unreadable,
    "1",
    "Notices of which something came back that no software can read",
)


async def watch_queues(runtime: Runtime, now: datetime) -> None:
    """Count what waits, by age, and the concerns about which nobody answers, for the alarms."""
    async with runtime.database.transaction(job_actor(runtime)) as session:
        Counted.queues = await queries.queue_ages(session, now=now)
        Counted.silent = await queries.count_silent(session)
        Counted.unreadable = await queries.count_unreadable(session, now=now)
        Counted.undelivered = await queries.count_undelivered(session)
    Counted.at = now
