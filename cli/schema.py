"""Knows whether the databases were prepared by exactly what is installed now."""

import hashlib
import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path

import chassis
from cli import postgres
from cli.state import StateFolder, write_private
from contracts.catalogue import SERVICES, TOPICS

FILE = "schema.json"


def is_newest(folder: StateFolder) -> bool:
    """Say whether there is nothing to prepare: the common case of a restart, decided without a connection."""
    try:
        return bool(json.loads((folder.root / FILE).read_text(encoding="utf-8"))["digest"] == digest())
    except (OSError, ValueError, KeyError, TypeError):
        return False


def mark(folder: StateFolder, prepared: str) -> None:
    """Remember that everything was prepared at this digest."""
    write_private(folder.root / FILE, json.dumps({"digest": prepared}) + "\n")


def digest() -> str:
    """Return one digest over the migrations, what they read, who is granted what, and the topics."""
    found = hashlib.sha256()
    for path in sorted(_sources()):
        found.update(path.name.encode("utf-8") + b"\0" + path.read_bytes())
    for topic in TOPICS:
        found.update(repr((topic.name, topic.publisher, topic.consumers)).encode("utf-8"))
    return found.hexdigest()


def _sources() -> Iterator[Path]:
    plumbing = Path(next(iter(chassis.__path__)))
    yield from (plumbing / "migrations").glob("*.py")
    yield from (plumbing / "transports").glob("*.sql")
    yield from (plumbing / name for name in ("tables.py", "migrate.py", "database.py", "crypto.py"))
    yield Path(postgres.__file__).with_name("provision.py")
    for service in SERVICES:
        found = importlib.util.find_spec(f"services.{service}")
        for location in (found.submodule_search_locations or ()) if found else ():
            yield from Path(location).glob("models*.py")
            yield from (Path(location) / "models").glob("*.py")
            yield from (Path(location) / "migrations").glob("*.py")
