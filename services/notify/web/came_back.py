"""What came back of a notice, in words for the delivery desk."""

from collections.abc import Mapping, Sequence

from services.notify.domain import State, What, status_in_words
from services.notify.queries import CameBack

_WHAT: Mapping[What, tuple[str, str]] = {
    What.ACCEPTED: ("Accepted", "grey"),
    What.RELAYED: ("Passed on", "grey"),
    What.DELIVERED: ("Delivered", "green"),
    What.DELAYED: ("Delayed", "orange"),
    What.BOUNCED: ("Came back", "red"),
    What.AUTO_REPLY: ("Automatic reply", "grey"),
    What.UNREADABLE: ("A mail that software cannot read", "orange"),
    What.OPENED: ("Opened", "blue"),
    What.ACKNOWLEDGED: ("Acknowledged", "green"),
    What.SILENT: ("No answer in time", "orange"),
}
_EXPLAINED: Mapping[What, str] = {
    What.RELAYED: "The next server reports nothing: it may be there",
    What.DELIVERED: "It lies in the mailbox",
    What.DELAYED: "The other server still tries",
    What.AUTO_REPLY: "For example out of office: it has arrived, and nobody may have read it",
    What.UNREADABLE: "It may be a bounce in an unknown form, or somebody who writes",
    What.SILENT: "Nobody has answered in the time for that",
}
_BY: Mapping[str, str] = {
    "smtp": "Mail",
    "govuk-notify": "GOV.UK Notify",
    "webhook": "Webhook",
    "page": "A signed-in person",
    "link": "The link in the mail",
    "inbox": "The inbox",
}


def came_back_lines(found: Sequence[CameBack]) -> list[dict[str, object]]:
    """Return what came back, as a page shows it: in words of ours, never in those of another server."""
    return [
        {
            "what": _WHAT[one.what][0],
            "colour": _WHAT[one.what][1],
            "by": _BY.get(one.way, one.way) + (f", attempt {one.attempt}" if one.attempt else ""),
            "why": (status_in_words(one.status) or _EXPLAINED.get(one.what, "")).capitalize(),
            "status": one.status,
            "digest": one.digest,
            "at": one.at,
        }
        for one in found
    ]


def what_to_do(found: Sequence[CameBack], state: State) -> str:
    """Return what somebody at the desk does about what came back, "" where nothing is to be done."""
    whats = {one.what for one in found}
    if state == State.UNDELIVERABLE and What.BOUNCED in whats:
        return (
            "It was called sent and came back, so whoever had it written has been told. Ring the recipient; correct "
            "the address in the area file where it is wrong, then send it again."
        )
    if What.UNREADABLE in whats and state == State.SENT:
        return "Ring the recipient and ask whether it has arrived: software cannot tell from what came back."
    return ""
