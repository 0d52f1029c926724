"""Field classes: what kind of fact a field holds, and so who may ever see it."""

from enum import StrEnum
from typing import Any

from pydantic import Field
from pydantic.fields import FieldInfo


class FieldClass(StrEnum):
    """The class of one contract field or one table column (see docs/glossary.md)."""

    IDENTITY = "identity"
    SPECIAL_CATEGORY = "special-category"
    POLICE = "police"
    LINKING = "linking"
    OPERATIONAL = "operational"
    STATISTICAL = "statistical"


PERSONAL = frozenset({FieldClass.IDENTITY, FieldClass.SPECIAL_CATEGORY, FieldClass.POLICE})
ANONYMOUS = frozenset({FieldClass.OPERATIONAL, FieldClass.STATISTICAL})


def classed(field_class: FieldClass) -> Any:
    """Return the annotation that gives a contract field its class, shown as `x-class` in the JSON Schema."""
    return Field(json_schema_extra={"x-class": field_class.value})


def field_class_of(field: FieldInfo) -> FieldClass | None:
    """Return the class given to a pydantic field, or None where it has none."""
    extra = field.json_schema_extra
    if isinstance(extra, dict) and isinstance(extra.get("x-class"), str):
        return FieldClass(str(extra["x-class"]))
    return None


IDENTITY = classed(FieldClass.IDENTITY)
SPECIAL_CATEGORY = classed(FieldClass.SPECIAL_CATEGORY)
POLICE = classed(FieldClass.POLICE)
LINKING = classed(FieldClass.LINKING)
OPERATIONAL = classed(FieldClass.OPERATIONAL)
STATISTICAL = classed(FieldClass.STATISTICAL)
