"""JSON Schemas of the events as they are committed, and what a later schema of the same version may not do to them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.catalogue import EVENT_BY_TYPE
from contracts.envelope import Event

Schema = Mapping[str, Any]
"""A JSON Schema as parsed from its file: the one place where the shape is another standard's, not ours."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SHAPE = ("type", "format", "enum", "const", "x-class")


def schema_of(event: type[Event]) -> Schema:
    """Return the JSON Schema of an event's opened payload, with `x-class` beside each field."""
    schema = event.model_json_schema()
    return {"$schema": DIALECT, "$id": event.wire_type, **schema}


def schemas() -> Mapping[str, Schema]:
    """Return the schema of every event by wire type."""
    return {wire_type: schema_of(event) for wire_type, event in EVENT_BY_TYPE.items()}


@dataclass(frozen=True)
class FieldShape:
    """One field as a reader of the wire sees it: where it is, what it holds, whether it must be there."""

    path: str
    shape: str
    required: bool


def broken_by(committed: Schema, proposed: Schema) -> tuple[str, ...]:
    """Say in one sentence each what the proposed schema of the same version breaks for those who know the committed.

    A version may gain optional fields. It may not lose a field, give it another type, choice or class, or change
    whether it must be there: services of both ages run side by side while a release is rolled out.
    """
    before = {field.path: field for field in _fields(committed, committed, "", ())}
    after = {field.path: field for field in _fields(proposed, proposed, "", ())}
    gone = [f"{path} is gone." for path in before if path not in after]
    changed = [
        f"{path} changes from {before[path].shape} to {field.shape}."
        for path, field in after.items()
        if path in before and before[path].shape != field.shape
    ]
    moved = [
        f"{path} becomes {'required' if field.required else 'optional'}."
        for path, field in after.items()
        if path in before and before[path].required != field.required
    ]
    # Within something that is new itself nothing is demanded of anybody who does not send it.
    demanded = [
        f"{path} is new and required."
        for path, field in after.items()
        if path not in before and field.required and path.rpartition(".")[0] in {"", *before}
    ]
    return (*gone, *changed, *moved, *demanded)


def _fields(root: Schema, node: Schema, at: str, within: tuple[str, ...]) -> Iterator[FieldShape]:
    required = set(node.get("required", ()))
    for name, field in node.get("properties", {}).items():
        path = f"{at}.{name}" if at else name
        yield FieldShape(path, _shape(root, field), name in required)
        for reference in _references(field):
            if reference not in within:
                yield from _fields(root, _target(root, reference), path, (*within, reference))


def _shape(root: Schema, node: Schema) -> str:
    said = [f"{key}={node[key]}" for key in SHAPE if key in node]
    if "$ref" in node:
        target = _target(root, node["$ref"])
        said.append(f"{{{', '.join(f'{key}={target[key]}' for key in SHAPE if key in target)}}}")
    if "items" in node:
        said.append(f"[{_shape(root, node['items'])}]")
    said += [f"({_shape(root, choice)})" for choice in node.get("anyOf", ())]
    return " ".join(said)


def _references(node: Schema) -> tuple[str, ...]:
    own = (node["$ref"],) if "$ref" in node else ()
    items = _references(node["items"]) if "items" in node else ()
    return (*own, *items, *(found for choice in node.get("anyOf", ()) for found in _references(choice)))


def _target(root: Schema, reference: str) -> Schema:
    target: Schema = root["$defs"][reference.removeprefix("#/$defs/")]
    return target
