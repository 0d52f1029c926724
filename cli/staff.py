"""The people of a demonstration: read from samples/demo-staff.yaml, all of them made up."""

from dataclasses import dataclass
from pathlib import Path

import yaml

import samples
from contracts.vocabulary import ROLE_WORDS, Role

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

    @property
    def work(self) -> str:
        """What they are, in words for people."""
        return ", ".join(ROLE_WORDS[role] for role in self.roles)


def load() -> tuple[StaffMember, ...]:
    """Return the staff; ValueError or TypeError when the file names a role or a field that does not exist."""
    text = Path(samples.__file__).with_name(FILE).read_text(encoding="utf-8")
    entries = yaml.safe_load(text)["staff"]
    return tuple(StaffMember(**{**entry, "roles": tuple(map(Role, entry["roles"]))}) for entry in entries)
