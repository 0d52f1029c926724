"""What an administrator asks of Kafka and aiokafka has no call for: users, access and settings, each in one request."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import IncompatibleBrokerVersion, KafkaError, for_code
from aiokafka.protocol.admin import (
    CreateAclsRequest_v1,
    DeleteAclsRequest_v1,
    DescribeAclsRequest,
)
from aiokafka.protocol.api import RequestStruct, Response
from aiokafka.protocol.types import (
    Array,
    Boolean,
    CompactArray,
    CompactBytes,
    CompactString,
    Int8,
    Int16,
    Int32,
    Schema,
    String,
    TaggedFields,
)

TOPIC, GROUP = 2, 3
READ, WRITE = 3, 4
_ANY, _LITERAL, _ALLOW, _SET = 1, 3, 3, 0
_SCRAM_SHA_512 = 2
SCRAM_ITERATIONS = 4096
"""Kafka's least; the passwords are random and long, so that more rounds would only slow every sign-in."""


@dataclass(frozen=True)
class Acl:
    """One thing that one user may do to one topic or group, from anywhere."""

    kind: int
    name: str
    user: str
    may: int

    def row(self) -> tuple[int, str, int, str, str, int, int]:
        """Return the fields in the order of the protocol."""
        return (self.kind, self.name, _LITERAL, f"User:{self.user}", "*", self.may, _ALLOW)


class _AlterScramResponse(Response):  # type: ignore[misc]  # aiokafka has no types
    API_KEY = 51
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "results",
            CompactArray(
                ("user", CompactString("utf-8")),
                ("error_code", Int16),
                ("error_message", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _AlterScramRequest_v0(RequestStruct):  # type: ignore[misc]  # noqa: N801
    API_KEY = 51
    API_VERSION = 0
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _AlterScramResponse
    SCHEMA = Schema(
        (
            "deletions",
            CompactArray(("name", CompactString("utf-8")), ("mechanism", Int8), ("tags", TaggedFields)),
        ),
        (
            "upsertions",
            CompactArray(
                ("name", CompactString("utf-8")),
                ("mechanism", Int8),
                ("iterations", Int32),
                ("salt", CompactBytes),
                ("salted_password", CompactBytes),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _AlterConfigsResponse(Response):  # type: ignore[misc]
    API_KEY = 44
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "responses",
            Array(
                ("error_code", Int16),
                ("error_message", String("utf-8")),
                ("resource_type", Int8),
                ("resource_name", String("utf-8")),
            ),
        ),
    )


class _AlterConfigsRequest_v0(RequestStruct):  # type: ignore[misc]  # noqa: N801
    API_KEY = 44
    API_VERSION = 0
    RESPONSE_TYPE = _AlterConfigsResponse
    SCHEMA = Schema(
        (
            "resources",
            Array(
                ("resource_type", Int8),
                ("resource_name", String("utf-8")),
                ("configs", Array(("name", String("utf-8")), ("operation", Int8), ("value", String("utf-8")))),
            ),
        ),
        ("validate_only", Boolean),
    )


@dataclass(frozen=True)
class _Written:
    """A request in the one version of it that we write."""

    struct: RequestStruct

    def prepare(self, versions: Mapping[int, tuple[int, int]]) -> RequestStruct:
        """Return what goes over the wire; aiokafka asks with the versions that the broker takes, by kind of request."""
        oldest, newest = versions.get(self.struct.API_KEY, (0, -1))
        if not oldest <= self.struct.API_VERSION <= newest:
            raise IncompatibleBrokerVersion(f"the broker does not take request {self.struct.API_KEY}")
        return self.struct


async def set_passwords(client: AIOKafkaAdminClient, passwords: Mapping[str, str]) -> None:
    """Create each user, or give it its password again; the broker keeps only salted ones. Raises KafkaError."""
    rows: list[tuple[Any, ...]] = []
    for name, password in passwords.items():
        salt = secrets.token_bytes(24)
        salted = hashlib.pbkdf2_hmac("sha512", password.encode("utf-8"), salt, SCRAM_ITERATIONS)
        rows.append((name, _SCRAM_SHA_512, SCRAM_ITERATIONS, salt, salted, {}))
    answer = await _sent(client, _Written(_AlterScramRequest_v0([], rows, {})))
    _raise_first((code, words) for _, code, words, _ in answer.results)


async def set_topic_settings(client: AIOKafkaAdminClient, settings: Mapping[str, Mapping[str, str]]) -> None:
    """Set these settings of these topics and leave their others; raises KafkaError."""
    rows = [(TOPIC, topic, [(name, _SET, value) for name, value in each.items()]) for topic, each in settings.items()]
    answer = await _sent(client, _Written(_AlterConfigsRequest_v0(resources=rows, validate_only=False)))
    _raise_first((code, words) for code, words, _, _ in answer.responses)


async def acls(client: AIOKafkaAdminClient, node: int | None = None) -> set[tuple[int, str, int, str, str, int, int]]:
    """Return every rule of access that the cluster (or, of it, one broker) knows, as rows of the protocol."""
    answer = await _sent(client, DescribeAclsRequest(_ANY, None, _ANY, None, None, _ANY, _ANY), node)
    _raise_first([(answer.error_code, answer.error_message)])
    return {(kind, name, pattern, *rule) for kind, name, pattern, rules in answer.resources for rule in rules}


async def allow(client: AIOKafkaAdminClient, rules: Iterable[Acl]) -> None:
    """Add rules of access; raises KafkaError."""
    answer = await _sent(client, _Written(CreateAclsRequest_v1([rule.row() for rule in rules])))
    _raise_first(answer.creation_responses)


async def withdraw(client: AIOKafkaAdminClient, rows: Iterable[tuple[int, str, int, str, str, int, int]]) -> None:
    """Remove rules of access; raises KafkaError."""
    answer = await _sent(client, _Written(DeleteAclsRequest_v1(list(rows))))
    _raise_first((code, words) for code, words, _ in answer.filter_responses)


async def _sent(client: AIOKafkaAdminClient, request: Any, node: int | None = None) -> Any:
    return await client._send_request(request, node)  # noqa: SLF001  its one way to send what it has no call for


def _raise_first(answers: Iterable[tuple[int, str | None]]) -> None:
    for code, words in answers:
        if code:
            kind: type[KafkaError] = for_code(code)
            raise kind(words or f"error {code}")
