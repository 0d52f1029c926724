"""The figures of a service that call for a person, and which alarms a reading can end."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.monitor.domain.watching import LASTING, QUEUES, Finding, HealthState, ServiceReading, Trouble


@dataclass(frozen=True)
class CallsForAPerson:
    """A figure of /metrics, above what it is trouble, and what to say of it in one sentence with its `{value}`."""

    name: str
    above: float
    reason: Trouble
    sentence: str
    place: str = ""


FIGURES = (
    CallsForAPerson(
        "intake_spool_oldest",
        60,
        Trouble.DATABASE_UNAVAILABLE,
        "Intake's database is away: referrals wait in its spool, the oldest for {value} seconds, and no team was told.",
    ),
    CallsForAPerson(
        "intake_spool_stuck",
        0,
        Trouble.SPOOL_ENTRY_STUCK,
        "Accepted referrals that cannot be taken out of intake's spool: {value}. Somebody must look now.",
    ),
    CallsForAPerson(
        "intake_spool_refused",
        0,
        Trouble.SPOOL_FULL,
        "Referrals that intake has refused since its start, because its spool took no more: {value}. See its log.",
    ),
    CallsForAPerson(
        "intake_desk_overdue",
        0,
        Trouble.DESK_OVERDUE,
        "Originals that the intake desk has not completed in time: {value}. See the list Overdue there.",
    ),
    CallsForAPerson(
        "intake_ledger_unacknowledged",
        0,
        Trouble.REFERRAL_UNACKNOWLEDGED,
        "Teams that have a referral and have not confirmed it in time: {value}. See the ledger at the intake desk.",
    ),
    CallsForAPerson(
        "intake_ledger_undelivered",
        0,
        Trouble.TEAM_NOT_TOLD,
        "Teams whose mail about a referral came back or was given up, and that have not seen it: {value}. Phone them.",
    ),
    CallsForAPerson(
        "intake_reconciliation_open",
        0,
        Trouble.RECONCILIATION_DIFFERENT,
        "Lines of the daily counts that differ and that nobody has explained: {value}. Open them at the intake desk.",
    ),
    CallsForAPerson(
        "intake_imap_behind",
        300,
        Trouble.IMAP_UNREACHABLE,
        "The mailbox has not been read by IMAP for {value} seconds: referrals may wait in it.",
    ),
    CallsForAPerson(
        "intake_imap_stuck",
        0,
        Trouble.IMAP_UNREACHABLE,
        "Mails in the mailbox that intake cannot keep: {value}. A person must fetch them.",
        place="mails",
    ),
    CallsForAPerson(
        "notify_queue_late",
        0,
        Trouble.NOTICES_WAITING,
        "Ways on which notices wait too long to be sent: {value}. See how long notices wait, at the delivery desk.",
    ),
    CallsForAPerson(
        "notify_concern_silent",
        0,
        Trouble.FRONT_DOOR_SILENT,
        "Concerns that nobody has acknowledged although everybody above was told: {value}. Ring the front door.",
    ),
    CallsForAPerson(
        "notify_duty_unreached",
        0,
        Trouble.DUTY_OFFICER_UNREACHED,
        "Calls to a duty officer that reached nobody, in immediate danger: {value}. Ring the duty officer now.",
    ),
    CallsForAPerson(
        "notify_notice_undelivered",
        0,
        Trouble.NOTICES_UNDELIVERED,
        "Notices that reached nobody, and that only the delivery desk can see to: {value}. Ring those they were for.",
    ),
    CallsForAPerson(
        "notify_mail_unreadable",
        0,
        Trouble.BOUNCES_UNREADABLE,
        "Notices of which something came back that no software can read: {value}. The delivery desk lists them.",
    ),
    CallsForAPerson(
        "stats_release_differing",
        0,
        Trouble.RELEASE_DIFFERS,
        "Signed releases of statistics that their log of facts no longer gives: {value}. The service's log names them.",
    ),
    CallsForAPerson(
        "stats_release_overdue",
        0,
        Trouble.RELEASE_DIFFERS,
        "Signed releases of statistics not proved for more than 31 days: {value}. The service's log names them.",
        place="proofs",
    ),
)
NAMES = frozenset(figure.name for figure in FIGURES)
SERVICES_ASKED = frozenset(name.partition("_")[0] for name in NAMES)
"""A figure's name begins with that of its service."""


def figure_findings(reading: ServiceReading) -> Iterator[Finding]:
    """Yield the troubles that a service's figures show; nothing where it told none."""
    for figure in FIGURES:
        value = (reading.figures or {}).get(figure.name, 0.0)
        if value > figure.above:
            yield Finding(reading.service, figure.reason, figure.place, figure.sentence.format(value=f"{value:.0f}"))


def may_pass(reading: ServiceReading) -> frozenset[Trouble]:
    """Return the troubles that a reading can end: silence ends none, nor does what a service does not tell."""
    if reading.state is HealthState.UNREACHABLE:
        return frozenset()
    untold = frozenset() if reading.outbox else QUEUES
    untold |= frozenset() if reading.figures is not None else {figure.reason for figure in FIGURES}
    return frozenset(Trouble) - LASTING - untold
