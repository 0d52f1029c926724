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
from cli.errors import BadInput, Refused
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
    """Write everything needed to verify offline: a line each for the keys, the entries, the checkpoints and the end.

    Raises BadInput where the file cannot be written.
    """
    lines = [line for service, chain in chains.items() for line in _lines(service, chain)]
    lines.append(json.dumps({"end": {"lines": len(lines)}}))
    try:
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        message = f"{file} cannot be written ({error.strerror}): name a file in a folder that exists."
        raise BadInput(message) from error


def _lines(service: str, chain: Chain) -> Iterator[str]:
    yield json.dumps({"key": {"service": service, "public_key": chain.public_key.hex()}})
    for kind, lines in (("entry", chain.entries), ("checkpoint", chain.checkpoints)):
        for line in lines:
            yield f'{{"{kind}": {line.strip()}}}'


def exported(file: Path) -> Mapping[str, Chain]:
    """Return the chains of an export; BadInput names the line that is none of ours, or what has been cut off."""
    chains: dict[str, Chain] = {}
    try:
        *lines, last = file.read_text(encoding="utf-8").splitlines() or [""]
    except (OSError, UnicodeDecodeError) as error:
        message = f"{file} cannot be read: name a file written by `throughline audit export`."
        raise BadInput(message) from error
    for number, line in enumerate(lines, start=1):
        _sort(chains, line, f"{file}, line {number}")
    missing = [service for service in SERVICES if service not in chains]
    if last != json.dumps({"end": {"lines": len(lines)}}) or missing:
        what = f"nothing of {', '.join(missing)} is in it" if missing else "its end is missing or counts other lines"
        message = f"{file} is not whole ({what}): export it again, and ask who has shortened this one."
        raise BadInput(message)
    return chains


def strangers(chains: Mapping[str, Chain], state: Path) -> tuple[str, ...]:
    """Return the services whose key in an export is not the one known here; where none is known, none is strange."""
    try:
        known = Operator.of(state).audit_public_keys
    except Refused:
        return ()
    return tuple(
        service for service, chain in chains.items() if base64.b64decode(known.get(service, "")) != chain.public_key
    )


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
