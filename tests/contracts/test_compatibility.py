"""A version only gains optional fields: made-up changes, each seen for what it is."""

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from contracts.envelope import Event
from contracts.schemata import broken_by, schema_of
from contracts.vocabulary.classes import IDENTITY, LINKING, OPERATIONAL


class Part(BaseModel):
    """A part of the made-up event."""

    model_config = ConfigDict(title="Part")

    name: Annotated[str, IDENTITY]


class Made(Event):
    """Sent when a test wants a first version."""

    wire_type: ClassVar[str] = "test.made.v1"

    reference: Annotated[str, LINKING]
    kind: Annotated[Literal["a", "b"], OPERATIONAL]
    count: Annotated[int, OPERATIONAL] = 0
    parts: Annotated[tuple[Part, ...], IDENTITY] = ()
    part: Annotated[Part | None, IDENTITY] = None


class Grown(Made):
    """Sent when an optional field is new."""

    note: Annotated[str, OPERATIONAL] = ""


class GrownByParts(Made):
    """Sent when something with needed fields of its own is new, and may be left out."""

    more: Annotated[tuple[Part, ...], IDENTITY] = ()


class Demanding(Made):
    """Sent when a new field must be there."""

    note: Annotated[str, OPERATIONAL]


class Retyped(Made):
    """Sent when a number has become a text."""

    count: Annotated[str, OPERATIONAL] = ""  # type: ignore[assignment]


class Reclassed(Made):
    """Sent when a field has another class."""

    count: Annotated[int, LINKING] = 0


class Chosen(Made):
    """Sent when a choice is new, which a reader of the older version refuses."""

    kind: Annotated[Literal["a", "b", "c"], OPERATIONAL]  # type: ignore[assignment]


class Softened(Made):
    """Sent when a needed field may be left out, which a reader of the older version refuses."""

    reference: Annotated[str, LINKING] = ""


class Lesser(Event):
    """Sent when a field is gone."""

    wire_type: ClassVar[str] = "test.made.v1"

    reference: Annotated[str, LINKING]
    kind: Annotated[Literal["a", "b"], OPERATIONAL]
    count: Annotated[int, OPERATIONAL] = 0
    parts: Annotated[tuple[Part, ...], IDENTITY] = ()


class LongPart(BaseModel):
    """A part whose name has become a number."""

    model_config = ConfigDict(title="Part")

    name: Annotated[int, IDENTITY]


class Deep(Made):
    """Sent when something inside a part has changed."""

    parts: Annotated[tuple[LongPart, ...], IDENTITY] = ()  # type: ignore[assignment]


def _broken(event: type[Event]) -> tuple[str, ...]:
    return broken_by(schema_of(Made), schema_of(event))


class TestBrokenBy:
    def test_the_same_schema_breaks_nothing(self) -> None:
        assert _broken(Made) == ()

    def test_an_optional_field_may_come(self) -> None:
        assert _broken(Grown) == ()

    def test_an_optional_part_may_come_with_what_it_needs(self) -> None:
        assert _broken(GrownByParts) == ()

    def test_a_needed_field_may_not_come(self) -> None:
        assert _broken(Demanding) == ("note is new and required.",)

    def test_a_field_may_not_change_its_type(self) -> None:
        assert [sentence.partition(" from ")[0] for sentence in _broken(Retyped)] == ["count changes"]

    def test_a_field_may_not_change_its_class(self) -> None:
        assert ["count changes" in sentence for sentence in _broken(Reclassed)] == [True]

    def test_a_choice_may_not_come(self) -> None:
        assert ["kind changes" in sentence for sentence in _broken(Chosen)] == [True]

    def test_a_needed_field_stays_needed(self) -> None:
        assert _broken(Softened) == ("reference becomes optional.",)

    def test_a_field_may_not_go_and_neither_may_what_is_inside_it(self) -> None:
        assert _broken(Lesser) == ("part is gone.", "part.name is gone.")

    def test_parts_are_looked_into(self) -> None:
        assert ["parts.name changes" in sentence for sentence in _broken(Deep)] == [True]
