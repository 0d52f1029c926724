"""What `throughline partner` asks of intake's operations plane."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cli.clients import Operations, Operator


def listed(state: Path) -> list[dict[str, Any]]:
    """Return the partners as intake lists them."""
    with Operations(Operator.of(state)) as operations:
        found: list[dict[str, Any]] = operations.get("intake", "partners")["partners"]
    return found


def add(state: Path, terms: Mapping[str, object]) -> dict[str, str]:
    """Make a partner known and return its client id and secret; ServiceAnswered with what to mend."""
    with Operations(Operator.of(state)) as operations:
        made: dict[str, str] = operations.post("intake", "partners", terms)
    return made


def decide(state: Path, client_id: str, decision: str, reason: str) -> dict[str, str]:
    """Renew a partner's secret or revoke it; return what intake answers, ServiceAnswered where it refuses."""
    with Operations(Operator.of(state)) as operations:
        path = f"partners/{quote(client_id, safe='')}/{decision}"
        made: dict[str, str] = operations.post("intake", path, {"reason": reason})
    return made
