"""The site map of notify."""

from chassis.policy import PUBLIC
from chassis.web import Page
from services.notify.domain import (
    ACKNOWLEDGE,
    ENTER,
    MANAGE_DELIVERY,
    READ_DEMO_MAIL,
    READ_DESK,
    READ_INBOX,
    READ_MESSAGES,
    READ_SIGNPOST,
    READ_UNACKNOWLEDGED,
)
from services.notify.web import (
    ask_calendar,
    asks,
    concern_links,
    desk,
    guests,
    message_templates,
    previews,
    recipients,
    unacknowledged,
    views,
    who_is_told,
)

PAGES = (
    Page("GET", "/", views.home, ENTER),
    Page("GET", "/inbox", views.inbox, READ_INBOX),
    Page("GET", "/concerns/{subject}", views.concern, READ_INBOX),
    Page(
        "POST",
        "/concerns/{subject}/acknowledge",
        views.acknowledge_concern,
        ACKNOWLEDGE,
    ),
    Page(
        "GET",
        "/concerns/{subject}/documents/{document}",
        views.concern_document,
        READ_INBOX,
    ),
    Page("GET", "/signposts/{id}", views.signpost, READ_SIGNPOST),
    Page("POST", "/signposts/{id}/acknowledge", views.acknowledge_signpost, READ_SIGNPOST),
    Page("POST", "/signposts/{id}/report", views.report_signpost, READ_SIGNPOST),
    Page("GET", "/signpost-links/{token}", guests.signpost_link, PUBLIC),
    Page("POST", "/signpost-links/{token}", guests.signpost_link, PUBLIC),
    Page("GET", "/transfer-links/{token}", guests.transfer_link, PUBLIC),
    Page("POST", "/transfer-links/{token}", guests.transfer_link, PUBLIC),
    Page("GET", "/concern-links/{token}", concern_links.concern_link, PUBLIC),
    Page("POST", "/concern-links/{token}", concern_links.concern_link, PUBLIC),
    Page("GET", "/asks/{token}", asks.ask_link, PUBLIC),
    Page("POST", "/asks/{token}", asks.ask_link, PUBLIC),
    Page("GET", "/asks/{token}/calendar", ask_calendar.ask_calendar, PUBLIC),
    Page("GET", "/desk", desk.delivery_desk, READ_DESK),
    Page("GET", "/unacknowledged", unacknowledged.unacknowledged, READ_UNACKNOWLEDGED),
    Page("GET", "/desk/queue", recipients.queue, READ_DESK),
    Page("GET", "/recipients/{area}/{key}", recipients.recipient, READ_DESK),
    Page("POST", "/notices/{id}/suppress", desk.suppress, MANAGE_DELIVERY),
    Page("GET", "/notices/{id}", desk.notice, READ_DESK),
    Page("POST", "/notices/{id}/send-again", desk.send_again, MANAGE_DELIVERY),
    Page("GET", "/messages", message_templates.message_templates, READ_MESSAGES),
    Page("GET", "/messages/{name}", message_templates.message_template, READ_MESSAGES),
    Page("GET", "/previews", previews.previews, READ_MESSAGES),
    Page("GET", "/who-is-told", who_is_told.who_is_told, READ_MESSAGES),
    Page("GET", "/mail", desk.mail_folder, READ_DEMO_MAIL),
    Page("GET", "/mail/{name}", desk.mail, READ_DEMO_MAIL),
)
NAVIGATION = (
    ("Inbox", "inbox"),
    ("Delivery desk", "delivery_desk"),
    ("Not acknowledged", "unacknowledged"),
    ("Messages", "message_templates"),
    ("Who is told", "who_is_told"),
    ("Demonstration mail", "mail_folder"),
)
