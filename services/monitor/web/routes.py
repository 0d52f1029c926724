"""The site map of monitor: address, view, permission."""

from chassis.web import Page
from services.monitor.domain import REPAIR_MESSAGES, VIEW_OPERATIONS
from services.monitor.web import answers, views

PAGES = (
    Page("GET", "/", views.overview, VIEW_OPERATIONS),
    Page("GET", "/services/{service}", views.service_health, VIEW_OPERATIONS),
    Page("GET", "/way", views.way, VIEW_OPERATIONS),
    Page("GET", "/parked", views.parked, VIEW_OPERATIONS),
    Page("GET", "/parked/{service}/{message_id}", views.parked_message, VIEW_OPERATIONS),
    Page("POST", "/parked/{service}/{message_id}/check", views.check_repair, REPAIR_MESSAGES),
    Page("POST", "/parked/{service}/{message_id}/repair", views.repair, REPAIR_MESSAGES),
    Page("GET", "/checkpoints", views.checkpoints, VIEW_OPERATIONS),
    Page("GET", "/checkpoints/{service}", views.chain, VIEW_OPERATIONS),
)

NAVIGATION = (
    ("Overview", "overview"),
    ("A referral's way", "way"),
    ("Parked messages", "parked"),
    ("Audit checkpoints", "checkpoints"),
)

# Guarded by the operator token, not by a session.
OPS_ROUTES = (
    Page("GET", "/ops/traces/{correlation_id}", answers.traces, VIEW_OPERATIONS),
    Page("GET", "/ops/checkpoints", answers.checkpoints, VIEW_OPERATIONS, name="kept_checkpoints"),
)
