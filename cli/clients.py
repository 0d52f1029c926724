"""The operations plane and health of running services, as the command line sees them."""

import getpass
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx2

from cli import vault
from cli.errors import NotRunning, ServiceAnswered
from cli.state import StateFolder

SECONDS = 30.0


@dataclass(frozen=True, repr=False)
class Operator:
    """Who operates: the token of the operations plane, the addresses, and the name that audits will show.

    `partner` is the demonstration's client id and secret at the partner API.
    """

    token: str
    service_urls: Mapping[str, str]
    smtp: tuple[str, int]
    audit_public_keys: Mapping[str, str]
    name: str
    partner: tuple[str, str] = ("", "")

    @classmethod
    def of(cls, state: Path) -> Self:
        """Read the operator's file of a state folder; NotRunning when the folder has never been started."""
        path = StateFolder(state.absolute()).secrets / vault.OPERATOR
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            smtp = (str(raw["smtp"][0]), int(raw["smtp"][1]))
            return cls(
                raw["ops_token"],
                raw["service_urls"],
                smtp,
                raw["audit_public_keys"],
                _machine_user(),
                tuple(raw.get("partner", ("", ""))),
            )
        except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
            message = (
                f"{state} holds no running Throughline: start it with `throughline up`, or name another --state DIR."
            )
            raise NotRunning(message) from error


class Operations:
    """Calls on the operations plane, one client for all services."""

    def __init__(self, operator: Operator) -> None:
        """Call as this operator."""
        self._operator = operator
        self._client = httpx2.Client(timeout=SECONDS, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, service: str, path: str, /, **query: str | int) -> Any:
        """Return the JSON answer of GET /ops/<path>; NotRunning or ServiceAnswered otherwise."""
        return self._send(service, "GET", path, params=_present(query)).json()

    def post(self, service: str, path: str, body: Mapping[str, object]) -> Any:
        """Return the JSON answer of POST /ops/<path>; NotRunning or ServiceAnswered otherwise."""
        return self._send(service, "POST", path, json=dict(body)).json()

    def lines(self, service: str, path: str, /, **query: str | int) -> Iterator[str]:
        """Yield the lines of a newline-delimited answer."""
        yield from self._send(service, "GET", path, params=_present(query)).iter_lines()

    def followed(self, service: str, path: str, body: Mapping[str, object]) -> Iterator[Any]:
        """Yield each line of JSON as POST /ops/<path> answers it; NotRunning when the service falls silent."""
        url = f"{self._operator.service_urls[service]}/ops/{path}"
        try:
            with self._client.stream("POST", url, headers=self._headers(), json=dict(body)) as answer:
                if answer.is_error:
                    answer.read()
                    raise _refusal(service, answer)
                for line in answer.iter_lines():
                    yield json.loads(line)
        except httpx2.HTTPError as error:
            raise NotRunning(_silent(service, self._operator.service_urls[service])) from error

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._operator.token}", "X-Operator": self._operator.name}

    def _send(self, service: str, method: str, path: str, **content: Any) -> httpx2.Response:
        url = f"{self._operator.service_urls[service]}/ops/{path}"
        try:
            answer = self._client.request(method, url, headers=self._headers(), **content)
        except httpx2.HTTPError as error:
            raise NotRunning(_silent(service, self._operator.service_urls[service])) from error
        if answer.is_error:
            raise _refusal(service, answer)
        return answer

    def readiness(self, service: str) -> Mapping[str, object] | None:
        """Return what /health/ready says of each dependency, or None when nothing answers."""
        try:
            answer = self._client.get(f"{self._operator.service_urls[service]}/health/ready")
            body = answer.json()
        except (httpx2.HTTPError, ValueError):
            return None
        return body if isinstance(body, dict) else None


def _machine_user() -> str:
    """Return the machine user's name, or the number of one that the machine has no name for."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"


def _present(query: Mapping[str, str | int]) -> dict[str, str | int]:
    return {name: value for name, value in query.items() if value != ""}


def _silent(service: str, url: str) -> str:
    return f"{service} does not answer at {url}: start the system with `throughline up`, or run `throughline doctor`."


def _refusal(service: str, answer: httpx2.Response) -> ServiceAnswered:
    """Return the refusal with the service's own sentence where it gave one."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    if isinstance(body, dict) and body.get("detail"):
        detail = str(body["detail"])
        return ServiceAnswered(f"{service}: {detail}", title=str(body.get("title", "")), detail=detail)
    return ServiceAnswered(f"{service} answered {answer.status_code}: read its log, or run `throughline doctor`.")
