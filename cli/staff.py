"""The people of a demonstration: read from samples/demo-staff.yaml, all of them made up."""

from dataclasses import dataclass
from pathlib import Path

import yaml

import samples
from contracts.vocabulary import Role

FILE = "demo-staff.yaml"
ROLE_WORDS = {
    Role.GATEWAY_OFFICER: "Gateway officer",
    Role.GATEWAY_SUPERVISOR: "Gateway supervisor",
    Role.IMU_OFFICER: "Intelligence unit officer",
    Role.CHANNEL_COORDINATOR: "Channel coordinator",
    Role.CHANNEL_SUPERVISOR: "Channel supervisor",
    Role.FRONT_DOOR_WORKER: "Social care front door worker",
    Role.INTAKE_DESK_OFFICER: "Intake desk officer",
    Role.BOARD_MEMBER: "Board member",
    Role.OPS_ENGINEER: "Operations engineer",
    Role.DATA_PROTECTION_OFFICER: "Data protection officer",
}


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
