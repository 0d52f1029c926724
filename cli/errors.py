"""What the command line refuses: one sentence each, with a stable reason and an exit code."""

from typing import ClassVar

from chassis.errors import ThroughlineError


class Refused(ThroughlineError):
    """The command cannot be carried out as asked. Exit code 2."""

    reason: ClassVar[str] = "refused"
    exit_code: ClassVar[int] = 2


class StateNotWritable(Refused):
    """The state folder cannot be created or written."""

    reason: ClassVar[str] = "state-not-writable"


class StateInUse(Refused):
    """Another supervisor already runs on this state folder."""

    reason: ClassVar[str] = "state-in-use"


class StatePurposeDiffers(Refused):
    """A demonstration state was started as real, or the reverse."""

    reason: ClassVar[str] = "state-purpose-differs"


class StateUnreadable(Refused):
    """The state folder is not one of ours, is damaged, or was written by a later version."""

    reason: ClassVar[str] = "state-unreadable"


class PortTaken(Refused):
    """Something else listens on a port that Throughline needs."""

    reason: ClassVar[str] = "port-taken"


class PostgresNotAllowed(Refused):
    """PostgreSQL will not run as this user on this machine."""

    reason: ClassVar[str] = "postgres-not-allowed"


class PostgresFailed(Refused):
    """PostgreSQL could not be created, started or stopped."""

    reason: ClassVar[str] = "postgres-failed"


class BusNotReady(Refused):
    """The bus that was named cannot be prepared for the contracts."""

    reason: ClassVar[str] = "bus-not-prepared"


class StartFailed(Refused):
    """A service did not become ready."""

    reason: ClassVar[str] = "start-failed"
    exit_code: ClassVar[int] = 1


class NotRunning(Refused):
    """Nothing answers at the address of a service."""

    reason: ClassVar[str] = "not-running"


class BadInput(Refused):
    """An argument or a file cannot be used."""

    reason: ClassVar[str] = "bad-input"


class ServiceAnswered(Refused):
    """A service refused the request, or failed; `title` and `detail` are its reason and sentence, if it gave one."""

    reason: ClassVar[str] = "service-refused"
    exit_code: ClassVar[int] = 1

    def __init__(self, sentence: str, *, title: str = "", detail: str = "") -> None:
        """Keep the command line's sentence, and what the service said itself."""
        super().__init__(sentence)
        self.title = title
        self.detail = detail
