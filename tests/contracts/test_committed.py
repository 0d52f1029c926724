"""What is committed beside the classes is current, fits, survives a round trip, and only ever grows."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml

from chassis.transports.access import access_of_contracts
from contracts.catalogue import EVENT_BY_TYPE, PARTITIONS, TOPICS, receipt_topics
from contracts.envelope import Event
from contracts.generate import breaks, main, stale, write
from contracts.specimens import specimen
from contracts.vocabulary import is_reference
from tests.contracts.shapes import faults
from tests.rules.served import committed
from tests.rules.tree import ROOT

EVENTS = sorted(EVENT_BY_TYPE.values(), key=lambda event: event.wire_type)


class TestCommitted:
    def test_files_are_what_the_classes_say(self) -> None:
        assert stale() == (), "Run python -m contracts.generate and commit what it writes."

    def test_no_class_breaks_its_committed_version(self) -> None:
        assert list(breaks()) == []

    def test_a_changed_file_is_seen_and_mended(self, tmp_path: Path) -> None:
        write(tmp_path)
        assert stale(tmp_path) == ()
        (tmp_path / "CATALOGUE.md").write_text("Nothing.")
        (tmp_path / "examples" / "intake.gone.v1.json").write_text("{}")
        (tmp_path / "schemas" / f"{EVENTS[0].wire_type}.json").unlink()
        assert len(stale(tmp_path)) == 3
        write(tmp_path)
        assert stale(tmp_path) == ()

    def test_a_class_that_lost_a_field_is_seen(self, tmp_path: Path) -> None:
        write(tmp_path)
        path = tmp_path / "schemas" / f"{EVENTS[0].wire_type}.json"
        schema = json.loads(path.read_text())
        schema["properties"]["shoe_size"] = {"type": "integer", "x-class": "identity"}
        path.write_text(json.dumps(schema))
        assert list(breaks(tmp_path)) == [f"{EVENTS[0].wire_type}: shoe_size is gone."]

    def test_check_says_nothing_when_all_is_current(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["--check"]) == 0
        assert capsys.readouterr().err == ""


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.wire_type)
class TestExample:
    def test_fits_the_committed_schema(self, event: type[Event]) -> None:
        schema = committed("schemas", event.wire_type)
        assert list(faults(schema, schema, committed("examples", event.wire_type))) == []

    def test_survives_a_round_trip(self, event: type[Event]) -> None:
        example = committed("examples", event.wire_type)
        opened = event.model_validate_json(json.dumps(example))
        assert opened.model_dump(mode="json") == example
        assert opened == specimen(event)

    def test_shows_every_field(self, event: type[Event]) -> None:
        assert committed("examples", event.wire_type).keys() == event.model_fields.keys()

    def test_lacking_a_needed_field_is_a_fault(self, event: type[Event]) -> None:
        schema, example = committed("schemas", event.wire_type), dict(committed("examples", event.wire_type))
        needed = schema["required"]
        assert isinstance(needed, list)
        del example[needed[0]]
        assert list(faults(schema, schema, example)) == [f".{needed[0]} is missing."]

    def test_is_about_somebody_plainly_made_up(self, event: type[Event]) -> None:
        example = committed("examples", event.wire_type)
        assert is_reference(str(example.get("reference", "KM-7F3K-92QM")))
        personal = {"forenames", "form", "rationale", "reason", "message", "report", "decided_by", "risk_owner"}
        named = {name: value for name, value in example.items() if name in personal}
        assert all("ynthetic" in json.dumps(value) for value in named.values())


class TestPages:
    def test_the_catalogue_names_every_event_and_topic(self) -> None:
        page = (ROOT / "contracts" / "CATALOGUE.md").read_text()
        assert [name for name in EVENT_BY_TYPE if f"`{name}`" not in page] == []
        assert [topic.name for topic in TOPICS if f"## {topic.name}" not in page] == []

    def test_every_reference_in_asyncapi_leads_somewhere(self) -> None:
        page = yaml.safe_load((ROOT / "contracts" / "asyncapi.yaml").read_text())
        assert page["asyncapi"] == "3.0.0"
        assert [reference for reference in _references(page) if not _leads(page, reference)] == []

    def test_asyncapi_says_how_kafka_carries_each_topic(self) -> None:
        page = yaml.safe_load((ROOT / "contracts" / "asyncapi.yaml").read_text())
        assert {server["protocol"] for server in page["servers"].values()} == {"kafka"}
        wanted = {topic.name for topic in TOPICS} | {spec.name for spec in receipt_topics()}
        assert set(page["channels"]) == wanted
        for name, channel in page["channels"].items():
            assert channel["bindings"]["kafka"]["topic"] == name == channel["address"]
            assert channel["bindings"]["kafka"]["partitions"] == PARTITIONS
        for message in page["components"]["messages"].values():
            assert message["bindings"]["kafka"]["key"]["maxLength"] == len(uuid4().bytes)

    def test_asyncapi_says_who_writes_and_reads_each_topic(self) -> None:
        page = yaml.safe_load((ROOT / "contracts" / "asyncapi.yaml").read_text())
        doing = {name: operation["channel"]["$ref"] for name, operation in page["operations"].items()}
        assert doing.keys() == {
            f"{who}.{what}.{topic.topic}"
            for topic in access_of_contracts()
            for what, services in (("sends", topic.writers), ("receives", topic.readers))
            for who in services
        }
        groups = {
            name.partition(".")[0]: operation["bindings"]["kafka"]["groupId"]["enum"]
            for name, operation in page["operations"].items()
            if operation["action"] == "receive"
        }
        assert groups == {service: [service] for service in groups}


def _references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [found for item in node for found in _references(item)]
    if not isinstance(node, dict):
        return []
    own = [str(node["$ref"])] if "$ref" in node else []
    return own + [found for item in node.values() for found in _references(item)]


def _leads(page: Any, reference: str) -> bool:
    if not reference.startswith("#/"):
        return (ROOT / "contracts" / reference).exists()
    node = page
    for step in reference.removeprefix("#/").split("/"):
        if step not in node:
            return False
        node = node[step]
    return True
