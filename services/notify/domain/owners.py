"""Who sees to a notice that reached nobody: whoever had it written, or the delivery desk; never nobody."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from services.notify.domain.telling import Kind


class Owner(StrEnum):
    """Who is told that a notice has not reached anybody.

    The ledger is intake's: a line of it then calls for a person; beside it the police are told, for the officer of the
    case. The desk is the delivery desk, with an alarm; whoever typed is the person who asked for the mail and waits for
    it on a page, on the desk without an alarm.
    """

    LEDGER = "ledger"
    POLICE = "police"
    CHANNEL = "channel"
    INTAKE = "intake"
    DESK = "desk"
    WHOEVER_TYPED = "whoever-typed"


OWNERS: Mapping[Kind, Owner] = MappingProxyType(
    {
        Kind.CONCERN_RECEIVED: Owner.LEDGER,
        Kind.CONCERN_UPDATED: Owner.LEDGER,
        Kind.CONCERN_MOVED: Owner.INTAKE,
        Kind.PACK_ANSWERED: Owner.DESK,
        Kind.SIGNPOST_MADE: Owner.POLICE,
        Kind.SIGNPOST_ENDED: Owner.DESK,
        Kind.REFERRER_TOLD: Owner.INTAKE,
        Kind.ADDITION_RECEIVED: Owner.INTAKE,
        Kind.LINK_SAVED_FORM: Owner.WHOEVER_TYPED,
        Kind.LINK_PROGRESS: Owner.INTAKE,
        Kind.DUTY_PAGED: Owner.INTAKE,
        Kind.TRANSFER_OFFERED: Owner.POLICE,
        Kind.TRANSFER_CALLED_BACK: Owner.DESK,
        Kind.CLOCK_ESCALATED: Owner.DESK,
        Kind.ASK_MADE: Owner.CHANNEL,
        Kind.ASK_REMINDED: Owner.CHANNEL,
        Kind.ASK_OVERDUE: Owner.CHANNEL,
        Kind.ASK_ENDED: Owner.DESK,
        Kind.ASK_CODE: Owner.WHOEVER_TYPED,
    }
)
"""Who sees to each kind; a clock that ran out is seen to by whoever keeps it, where they can be told."""
_CLOCKS_OF: Mapping[str, Owner] = MappingProxyType({"triage": Owner.POLICE, "intake": Owner.INTAKE})


def owner_of(kind: Kind, publisher: str) -> Owner:
    """Return who sees to a notice of a kind that reached nobody; `publisher` is the service whose event it tells of."""
    return _CLOCKS_OF.get(publisher, OWNERS[kind]) if kind is Kind.CLOCK_ESCALATED else OWNERS[kind]
