"""How pages call front doors, services, kinds of notice and ages."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from areas.doors import Ages
from areas.parts import Way
from chassis.clock import LONDON
from chassis.web import PageRequest
from contracts.vocabulary import AskKind, ProgressStage
from services.notify.domain import AskState, FormSent, Kind, Owner, RecipientKind, Result, State, ask_state, domain_of
from services.notify.operations import Claimed, asked_in
from services.notify.queries import AskListed, NoticeListed

KIND_NAMES = {
    Kind.CONCERN_RECEIVED: "Safeguarding concern",
    Kind.CONCERN_UPDATED: "More about a concern",
    Kind.CONCERN_MOVED: "Concern moved away",
    Kind.PACK_ANSWERED: "Channel has answered",
    Kind.SIGNPOST_MADE: "Signpost",
    Kind.REFERRER_TOLD: "Message to the referrer",
    Kind.ADDITION_RECEIVED: "Receipt of an addition",
    Kind.LINK_SAVED_FORM: "Link to a saved form",
    Kind.LINK_PROGRESS: "Link to the progress of a referral",
    Kind.DUTY_PAGED: "Call to the duty officer",
    Kind.TRANSFER_OFFERED: "Offer of a transfer",
    Kind.TRANSFER_CALLED_BACK: "Transfer called back",
    Kind.SIGNPOST_ENDED: "No answer is needed any more",
    Kind.CLOCK_ESCALATED: "Time has run out",
    Kind.ASK_MADE: "Asked by link",
    Kind.ASK_REMINDED: "Reminder",
    Kind.ASK_OVERDUE: "Reminder: overdue",
    Kind.ASK_ENDED: "Nothing is needed any more",
    Kind.ASK_CODE: "One-time code",
}
RECIPIENT_NAMES = {
    RecipientKind.FRONT_DOOR: "a front door of social care",
    RecipientKind.SERVICE: "a service that somebody is signposted to",
    RecipientKind.REFERRER: "the referrer",
    RecipientKind.DUTY_OFFICER: "the duty officer",
    RecipientKind.FORCE: "another police force",
    RecipientKind.ESCALATION: "the person who is told in turn",
    RecipientKind.ASKED: "somebody outside whom Channel asks",
}
STAGE_NAMES = {
    ProgressStage.RECEIVED: "Received",
    ProgressStage.BEING_ASSESSED: "Being assessed",
    ProgressStage.PASSED_TO_ANOTHER_SERVICE: "Passed to another service",
    ProgressStage.SUPPORT_BEING_CONSIDERED: "Support being considered",
    ProgressStage.CLOSED: "Closed",
}
AGES_NAMES = {Ages.CHILDREN: "children", Ages.ADULTS: "adults", Ages.EVERYONE: "everyone"}
WAY_NAMES: Mapping[str, str] = {
    Way.SMTP: "mail",
    Way.GOVUK_NOTIFY: "GOV.UK Notify",
    Way.WEBHOOK: "signed webhook",
    Way.INBOX: "the inbox page",
}
OWNER_WORDS: Mapping[Owner, str] = {
    Owner.LEDGER: "The ledger of the referral says that it was not delivered, and the police are told.",
    Owner.POLICE: "The police are told that it was not sent.",
    Owner.CHANNEL: "Channel is told that it was not sent.",
    Owner.INTAKE: "The intake desk is told that it was not sent, among those who must be rung.",
    Owner.DESK: "Nobody else is told of that: it is for this desk to tell whoever relies on it.",
    Owner.WHOEVER_TYPED: "Nobody else is told of that: whoever asked for it waits for it, and can ask again.",
}
"""What follows where a notice is not sent, by who sees to it."""
LANGUAGE_NAMES = {"en": "English", "cy": "Welsh"}
CARRIED_NAMES = {
    "reference": "the reference",
    "link": "a link",
    "acknowledge_link": "a link that acknowledges, once",
    "until": "until when the link works",
    "team": "the recipient’s own name",
    "sentence": "a sentence of the area’s file",
    "urgent_subject": "the word Urgent",
    "urgent_line": "that somebody is in immediate danger",
    "form_line": "whether the form is attached",
    "clock": "which clock ran out",
    "what": "what sort of thing is asked",
    "asker": "the Channel team that asks",
    "due": "by when it is due",
    "code": "a one-time code",
}
STATE_NAMES = {
    State.DUE: "Waiting to be sent",
    State.SENDING: "Being sent",
    State.FAILED: "Will be tried again",
    State.SENT: "Sent",
    State.ACKNOWLEDGED: "Acknowledged",
    State.UNDELIVERABLE: "Could not be delivered",
    State.SUPPRESSED: "Not to be sent",
}
RESULT_NAMES = {
    Result.ACCEPTED: "Accepted",
    Result.DEFERRED: "Not now",
    Result.BOUNCED: "Came back",
    Result.REFUSED: "Refused",
    Result.UNKNOWN: "Not known whether it went",
    Result.NO_ADDRESS: "No address",
    Result.NOT_SET_UP: "This way is not set up here",
    Result.NOT_SECURE: "The line was not secure",
    Result.NOT_TO_BE_TOLD: "Not to be told",
    Result.TOO_MANY: "Too many to this address",
    Result.FAULT: "A fault of our own; the log of notify says which",
}
ASK_NAMES = {
    AskKind.INFORMATION: "Request for information",
    AskKind.ACTION: "Action",
    AskKind.SIGNPOST: "Signpost",
    AskKind.SESSION: "Report of a session",
    AskKind.INVITATION: "Invitation to a panel",
    AskKind.PACK: "Pack for a panel",
    AskKind.CONSENT_CHANGE: "Change of consent",
    AskKind.TRANSFER: "Transfer between panels",
}
STATE_COLOURS = {
    State.DUE: "blue",
    State.SENDING: "blue",
    State.FAILED: "orange",
    State.SENT: "grey",
    State.ACKNOWLEDGED: "green",
    State.UNDELIVERABLE: "red",
    State.SUPPRESSED: "grey",
}


def door_name(page: PageRequest, area: str, door_id: str) -> str:
    """Return a front door's name in the area file in force, or its id where it is no longer there."""
    try:
        return page.runtime.areas.current(area, _today(page)).front_door(door_id).name
    except LookupError:
        return door_id


