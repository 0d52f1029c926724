"""The views of the police console."""

from services.triage.web.views.ageing import ageing, ageing_file
from services.triage.web.views.allocating import allocate, record_allocation
from services.triage.web.views.begun import discard_begun, save_begun
from services.triage.web.views.deciding import (
    check_or_commit,
    choose_decision,
    decide,
    start_decision,
)
from services.triage.web.views.deconflicting import deconflict, record_deconfliction
from services.triage.web.views.obligations import (
    add_action,
    ask_partner,
    cancel_obligation,
    fulfil_obligation,
    review_partnership,
)
from services.triage.web.views.printing import print_referral
from services.triage.web.views.queues import gateway_queue, home, imu_queue, newer
from services.triage.web.views.referral import document, referral, take
from services.triage.web.views.sameness import record_same, same
from services.triage.web.views.searching import find, search, search_results
from services.triage.web.views.work import work, workload

__all__ = [
    "add_action",
    "ageing",
    "ageing_file",
    "allocate",
    "ask_partner",
    "cancel_obligation",
    "check_or_commit",
    "choose_decision",
    "decide",
    "deconflict",
    "discard_begun",
    "document",
    "find",
    "fulfil_obligation",
    "gateway_queue",
    "home",
    "imu_queue",
    "newer",
    "print_referral",
    "record_allocation",
    "record_deconfliction",
    "record_same",
    "referral",
    "review_partnership",
    "same",
    "save_begun",
    "search",
    "search_results",
    "start_decision",
    "take",
    "work",
    "workload",
]
