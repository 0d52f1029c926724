"""Builders of what Channel asks of people outside, and a browser that opens it with the code in the mail."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2

from chassis import clock
from contracts.channel.notices import AskEnded, AskMade, AskMoved
from contracts.vocabulary import AskKind
from contracts.vocabulary.asking import AskSection
from services.notify import jobs
from services.notify.domain import Kind
from tests.conftest import eventually
from tests.notify.conftest import Site
from tests.notify.looking import rows, run
from tests.notify.made import REFERENCE, handle, link_of

RECIPIENTS = {
    AskKind.INFORMATION: "school",
    AskKind.ACTION: "health",
    AskKind.SIGNPOST: "kent-early-help",
    AskKind.SESSION: "provider-one",
    AskKind.INVITATION: "health",
    AskKind.PACK: "health",
    AskKind.CONSENT_CHANGE: "school",
    AskKind.TRANSFER: "southvale",
}
QUESTIONS = ("How is the attendance?", "What is known of the family?")
WHO = {"by": "Ada Helper (synthetic)", "role": "Safeguarding lead", "organisation": "Sample School"}
WHO_LINE = "Ada Helper (synthetic), Safeguarding lead, Sample School"
CANARY = "A canarymessage, made up."


def ask(kind: AskKind = AskKind.INFORMATION, *, at: datetime | None = None, **given: Any) -> AskMade:
    """Return an ask of a kind, made at a moment (now), due in ten days and open for thirty."""
    made_at = at or clock.now()
    values: dict[str, Any] = {
        "reference": REFERENCE,
        "ask_id": uuid4(),
        "kind": kind,
        "made_at": made_at,
        "made_by": "Cora Coordinator (synthetic)",
        "recipient": RECIPIENTS[kind],
        "name": "Sample Recipient (synthetic)",
        "title": "A title of the case",
        "shown": (AskSection(heading="What we ask", words=CANARY),),
        "questions": QUESTIONS if kind is AskKind.INFORMATION else (),
        "due_at": made_at + timedelta(days=10),
        "expires_at": made_at + timedelta(days=30),
    }
    return AskMade(**(values | given))


def ended(made: AskMade, *, cancelled: bool = True) -> AskEnded:
    """Return the event that ends an ask."""
    return AskEnded(reference=REFERENCE, ask_id=made.ask_id, ended_at=clock.now(), cancelled=cancelled)


def moved(made: AskMade, *, due_at: datetime, paused: bool = False) -> AskMoved:
    """Return the event that gives an ask another day, or lets it stand still."""
    return AskMoved(
        reference=REFERENCE,
        ask_id=made.ask_id,
        moved_at=made.made_at + timedelta(hours=1),
        due_at=due_at,
        expires_at=due_at + timedelta(days=30),
        paused=paused,
    )


def link(site: Site, made: AskMade) -> str:
    """Return the path of an ask's link."""
    whole = link_of(site.runtime, Kind.ASK_MADE, uuid4(), made.ask_id)
    return whole.removeprefix("http://notify.test")


async def asked(site: Site, kind: AskKind = AskKind.INFORMATION, **given: Any) -> tuple[str, AskMade, UUID]:
    """Ask somebody; return the path of the link, the ask and its subject."""
    made, subject = ask(kind, **given), uuid4()
    await handle(site.runtime, made, subject=subject)
    return link(site, made), made, subject


async def code_mailed(site: Site) -> str:
    """Return the newest code, as the demonstration's mail folder has it."""
    [newest] = await rows(site.runtime, "SELECT id FROM notice WHERE kind = 'ask-code' ORDER BY event_id DESC LIMIT 1")
    mail = await mailed(site, newest.id)
    found = re.search(r"^(\d{6})\s*$", mail, re.MULTILINE)
    assert found is not None, mail
    return found[1]


async def mailed(site: Site, notice_id: UUID) -> str:
    """Return the mail of a notice, once the demonstration's mail server has it."""
    folder = site.runtime.settings.mail_directory
    assert folder is not None
    await jobs.send_due(site.runtime, clock.now())
    file = folder / f"{notice_id}.eml"  # where the clock of notify was faster, its sending may still be under way

    async def arrived() -> bool:
        return file.exists()

    await eventually(arrived)
    return file.read_text("utf-8")


async def send(site: Site, path: str, step: str, **fields: str) -> httpx2.Response:
    """Press a button of the page and follow where it leads."""
    answer = await site.post(path, path, step=step, **fields)
    return await site.get(answer.headers["location"]) if answer.status_code == 303 else answer


async def opened(site: Site, path: str) -> httpx2.Response:
    """Open an ask as people do: have a code mailed, and enter it."""
    await send(site, path, "code")
    return await send(site, path, "enter", code=await code_mailed(site))


async def later(site: Site, made: AskMade, by: timedelta) -> None:
    """Let time pass for an ask: all of its moments, its codes among them, lie so much earlier."""
    past = f"- interval '{by.total_seconds()} seconds'"
    moments = ("opens_at", "due_at", "expires_at", "remind_at", "chase_at")
    moved = ", ".join(f"{name} = {name} {past}" for name in moments)
    await run(site.runtime, f"UPDATE ask SET {moved} WHERE id = '{made.ask_id}'")
    await run(site.runtime, f"UPDATE ask_code SET made_at = made_at {past} WHERE ask_id = '{made.ask_id}'")
