"""What an audit of tables is asked and what it answers: which hidden figures could be found out after all."""

from dataclasses import dataclass
from typing import ClassVar

from chassis.errors import Conflict
from services.stats.domain.tables import PublishedTable


@dataclass(frozen=True)
class Published:
    """What one release tells its readers.

    `restated` are the measures and months whose figures it states anew ("received", "2026-04"); every other figure is
    what earlier releases said it is.
    """

    tables: tuple[PublishedTable, ...]
    restated: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class AuditAsked:
    """Everything that readers have been told, release by release, oldest first; the last one is tried."""

    releases: tuple[Published, ...]
    round_to: int = 1


@dataclass(frozen=True)
class Recovered:
    """A hidden figure that everything published together gives away."""

    table: str
    category: str
    period: str
    value: int


@dataclass(frozen=True)
class Verdict:
    """How many hidden figures were tried, and which of them can be found out."""

    tried: int
    recovered: tuple[Recovered, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Say whether nothing hidden can be found out."""
        return not self.recovered


class AuditFailed(Conflict):
    """An independent audit found out hidden figures of a release, or could not finish."""

    reason: ClassVar[str] = "audit-failed"
