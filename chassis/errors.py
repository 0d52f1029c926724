"""Errors named by what happens next; each reason has a page in docs/runbooks."""

from typing import ClassVar


class ThroughlineError(Exception):
    """Root of the tree: `reason` is stable and kebab-case, `str(error)` is one sentence that says how to mend it.

    Sentences never hold personal data: they reach logs, parked messages and people.
    """

    reason: ClassVar[str] = "error"


class Rejected(ThroughlineError):
    """The input or a rule says no: HTTP 422; in a handler the message is parked after its tries."""

    reason: ClassVar[str] = "rejected"


class Forbidden(ThroughlineError):
    """The actor may not do this: HTTP 403."""

    reason: ClassVar[str] = "forbidden"


class Missing(ThroughlineError):
    """What was asked for is not here, or not visible to the actor: HTTP 404."""

    reason: ClassVar[str] = "missing"


class Conflict(ThroughlineError):
    """Somebody else was first: HTTP 409; nothing was overwritten."""

    reason: ClassVar[str] = "conflict"


class Unavailable(ThroughlineError):
    """The world is down: HTTP 503 or backoff; a message is never parked for it."""

    reason: ClassVar[str] = "unavailable"


class NotYet(ThroughlineError):
    """A handler lacks an earlier fact from another topic: the message is held without counting as failed."""

    reason: ClassVar[str] = "not-yet"


class SubjectErased(Missing):
    """The subject's key has been deleted; what was sealed under it can never be read again."""

    reason: ClassVar[str] = "subject-erased"
