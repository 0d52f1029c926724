"""The views of the police console."""

from services.triage.web.views.deciding import (
    check_or_commit,
    choose_decision,
    decide,
    start_decision,
)
from services.triage.web.views.deconflicting import deconflict, record_deconfliction
from services.triage.web.views.queues import find, gateway_queue, home, imu_queue
from services.triage.web.views.referral import document, referral, take
from services.triage.web.views.sameness import record_same, same

__all__ = [
    "check_or_commit",
    "choose_decision",
    "decide",
    "deconflict",
    "document",
    "find",
    "gateway_queue",
    "home",
    "imu_queue",
    "record_deconfliction",
    "record_same",
    "referral",
    "same",
    "start_decision",
    "take",
]
