"""The catalogue for people (CATALOGUE.md) and for tools (asyncapi.yaml), written from the event classes."""

from typing import Any

import yaml
from pydantic import TypeAdapter

from contracts.catalogue import PARTITIONS, TOPICS, ReceiptTopicSpec, TopicSpec, receipt_topics
from contracts.envelope import Envelope, Event, ReceiptBatch
from contracts.vocabulary import field_class_of

KAFKA_BINDINGS = "0.5.0"

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
    page: dict[str, Any] = {
        "asyncapi": "3.0.0",
        "info": {"title": "Throughline", "version": "1", "description": "Written by python -m contracts.generate."},
        "defaultContentType": "application/json",
        "servers": {"kafka": _server()},
        "channels": {topic.name: _channel(topic) for topic in TOPICS}
        | {spec.name: _receipt_channel(spec) for spec in receipt_topics()},
        "operations": {name: body for topic in TOPICS for name, body in _operations(topic).items()}
        | {name: body for spec in receipt_topics() for name, body in _receipt_operations(spec).items()},
        "components": {
            "messages": {event.wire_type: _message(event) for _, event in events} | {"receipts": _receipts()},
            "securitySchemes": {
                "scram": {
                    "type": "scramSha512",
                    "description": "One user per service; what it may write and read follows from the channels.",
                }
            },
            "schemas": {"Envelope": _envelope()} | _receipt_schemas(),
        },
    }
    return yaml.safe_dump(page, sort_keys=False, allow_unicode=True, width=110)


def _channel(topic: TopicSpec) -> dict[str, Any]:
    return {
        "address": topic.name,
        "description": f"{topic.publisher} to {', '.join(topic.consumers)}; {PARTITIONS} partitions, key = subject.",
        "messages": {event.wire_type: {"$ref": f"#/components/messages/{event.wire_type}"} for event in topic.events},
        "bindings": _channel_bindings(topic.name),
    }


def _receipt_channel(spec: ReceiptTopicSpec) -> dict[str, Any]:
    return {
        "address": spec.name,
        "description": f"What became of the events of {spec.consumer}; ids and states only.",
        "messages": {"receipts": {"$ref": "#/components/messages/receipts"}},
        "bindings": _channel_bindings(spec.name),
    }


def _server() -> dict[str, Any]:
    return {
        "host": "{host}:{port}",
        "protocol": "kafka",
        "description": "Apache Kafka 4 in KRaft mode; kafka-secure where the bus's address begins with kafka+ssl. "
        "The bus on PostgreSQL carries the same channels.",
        "variables": {"host": {"default": "localhost"}, "port": {"default": "9092"}},
        "security": [{"$ref": "#/components/securitySchemes/scram"}],
    }


def _channel_bindings(topic: str) -> dict[str, Any]:
    return {"kafka": {"topic": topic, "partitions": PARTITIONS, "bindingVersion": KAFKA_BINDINGS}}


def _operations(topic: TopicSpec) -> dict[str, dict[str, Any]]:
    return {f"{topic.publisher}.sends.{topic.name}": _operation("send", topic.name)} | {
        f"{consumer}.receives.{topic.name}": _operation("receive", topic.name, consumer) for consumer in topic.consumers
    }


def _receipt_operations(spec: ReceiptTopicSpec) -> dict[str, dict[str, Any]]:
    return {f"{spec.consumer}.receives.{spec.name}": _operation("receive", spec.name, spec.consumer)} | {
        f"{publisher}.sends.{spec.name}": _operation("send", spec.name) for publisher in spec.publishers
    }


def _operation(action: str, topic: str, group: str = "") -> dict[str, Any]:
    """Return what a service does with a topic; whoever receives does so in the group of its own name."""
    made: dict[str, Any] = {"action": action, "channel": {"$ref": f"#/channels/{topic}"}}
    if group:
        identity = {"type": "string", "enum": [group]}
        made["bindings"] = {"kafka": {"groupId": identity, "bindingVersion": KAFKA_BINDINGS}}
    return made


def _message(event: type[Event]) -> dict[str, Any]:
    return {
        "name": event.wire_type,
        "title": event.__name__,
        "summary": _doc(event),
        "payload": {
            "allOf": [{"$ref": "#/components/schemas/Envelope"}],
            "properties": {"type": {"const": event.wire_type}},
            "x-sealed": {"$ref": f"schemas/{event.wire_type}.json"},
        },
        "bindings": _message_bindings("The subject's 16 bytes: what is about one subject stays in order."),
    }


def _envelope() -> dict[str, Any]:
    """Return the schema of a message's body; what an event says is in `sealed`, which its topic's key opens."""
    schema = TypeAdapter(Envelope).json_schema()
    schema["description"] = " ".join(schema["description"].split())
    schema["properties"]["sealed"] = {"title": "Sealed", "type": "string", "contentEncoding": "base64"}
    return schema


def _receipts() -> dict[str, Any]:
    return {
        "name": "receipts",
        "payload": {"$ref": "#/components/schemas/ReceiptBatch"},
        "bindings": _message_bindings(
            "The 16 bytes of an id of its sender's own: one sender's receipts stay in order."
        ),
    }


def _message_bindings(key: str) -> dict[str, Any]:
    described = {"type": "string", "format": "binary", "minLength": 16, "maxLength": 16, "description": key}
    return {"kafka": {"key": described, "bindingVersion": KAFKA_BINDINGS}}


def _receipt_schemas() -> dict[str, Any]:
    schema = ReceiptBatch.model_json_schema(ref_template="#/components/schemas/{model}")
    inner: dict[str, Any] = schema.pop("$defs", {})
    return {"ReceiptBatch": schema} | inner
