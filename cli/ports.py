"""The ports of a start: the fixed ones, or free ones for a throwaway system; who holds a taken one."""

import contextlib
import errno
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.errors import PortTaken
from contracts.catalogue import SERVICES

HOST = "127.0.0.1"
PROVIDER = "demo provider"
SMTP = "mail in"
MAIL_SINK = "mail out"
FIXED = {name: 8001 + index for index, name in enumerate(SERVICES)} | {
    PROVIDER: 8007,
    SMTP: 2525,
    MAIL_SINK: 2526,
}
LISTENING = "0A"


@dataclass(frozen=True)
class Ports:
    """One port per listener, by the listener's name."""

    by_name: Mapping[str, int]

    def url(self, name: str) -> str:
        """Return the base URL of a service or of the demonstration's identity provider."""
        return f"http://{HOST}:{self.by_name[name]}"

    def service_urls(self) -> dict[str, str]:
        """Return the base URL of every service."""
        return {name: self.url(name) for name in SERVICES}


def fixed(*, demo: bool) -> Ports:
    """Return the ports everybody knows; PortTaken, with who holds it, when one is in use."""
    wanted = {name: FIXED[name] for name in _listeners(demo=demo)}
    for name, port in wanted.items():
        if not _free(port):
            holder = holder_of(port)
            by = f" by {holder}" if holder else ""
            message = f"Port {port} ({name}) is taken{by}: stop that program, or add --ephemeral to use free ports."
            raise PortTaken(message)
    return Ports(wanted)


def free(*, demo: bool) -> Ports:
    """Return ports that nobody uses at this moment."""
    with contextlib.ExitStack() as stack:
        found = {}
        for name in _listeners(demo=demo):
            listener = stack.enter_context(socket.socket())
            listener.bind((HOST, 0))
            found[name] = int(listener.getsockname()[1])
    return Ports(found)


def _listeners(*, demo: bool) -> tuple[str, ...]:
    """Return who listens; only a demonstration signs people in and takes its mail itself."""
    return tuple(name for name in FIXED if demo or name not in {PROVIDER, MAIL_SINK})


def _free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError as error:
            return error.errno not in {errno.EADDRINUSE, errno.EACCES}
    return True


def holder_of(port: int) -> str | None:
    """Return "name (process 123)" for the program that listens on a port, where Linux tells this user."""
    inodes = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for process in Path("/proc").glob("[0-9]*") if inodes else ():
        try:
            if any(str(handle.readlink()) in inodes for handle in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text(encoding='utf-8').strip()} (process {process.name})"
        except OSError:
            continue
    return None


def _listening_inodes(port: int) -> Iterator[str]:
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        try:
            rows = table.read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            fields = row.split()
            if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]
