"""Synthetic referrals for the tests of intake, and what the database holds of them."""

import itertools
from email.message import EmailMessage
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.actor import Actor
from chassis.app import Runtime
from contracts.vocabulary import ReferralForm
from services.intake.domain import Quarantined
from services.intake.queries import quarantined_of

_numbers = itertools.count(1)


def referral(**person: Any) -> dict[str, Any]:
    """Return the JSON of a synthetic referral, unlike every other one."""
    return {
        "person": {"forenames": "Sample", "surname": "Synthetic", "date_of_birth": "2009-04-27", **person},
        "concerns": {"narrative": f"A synthetic concern, number {next(_numbers)}."},
        "referrer": {
            "forename": "Sample",
            "surname": "Referrer",
            "organisation": "Example School",
            "sector": "education",
            "email": "referrer@school.example",
        },
        "sharing_acknowledged": True,
    }


def form(**person: Any) -> ReferralForm:
    """Return the same as a form."""
    return ReferralForm.model_validate(referral(**person))


def mail(body: str = "A synthetic mail.", **headers: str) -> EmailMessage:
    """Return a mail without a form."""
    message = EmailMessage()
    given = {
        "From": "referrer@school.example",
        "To": "preventreferrals@kent-and-medway.example",
        "Subject": "Prevent referral",
        "Message-ID": f"<{next(_numbers)}@school.example>",
    }
    for name, value in {**given, **headers}.items():
        message[name.replace("_", "-")] = value
    message.set_content(body)
    return message


def mail_with_form(content: bytes, name: str = "referral.json", subtype: str = "json", **headers: str) -> EmailMessage:
    """Return a mail with one attachment."""
    message = mail(**headers)
    message.add_attachment(content, maintype="application", subtype=subtype, filename=name)
    return message


async def rows(runtime: Runtime, statement: str, **parameters: Any) -> list[Any]:
    """Return the rows of a statement in the service's own database."""
    async with runtime.database.transaction(Actor.service("intake")) as session:
        return list(await session.rows(text(statement), parameters))


async def topics_of(runtime: Runtime, referral_id: UUID) -> list[str]:
    """Return the topics of what was announced under the referral's id, in order."""
    found = await rows(runtime, "SELECT topic FROM outbox WHERE subject = :id ORDER BY id", id=referral_id)
    return [row.topic for row in found]


class Kept:
    """What intake holds of a referral: its row, and what of it was not opened."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    async def row(self, reference: str) -> Any:
        """Return a referral's row."""
        (found,) = await rows(self.runtime, "SELECT * FROM referral WHERE reference = :r", r=reference)
        return found

    async def closed(self, referral_id: UUID) -> tuple[Quarantined, ...]:
        """Return what stands in quarantine."""
        async with self.runtime.database.transaction(Actor.service("intake")) as session:
            return await quarantined_of(session, referral_id)
