"""Event ↔ schema ↔ example ↔ publisher ↔ handler: nothing announced that nobody hears, nothing heard unsaid."""

import ast
import re
from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from contracts.catalogue import EVENT_BY_TYPE, SERVICES, TOPICS, consumed_by
from contracts.envelope import Event
from contracts.vocabulary import field_class_of
from contracts.vocabulary.classes import ANONYMOUS
from tests.rules.served import service
from tests.rules.tree import ROOT, calls, functions, parsed, python_files

WIRE_TYPE = re.compile(r"^[a-z]+\.[a-z0-9]+(-[a-z0-9]+)*\.v[1-9][0-9]*$")
EVENTS = sorted(EVENT_BY_TYPE.values(), key=lambda event: event.wire_type)


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])|(?<=[a-z])(?=[0-9])", "_", name).lower()


def _kebab(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])|(?<=[a-z])(?=[0-9])", "-", name).lower()


def _unclassed(model: type[BaseModel], seen: frozenset[type[BaseModel]] = frozenset()) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if field_class_of(field) is None:
            yield f"{model.__name__}.{name}"
        for part in _models_in(field.annotation):
            if part not in seen:
                yield from _unclassed(part, seen | {part})


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _models_in(inner)


def _defined() -> set[str]:
    return {
        statement.value.value
        for file in python_files("contracts")
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.ClassDef)
        for statement in node.body
        if isinstance(statement, ast.AnnAssign)
        and ast.unparse(statement.target) == "wire_type"
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    }


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.wire_type)
class TestEvent:
    def test_says_when_it_is_sent(self, event: type[Event]) -> None:
        assert (event.__doc__ or "").startswith("Sent when ")

    def test_is_named_by_its_publisher_and_itself(self, event: type[Event]) -> None:
        topic = next(topic for topic in TOPICS if event in topic.events)
        assert WIRE_TYPE.match(event.wire_type)
        assert event.wire_type == f"{topic.publisher}.{_kebab(event.__name__)}.v1"
        assert event.topic == topic.name

    def test_has_a_class_on_every_field(self, event: type[Event]) -> None:
        assert list(_unclassed(event)) == []

    def test_has_a_schema_and_an_example(self, event: type[Event]) -> None:
        assert (ROOT / "contracts" / "schemas" / f"{event.wire_type}.json").exists()
        assert (ROOT / "contracts" / "examples" / f"{event.wire_type}.json").exists()

    def test_is_made_by_its_publishers_operations(self, event: type[Event]) -> None:
        publisher = event.wire_type.partition(".")[0]
        rooms = [file for file in python_files("services") if f"/{publisher}/operations" in file.as_posix()]
        made = [call for file in rooms for call in calls(parsed(file), event.__name__, f".{event.__name__}")]
        assert made, f"No operation of {publisher} announces {event.__name__}."

    def test_has_a_handler_of_its_name_in_each_service_of_its_audience(self, event: type[Event]) -> None:
        topic = next(topic for topic in TOPICS if event in topic.events)
        for consumer in topic.consumers:
            assert service(consumer).handlers.find(event.wire_type) is not None
            names = {function.name for function in functions(parsed(ROOT / "services" / consumer / "handlers.py"))}
            assert f"on_{_snake(event.__name__)}" in names, f"services/{consumer}/handlers.py"


class TestCatalogue:
    def test_lists_every_event_that_is_written(self) -> None:
        assert _defined() == set(EVENT_BY_TYPE)

    def test_no_service_answers_what_it_is_not_told(self) -> None:
        for name in SERVICES:
            told = {event.wire_type for topic in consumed_by(name) for event in topic.events}
            assert service(name).handlers.types() == told

    def test_statistics_events_hold_nothing_that_leads_to_anybody(self) -> None:
        counted = [event for topic in TOPICS if topic.statistics for event in topic.events]
        assert len(counted) >= 3
        leading = [
            f"{event.wire_type}: {name}"
            for event in counted
            for name, field in event.model_fields.items()
            if field_class_of(field) not in ANONYMOUS or list(_models_in(field.annotation))
        ]
        assert leading == []

    def test_topics_are_named_once(self) -> None:
        written = [
            f"{file.relative_to(ROOT)}:{node.lineno} {node.value}"
            for package in ("chassis", "cli", "services", "areas")
            for file in python_files(package)
            for node in ast.walk(parsed(file))
            if isinstance(node, ast.Constant) and node.value in {topic.name for topic in TOPICS}
        ]
        assert written == [], "Take the name from the event's module or the catalogue."

    def test_nothing_publishes_around_the_outbox(self) -> None:
        around = [
            f"{file.relative_to(ROOT)}:{call.lineno}"
            for file in python_files("services")
            for call in calls(parsed(file), ".publish")
        ]
        assert around == []
