"""What changes in notify: facts are received, notices sent, and people answer."""

from services.notify.operations.answering import (
    Answer,
    acknowledge_concern,
    acknowledge_signpost,
    open_concern,
    open_signpost,
)
from services.notify.operations.delivery import (
    Claimed,
    Sent,
    claim_due,
    record_attempts,
    send_again,
    set_aside_interrupted,
)
from services.notify.operations.erasing import erase_subject
from services.notify.operations.receiving import (
    LinkMessage,
    ReceivedConcern,
    ReceivedSignpost,
    ReferrerMessage,
    page_duty_officer,
    receive_concern,
    receive_link,
    receive_referrer_message,
    receive_signpost,
    tell_pack_answered,
)

__all__ = [
    "Answer",
    "Claimed",
    "LinkMessage",
    "ReceivedConcern",
    "ReceivedSignpost",
    "ReferrerMessage",
    "Sent",
    "acknowledge_concern",
    "acknowledge_signpost",
    "claim_due",
    "erase_subject",
    "open_concern",
    "open_signpost",
    "page_duty_officer",
    "receive_concern",
    "receive_link",
    "receive_referrer_message",
    "receive_signpost",
    "record_attempts",
    "send_again",
    "set_aside_interrupted",
    "tell_pack_answered",
]
