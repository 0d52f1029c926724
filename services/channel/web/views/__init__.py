"""The views of the Channel console."""

from services.channel.web.views.acting import act, commit
from services.channel.web.views.assessing import PAGES as ASSESSMENT_PAGES
from services.channel.web.views.begun import kept
from services.channel.web.views.case import case, document
from services.channel.web.views.clocks import change_clock, record_clock
from services.channel.web.views.interventions import interventions, interventions_to_look_at
from services.channel.web.views.lists import awareness, cases, find, home
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
    "awareness",
    "case",
    "cases",
    "change_clock",
    "commission",
    "commit",
    "document",
    "due",
    "end_intervention",
    "explain_sessions",
    "find",
    "home",
    "interventions",
    "interventions_to_look_at",
    "kept",
    "plan_sessions",
    "record_clock",
    "record_session",
    "transfer",
    "transfer_back",
    "work",
    "write_brief",
]
