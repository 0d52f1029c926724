"""The views of the Channel console."""

from services.channel.web.views.acting import act
from services.channel.web.views.allocating import allocate
from services.channel.web.views.assessing import PAGES as ASSESSMENT_PAGES
from services.channel.web.views.begun import kept
from services.channel.web.views.case import case, document
from services.channel.web.views.chronology import as_at, chronology, chronology_text
from services.channel.web.views.clocks import change_clock, record_clock
from services.channel.web.views.consent import consent, consent_change
from services.channel.web.views.discarding import discard_begun
from services.channel.web.views.information import ask_partners, information
from services.channel.web.views.interventions import interventions, interventions_to_look_at
from services.channel.web.views.lists import awareness, cases, find, home, more
from services.channel.web.views.mine import mine, my_request
from services.channel.web.views.obligations import cancel_obligation, fulfil_obligation, give_action, remind, signpost
from services.channel.web.views.outcomes import outcomes
from services.channel.web.views.owed import owed
from services.channel.web.views.plan import plan, plan_progress, plan_version
from services.channel.web.views.plan_draft import (
    change_plan,
    plan_draft,
    plan_item,
    plan_reasons,
    plan_request,
    save_item,
    save_reasons,
    save_request,
)
from services.channel.web.views.practice import practice
from services.channel.web.views.printing import print_case
from services.channel.web.views.reviews import closing_report, record_review, reviews, reviews_to_come
from services.channel.web.views.supporting import (
    commission,
    end_intervention,
    explain_sessions,
    plan_sessions,
    record_session,
    write_brief,
)
from services.channel.web.views.transferring import transfer, transfer_back
from services.channel.web.views.work import due, work

__all__ = [
    "ASSESSMENT_PAGES",
    "act",
    "allocate",
    "as_at",
    "ask_partners",
    "awareness",
    "cancel_obligation",
    "case",
    "cases",
    "change_clock",
    "change_plan",
    "chronology",
    "chronology_text",
    "closing_report",
    "commission",
    "consent",
    "consent_change",
    "discard_begun",
    "document",
    "due",
    "end_intervention",
    "explain_sessions",
    "find",
    "fulfil_obligation",
    "give_action",
    "home",
    "information",
    "interventions",
    "interventions_to_look_at",
    "kept",
    "mine",
    "more",
    "my_request",
    "outcomes",
    "owed",
    "plan",
    "plan_draft",
    "plan_item",
    "plan_progress",
    "plan_reasons",
    "plan_request",
    "plan_sessions",
    "plan_version",
    "practice",
    "print_case",
    "record_clock",
    "record_review",
    "record_session",
    "remind",
    "reviews",
    "reviews_to_come",
    "save_item",
    "save_reasons",
    "save_request",
    "signpost",
    "transfer",
    "transfer_back",
    "work",
    "write_brief",
]
