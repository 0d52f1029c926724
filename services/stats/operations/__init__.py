"""What changes in statistics: facts are counted, and releases are made."""

from services.stats.operations.facts import Fact, count
from services.stats.operations.releases import Disclosure, make_release

__all__ = ["Disclosure", "Fact", "count", "make_release"]