def service_name(page: PageRequest, area: str, service_id: str) -> str:
    """Return the name of a service that referrals are signposted to, or its id where it is no longer there."""
    try:
        return page.runtime.areas.current(area, _today(page)).signpost_service(service_id).name
    except LookupError:
        return service_id


def force_name(page: PageRequest, area: str, force_id: str) -> str:
    """Return the name of another police force, or its id where the area file names it no longer."""
    try:
        known = page.runtime.areas.current(area, _today(page)).gateway.forces
    except LookupError:
        return force_id
    return {each.id: each.name for each in known}.get(force_id, force_id)


def _told_in_turn(page: PageRequest, area: str, step: str) -> str:
    try:
        return page.runtime.areas.current(area, _today(page)).told_in_turn(step).name
    except LookupError:
        return "The person to be told"


def recipient_name(page: PageRequest, notice: NoticeListed | Claimed) -> str:
    """Return who a notice goes to; a referrer is never named."""
    if notice.recipient_kind == RecipientKind.FRONT_DOOR:
        return door_name(page, notice.area, notice.recipient_key)
    if notice.recipient_kind == RecipientKind.SERVICE:
        return service_name(page, notice.area, notice.recipient_key)
    if notice.recipient_kind == RecipientKind.FORCE:
        return force_name(page, notice.area, notice.recipient_key)
    if notice.recipient_kind == RecipientKind.ESCALATION:
        return _told_in_turn(page, notice.area, notice.recipient_key)
    if notice.recipient_kind == RecipientKind.ASKED:
        return ask_name(page, notice.area, notice.recipient_key)
    return "The duty officer" if notice.recipient_kind == RecipientKind.DUTY_OFFICER else "The referrer"


