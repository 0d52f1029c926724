"""The form that may go with a mail to a front door: opened for that mail alone, and the opening is recorded."""

from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import select

from areas import Area
from chassis import audit
from chassis.database import Session
from services.notify.domain import (
    CARRY_A_FORM,
    FormSent,
    RecipientKind,
    SafeguardingFacts,
    Way,
    domain_of,
    form_text,
    is_listed,
)
from services.notify.models import concern
from services.notify.operations.delivery import Claimed

_FACTS = TypeAdapter(SafeguardingFacts)


def form_stays(area: Area, claimed: Claimed, address: str) -> FormSent | None:
    """Return why the form stays behind the link of a notice; None where the area lets it go to that address.

    For notices that never have one it stays for no reason that anybody needs to read: ask `may_have_form` first.
    """
    if claimed.way is not Way.SMTP:
        return FormSent.NOT_BY_MAIL
    try:
        listed = area.front_door(claimed.recipient_key).secure_domains
    except KeyError:
        return FormSent.NOT_LISTED
    return None if is_listed(address, listed) else FormSent.NOT_LISTED


def may_have_form(claimed: Claimed) -> bool:
    """Say whether a form may go with notices of this kind at all."""
    return claimed.recipient_kind is RecipientKind.FRONT_DOOR and claimed.kind in CARRY_A_FORM


async def open_form(session: Session, claimed: Claimed, address: str, *, now: datetime) -> bytes:
    """Return the form that goes with a mail to a listed address; nothing where nobody has read the referral yet.

    Nothing either where another front door has the concern by now: it is that one's business alone.

    Raises SubjectErased.
    """
    row = await session.first(select(concern).where(concern.c.subject == claimed.subject))
    if row is None or row.facts_sealed is None or not row.read or row.front_door != claimed.recipient_key:
        return b""
    facts = _FACTS.validate_json(await session.unseal(claimed.subject, row.facts_sealed))
    about = {"front_door": claimed.recipient_key, "domain": domain_of(address)}
    await audit.record(
        session, "concern.open-for-mail", subject=claimed.subject, now=now, area=claimed.area, facts=about
    )
    return form_text(facts, claimed.reference).encode()
