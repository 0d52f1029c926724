"""Which operation keeps what comes back by a link, by what was asked."""

from collections.abc import Mapping

from contracts.vocabulary import AskKind
from services.channel.operations.asking import Answered, Seen
from services.channel.operations.obligations import obligation_answered, obligation_seen
from services.channel.operations.shortfalls import session_answered, session_seen
from services.channel.operations.transferring import transfer_answered, transfer_seen

ANSWERED: Mapping[AskKind, Answered] = {
    AskKind.INFORMATION: obligation_answered,
    AskKind.ACTION: obligation_answered,
    AskKind.SIGNPOST: obligation_answered,
    AskKind.CONSENT_CHANGE: obligation_answered,
    AskKind.SESSION: session_answered,
    AskKind.TRANSFER: transfer_answered,
}
SEEN: Mapping[AskKind, Seen] = {
    AskKind.INFORMATION: obligation_seen,
    AskKind.ACTION: obligation_seen,
    AskKind.SIGNPOST: obligation_seen,
    AskKind.CONSENT_CHANGE: obligation_seen,
    AskKind.SESSION: session_seen,
    AskKind.TRANSFER: transfer_seen,
}
