"""What a notice says and where it goes: the same for its sending and for every preview of it."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from areas import Area
from chassis.working_days import is_working_day
from contracts.vocabulary import ProgressStage, day_in_words
from contracts.vocabulary.days import LONDON
from services.notify.domain import (
    LINKS,
    Kind,
    LinkTo,
    RecipientKind,
    Text,
    clock_in_words,
    compose,
    link_token,
    mail_words,
    read_ask_stage,
)
from services.notify.operations.addressing import NAMED
from services.notify.operations.delivery import Claimed
from services.notify.operations.reaching import reached
from services.notify.readers import MailTemplate, mail_template

LINK_IN_THE_MAIL = "(the link, which is kept nowhere)"
"""What stands in the record of a mail in place of a link that opens something by itself."""
CODE_IN_THE_MAIL = "(the code, which is kept nowhere)"

FORM_STAYS = "This mail holds no personal data on purpose; please do not reply with any."
FORM_GOES = (
    "What we may tell you of the person is attached, because your area lists your mail domain as secure. "
    "Keep it as you keep your own records, pass this mail on to nobody, and do not reply to it."
)
OF_CONCERNS = {
    "en": ("Urgent: ", "The referrer says that somebody is in immediate danger.\n", FORM_GOES, FORM_STAYS),
    "cy": (
        "Brys: ",
        "Mae’r atgyfeiriwr yn dweud bod rhywun mewn perygl uniongyrchol.\n",
        (
            "Mae’r hyn y cawn ei ddweud wrthych am y person wedi’i atodi, am fod eich ardal yn rhestru parth eich "
            "post fel un diogel. Cadwch ef fel y cadwch eich cofnodion eich hun, peidiwch ag anfon y neges hon ymlaen "
            "at neb, a pheidiwch â’i hateb."
        ),
        "Nid oes data personol yn y neges hon, a hynny o fwriad; peidiwch â rhoi manylion personol mewn ateb.",
    ),
}
"""What a mail about a concern says where it is so: urgent, in danger, with the form, without it. The Welsh is a
machine's draft like the templates that it stands in."""

BY_LINK = {
    Kind.SIGNPOST_MADE: (LinkTo.SIGNPOST, "signpost-links"),
    Kind.SIGNPOST_ENDED: (LinkTo.SIGNPOST, "signpost-links"),
    Kind.TRANSFER_OFFERED: (LinkTo.TRANSFER, "transfer-links"),
    Kind.TRANSFER_CALLED_BACK: (LinkTo.TRANSFER, "transfer-links"),
    **dict.fromkeys((Kind.ASK_MADE, Kind.ASK_REMINDED, Kind.ASK_OVERDUE, Kind.ASK_ENDED), (LinkTo.ASK, "asks")),
}
"""The notices whose reader has no account, what their links lead to, and where."""


@dataclass(frozen=True)
class Letterhead:
    """What links are made from: where the pages of notify are, and the key of those that open something themselves."""

    public_url: str
    key: bytes = field(repr=False)


@dataclass(frozen=True)
class Written:
    """What a notice says, by which template; `kept` is the body as it may be kept and shown: no secret stands in it."""

    template: str
    text: Text
    kept: str


def written(
    letterhead: Letterhead, area: Area, claimed: Claimed, now: datetime, template: MailTemplate | None = None
) -> Written | None:
    """Return what a notice says at this moment, by the newest template unless another is given.

    None for what the area does not tell, and for a code that is over.
    """
    template = template or mail_template(claimed.kind, claimed.language)
    _, team = address_of(area, claimed, now)
    text = _text(letterhead, area, claimed, template, (team, now))
    if text is None:
        return None
    secret = _opening_by_itself(letterhead, claimed)
    instead = CODE_IN_THE_MAIL if claimed.kind == Kind.ASK_CODE else LINK_IN_THE_MAIL
    return Written(template.name, text, text.body.replace(secret, instead) if secret else text.body)


def acknowledge_link(letterhead: Letterhead, claimed: Claimed) -> str:
    """Return the link by which a front door says, once and without signing in, that it has a concern."""
    token = link_token(letterhead.key, LinkTo.CONCERN, claimed.id)
    return f"{letterhead.public_url.rstrip('/')}/concern-links/{token}"


def address_of(area: Area, claimed: Claimed, now: datetime) -> tuple[str, str]:
    """Return the mail address for a notice and the name to greet it by; empty strings where the area has none.

    Outside its opening hours a front door hears of immediate danger at its out-of-hours address.
    """
    if claimed.recipient_kind == RecipientKind.REFERRER or claimed.recipient:
        return claimed.recipient, ""
    local = now.astimezone(LONDON)
    working_day = is_working_day(local.date())
    if claimed.recipient_kind == RecipientKind.DUTY_OFFICER:
        officer = area.duty_officer(local.time(), working_day=working_day)
        return officer.page, officer.name
    try:
        if claimed.recipient_kind in NAMED:
            return NAMED[claimed.recipient_kind](area, claimed)
        door = area.front_door(claimed.recipient_key)
    except LookupError:
        return "", ""
    is_open = door.opening_hours.is_open(local.time(), working_day=working_day)
    return (door.out_of_hours_email if claimed.urgent and not is_open else door.email), door.name


