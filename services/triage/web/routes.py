"""The site map of the police console: address, view, permission."""

from chassis.web import Page
from services.triage.domain import (
    DECIDE,
    DECONFLICT,
    LINK,
    SEE_GATEWAY_QUEUE,
    SEE_IMU_QUEUE,
    SEE_REFERRAL,
    Command,
)
from services.triage.web import views

_ONE = "/referrals/{reference}"

PAGES: tuple[Page, ...] = (
    Page("GET", "/", views.home, SEE_REFERRAL),
    Page("GET", "/imu", views.imu_queue, SEE_IMU_QUEUE),
    Page("GET", "/gateway", views.gateway_queue, SEE_GATEWAY_QUEUE),
    Page("GET", "/find", views.find, SEE_REFERRAL),
    Page("GET", _ONE, views.referral, SEE_REFERRAL),
    Page("GET", f"{_ONE}/documents/{{document_id}}", views.document, SEE_REFERRAL),
    Page("POST", f"{_ONE}/take", views.take, Command.TAKE.value),
    Page("GET", f"{_ONE}/deconfliction", views.deconflict, DECONFLICT),
    Page("POST", f"{_ONE}/deconfliction", views.record_deconfliction, DECONFLICT, name="deconflict"),
    Page("GET", f"{_ONE}/same", views.same, LINK),
    Page("POST", f"{_ONE}/same", views.record_same, LINK, name="same"),
    Page("GET", f"{_ONE}/decision", views.choose_decision, DECIDE),
    Page("POST", f"{_ONE}/decision", views.start_decision, DECIDE, name="choose_decision"),
    Page("GET", f"{_ONE}/decision/{{command}}", views.decide, DECIDE),
    Page("POST", f"{_ONE}/decision/{{command}}", views.check_or_commit, DECIDE, name="decide"),
)

NAVIGATION = (("Deconfliction", "imu_queue"), ("Gateway", "gateway_queue"))
