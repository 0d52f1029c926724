"""The site map of the Channel console: address, view, permission."""

from chassis.web import Page
from services.channel.domain import SEE_AWARENESS, SEE_CASES, WORK_CASES
from services.channel.web import views

_ONE = "/cases/{reference}"

PAGES: tuple[Page, ...] = (
    Page("GET", "/", views.home, SEE_CASES),
    Page("GET", "/awareness", views.awareness, SEE_AWARENESS),
    Page("GET", "/cases", views.cases, SEE_CASES),
    Page("GET", "/find", views.find, SEE_CASES),
    Page("GET", _ONE, views.case, SEE_CASES),
    Page("GET", f"{_ONE}/documents/{{document_id}}", views.document, SEE_CASES),
    Page("GET", f"{_ONE}/actions/{{command}}", views.act, WORK_CASES),
    Page("POST", f"{_ONE}/actions/{{command}}", views.commit, WORK_CASES, name="act"),
)

NAVIGATION = (("Cases", "cases"), ("Referrals in your area", "awareness"))
