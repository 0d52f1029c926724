"""Conversations cut at every stage: what was told 250 is stored, what never ended is not, and sent again it is one."""

import asyncio
import random
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from services.intake.app import service
from services.intake.settings import IntakeSettings
from tests.conftest import Running, RunningOf
from tests.intake.builders import mail, rows

TIMES = 100
AT_ONCE = 10
RESET = struct.pack("ii", 1, 0)
STAGES = ("greeting", "EHLO", "MAIL", "RCPT", "DATA", "body", "almost", "end", "answer")
"""How far a conversation gets before it is cut; at `end` the mail is whole and nobody waits for the answer."""


@dataclass(frozen=True)
class Told:
    """What a sender knows: how far it came, and whether it read 250 after the mail."""

    stage: str
    accepted: bool


@pytest.fixture
async def intake(running_of: RunningOf) -> tuple[Running, int]:
    """Intake with its mailbox open, and the mailbox's port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    return await running_of(service(IntakeSettings(service="intake", smtp_port=port))), port


async def converse(port: int, raw: bytes, stage: str, chance: random.Random) -> Told:
    """Talk until the stage, then hang up, sometimes with a reset."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        accepted = await _talk(reader, writer, raw, STAGES.index(stage), chance)
    finally:
        if chance.random() < 0.5:
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()
        writer.close()
    return Told(stage, accepted)


async def _talk(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, raw: bytes, stage: int, chance: random.Random
) -> bool:
    await reader.readline()
    lines = (b"HELO x", b"MAIL FROM:<referrer@school.example>", b"RCPT TO:<c@d.example>", b"DATA")
    for line in lines[:stage]:
        writer.write(line + b"\r\n")
        await reader.readline()
    if stage < STAGES.index("body"):
        return False
    body = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    end = {"body": chance.randrange(len(body)), "almost": len(body)}.get(STAGES[stage])
    writer.write(body[:end] if end is not None else body + b".\r\n")
    await writer.drain()
    if STAGES[stage] == "end":
        await asyncio.sleep(chance.choice((0, 0.001, 0.01, 0.05)))
        return False
    return STAGES[stage] == "answer" and (await reader.readline()).startswith(b"250 ")


async def conversed(port: int, mails: Sequence[bytes], stages: Sequence[str], chance: random.Random) -> list[Told]:
    """Send each mail up to its stage, several at a time."""
    told: list[Told] = []
    for start in range(0, len(mails), AT_ONCE):
        batch = list(zip(mails, stages, strict=True))[start : start + AT_ONCE]
        told += await asyncio.gather(*(converse(port, raw, stage, chance) for raw, stage in batch))
    return told


class TestCut:
    async def test_a_hundred_times_stores_what_was_accepted_and_nothing_unfinished(
        self, intake: tuple[Running, int]
    ) -> None:
        running, port = intake
        chance = random.Random(20261121)
        mails = [mail(f"Mail {number}.", X_Number=str(number)).as_bytes() for number in range(TIMES)]
        stages = [STAGES[number % len(STAGES)] for number in range(TIMES)]
        told = await conversed(port, mails, stages, chance)
        whole = [each for each in told if each.stage in {"end", "answer"}]
        assert all(each.accepted for each in told if each.stage == "answer")
        again = await conversed(port, mails, ["answer"] * TIMES, chance)
        assert all(each.accepted for each in again)
        stored = await rows(running.runtime, "SELECT id FROM referral")
        assert len(stored) == TIMES
        repeats = await rows(running.runtime, "SELECT 1 AS one FROM audit_entry WHERE action = 'referral.repeated'")
        accepted = sum(each.accepted for each in told)
        assert accepted <= len(repeats) <= len(whole)