def ask_name(page: PageRequest, area: str, recipient: str) -> str:
    """Return the name of whom the area file has for an ask, or the id where it names them no longer."""
    try:
        return asked_in(page.runtime.areas.current(area, _today(page)), recipient)[1]
    except LookupError:
        return recipient or "An address that was typed"


def area_name(page: PageRequest, area: str) -> str:
    """Return what an area is called, or its id where there is no file of it any more."""
    try:
        return page.runtime.areas.current(area, _today(page)).name
    except LookupError:
        return area


def organisation_of(page: PageRequest, asked: AskListed) -> str:
    """Return the organisation of a member of the panel who is asked, "" for everybody else."""
    try:
        members = page.runtime.areas.current(asked.area, _today(page)).panel.members
    except LookupError:
        return ""
    return {each.id: each.organisation for each in members}.get(asked.recipient, "")


def last_answer(notice: NoticeListed) -> str:
    """Return what became of a notice's last attempt, with the mail server's code where it gave one."""
    if not notice.last_result:
        return "None yet"
    code = f" ({notice.last_code})" if notice.last_code else ""
    return f"{RESULT_NAMES[Result(notice.last_result)]}{code}"


def ask_standing(asked: AskListed, now: datetime) -> tuple[str, str]:
    """Return how an ask that waits stands, in words, and the colour of them."""
    if asked.undelivered_at is not None:
        return "Could not be delivered", "red"
    if ask_state(asked.times, now) is AskState.NOT_YET:
        return "Not open yet", "grey"
    seen = "Opened, no answer" if asked.seen_at is not None else "Not opened yet"
    if asked.kind == AskKind.PACK:
        return ("Read" if asked.seen_at is not None else "Not opened yet"), "blue"
    return (f"{seen}, overdue", "orange") if now > asked.times.due_at else (seen, "blue")


def age_in_words(since: datetime, now: datetime) -> str:
    """Return how old something is: "less than a minute", "35 minutes", "3 hours", "2 days"."""
    return length_in_words(now - since)


def length_in_words(length: timedelta) -> str:
    """Return how long something took, in its largest whole unit."""
    age = max(length, timedelta(0))
    for unit, whole in (
        ("day", timedelta(days=1)),
        ("hour", timedelta(hours=1)),
        ("minute", timedelta(minutes=1)),
    ):
        count = age // whole
        if count:
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return "less than a minute"


def _today(page: PageRequest) -> date:
    return page.now.astimezone(LONDON).date()


def form_in_words(form: FormSent, address: str, area_version: str) -> str:
    """Return whether what is known of the person went with a mail, and why, for whoever looks at its notice."""
    if form is FormSent.NOT_READ:
        return "Nobody has read the referral yet, so there was nothing to attach: the mail has the link only."
    if form is FormSent.NOT_BY_MAIL:
        return "What is known of the person goes with a mail of our own alone: this has the link only."
    if form is FormSent.REFUSED:
        return (
            f"The mail server refused what is known of the person for {domain_of(address)}: the mail has the link only."
        )
    file = f"by the area’s file, version {area_version}"
    if form is FormSent.NOT_LISTED:
        return f"{domain_of(address)} is not listed as secure {file}: the mail has the link only."
    if form is FormSent.ATTACHED:
        return (
            f"What is known of the person was attached: {domain_of(address)} is listed as secure {file}, and the line "
            "to the mail server was encrypted. The attachment is not kept here."
        )
    return (
        f"{domain_of(address)} is listed as secure {file}, but the mail server offered no encryption with a valid "
        "certificate: the mail has the link only."
    )


def form_would_go(stays: FormSent | None, address: str, area_version: str) -> str:
    """Return whether what is known of the person would go with a mail, for whoever looks at a preview."""
    if stays is not None:
        return form_in_words(stays, address, area_version)
    listed = f"{domain_of(address)} is listed as secure by the area’s file, version {area_version}"
    return (
        f"{listed}. Where the mail server offers encryption, what is known of the person is attached, and the last "
        "words of the mail say so instead."
    )


def ways_in_words(ways: Iterable[object]) -> str:
    """Return by which ways somebody is reached, the first one first."""
    return ", then ".join(WAY_NAMES[str(each)] for each in ways)
