"""What triage can answer: one referral, its page and versions, the queues, and which others it may be the same as."""

from services.triage.queries.holding import Held, Summary, held, held_by_reference, latest_form
from services.triage.queries.obligations import ObligationView, OpenObligation, obligations, open_obligations
from services.triage.queries.pairs import SamenessView, linked, sameness, suggested, unanswered
from services.triage.queries.queues import GATEWAY_STATES, IMU_STATES, QUEUE_PAGE, QueueLine, queue, urgent_elsewhere
from services.triage.queries.referral import ReferralView, TimelineEntry, changes_since, referral_view
from services.triage.queries.versions import VersionView, all_versions

__all__ = [
    "GATEWAY_STATES",
    "IMU_STATES",
    "QUEUE_PAGE",
    "Held",
    "ObligationView",
    "OpenObligation",
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
    "linked",
    "obligations",
    "open_obligations",
    "queue",
    "referral_view",
    "sameness",
    "suggested",
    "unanswered",
    "urgent_elsewhere",
]
