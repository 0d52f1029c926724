"""Who is acting: a signed-in person, a service, a job, an operator or the public."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

EVERYWHERE = frozenset({"*"})


class ActorKind(StrEnum):
    """The kinds of actor that audit rows and row-level security know."""

    PERSON = "person"
    SERVICE = "service"
    JOB = "job"
    OPERATOR = "operator"
    PUBLIC = "public"


@dataclass(frozen=True)
class Actor:
    """Who does something, with the roles and areas that the identity provider gave; `areas` of {"*"} means all."""

    kind: ActorKind
    id: str
    name: str = ""
    roles: frozenset[str] = field(default_factory=frozenset)
    areas: frozenset[str] = field(default_factory=frozenset)
    organisation: str = ""

    @classmethod
    def service(cls, name: str) -> Self:
        """Return the actor for a service that handles messages."""
        return cls(ActorKind.SERVICE, name, name, areas=EVERYWHERE)

    @classmethod
    def job(cls, service: str, name: str) -> Self:
        """Return the actor for a service's clock-driven work."""
        return cls(ActorKind.JOB, f"{service}/{name}", name, areas=EVERYWHERE)

    @property
    def called(self) -> str:
        """Return how people read who did it: what a clock or an event brings about is said to be nobody's act."""
        nobody = {ActorKind.JOB: "the calendar (no person)", ActorKind.SERVICE: "the system (no person)"}
        return nobody.get(self.kind) or self.name or self.id

    @classmethod
    def operator(cls, name: str) -> Self:
        """Return the actor for a person on the operations plane."""
        return cls(ActorKind.OPERATOR, name, name, areas=EVERYWHERE)

    @classmethod
    def public(cls) -> Self:
        """Return the actor for somebody who has not signed in: a referrer."""
        return cls(ActorKind.PUBLIC, "public", areas=EVERYWHERE)
