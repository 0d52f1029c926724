"""Who can be responsible for an item of the plan: whom the area names, officers of the team, or somebody else."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.database import Session
from services.channel import queries
from services.channel.domain import is_mail_address
from services.channel.domain.planning import ItemOwner
from services.channel.web.forms import PlanItemForm
from services.channel.web.views.asked import Opened

SOMEBODY_ELSE = "somebody-else"


@dataclass(frozen=True)
class Choice:
    """Somebody who can be chosen: `value` is what the form sends; not `listed`: only where they were chosen before."""

    value: str
    label: str
    owner: ItemOwner
    listed: bool = True


async def owners(session: Session, found: Opened) -> tuple[Choice, ...]:
    """Return who can be chosen: officers of the team, the panel, partners, providers and services of the area."""
    practice = found.practice
    team = [
        Choice(f"officer:{each.id}", f"{each.name} (your team)", ItemOwner(each.name, officer_id=each.id))
        for each in await queries.officers(session, found.held.area)
    ]
    listed = practice.choosable()
    area = [
        Choice(f"area:{key}", name, ItemOwner(name, recipient=key), key in listed)
        for key, name in practice.bodies().items()
    ]
    return (*team, *area, Choice(SOMEBODY_ELSE, "Somebody else: name them below", ItemOwner()))


def owner_of(form: PlanItemForm, choices: Sequence[Choice]) -> ItemOwner | str:
    """Return who was chosen or named; a sentence where somebody else has no name, or no mail address of the usual form.

    Nobody yet is an owner without a name: the draft says that one is wanting.
    """
    if form.owner != SOMEBODY_ELSE:
        chosen = next((each.owner for each in choices if each.value == form.owner), None)
        return chosen or ItemOwner()
    if not form.owner_name:
        return "Enter the name of who is responsible, or choose somebody from the list"
    if form.owner_address and not is_mail_address(form.owner_address):
        return "Enter a mail address in the usual form, for example name@school.example, or none"
    return ItemOwner(form.owner_name, address=form.owner_address)


def owner_fields(owner: ItemOwner, choices: Sequence[Choice]) -> dict[str, str]:
    """Return what stands in the form for an owner."""
    for each in choices:
        reached = (each.owner.recipient, each.owner.officer_id)
        if any(reached) and reached == (owner.recipient, owner.officer_id):
            return {"owner": each.value}
    named = {"owner_name": owner.name, "owner_address": owner.address}
    return {"owner": SOMEBODY_ELSE if owner.name else "", **named}