def link_of(letterhead: Letterhead, kind: Kind, subject: UUID, about_id: UUID | None) -> str:
    """Return the secure link of a mail to what the mail leaves out: a page behind sign-in, or one with a secret name.

    A service or a force has no account: whoever holds its link may open what it leads to.
    """
    base = letterhead.public_url.rstrip("/")
    if kind in BY_LINK and about_id is not None:
        to, path = BY_LINK[kind]
        return f"{base}/{path}/{link_token(letterhead.key, to, about_id)}"
    return f"{base}/inbox" if kind == Kind.CONCERN_MOVED else f"{base}/concerns/{subject}"


def in_their_language(area: Area, claimed: Claimed) -> Claimed:
    """Return a notice in the language in which the area's file has its recipient written to.

    Referrers are told in the language of their form, and whom the file does not name in English.
    """
    found = reached(area, claimed.recipient_kind, claimed.recipient_key)
    return replace(claimed, language=str(found.language)) if found else claimed


def stage_of(claimed: Claimed) -> ProgressStage | None:
    """Return the stage of which a referrer is told; None for all other notices."""
    told = claimed.recipient_kind == RecipientKind.REFERRER and claimed.stage
    return ProgressStage(claimed.stage) if told else None


def _text(
    letterhead: Letterhead, area: Area, claimed: Claimed, template: MailTemplate, told: tuple[str, datetime]
) -> Text | None:
    """Return the text of a mail to whoever is `told`, by that name and at that moment; None for what is not told."""
    team, now = told
    values = {"reference": claimed.reference}
    if claimed.kind in LINKS:
        link, _, until = claimed.link.partition(" ")
        if not link:
            return None
        until = day_in_words(date.fromisoformat(until), claimed.language)
        return compose(template.text, values | {"link": link, "until": until})
    if claimed.recipient_kind == RecipientKind.ASKED:
        return _text_of_ask(letterhead, area, claimed, template, now)
    if claimed.recipient_kind == RecipientKind.REFERRER:
        stage = stage_of(claimed)
        telling = area.telling(stage) if stage else None
        if telling is None:
            return None
        return compose(template.text, values | {"sentence": telling.spoken(claimed.language)})
    return compose(template.text, values | {"team": team} | _values_for_team(letterhead, claimed, template.language))


def _text_of_ask(
    letterhead: Letterhead, area: Area, claimed: Claimed, template: MailTemplate, now: datetime
) -> Text | None:
    """Return a mail about what Channel asks of somebody; None for a code whose time is over, or that has gone out."""
    kind, due = read_ask_stage(claimed.stage)
    spoken = template.language
    asker = f"tîm Channel {area.name}" if spoken == "cy" else f"The Channel team of {area.name}"
    values = {"reference": claimed.reference, "what": mail_words(kind, spoken), "asker": asker}
    if claimed.kind != Kind.ASK_CODE:
        link = link_of(letterhead, claimed.kind, claimed.subject, claimed.about_id)
        return compose(template.text, values | {"due": day_in_words(due, spoken), "link": link})
    code, _, until = claimed.link.partition(" ")
    if not code or now >= datetime.fromisoformat(until):
        return None
    return compose(template.text, values | {"code": code})


def _values_for_team(letterhead: Letterhead, claimed: Claimed, spoken: str) -> dict[str, str]:
    """Return what a mail to an organisation carries beside its name and the reference."""
    if claimed.recipient_kind == RecipientKind.ESCALATION:
        return {"clock": clock_in_words(claimed.stage, spoken)}
    if claimed.recipient_kind == RecipientKind.DUTY_OFFICER:
        return {}
    values = {"link": link_of(letterhead, claimed.kind, claimed.subject, claimed.about_id)}
    if claimed.kind in {Kind.CONCERN_RECEIVED, Kind.CONCERN_UPDATED}:
        urgent, in_danger, form_goes, form_stays = OF_CONCERNS[spoken]
        values["urgent_subject"] = urgent if claimed.urgent else ""
        values["acknowledge_link"] = acknowledge_link(letterhead, claimed)
        values["form_line"] = form_goes if claimed.with_form else form_stays
        values["urgent_line"] = in_danger if claimed.urgent else ""
    return values


def _opening_by_itself(letterhead: Letterhead, claimed: Claimed) -> str:
    """Return the link of a mail that opens something without signing in; "" where it has none."""
    if claimed.kind in BY_LINK:
        return link_of(letterhead, claimed.kind, claimed.subject, claimed.about_id)
    if claimed.kind in {Kind.CONCERN_RECEIVED, Kind.CONCERN_UPDATED}:
        return acknowledge_link(letterhead, claimed)
    return claimed.link.partition(" ")[0]
