"""What changes in notify: facts are received, notices sent, and people answer."""

from services.notify.operations.addressing import NAMED, asked_in
from services.notify.operations.answering import (
    Answer,
    acknowledge_concern,
    open_concern,
)
from services.notify.operations.ask_answering import AskReply, answer_ask, keep_draft
from services.notify.operations.ask_opening import acknowledge, enter_code, look_at_ask, mail_code, refuse_look
from services.notify.operations.asks import (
    MovedAsk,
    ReceivedAsk,
    ToRemind,
    asks_to_remind,
    end_ask,
    move_ask,
    receive_ask,
    remind_of_ask,
)
from services.notify.operations.calendars import attached_file, meeting_file
from services.notify.operations.delivery import (
    Claimed,
    Sent,
    claim_due,
    record_attempts,
    send_again,
    set_aside_interrupted,
)
from services.notify.operations.erasing import erase_subject
from services.notify.operations.people import Person, note_merged, note_separated
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
    tell_escalation,
    tell_pack_answered,
)
from services.notify.operations.signposts import acknowledge_signpost, end_signpost, open_signpost, report_signpost
from services.notify.operations.transfers import (
    ReceivedTransfer,
    TransferAnswer,
    answer_transfer,
    call_transfer_back,
    open_transfer,
    receive_transfer,
)

__all__ = [
    "NAMED",
    "Answer",
    "AskReply",
    "Claimed",
    "LinkMessage",
    "MovedAsk",
    "Person",
    "ReceivedAsk",
    "ReceivedConcern",
    "ReceivedSignpost",
    "ReceivedTransfer",
    "ReferrerMessage",
    "Sent",
    "ToRemind",
    "TransferAnswer",
    "acknowledge",
    "acknowledge_concern",
    "acknowledge_signpost",
    "answer_ask",
    "answer_transfer",
    "asked_in",
    "asks_to_remind",
    "attached_file",
    "call_transfer_back",
    "claim_due",
    "end_ask",
    "end_signpost",
    "enter_code",
    "erase_subject",
    "keep_draft",
    "look_at_ask",
    "mail_code",
    "meeting_file",
    "move_ask",
    "note_merged",
    "note_separated",
    "open_concern",
    "open_signpost",
    "open_transfer",
    "page_duty_officer",
    "receive_ask",
    "receive_concern",
    "receive_link",
    "receive_referrer_message",
    "receive_signpost",
    "receive_transfer",
    "record_attempts",
    "refuse_look",
    "remind_of_ask",
    "report_signpost",
    "send_again",
    "set_aside_interrupted",
    "tell_escalation",
    "tell_pack_answered",
]
