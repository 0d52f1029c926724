"""The site map of the police console: address, view, permission."""

from chassis.web import Page
from services.triage.domain import (
    DECIDE,
    DECONFLICT,
    LINK,
    SEE_GATEWAY_QUEUE,
    SEE_IMU_QUEUE,
    SEE_OBLIGATIONS,
    SEE_REFERRAL,
    SEE_WORKLOAD,
    Command,
)
from services.triage.web import views

_ONE = "/referrals/{reference}"

PAGES: tuple[Page, ...] = (
    Page("GET", "/", views.home, SEE_REFERRAL),
    Page("GET", "/imu", views.imu_queue, SEE_IMU_QUEUE),
    Page("GET", "/gateway", views.gateway_queue, SEE_GATEWAY_QUEUE),
    Page("GET", "/newer", views.newer, SEE_REFERRAL),
    Page("GET", "/find", views.find, SEE_REFERRAL),
    Page("GET", "/search", views.search, SEE_REFERRAL),
    Page("POST", "/search", views.search_results, SEE_REFERRAL, name="search"),
    Page("GET", "/work", views.work, SEE_REFERRAL),
    Page("GET", "/workload", views.workload, SEE_WORKLOAD),
    Page("GET", _ONE, views.referral, SEE_REFERRAL),
    Page("GET", f"{_ONE}/documents/{{document_id}}", views.document, SEE_REFERRAL),
    Page("GET", f"{_ONE}/print", views.print_referral, SEE_REFERRAL),
    Page("POST", f"{_ONE}/take", views.take, Command.TAKE.value),
    Page("GET", f"{_ONE}/allocate", views.allocate, Command.ALLOCATE.value),
    Page("POST", f"{_ONE}/allocate", views.record_allocation, Command.ALLOCATE.value, name="allocate"),
    Page("GET", f"{_ONE}/deconfliction", views.deconflict, DECONFLICT),
    Page("POST", f"{_ONE}/deconfliction", views.record_deconfliction, DECONFLICT, name="deconflict"),
    Page("GET", f"{_ONE}/same", views.same, LINK),
    Page("POST", f"{_ONE}/same", views.record_same, LINK, name="same"),
    Page("GET", f"{_ONE}/decision", views.choose_decision, DECIDE),
    Page("POST", f"{_ONE}/decision", views.start_decision, DECIDE, name="choose_decision"),
    Page("GET", f"{_ONE}/decision/{{command}}", views.decide, DECIDE),
    Page("POST", f"{_ONE}/decision/{{command}}", views.check_or_commit, DECIDE, name="decide"),
    Page("POST", f"{_ONE}/decision/{{command}}/begun", views.save_begun, DECIDE),
    Page("POST", f"{_ONE}/decision/{{command}}/discard", views.discard_begun, DECIDE),
    Page("GET", "/obligations", views.ageing, SEE_OBLIGATIONS),
    Page("GET", "/obligations.csv", views.ageing_file, SEE_OBLIGATIONS),
    Page("GET", f"{_ONE}/obligations/request", views.ask_partner, Command.REQUEST.value),
    Page("POST", f"{_ONE}/obligations/request", views.ask_partner, Command.REQUEST.value),
    Page("GET", f"{_ONE}/obligations/action", views.add_action, Command.ADD_ACTION.value),
    Page("POST", f"{_ONE}/obligations/action", views.add_action, Command.ADD_ACTION.value),
    Page("GET", f"{_ONE}/partnership/review", views.review_partnership, Command.REVIEW_PLP.value),
    Page("POST", f"{_ONE}/partnership/review", views.review_partnership, Command.REVIEW_PLP.value),
    Page("GET", f"{_ONE}/obligations/{{obligation}}/done", views.fulfil_obligation, Command.FULFIL.value),
    Page("POST", f"{_ONE}/obligations/{{obligation}}/done", views.fulfil_obligation, Command.FULFIL.value),
    Page("GET", f"{_ONE}/obligations/{{obligation}}/cancel", views.cancel_obligation, Command.CANCEL.value),
    Page("POST", f"{_ONE}/obligations/{{obligation}}/cancel", views.cancel_obligation, Command.CANCEL.value),
)

NAVIGATION = (
    ("Deconfliction", "imu_queue"),
    ("Gateway", "gateway_queue"),
    ("My work", "work"),
    ("Workload", "workload"),
    ("What others owe", "ageing"),
)
