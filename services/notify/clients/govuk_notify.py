"""GOV.UK Notify by its own client library: mails that it sends, and what it says later of their arrival."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from uuid import uuid5

import requests
from notifications_python_client.errors import APIError, InvalidResponse
from notifications_python_client.notifications import NotificationsAPIClient
from urllib3.exceptions import MaxRetryError, NewConnectionError

from chassis import telemetry
from services.notify.clients.carrier import Carrier, Delivery, Message
from services.notify.clients.threads import NeverAsked, Threads
from services.notify.domain import Result

ANY_TEMPLATE = "any"
MOST_AT_ONCE = 8
"""So many questions are put at once; the library waits in a thread, and its threads are nobody else's."""
BAD_REQUEST, FORBIDDEN, TOO_MANY, BROKEN = 400, 403, 429, 500
SKEW = timedelta(minutes=2)
"""So much may the provider's clock be behind ours when it is asked what it took since we began."""
_UNDER_WAY = frozenset({"created", "sending", "pending", "delivered"})

log = telemetry.logger(__name__)


class Arrival(StrEnum):
    """What the provider says of a mail that it took."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    PERMANENT_FAILURE = "permanent-failure"
    TEMPORARY_FAILURE = "temporary-failure"
    TECHNICAL_FAILURE = "technical-failure"
    FORGOTTEN = "forgotten"


_ARRIVALS: Mapping[str, Arrival] = {
    "delivered": Arrival.DELIVERED,
    "permanent-failure": Arrival.PERMANENT_FAILURE,
    "temporary-failure": Arrival.TEMPORARY_FAILURE,
    "technical-failure": Arrival.TECHNICAL_FAILURE,
}


class NotifyCarrier(Carrier, Protocol):
    """A carrier that is asked afterwards whether a message arrived."""

    async def arrival(self, provider_id: str) -> Arrival:
        """Return what became of a message; WAITING where the provider cannot say at this moment."""


@dataclass(frozen=True)
class NotifyAccount:
    """An account with GOV.UK Notify: its key, where it is asked, and the template for each kind and language.

    `templates` are found by "kind.language", "kind", or "any"; each holds ((subject)) and ((body)). One request may
    take `patience` seconds.
    """

    key: str = field(repr=False)
    url: str = "https://api.notifications.service.gov.uk"
    templates: Mapping[str, str] = field(default_factory=dict)
    patience: float = 10.0

    def template(self, kind: str, language: str) -> str:
        """Return the id of the template for a notice, "" where the account has none."""
        return next(filter(None, map(self.templates.get, (f"{kind}.{language}", kind, ANY_TEMPLATE))), "")


class GovukNotifyClient:
    """Sends by GOV.UK Notify; what may have been taken before is asked for by its reference before it is sent again."""

    def __init__(self, account: NotifyAccount) -> None:
        """Keep the account; nothing connects yet. The library's own log is silent: it repeats what servers answer."""
        self.account = account
        self._threads = Threads(MOST_AT_ONCE)
        logging.getLogger("notifications_python_client").disabled = True
        logging.getLogger("notifications_python_client.base").disabled = True

    async def send(self, message: Message) -> Delivery:
        """Hand one message over; the provider keeps the notice's id as its reference."""
        if not self.account.key or not self._template(message):
            return Delivery(Result.NOT_SET_UP)
        try:
            taken = await self._taken_before(message) if message.repeated else None
        except (APIError, TimeoutError) as answer:
            return Delivery(Result.DEFERRED, _code(answer) or None)
        try:
            return taken or await self._handed_over(message)
        except NeverAsked:
            return Delivery(Result.DEFERRED)
        except TimeoutError:
            return Delivery(Result.UNKNOWN)
        except APIError as answer:
            return _refusal(answer)

    async def arrival(self, provider_id: str) -> Arrival:
        """Ask what became of a message."""
        try:
            found = await self._ask(lambda client: client.get_notification_by_id(provider_id))
        except (APIError, TimeoutError) as answer:
            return Arrival.FORGOTTEN if _code(answer) == requests.codes["not_found"] else Arrival.WAITING
        status = found.get("status") if isinstance(found, dict) else None
        return _ARRIVALS.get(str(status), Arrival.WAITING)

    def written(self, message: Message) -> bytes:
        """Return what is handed over: the address, the template, and the words that fill it."""
        told = {
            "email_address": message.address,
            "template_id": self._template(message),
            "personalisation": _personalisation(message),
            "reference": str(message.id),
        }
        return json.dumps(told, sort_keys=True).encode()

    async def hang_up(self) -> None:
        """End nothing: each request is a connection of its own, because the library's client serves one thread."""

    def _template(self, message: Message) -> str:
        return self.account.template(message.facts.kind, message.language)

    async def _handed_over(self, message: Message) -> Delivery:
        template, said = self._template(message), _personalisation(message)
        made = await self._ask(
            lambda client: client.send_email_notification(message.address, template, said, reference=str(message.id))
        )
        provider_id = made.get("id") if isinstance(made, dict) else None
        if not isinstance(provider_id, str):
            return Delivery(Result.UNKNOWN)
        return Delivery(Result.ACCEPTED, requests.codes["created"], provider_id, pending=True)

    async def _taken_before(self, message: Message) -> Delivery | None:
        """Return that the provider has this notice already, None where it has not, or could not deliver it."""
        found = await self._ask(lambda client: client.get_all_notifications(reference=str(message.id)))
        listed = found.get("notifications", []) if isinstance(found, dict) else []
        for one in (each for each in listed if isinstance(each, dict) and _is_since(each, message.since)):
            if one.get("status") in _UNDER_WAY:
                return Delivery(Result.ACCEPTED, requests.codes["ok"], str(one.get("id", "")), pending=True)
        return None

    async def _ask(self, question: Callable[[Any], Any]) -> Any:
        """Put one question in a thread, which is left to itself after its time; raises APIError and TimeoutError."""
        account = self.account

        def ask() -> Any:
            client: Any = NotificationsAPIClient(account.key, account.url, timeout=account.patience)  # type: ignore[no-untyped-call]
            with client.request_session:
                return question(client)

        return await self._threads.ask(ask, account.patience + 2)


