"""The site map of the Channel console: address, view, permission."""

from chassis.web import Page
from services.channel.domain import (
    ANSWER_MINE,
    SEE_AWARENESS,
    SEE_CASES,
    SEE_MEETINGS,
    SEE_OBLIGATIONS,
    WORK_CASES,
    Command,
)
from services.channel.web import views
from services.channel.web.meeting_routes import MEETING_PAGES
from services.channel.web.panel_routes import PANEL_PAGES
from services.channel.web.support_routes import SUPPORT_PAGES

_ONE = "/cases/{reference}"
_OWED = f"{_ONE}/information/{{obligation}}"
_TRANSFER, _CALL_BACK = Command.TRANSFER.value, Command.CALL_BACK.value
_DRAFT = f"{_ONE}/assess/{{draft}}"
_VERSION = f"{_ONE}/assessments/{{number}}"
_ASSESS = Command.ASSESS.value
_ASSESSMENTS = views.ASSESSMENT_PAGES

_PLAN, _WRITES, _STANDS = f"{_ONE}/plan", Command.REVISE_PLAN.value, Command.PLAN_ITEM.value
_SAID, _CONSENT = f"{_ONE}/consent/{{command}}", Command.CONSENT_GIVEN.value

_ALL: tuple[Page, ...] = (
    Page("GET", "/", views.home, SEE_MEETINGS),
    Page("GET", "/more", views.more, SEE_MEETINGS),
    Page("GET", "/practice/{area}/{version}", views.practice, SEE_CASES),
    Page("GET", "/awareness", views.awareness, SEE_AWARENESS),
    Page("GET", "/cases", views.cases, SEE_CASES),
    Page("GET", "/work", views.work, SEE_CASES),
    Page("GET", "/due", views.due, SEE_CASES),
    Page("GET", "/find", views.find, SEE_CASES),
    Page("GET", _ONE, views.case, SEE_CASES),
    Page("GET", f"{_ONE}/documents/{{document_id}}", views.document, SEE_CASES),
    Page("GET", _PLAN, views.plan, SEE_CASES),
    Page("GET", f"{_PLAN}/versions/{{number}}", views.plan_version, SEE_CASES),
    Page("GET", f"{_PLAN}/items/{{item}}", views.plan_progress, _STANDS),
    Page("POST", f"{_PLAN}/items/{{item}}", views.plan_progress, _STANDS),
    Page("GET", f"{_PLAN}/draft", views.plan_draft, _WRITES),
    Page("POST", f"{_PLAN}/draft", views.change_plan, _WRITES, name="plan_draft"),
    Page("GET", f"{_PLAN}/draft/consent", views.plan_request, _WRITES),
    Page("POST", f"{_PLAN}/draft/consent", views.save_request, _WRITES, name="plan_request"),
    Page("GET", f"{_PLAN}/draft/items/{{item}}", views.plan_item, _WRITES),
    Page("POST", f"{_PLAN}/draft/items/{{item}}", views.save_item, _WRITES, name="plan_item"),
    Page("GET", f"{_PLAN}/draft/reasons", views.plan_reasons, _WRITES),
    Page("POST", f"{_PLAN}/draft/reasons", views.save_reasons, _WRITES, name="plan_reasons"),
    Page("GET", f"{_ONE}/consent", views.consent, SEE_CASES),
    Page("GET", _SAID, views.consent_change, _CONSENT),
    Page("POST", _SAID, views.consent_change, _CONSENT),
    Page("GET", f"{_ONE}/chronology", views.chronology, SEE_CASES),
    Page("GET", f"{_ONE}/chronology/text", views.chronology_text, SEE_CASES),
    Page("GET", f"{_ONE}/as-at", views.as_at, SEE_CASES),
    Page("GET", f"{_ONE}/print", views.print_case, SEE_CASES),
    Page("GET", f"{_ONE}/transfer", views.transfer, _TRANSFER),
    Page("POST", f"{_ONE}/transfer", views.transfer, _TRANSFER),
    Page("GET", f"{_ONE}/transfer/back", views.transfer_back, _CALL_BACK),
    Page("POST", f"{_ONE}/transfer/back", views.transfer_back, _CALL_BACK),
    Page("GET", f"{_ONE}/actions/{{command}}", views.act, WORK_CASES),
    Page("POST", f"{_ONE}/actions/{{command}}", views.act, WORK_CASES),
    Page("GET", f"{_ONE}/clocks/{{command}}", views.change_clock, WORK_CASES),
    Page("POST", f"{_ONE}/clocks/{{command}}", views.record_clock, WORK_CASES, name="change_clock"),
    Page("GET", "/owed", views.owed, SEE_OBLIGATIONS),
    Page("GET", "/mine", views.mine, ANSWER_MINE),
    Page("GET", "/mine/{obligation}", views.my_request, ANSWER_MINE),
    Page("POST", "/mine/{obligation}", views.my_request, ANSWER_MINE),
    Page("GET", f"{_ONE}/allocate", views.allocate, Command.ALLOCATE.value),
    Page("POST", f"{_ONE}/allocate", views.allocate, Command.ALLOCATE.value),
    Page("GET", f"{_ONE}/begun/{{draft}}", views.discard_begun, Command.DISCARD.value),
    Page("POST", f"{_ONE}/begun/{{draft}}", views.discard_begun, Command.DISCARD.value),
    Page("GET", f"{_ONE}/information", views.information, SEE_CASES),
    Page("GET", f"{_ONE}/information/request", views.ask_partners, Command.REQUEST.value),
    Page("POST", f"{_ONE}/information/request", views.ask_partners, Command.REQUEST.value),
    Page("GET", f"{_ONE}/information/action", views.give_action, Command.ACTION.value),
    Page("POST", f"{_ONE}/information/action", views.give_action, Command.ACTION.value),
    Page("GET", f"{_ONE}/information/signpost", views.signpost, Command.SIGNPOST.value),
    Page("POST", f"{_ONE}/information/signpost", views.signpost, Command.SIGNPOST.value),
    Page("GET", f"{_OWED}/again", views.remind, Command.REMIND.value),
    Page("POST", f"{_OWED}/again", views.remind, Command.REMIND.value),
    Page("GET", f"{_OWED}/done", views.fulfil_obligation, Command.FULFIL.value),
    Page("POST", f"{_OWED}/done", views.fulfil_obligation, Command.FULFIL.value),
    Page("GET", f"{_OWED}/cancel", views.cancel_obligation, Command.CANCEL.value),
    Page("POST", f"{_OWED}/cancel", views.cancel_obligation, Command.CANCEL.value),
    Page("GET", f"{_ONE}/assess", _ASSESSMENTS.assess, _ASSESS),
    Page("POST", f"{_ONE}/assess", _ASSESSMENTS.begin_assessment, _ASSESS, name="assess"),
    Page("GET", _DRAFT, _ASSESSMENTS.assess_draft, _ASSESS),
    Page("POST", _DRAFT, _ASSESSMENTS.change_draft, _ASSESS, name="assess_draft"),
    Page("GET", f"{_DRAFT}/check", _ASSESSMENTS.assess_check, _ASSESS),
    Page("POST", f"{_DRAFT}/check", _ASSESSMENTS.complete_draft, _ASSESS, name="assess_check"),
    Page("GET", f"{_DRAFT}/{{part}}", _ASSESSMENTS.assess_part, _ASSESS),
    Page("POST", f"{_DRAFT}/{{part}}", _ASSESSMENTS.save_part, _ASSESS, name="assess_part"),
    Page("GET", f"{_ONE}/assessments", _ASSESSMENTS.assessments, SEE_CASES),
    Page("GET", f"{_ONE}/assessments/compare", _ASSESSMENTS.choose_comparison, SEE_CASES),
    Page("GET", f"{_ONE}/assessments/picture", _ASSESSMENTS.assessment_picture, SEE_CASES),
    Page("GET", _VERSION, _ASSESSMENTS.assessment, SEE_CASES),
    Page("GET", f"{_VERSION}/print", _ASSESSMENTS.assessment_print, SEE_CASES),
    Page("GET", f"{_VERSION}/against/{{earlier}}", _ASSESSMENTS.assess_compare, SEE_CASES),
)

PAGES = tuple(views.kept(page) for page in (*_ALL, *MEETING_PAGES, *PANEL_PAGES, *SUPPORT_PAGES))

NAVIGATION = (
    ("My work", "work"),
    ("Cases", "cases"),
    ("What is due", "due"),
    ("Panel", "meetings"),
    ("My meetings", "my_meetings"),
    ("My requests", "mine"),
    ("What others owe", "owed"),
    ("Interventions to look at", "interventions_to_look_at"),
    ("Reviews after closure", "reviews_to_come"),
    ("Outcomes", "outcomes"),
    ("Referrals in your area", "awareness"),
)
"""What somebody may open, what is needed most often first: the menu has room for six, the others are under “More”."""
