"""The people of a demonstration: read from samples/demo-staff.yaml, all of them made up."""

from dataclasses import dataclass
from pathlib import Path

import yaml

import samples
from cli.errors import BadInput
from contracts.vocabulary import Role

FILE = "demo-staff.yaml"


@dataclass(frozen=True)
class StaffMember:
    """One made-up person as the identity provider knows them; area "*" means every area."""

    sub: str
    name: str
    roles: tuple[Role, ...]
    area: str
    organisation: str
    console: str


def load(file: Path | None = None) -> tuple[StaffMember, ...]:
    """Read the staff; BadInput names the entry that is wrong."""
    path = file or Path(samples.__file__).with_name(FILE)
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))["staff"]
    return tuple(_member(path, entry) for entry in entries)


def _member(path: Path, entry: dict[str, object]) -> StaffMember:
    try:
        roles = tuple(Role(str(role)) for role in _list(entry["roles"]))
        texts = {key: str(entry[key]) for key in ("sub", "name", "area", "organisation", "console")}
    except (KeyError, ValueError, TypeError) as error:
        message = (
            f"{path.name}: the entry {entry.get('sub', '?')!r} is wrong ({error}): give it what its neighbours have."
        )
        raise BadInput(message) from error
    return StaffMember(roles=roles, **texts)


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        message = "roles must be a list"
        raise TypeError(message)
    return value
