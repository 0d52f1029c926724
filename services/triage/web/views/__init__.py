"""The views of the police console."""

from services.triage.web.views.access import access, end_access
from services.triage.web.views.ageing import ageing, ageing_file
from services.triage.web.views.allocating import allocate, record_allocation
from services.triage.web.views.assessing import PAGES as ASSESSMENT_PAGES
from services.triage.web.views.begun import kept
from services.triage.web.views.clocks import change_clock, record_clock
from services.triage.web.views.deciding import (
    check_or_commit,
    choose_decision,
    decide,
    start_decision,
)
from services.triage.web.views.deconflicting import deconflict, record_deconfliction
from services.triage.web.views.discarding import discard_begun
from services.triage.web.views.forecasting import clock_forecast
from services.triage.web.views.moving import move, older, older_version
from services.triage.web.views.obligations import (
    add_action,
    ask_partner,
    cancel_obligation,
    fulfil_obligation,
    review_partnership,
)
from services.triage.web.views.pack import pack_preview
from services.triage.web.views.people import elsewhere, person, record_elsewhere, record_separation, separate
from services.triage.web.views.printing import print_referral
from services.triage.web.views.pursuing import call_pursuit_back, offer_pursuit, pursue, refuse_pursuit
from services.triage.web.views.queues import gateway_queue, home, imu_queue, newer
from services.triage.web.views.referral import document, referral, take
from services.triage.web.views.safeguards import (
    correct,
    denials_recorded,
    end_restriction,
    note,
    restrict,
)
from services.triage.web.views.sameness import record_same, same
from services.triage.web.views.searching import find, search, search_results
from services.triage.web.views.work import work, workload

__all__ = [
    "ASSESSMENT_PAGES",
    "access",
    "add_action",
    "ageing",
    "ageing_file",
    "allocate",
    "ask_partner",
    "call_pursuit_back",
    "cancel_obligation",
    "change_clock",
    "check_or_commit",
    "choose_decision",
    "clock_forecast",
    "correct",
    "decide",
    "deconflict",
    "denials_recorded",
    "discard_begun",
    "document",
    "elsewhere",
    "end_access",
    "end_restriction",
    "find",
    "fulfil_obligation",
    "gateway_queue",
    "home",
    "imu_queue",
    "kept",
    "move",
    "newer",
    "note",
    "offer_pursuit",
    "older",
    "older_version",
    "pack_preview",
    "person",
    "print_referral",
    "pursue",
    "record_allocation",
    "record_clock",
    "record_deconfliction",
    "record_elsewhere",
    "record_same",
    "record_separation",
    "referral",
    "refuse_pursuit",
    "restrict",
    "review_partnership",
    "same",
    "search",
    "search_results",
    "separate",
    "start_decision",
    "take",
    "work",
    "workload",
]
