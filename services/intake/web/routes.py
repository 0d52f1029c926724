"""The site map of intake: address, view, permission."""

from chassis.policy import PUBLIC
from chassis.web import Page
from services.intake.domain import WORK_THE_DESK
from services.intake.web import desk, ledgers, partners, progress, reconciling, routing, set_aside, spool, views
from services.intake.web.form import copies, saving, suggestions

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
    Page("GET", "/referral/copy.docx", copies.copy_word, PUBLIC),
    Page("GET", "/referral/copy.pdf", copies.copy_portable, PUBLIC),
    Page("GET", "/blank-form.docx", copies.blank_word, PUBLIC),
    Page("GET", "/blank-form.pdf", copies.blank_portable, PUBLIC),
    Page("GET", "/referral/save", saving.save, PUBLIC),
    Page("POST", "/referral/save", saving.save, PUBLIC),
    Page("GET", "/referral/saved", saving.saved, PUBLIC),
    Page("GET", "/progress", progress.progress, PUBLIC),
    Page("POST", "/progress", progress.progress, PUBLIC),
    Page("GET", "/progress/asked", progress.progress_asked, PUBLIC),
    Page("GET", "/progress/referral", progress.progress_referral, PUBLIC),
    Page("POST", "/progress/referral", progress.progress_referral, PUBLIC),
    Page("GET", "/progress/{token}", progress.progress_link, PUBLIC),
    Page("POST", "/progress/{token}", progress.progress_link, PUBLIC),
    Page("GET", "/autocomplete/{kind}.json", suggestions.suggestions, PUBLIC),
    Page("GET", "/saved", saving.saved_forms, PUBLIC),
    Page("GET", "/saved/{token}", saving.saved_link, PUBLIC),
    Page("POST", "/saved/{token}", saving.saved_link, PUBLIC),
    Page("GET", "/desk", desk.unread, WORK_THE_DESK),
    Page("GET", "/desk/referrals/{reference}", desk.referral, WORK_THE_DESK),
    Page("POST", "/desk/referrals/{reference}", desk.referral, WORK_THE_DESK),
    Page("POST", "/desk/referrals/{reference}/claim", desk.claim_referral, WORK_THE_DESK),
    Page("POST", "/desk/referrals/{reference}/allocation", desk.allocate_referral, WORK_THE_DESK),
    Page("GET", "/desk/pairs", desk.pairs, WORK_THE_DESK),
    Page("GET", "/desk/pairs/{reference}/{other}", desk.pair, WORK_THE_DESK),
    Page("POST", "/desk/pairs/{reference}/{other}", desk.pair, WORK_THE_DESK),
    Page("GET", "/desk/documents/{document_id:uuid}", desk.original, WORK_THE_DESK),
    Page("GET", "/desk/mails", set_aside.mails_aside, WORK_THE_DESK),
    Page("GET", "/desk/mails/{aside_id:uuid}", set_aside.mail_aside, WORK_THE_DESK),
    Page("POST", "/desk/mails/{aside_id:uuid}", set_aside.mail_aside, WORK_THE_DESK),
    Page("GET", "/desk/ledger", ledgers.late, WORK_THE_DESK),
    Page("GET", "/desk/ledger/{reference}", ledgers.ledger_lines, WORK_THE_DESK),
    Page("GET", "/desk/reconciliation", reconciling.reconciliation, WORK_THE_DESK),
    Page("GET", "/desk/reconciliation/{line_id:uuid}", reconciling.difference, WORK_THE_DESK),
    Page("POST", "/desk/reconciliation/{line_id:uuid}", reconciling.difference, WORK_THE_DESK),
    Page("GET", "/desk/routing", routing.routing, WORK_THE_DESK),
    Page("GET", "/desk/routing/{reference}", routing.routing_of, WORK_THE_DESK),
)
NAVIGATION = (
    ("Make a referral", "start"),
    ("Originals to read", "unread"),
    ("Same person", "pairs"),
    ("Ledger", "late"),
)

OPS_ROUTES = (
    Page("GET", "/ops/ledger", ledgers.newest_ledgers_as_json, WORK_THE_DESK),
    Page("GET", "/ops/ledger/{reference}", ledgers.ledger_as_json, WORK_THE_DESK),
    Page("GET", "/ops/lines", ledgers.lines_as_json, WORK_THE_DESK),
    Page("GET", "/ops/proof/{reference}", ledgers.proof_as_json, WORK_THE_DESK),
    Page("GET", "/ops/routing/{reference}", routing.routing_as_json, WORK_THE_DESK),
    Page("GET", "/ops/reconciliation", reconciling.reconciliation_as_json, WORK_THE_DESK),
    Page("POST", "/ops/reconciliation/{line_id:uuid}", reconciling.explain_as_json, WORK_THE_DESK),
    Page("GET", "/ops/spool", spool.spool_as_json, WORK_THE_DESK),
    Page("GET", "/ops/partners", partners.partners_as_json, WORK_THE_DESK),
    Page("POST", "/ops/partners", partners.add_partner_as_json, WORK_THE_DESK),
    Page("POST", "/ops/partners/{client_id}/renew", partners.renew_partner_as_json, WORK_THE_DESK),
    Page("POST", "/ops/partners/{client_id}/revoke", partners.revoke_partner_as_json, WORK_THE_DESK),
)
