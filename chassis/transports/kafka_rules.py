"""Rules of access that others made so wide that they reach our topics or groups."""

from collections.abc import Iterable, Sequence

from chassis.transports.kafka_admin import GROUP, TOPIC

Row = tuple[int, str, int, str, str, int, int]

EVERY = "*"
PREFIXED, ALLOW = 4, 3
_KINDS = {TOPIC: "topic", GROUP: "group"}
_DEEDS = {2: "All", 3: "Read", 4: "Write", 6: "Delete", 7: "Alter", 11: "AlterConfigs"}
"""Those that get at messages or places; who may only describe, or create what is there already, gets at neither."""


def too_wide(found: Iterable[Row], ours: Iterable[tuple[int, str]], trusted: Iterable[str]) -> list[Row]:
    """Return the rules that reach one of our names by a wildcard or a prefix, and are not for a trusted principal.

    `ours` are kinds and names. What names one of them exactly is not for here: it is withdrawn.
    """
    names, whom = frozenset(ours), frozenset(trusted)
    return sorted(row for row in found if row[3] not in whom and _gets_at(row) and _reaches(row, names))


def _gets_at(row: Row) -> bool:
    return row[0] in _KINDS and row[5] in _DEEDS and row[6] == ALLOW


def _reaches(row: Row, ours: frozenset[tuple[int, str]]) -> bool:
    kind, name, pattern = row[:3]
    if (kind, name) in ours:
        return False
    return name == EVERY or (pattern == PREFIXED and any(kind == one and full.startswith(name) for one, full in ours))


def sentence(where: str, rows: Sequence[Row]) -> str:
    """Say in one sentence what is wrong with the first of these rules, and how to remove it."""
    kind, name, pattern, principal, host, deed, _ = rows[0]
    those = f"every {_KINDS[kind]}" if name == EVERY else f"every {_KINDS[kind]} whose name begins with {name}"
    more = f", and {len(rows) - 1} more like it" if len(rows) > 1 else ""
    form = "prefixed" if pattern == PREFIXED else "literal"
    words = f"--allow-principal '{principal}' --allow-host '{host}' --operation {_DEEDS[deed]}"
    return (
        f"Kafka at {where} has a rule that reaches ours{more}: it lets {principal} {_DEEDS[deed]} {those}; narrow it, "
        f"or remove it with kafka-acls.sh --remove {words} --{_KINDS[kind]} '{name}' --resource-pattern-type {form}."
    )
