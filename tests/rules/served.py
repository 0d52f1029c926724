"""The six services as they are served, built without starting anything."""

import importlib
import json
from functools import cache
from pathlib import Path

from sqlalchemy import MetaData

from chassis import tables
from chassis.app import Service
from contracts.catalogue import SERVICES
from tests.rules.tree import ROOT


@cache
def service(name: str) -> Service:
    """Return a service as its app.py joins it."""
    made = importlib.import_module(f"services.{name}.app").service()
    assert isinstance(made, Service)
    return made


def metadata() -> dict[str, MetaData]:
    """Return the tables of the chassis and of every service."""
    own = {name: importlib.import_module(f"services.{name}.models").metadata for name in SERVICES}
    return {"chassis": tables.metadata, **own}


def committed(folder: str, wire_type: str) -> dict[str, object]:
    """Return a committed schema or example."""
    text = Path(ROOT / "contracts" / folder / f"{wire_type}.json").read_text(encoding="utf-8")
    found: dict[str, object] = json.loads(text)
    return found
