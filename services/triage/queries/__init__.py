"""What triage can answer: one referral, its page and versions, the queues, and which others it may be the same as."""

from services.triage.queries.holding import Held, Summary, held, held_by_reference, latest_form
from services.triage.queries.pairs import SamenessView, sameness, suggested
from services.triage.queries.queues import GATEWAY_STATES, IMU_STATES, QUEUE_PAGE, QueueLine, queue, urgent_elsewhere
from services.triage.queries.referral import ReferralView, TimelineEntry, changes_since, referral_view
from services.triage.queries.versions import VersionView, all_versions

__all__ = [
    "GATEWAY_STATES",
    "IMU_STATES",
    "QUEUE_PAGE",
    "Held",
    "QueueLine",
    "ReferralView",
    "SamenessView",
    "Summary",
    "TimelineEntry",
    "VersionView",
    "all_versions",
    "changes_since",
    "held",
    "held_by_reference",
    "latest_form",
    "queue",
    "referral_view",
    "sameness",
    "suggested",
    "urgent_elsewhere",
]
