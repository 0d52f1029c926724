"""Checks the DKIM signatures of a mail in a confined child of its own: python -m services.intake.readers.signatures."""

import asyncio
import json
import os
import re
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping
from dataclasses import dataclass
from email import policy
from email.parser import BytesHeaderParser
from pathlib import Path

import dkim

from services.intake.readers.confinement import allow_seconds, confine

ROOT = Path(__file__).resolve().parents[3]
CPU_SECONDS = 5
SECONDS_TO_CHECK = 15.0
MOST_SIGNATURES = 5
SMALLEST_KEY = 1024
LENGTH = 4
NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63}){1,10}")


@dataclass(frozen=True)
class Signature:
    """One DKIM signature: the signing domain and where its key is published; `partial` when it covers a part only."""

    domain: str
    name: str
    partial: bool = False


def signatures_of(head: bytes) -> tuple[Signature, ...]:
    """Return the first few signatures that the headers of a mail name; nothing is raised."""
    try:
        message = BytesHeaderParser(policy=policy.compat32).parsebytes(head)
        values = [str(value) for name, value in message.raw_items() if name.lower() == "dkim-signature"]
    except Exception:  # noqa: BLE001 - the parser of hostile mail raises anything
        return ()
    return tuple(_signature(value) for value in values[:MOST_SIGNATURES])


def _signature(value: str) -> Signature:
    tags = {key.strip(): "".join(rest.split()) for key, _, rest in (part.partition("=") for part in value.split(";"))}
    domain, selector = tags.get("d", "").lower(), tags.get("s", "").lower()
    name = f"{selector}._domainkey.{domain}"
    return Signature(domain, name if NAME.fullmatch(name) else "", "l" in tags)


async def checked(raw: bytes, keys: Mapping[str, str], count: int) -> tuple[bool, ...]:
    """Return for each of the first signatures whether it holds; `keys` are the published keys by name.

    Nothing holds when the child was killed, or wrote what nobody understands.
    """
    environment = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    command = (sys.executable, "-B", "-m", "services.intake.readers.signatures")
    head = json.dumps({"keys": dict(keys), "count": count}).encode()
    process = await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment, cwd="/"
    )
    try:
        async with asyncio.timeout(SECONDS_TO_CHECK):
            said, _ = await process.communicate(len(head).to_bytes(LENGTH, "big") + head + raw)
        found = json.loads(said)
        return tuple(each is True for each in found) if isinstance(found, list) else (False,) * count
    except (TimeoutError, ValueError, OSError):
        return (False,) * count
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def main() -> None:
    """Give up everything but the two pipes, read keys and mail, and write which signatures hold."""
    confine()
    allow_seconds(CPU_SECONDS)
    stream = sys.stdin.buffer
    head = json.loads(stream.read(int.from_bytes(stream.read(LENGTH), "big")))
    raw = stream.read()
    sys.stdout.write(json.dumps([_holds(raw, head["keys"], number) for number in range(int(head["count"]))]))


def _holds(raw: bytes, keys: Mapping[str, str], number: int) -> bool:
    def published(name: bytes, timeout: int = 0) -> bytes | None:  # noqa: ARG001  the library gives it
        key = keys.get(name.decode("ascii", "replace").lower().rstrip("."))
        return key.encode() if key is not None else None

    try:
        return bool(dkim.DKIM(raw, minkey=SMALLEST_KEY).verify(idx=number, dnsfunc=published))
    except Exception:  # noqa: BLE001 - whatever a hostile signature makes the library raise, it does not hold
        return False


if __name__ == "__main__":
    main()
