"""What breaks, when and for how long: drawn from a seed, written to a file, and read back to break the same again."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path

from contracts.catalogue import SERVICES

FIRST_SECONDS = 5.0
SPACING_SECONDS = 7.0
BUS = "bus"
TO_BUS = "services to bus"
READER = "reading room"
BACKEND = "postgres backend"
SUPERVISOR = "supervisor"
NURSERY = "nursery"
KILLED = ("postgres", *SERVICES, "provider", NURSERY, SUPERVISOR, READER, BACKEND)
PAUSED = ("postgres", *SERVICES, NURSERY)
MOST_PICKED = 1000
LINKS = (
    "client to api",
    "client to smtp",
    *(f"services to {service}" for service in ("intake", "triage")),
    *(f"{service} to postgres" for service in SERVICES[:5]),
)
DECK = {
    "kill": 12,
    "restart postgres": 2,
    "end sessions": 2,
    "restart broker": 2,
    "pause": 4,
    "cut": 3,
    "black hole": 3,
    "disk full": 1,
    "clock jump": 1,
}
"""How many of each kind stand in thirty faults."""
LENGTHS = {
    "restart broker": (2.0, 8.0),
    "pause": (5.0, 30.0),
    "cut": (2.0, 8.0),
    "black hole": (4.0, 15.0),
    "disk full": (4.0, 10.0),
    "clock jump": (5.0, 15.0),
}
"""How many seconds each kind lasts; what is not named here is done in a moment."""


class NoSchedule(Exception):
    """A file holds no schedule; the sentence names it."""


@dataclass(frozen=True)
class Fault:
    """One fault: its kind, what it hits, when it begins (seconds after the client's start) and how long it lasts.

    Where the victim is one of many that have no names (a backend of PostgreSQL), `pick` says which, counted round.
    """

    at: float
    kind: str
    victim: str
    seconds: float
    pick: int = 0


@dataclass(frozen=True)
class Schedule:
    """Everything that breaks in one run, and on which bus."""

    seed: int
    bus: str
    faults: tuple[Fault, ...]

    def write(self, path: Path) -> None:
        """Write the plan for people and for the next run."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "Schedule":
        """Return a plan that was written before; raises NoSchedule."""
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            return cls(found["seed"], found["bus"], tuple(Fault(**each) for each in found["faults"]))
        except (OSError, ValueError, KeyError, TypeError):
            message = f"{path} cannot be read as a schedule: name a file that an earlier run has written."
            raise NoSchedule(message) from None


def drawn(seed: int, bus: str, count: int, spacing: float = SPACING_SECONDS) -> Schedule:
    """Return `count` faults drawn from a seed: each kind once before any comes again, victims in turn."""
    chance = random.Random(f"{seed} {bus}")
    kinds = _kinds(chance, count)
    victims = {kind: _turns(chance, _victims(kind, bus)) for kind in DECK}
    faults = []
    for place, kind in enumerate(kinds):
        at = FIRST_SECONDS + spacing * (place + chance.uniform(-0.4, 0.4))
        low, high = LENGTHS.get(kind, (0.0, 0.0))
        # Short ones are likelier: a run must end, and half of all trouble is short.
        seconds = low + (high - low) * chance.random() ** 2
        victim = next(victims[kind])
        pick = chance.randrange(MOST_PICKED) if victim == BACKEND else 0
        faults.append(Fault(round(at, 2), kind, victim, round(seconds, 2), pick))
    return Schedule(seed, bus, tuple(faults))


def _kinds(chance: random.Random, count: int) -> list[str]:
    first = chance.sample(list(DECK), len(DECK))
    rest = [kind for kind, times in DECK.items() for _ in range(times - 1)]
    chance.shuffle(rest)
    whole = [*first, *rest]
    chosen = [kind for _, kind in zip(range(count), cycle(whole), strict=False)]
    chance.shuffle(chosen)
    return chosen


def _victims(kind: str, bus: str) -> Sequence[str]:
    broker = (BUS,) if bus == "kafka" else ()
    links = (*LINKS, TO_BUS) if broker else LINKS
    several = {
        "kill": (*KILLED, *broker),
        "pause": (*PAUSED, *broker),
        "cut": links,
        "black hole": links,
        "clock jump": SERVICES[:5],
        "disk full": ("state folder",),
        "restart broker": (BUS,),
    }
    return several.get(kind, ("postgres",))


def _turns(chance: random.Random, victims: Sequence[str]) -> Iterator[str]:
    return cycle(chance.sample(victims, len(victims)))
