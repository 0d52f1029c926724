"""The catalogue for people (CATALOGUE.md) and for tools (asyncapi.yaml), written from the event classes."""

from typing import Any

import yaml
from pydantic import TypeAdapter

from contracts.catalogue import PARTITIONS, TOPICS, TopicSpec, receipt_topics
from contracts.envelope import Envelope, Event, ReceiptBatch
from contracts.vocabulary import field_class_of

OPENING = """# What the services say to each other

Written by `python -m contracts.generate`; edit the classes in `contracts/`, not this page.
A topic is one publisher's word to one audience. The envelope is in the clear, the payload is sealed with the topic's
key. Events about the same subject arrive in order within a topic. Field classes are explained in docs/glossary.md.
"""


def catalogue_page() -> str:
    """Return CATALOGUE.md: every topic with its events, when they are sent, and their fields with classes."""
    return "\n".join([OPENING, *_overview(), "", *(line for topic in TOPICS for line in _topic_part(topic))])


def _overview() -> list[str]:
    lines = ["| Event | From | To | Sent when |", "|---|---|---|---|"]
    lines += [
        f"| [{event.__name__}](#{topic.name.replace('.', '')}) | {topic.publisher} | {', '.join(topic.consumers)} "
        f"| {_sent_when(event)} |"
        for topic in TOPICS
        for event in topic.events
    ]
    return lines


def _topic_part(topic: TopicSpec) -> list[str]:
    kind = " Its subject is a random statistics key." if topic.statistics else ""
    lines = [f"## {topic.name}", "", f"{topic.publisher} → {', '.join(topic.consumers)}.{kind}", ""]
    for event in topic.events:
        lines += _event_part(event)
    return lines


def _event_part(event: type[Event]) -> list[str]:
    files = f"[schema](schemas/{event.wire_type}.json), [example](examples/{event.wire_type}.json)"
    lines = [f"### {event.__name__}", "", f"`{event.wire_type}` · {files}", "", _doc(event), ""]
    lines += ["| Field | Class | Needed |", "|---|---|---|"]
    for name, field in event.model_fields.items():
        lines.append(f"| `{name}` | {field_class_of(field)} | {'yes' if field.is_required() else 'no'} |")
    return [*lines, ""]


def _doc(event: type[Event]) -> str:
    return " ".join((event.__doc__ or "").split())


def _sent_when(event: type[Event]) -> str:
    return _doc(event).removeprefix("Sent when ").rstrip(".")


def asyncapi_page() -> str:
    """Return asyncapi.yaml: the same catalogue as an AsyncAPI 3 document."""
    events = [(topic, event) for topic in TOPICS for event in topic.events]
    receipts = receipt_topics()
    page: dict[str, Any] = {
        "asyncapi": "3.0.0",
        "info": {"title": "Throughline", "version": "1", "description": "Written by python -m contracts.generate."},
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in TOPICS}
        | {
            spec.name: {
                "address": spec.name,
                "description": f"What became of the events of {spec.consumer}; ids and states only.",
                "messages": {"receipts": {"$ref": "#/components/messages/receipts"}},
            }
            for spec in receipts
        },
        "operations": {name: body for topic in TOPICS for name, body in _operations(topic).items()},
        "components": {
            "messages": {event.wire_type: _message(event) for _, event in events}
            | {"receipts": {"name": "receipts", "payload": {"$ref": "#/components/schemas/ReceiptBatch"}}},
            "schemas": {"Envelope": TypeAdapter(Envelope).json_schema()} | _receipt_schemas(),
        },
    }
    return yaml.safe_dump(page, sort_keys=False, allow_unicode=True, width=110)


def _channel(topic: TopicSpec) -> dict[str, Any]:
    return {
        "address": topic.name,
        "description": f"{topic.publisher} to {', '.join(topic.consumers)}; {PARTITIONS} partitions, key = subject.",
        "messages": {event.wire_type: {"$ref": f"#/components/messages/{event.wire_type}"} for event in topic.events},
    }


def _operations(topic: TopicSpec) -> dict[str, dict[str, Any]]:
    channel = {"$ref": f"#/channels/{topic.name}"}
    made: dict[str, dict[str, Any]] = {f"{topic.publisher}.sends.{topic.name}": {"action": "send", "channel": channel}}
    for consumer in topic.consumers:
        made[f"{consumer}.receives.{topic.name}"] = {"action": "receive", "channel": channel}
    return made


def _message(event: type[Event]) -> dict[str, Any]:
    return {
        "name": event.wire_type,
        "title": event.__name__,
        "summary": _doc(event),
        "headers": {"$ref": "#/components/schemas/Envelope"},
        "payload": {"$ref": f"schemas/{event.wire_type}.json"},
    }


def _receipt_schemas() -> dict[str, Any]:
    schema = ReceiptBatch.model_json_schema(ref_template="#/components/schemas/{model}")
    inner: dict[str, Any] = schema.pop("$defs", {})
    return {"ReceiptBatch": schema} | inner
