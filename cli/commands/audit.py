"""`throughline audit`: every service's chain against the checkpoints that monitor keeps, live or from an export."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chassis.audit import Verification, read_checkpoints, read_entries, verify
from chassis.errors import Rejected
from cli import console
from cli.clients import Operations, Operator
from cli.errors import BadInput
from contracts.catalogue import SERVICES

PAGE = 5000


@dataclass
class Chain:
    """What is known of one service's chain: its lines, the checkpoints others keep, and the key that signed them."""

    public_key: bytes = b""
    entries: list[str] = field(default_factory=list)
    checkpoints: list[str] = field(default_factory=list)


def fetched(state: Path) -> Mapping[str, Chain]:
    """Return every service's chain as it stands, with monitor's copies of the checkpoints."""
    operator = Operator.of(state)
    chains = {}
    with Operations(operator) as operations, console.progress() as progress:
        for service in SERVICES:
            task = progress.add_task(f"Reading the audit of {service}", total=None)
            key = base64.b64decode(operator.audit_public_keys[service])
            kept = operations.get("monitor", "checkpoints", service=service)
            own = operations.get(service, "audit/checkpoints", after=0)
            checkpoints = [json.dumps(each) for each in [*_rows(kept), *_rows(own)]]
            chains[service] = Chain(key, list(_entries(operations, service)), checkpoints)
            progress.remove_task(task)
    return chains


def _rows(answer: object) -> Sequence[object]:
    if isinstance(answer, dict):
        answer = answer.get("checkpoints", [])
    return answer if isinstance(answer, list) else []


def _entries(operations: Operations, service: str) -> Iterator[str]:
    after = 0
    while True:
        page = [line for line in operations.lines(service, "audit/entries", after=after, limit=PAGE) if line.strip()]
        yield from page
        if len(page) < PAGE:
            return
        after = int(json.loads(page[-1])["sequence"])


def export(chains: Mapping[str, Chain], file: Path) -> None:
    """Write everything needed to verify offline: a line each for the keys, the entries and the checkpoints."""
    with file.open("w", encoding="utf-8") as output:
        for service, chain in chains.items():
            output.write(json.dumps({"key": {"service": service, "public_key": chain.public_key.hex()}}) + "\n")
            for kind, lines in (
                ("entry", chain.entries),
                ("checkpoint", chain.checkpoints),
            ):
                output.writelines(f'{{"{kind}": {line.strip()}}}\n' for line in lines)


def exported(file: Path) -> Mapping[str, Chain]:
    """Return the chains of an export; BadInput names the line that is none of ours."""
    chains: dict[str, Chain] = {}
    try:
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                _sort(chains, line, f"{file}, line {number}")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{file} cannot be read: name a file written by `throughline audit export`."
        raise BadInput(message) from error
    return chains


def _sort(chains: dict[str, Chain], line: str, place: str) -> None:
    try:
        ((kind, content),) = json.loads(line).items()
        chain = chains.setdefault(str(content["service"]), Chain())
        if kind == "key":
            chain.public_key = bytes.fromhex(content["public_key"])
        else:
            {"entry": chain.entries, "checkpoint": chain.checkpoints}[kind].append(json.dumps(content))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{place} is no part of an audit export: name a file written by `throughline audit export`."
        raise BadInput(message) from error


def verified(chains: Mapping[str, Chain]) -> Mapping[str, Verification]:
    """Check each chain and return what was found; BadInput when a line cannot be read at all."""
    found = {}
    for service, chain in chains.items():
        try:
            found[service] = verify(
                read_entries(chain.entries),
                read_checkpoints(chain.checkpoints),
                chain.public_key,
            )
        except Rejected as error:
            message = f"{service}: {error}"
            raise BadInput(message) from error
    return found
