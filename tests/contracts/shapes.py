"""As much of JSON Schema as the committed schemas use, so that an example is held against the file, not the class."""

import re
from collections.abc import Iterator
from typing import Any

Json = Any
TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}


def faults(root: Json, schema: Json, value: Json, at: str = "") -> Iterator[str]:
    """Yield a sentence for each place where a value does not fit a schema."""
    if "$ref" in schema:
        yield from faults(root, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], value, at)
    if "anyOf" in schema and all(list(faults(root, choice, value, at)) for choice in schema["anyOf"]):
        yield f"{at} fits none of its choices."
    if not _typed(schema, value):
        yield f"{at} is not {schema['type']}."
    elif isinstance(value, dict) and schema.get("type") == "object":
        yield from _object_faults(root, schema, value, at)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from faults(root, schema.get("items", {}), item, f"{at}[{number}]")
    else:
        yield from _plain_faults(schema, value, at)


def _typed(schema: Json, value: Json) -> bool:
    expected = schema.get("type")
    if expected == "integer" and isinstance(value, bool):
        return False
    return expected is None or isinstance(value, TYPES[expected])


def _object_faults(root: Json, schema: Json, value: dict[str, Json], at: str) -> Iterator[str]:
    fields = schema["properties"]
    yield from (f"{at}.{name} is missing." for name in schema.get("required", ()) if name not in value)
    yield from (f"{at}.{name} is not described." for name in value if name not in fields)
    for name in value.keys() & fields.keys():
        yield from faults(root, fields[name], value[name], f"{at}.{name}")


def _plain_faults(schema: Json, value: Json, at: str) -> Iterator[str]:
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at} is none of {schema['enum']}."
    if "const" in schema and value != schema["const"]:
        yield f"{at} is not {schema['const']}."
    if isinstance(value, str):
        if len(value) > schema.get("maxLength", len(value)) or len(value) < schema.get("minLength", 0):
            yield f"{at} is too long or too short."
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{at} does not match {schema['pattern']}."