def _personalisation(message: Message) -> dict[str, str]:
    return {"subject": message.subject, "body": message.body}


def _is_since(one: Mapping[str, Any], since: datetime | None) -> bool:
    try:
        return since is None or datetime.fromisoformat(str(one.get("created_at"))) >= since - SKEW
    except (ValueError, TypeError):
        return True


def _code(answer: APIError | TimeoutError) -> int:
    """Return the code of an answer; 0 where none came, for which the library says 503."""
    return 0 if isinstance(answer, TimeoutError) or answer.response is None else int(answer.status_code)


def _refusal(answer: APIError) -> Delivery:
    """Tell apart what the provider will never take, what it takes later, and what it may have taken."""
    code = _code(answer)
    if isinstance(answer, InvalidResponse):
        return Delivery(Result.UNKNOWN, code or None)
    if not code:
        return Delivery(Result.DEFERRED if _never_left(answer) else Result.UNKNOWN)
    if code == FORBIDDEN:
        # Our own key was refused: nothing was said about the recipient.
        log.warning("GOV.UK Notify refuses our key; see its settings, and this machine's clock.")
        return Delivery(Result.DEFERRED, code)
    if code == TOO_MANY:
        return Delivery(Result.DEFERRED, code)
    if code >= BROKEN:
        return Delivery(Result.UNKNOWN if code == BROKEN else Result.DEFERRED, code)
    return Delivery(Result.REFUSED, code)


def _never_left(answer: APIError) -> bool:
    """Say whether the request cannot have reached the provider: no connection, or none that could be trusted."""
    cause = answer.__cause__
    if isinstance(cause, requests.exceptions.ConnectTimeout | requests.exceptions.SSLError):
        return True
    inner = cause.args[0] if isinstance(cause, requests.exceptions.ConnectionError) and cause.args else None
    return isinstance(inner, MaxRetryError) and isinstance(inner.reason, NewConnectionError)


class ConsoleGovukNotifyClient:
    """The twin for a terminal: says that a message would go out, and keeps nothing of it.

    `answers` gives the code for an address, so that refusals can be tried too.
    """

    def __init__(self, answers: Mapping[str, int] | None = None) -> None:
        """Answer every address with 201 but those that are named."""
        self._answers = answers or {}
        self._real = GovukNotifyClient(NotifyAccount("", templates={ANY_TEMPLATE: "console"}))

    async def send(self, message: Message) -> Delivery:
        """Take one message; the log line holds its id, never an address."""
        code: int = self._answers.get(message.address, 201)
        log.info("A message for GOV.UK Notify went to the console.", extra={"facts": {"message_id": str(message.id)}})
        if code < BAD_REQUEST:
            return Delivery(Result.ACCEPTED, code, str(uuid5(message.id, "console")), pending=True)
        response = requests.Response()
        response.status_code = code
        return _refusal(APIError(response))

    async def arrival(self, provider_id: str) -> Arrival:
        """Say that what was taken has arrived."""
        return Arrival.DELIVERED if provider_id else Arrival.FORGOTTEN

    def written(self, message: Message) -> bytes:
        """Return what would be handed over."""
        return self._real.written(message)

    async def hang_up(self) -> None:
        """End nothing: no line leads anywhere."""
