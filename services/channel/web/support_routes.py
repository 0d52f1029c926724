"""The pages of interventions, reviews and the outcome analysis: address, view, permission."""

from chassis.web import Page
from services.channel.domain import SEE_CASES, SEE_OUTCOMES, Command
from services.channel.web import views

_ONE = "/cases/{reference}"
_PROVIDED = f"{_ONE}/interventions/{{intervention}}"

SUPPORT_PAGES: tuple[Page, ...] = (
    Page("GET", "/interventions", views.interventions_to_look_at, SEE_CASES),
    Page("GET", f"{_ONE}/interventions", views.interventions, SEE_CASES),
    Page("GET", f"{_ONE}/interventions/commission", views.commission, Command.COMMISSION),
    Page("POST", f"{_ONE}/interventions/commission", views.commission, Command.COMMISSION),
    Page("GET", f"{_PROVIDED}/brief", views.write_brief, Command.BRIEF),
    Page("POST", f"{_PROVIDED}/brief", views.write_brief, Command.BRIEF),
    Page("GET", f"{_PROVIDED}/sessions", views.plan_sessions, Command.SESSION),
    Page("POST", f"{_PROVIDED}/sessions", views.plan_sessions, Command.SESSION),
    Page("GET", f"{_PROVIDED}/why", views.explain_sessions, Command.NOTE),
    Page("POST", f"{_PROVIDED}/why", views.explain_sessions, Command.NOTE),
    Page("GET", f"{_PROVIDED}/end", views.end_intervention, Command.INTERVENTION_ENDED),
    Page("POST", f"{_PROVIDED}/end", views.end_intervention, Command.INTERVENTION_ENDED),
    Page("GET", "/outcomes", views.outcomes, SEE_OUTCOMES),
    Page("GET", "/reviews", views.reviews_to_come, SEE_CASES),
    Page("GET", f"{_ONE}/reviews", views.reviews, SEE_CASES),
    Page("GET", f"{_ONE}/reviews/{{review}}", views.record_review, Command.NOTE),
    Page("POST", f"{_ONE}/reviews/{{review}}", views.record_review, Command.NOTE),
    Page("GET", f"{_ONE}/closing-report", views.closing_report, Command.CLOSING_REPORT),
    Page("POST", f"{_ONE}/closing-report", views.closing_report, Command.CLOSING_REPORT),
    Page("GET", f"{_ONE}/sessions/{{session}}", views.record_session, Command.SESSION),
    Page("POST", f"{_ONE}/sessions/{{session}}", views.record_session, Command.SESSION),
)
