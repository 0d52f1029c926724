"""What a consumer holds: a publisher asks it which of its subjects have arrived, and counts on no receipt for that."""

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, ClassVar, Self
from uuid import UUID

import httpx2
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import text

from chassis.actor import Actor
from chassis.errors import Forbidden, Unavailable
from chassis.internal import ProblemRoute, require_machine
from contracts.catalogue import TOPIC_BY_NAME

MOST_SUBJECTS = 2_000
SECONDS = 20.0
_HELD = text(
    """SELECT DISTINCT subject FROM inbox_event
    WHERE topic = :topic AND subject = ANY (CAST(:subjects AS uuid[])) AND state IN ('stored', 'erased')"""
)


class HoldingsNotYours(Forbidden):
    """A service asked what another holds of a topic that is not its own, or that must not be asked about by subject."""

    reason: ClassVar[str] = "holdings-not-yours"


class HolderSilent(Unavailable):
    """A consumer does not say what it holds."""

    reason: ClassVar[str] = "holder-silent"


class Question(BaseModel):
    """Which of these subjects of a topic are there? Ids only; both sides know them already."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    topic: str
    subjects: Annotated[tuple[UUID, ...], Field(max_length=MOST_SUBJECTS)]


class Answer(BaseModel):
    """How many of them are there, and which are not."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    topic: str
    held: int
    missing: tuple[UUID, ...]


def router() -> APIRouter:
    """Return the door by which publishers ask what has arrived."""
    routes = APIRouter(route_class=ProblemRoute)
    routes.add_api_route("/internal/holdings", answer, methods=["POST"], include_in_schema=False)
    return routes


async def answer(request: Request, question: Question) -> Answer:
    """Answer which subjects of a topic this service has handled; only the topic's publisher may ask.

    Nobody may ask statistics: to name the keys of one day together would tell it the day.
    """
    runtime = request.app.state.runtime
    caller = require_machine(request, accepted=frozenset(runtime.secrets.machine_digests))
    topic = TOPIC_BY_NAME.get(question.topic)
    if topic is None or topic.publisher != caller or topic.statistics:
        raise HoldingsNotYours("Only a topic's publisher may ask what has arrived, and of statistics nobody may.")
    async with runtime.database.transaction(Actor.service(caller)) as session:
        asked = {"topic": question.topic, "subjects": list(question.subjects)}
        held = {row.subject for row in await session.rows(_HELD, asked)}
    missing = tuple(subject for subject in dict.fromkeys(question.subjects) if subject not in held)
    return Answer(topic=question.topic, held=len(held), missing=missing)


class Holders:
    """Asks the consumers of this service's topics."""

    def __init__(
        self, service_urls: Mapping[str, str], credential: str, *, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        """Ask with this service's machine credential."""
        self._urls = service_urls
        headers = {"Authorization": f"Bearer {credential}"}
        self._client = httpx2.AsyncClient(
            transport=transport, headers=headers, timeout=httpx2.Timeout(SECONDS, connect=2.0), trust_env=False
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def missing(self, service: str, topic: str, subjects: Collection[UUID]) -> frozenset[UUID]:
        """Return those of the subjects that a consumer does not have; raises HolderSilent when it does not answer."""
        found: set[UUID] = set()
        for some in _portions(subjects):
            found |= await self._ask(service, Question(topic=topic, subjects=some))
        return frozenset(found)

    async def _ask(self, service: str, question: Question) -> set[UUID]:
        url = f"{self._urls.get(service, '')}/internal/holdings"
        try:
            answer = await self._client.post(url, json=question.model_dump(mode="json"))
            answer.raise_for_status()
            return set(Answer.model_validate_json(answer.content).missing)
        except (httpx2.HTTPError, httpx2.InvalidURL, ValidationError) as error:
            message = f"The service {service} does not say what it holds ({type(error).__name__}): is it running?"
            raise HolderSilent(message) from None


def _portions(subjects: Collection[UUID]) -> Iterator[tuple[UUID, ...]]:

    ordered = tuple(subjects)
    for start in range(0, len(ordered), MOST_SUBJECTS):
        yield ordered[start : start + MOST_SUBJECTS]
