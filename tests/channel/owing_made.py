"""Obligations of synthetic cases, and what partners answer, for the tests of channel."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2

from chassis.actor import Actor
from contracts.channel.notices import AskEnded, AskMade
from contracts.notify.channel import AskAnswered
from contracts.vocabulary import AskKind, Role
from contracts.vocabulary.asking import AskAnswer
from services.channel import queries
from services.channel.domain import Contact, Member, Obligation, PanelPractice, Partner
from services.channel.operations import Owing, keep_obligation
from tests.channel.builders import CORA, NOW, REFERENCE, coordinator
from tests.channel.conftest import Console, Team, hidden

DUE = NOW + timedelta(days=7)
ONE = f"/cases/{REFERENCE}"
INFORMATION = f"{ONE}/information"
HAMID = coordinator(Role.PANEL_MEMBER, name="Hamid Health")
POLLY = coordinator(Role.PANEL_MEMBER, name="Polly Police")
CHIDI = coordinator(Role.CHANNEL_SUPERVISOR, name="Chidi Supervisor")


def owing(kind: Obligation = Obligation.REQUEST, **given: Any) -> Owing:
    """Return what a made-up partner of the area is asked for."""
    values: dict[str, Any] = {
        "owner": "Sample Health Trust",
        "message": "We look into a concern about this person.",
        "due_at": DUE,
        "recipient": "health-trust",
        "questions": ("Attendance?", "Health?"),
    }
    return Owing(kind, **{**values, **given})


async def keep(team: Team, subject: UUID, owed: Owing, actor: Actor = CORA) -> UUID:
    """Open an obligation as the coordinator and return its id."""
    async with team.runtime.database.transaction(actor) as session:
        return await keep_obligation(session, await queries.held(session, subject), owed, NOW)


async def asked(team: Team) -> list[AskMade]:
    """Return every asking that notify was told to send."""
    found = (await team.announced()).get("channel.ask-made.v1", [])
    return [each for each in found if isinstance(each, AskMade)]


async def ended(team: Team) -> list[AskEnded]:
    """Return every asking that notify was told to end."""
    found = (await team.announced()).get("channel.ask-ended.v1", [])
    return [each for each in found if isinstance(each, AskEnded)]


def answer(ask_id: UUID, **given: Any) -> AskAnswered:
    """Return what came back by a link: one question answered, nothing known to the other."""
    values: dict[str, Any] = {
        "reference": REFERENCE,
        "ask_id": ask_id,
        "kind": AskKind.INFORMATION,
        "answered_at": NOW + timedelta(days=1),
        "answered_by": "Hana Sample, nurse",
        "answers": (
            AskAnswer(question="Attendance?", words="He came every day."),
            AskAnswer(question="Health?", nothing_known=True),
        ),
    }
    return AskAnswered(**{**values, **given})


def text_of(page: httpx2.Response) -> str:
    """Return the page's text without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


async def resend(client: httpx2.AsyncClient, page: httpx2.Response, path: str, **fields: str) -> httpx2.Response:
    """Send the form that a refusal has shown again; fields given win over its hidden ones."""
    sent = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
    return await client.post(path, data={**sent, **fields})


def staff(console: Console) -> Console:
    """Return the console of an area with partners, members, and a service."""
    members = (
        Member("health", "Hamid Health", organisation="Sample Trust", sector="health", account=HAMID.id),
        Member("education", "Sample Education", organisation="Sample Schools", sector="education"),
    )
    partners = (Partner("school", "Sample schools team", ("Attendance?", "Friends?")), Partner("gp", "Sample surgery"))
    console.team.practices.given = replace(
        console.team.practices.given,
        panel=PanelPractice(members=members),
        partners={each.id: each for each in partners},
        services={"early-help": Contact("early-help", "Sample Early Help")},
        service_due={"early-help": DUE},
    )
    return console
