"""The site map of intake: address, view, permission."""

from chassis.policy import PUBLIC
from chassis.web import Page
from services.intake.domain import WORK_THE_DESK
from services.intake.web import desk, ledgers, partners, views

PAGES = (
    Page("GET", "/", views.start, PUBLIC),
    Page("GET", "/referral", views.task_list, PUBLIC),
    Page("GET", "/referral/questions/{step}", views.question, PUBLIC),
    Page("POST", "/referral/questions/{step}", views.question, PUBLIC),
    Page("GET", "/referral/call-999", views.call_999, PUBLIC),
    Page("GET", "/referral/check", views.check_answers, PUBLIC),
    Page("GET", "/referral/declaration", views.declaration, PUBLIC),
    Page("POST", "/referral/declaration", views.declaration, PUBLIC),
    Page("GET", "/referral/receipt", views.receipt, PUBLIC),
    Page("GET", "/referral/copy", views.copy, PUBLIC),
    Page("GET", "/desk", desk.unread, WORK_THE_DESK),
    Page("GET", "/desk/referrals/{reference}", desk.referral, WORK_THE_DESK),
    Page("POST", "/desk/referrals/{reference}", desk.referral, WORK_THE_DESK),
    Page("GET", "/desk/documents/{document_id:uuid}", desk.original, WORK_THE_DESK),
    Page("GET", "/desk/ledger", ledgers.late, WORK_THE_DESK),
    Page("GET", "/desk/ledger/{reference}", ledgers.ledger_lines, WORK_THE_DESK),
)
NAVIGATION = (("Make a referral", "start"), ("Originals to read", "unread"), ("Ledger", "late"))

OPS_ROUTES = (
    Page("GET", "/ops/ledger", ledgers.newest_ledgers_as_json, WORK_THE_DESK),
    Page("GET", "/ops/ledger/{reference}", ledgers.ledger_as_json, WORK_THE_DESK),
    Page("GET", "/ops/partners", partners.partners_as_json, WORK_THE_DESK),
    Page("POST", "/ops/partners", partners.add_partner_as_json, WORK_THE_DESK),
    Page("POST", "/ops/partners/{client_id}/renew", partners.renew_partner_as_json, WORK_THE_DESK),
    Page("POST", "/ops/partners/{client_id}/revoke", partners.revoke_partner_as_json, WORK_THE_DESK),
)
