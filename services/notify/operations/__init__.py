"""What changes in notify: facts are received, notices sent, and people answer."""

from services.notify.operations.acknowledging import acknowledge_notice
from services.notify.operations.addressing import NAMED, Named, asked_in, practice_for
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
from services.notify.operations.attaching import form_stays, may_have_form, open_form
from services.notify.operations.calendars import attached_file, meeting_file
from services.notify.operations.coming_back import StillBeingSent, note_evidence
from services.notify.operations.delivery import Addressee, Claimed, HostOf, Sender, Sent, WaysOf, claim_due
from services.notify.operations.erasing import erase_subject
from services.notify.operations.escalating import Unacknowledged, escalate, to_escalate
from services.notify.operations.moving import MOVED, ConcernElsewhere
from services.notify.operations.people import Person, note_merged, note_separated
from services.notify.operations.previewing import AreaOf, Preview, addressee_of, is_sealed, messages_of_case
from services.notify.operations.reaching import reached, ways_of
from services.notify.operations.receipts import ReceiptDue, ask_later, receipts_due
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
from services.notify.operations.recording import (
    begin_next_way,
    record_attempts,
    send_again,
    set_aside_interrupted,
)
from services.notify.operations.reporting import report_concern
from services.notify.operations.samples import SAMPLE_ADDRESS, recipient_of, sample, to_door, when_closed, when_open
from services.notify.operations.signposts import acknowledge_signpost, end_signpost, open_signpost, report_signpost
from services.notify.operations.silence import Unanswered, note_silence, unanswered
from services.notify.operations.suppressing import suppress
from services.notify.operations.transfers import (
    ReceivedTransfer,
    TransferAnswer,
    answer_transfer,
    call_transfer_back,
    open_transfer,
    receive_transfer,
)
from services.notify.operations.writing import (
    CODE_IN_THE_MAIL,
    FORM_GOES,
    FORM_STAYS,
    LINK_IN_THE_MAIL,
    Letterhead,
    Written,
    address_of,
    in_their_language,
    link_of,
    stage_of,
    written,
)

__all__ = [
    "CODE_IN_THE_MAIL",
    "FORM_GOES",
    "FORM_STAYS",
    "LINK_IN_THE_MAIL",
    "MOVED",
    "NAMED",
    "SAMPLE_ADDRESS",
    "Addressee",
    "Answer",
    "AreaOf",
    "AskReply",
    "Claimed",
    "ConcernElsewhere",
    "HostOf",
    "Letterhead",
    "LinkMessage",
    "MovedAsk",
    "Named",
    "Person",
    "Preview",
    "ReceiptDue",
    "ReceivedAsk",
    "ReceivedConcern",
    "ReceivedSignpost",
    "ReceivedTransfer",
    "ReferrerMessage",
    "Sender",
    "Sent",
    "StillBeingSent",
    "ToRemind",
    "TransferAnswer",
    "Unacknowledged",
    "Unanswered",
    "WaysOf",
    "Written",
    "acknowledge",
    "acknowledge_concern",
    "acknowledge_notice",
    "acknowledge_signpost",
    "address_of",
    "addressee_of",
    "answer_ask",
    "answer_transfer",
    "ask_later",
    "asked_in",
    "asks_to_remind",
    "attached_file",
    "begin_next_way",
    "call_transfer_back",
    "claim_due",
    "end_ask",
    "end_signpost",
    "enter_code",
    "erase_subject",
    "escalate",
    "form_stays",
    "in_their_language",
    "is_sealed",
    "keep_draft",
    "link_of",
    "look_at_ask",
    "mail_code",
    "may_have_form",
    "meeting_file",
    "messages_of_case",
    "move_ask",
    "note_evidence",
    "note_merged",
    "note_separated",
    "note_silence",
    "open_concern",
    "open_form",
    "open_signpost",
    "open_transfer",
    "page_duty_officer",
    "practice_for",
    "reached",
    "receipts_due",
    "receive_ask",
    "receive_concern",
    "receive_link",
    "receive_referrer_message",
    "receive_signpost",
    "receive_transfer",
    "recipient_of",
    "record_attempts",
    "refuse_look",
    "remind_of_ask",
    "report_concern",
    "report_signpost",
    "sample",
    "send_again",
    "set_aside_interrupted",
    "stage_of",
    "suppress",
    "tell_escalation",
    "tell_pack_answered",
    "to_door",
    "to_escalate",
    "unanswered",
    "ways_of",
    "when_closed",
    "when_open",
    "written",
]
