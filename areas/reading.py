"""YAML read so that every value remembers its line; all plain values stay text, so `no` and `17:00` mean themselves."""

from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

Value: TypeAlias = "str | list[Value] | dict[str, Value] | None"
Where: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One thing wrong in an area file: where it stands, which field, what is wrong and how to mend it."""

    source: str
    line: int
    field: str
    sentence: str

    def __str__(self) -> str:
        """Write it as file:line: field: sentence."""
        named = f"{self.field}: " if self.field else ""
        return f"{self.source}:{self.line}: {named}{self.sentence}"


@dataclass
class Reading:
    """The values of a file, the line of each, and what was already wrong with the YAML itself."""

    source: str
    value: Value = None
    lines: dict[Where, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, where: Where, sentence: str) -> Problem:
        """Return a problem at a place in the file; a place that is missing is shown at the part that should hold it."""
        known = where
        while known and known not in self.lines:
            known = known[:-1]
        return Problem(self.source, self.lines.get(known, 1), dotted(where), sentence)


def dotted(where: Where) -> str:
    """Write a place as people do: recipients[2].team."""
    text = ""
    for step in where:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def read_yaml(text: str, source: str) -> Reading:
    """Read one YAML document; whatever is wrong with it stands in `problems`, never raised."""
    reading = Reading(source)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        cause = getattr(error, "problem", None) or "this cannot be read"
        sentence = f"This is not YAML ({cause}); mend the indentation or the quotes here."
        reading.problems.append(Problem(source, line, "", sentence))
        return reading
    if node is None:
        reading.problems.append(Problem(source, 1, "", "The file is empty; start from a copy of another area's file."))
        return reading
    reading.value = _value(node, (), reading, set())
    return reading


def _value(node: yaml.Node, where: Where, reading: Reading, seen: set[int]) -> Value:
    reading.lines[where] = node.start_mark.line + 1
    if id(node) in seen and not isinstance(node, yaml.ScalarNode):
        reading.problems.append(
            reading.problem(where, "An alias (*name) is not read here; write the part out in full.")
        )
        return None
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, where, reading, seen)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*where, number), reading, seen) for number, item in enumerate(node.value)]
    text = str(node.value)
    quoted = isinstance(node, yaml.ScalarNode) and node.style is not None
    return None if not quoted and text in {"", "~", "null"} else text


def _mapping(node: yaml.MappingNode, where: Where, reading: Reading, seen: set[int]) -> Value:
    values: dict[str, Value] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
        place = (*where, key)
        if key in values:
            line = key_node.start_mark.line + 1
            sentence = "This key stands here twice; keep one."
            reading.problems.append(Problem(reading.source, line, dotted(place), sentence))
        values[key] = _value(value_node, place, reading, seen)
        reading.lines[place] = key_node.start_mark.line + 1
    return values
