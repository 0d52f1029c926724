"""What an audit of a release is asked and what it answers: which hidden figures have no other list of people."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from chassis.errors import Conflict
from services.stats.domain.people import People, Person
from services.stats.domain.tables import PublishedTable

Witness = tuple[tuple[int, Person], ...]
"""Another list of people: by place in the true list, who is somebody else. -1 is somebody more, nothing is nobody."""


@dataclass(frozen=True)
class Published:
    """What one release tells its readers: its tables, and as of which release each month of its years is."""

    tables: tuple[PublishedTable, ...]
    as_of: Mapping[str, int]
    districts: tuple[str, ...] = ()


@dataclass(frozen=True)
class AuditAsked:
    """All that readers have been told, release by release, oldest first; and the true list."""

    releases: tuple[Published, ...]
    people: People
    round_to: int = 1


@dataclass(frozen=True)
class Recovered:
    """A hidden figure for which there is no other list: everything published together may give it away."""

    table: str
    category: str
    period: str
    value: int


@dataclass(frozen=True)
class Verdict:
    """How many hidden figures there are, which have no other list, and which tables show what was never counted."""

    tried: int
    recovered: tuple[Recovered, ...] = ()
    untrue: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Say whether each hidden figure has another list, and all that is shown was counted."""
        return not self.recovered and not self.untrue


class AuditFailed(Conflict):
    """For hidden figures of a release an audit found no other list of people, or it could not finish."""

    reason: ClassVar[str] = "audit-failed"
