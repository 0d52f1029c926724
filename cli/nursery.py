"""A process that has loaded what all services share, and forks each of them from itself."""

import ctypes
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable, Mapping

from cli.leash import follow_parent

SUPERVISOR = "THROUGHLINE_SUPERVISOR"
SHARED = ("chassis.app", "chassis.migrate", "areas", "contracts.catalogue", "granian.server.embed", "lxml.html")
SET_NAME = 15
LARGEST_MESSAGE = 1 << 20


class Nursery:
    """Forks on request and reports who ended; it has one thread and no loop, so that every fork is whole."""

    def __init__(self, control: socket.socket) -> None:
        """Take requests from the supervisor over this socket, and answer there: one JSON object a line."""
        self._control = control
        self._lines = b""
        self._woken, waker = socket.socketpair()
        for end in (self._woken, waker):
            end.settimeout(0)
        self._waker = waker
        self._earlier = signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)

    def run(self) -> Callable[[], int] | None:
        """Serve until the supervisor is gone (None); in a forked child, return what the child has to do."""
        self._tell({"ready": 1})
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self._woken:
                        self._woken.recv(4096)
                        self._report()
                        continue
                    received = self._control.recv(LARGEST_MESSAGE)
                    if not received:
                        return None
                    work = self._requests(received)
                    if work is not None:
                        return work

    def _requests(self, received: bytes) -> Callable[[], int] | None:
        """Fork for every complete request; return the work in the child."""
        self._lines += received
        while b"\n" in self._lines:
            line, _, self._lines = self._lines.partition(b"\n")
            request = json.loads(line)
            pid = os.fork()
            if pid == 0:
                return self._become(request)
            self._tell({"id": request["id"], "pid": pid})
        return None

    def _become(self, request: Mapping[str, object]) -> Callable[[], int]:
        """Let go of everything of the parent's and take on what was asked for."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, self._earlier)
        for held in (self._control, self._woken, self._waker):
            held.close()
        os.setsid()
        log = os.open(str(request["log"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(log)
        environment, arguments = request["environment"], request["arguments"]
        if not isinstance(environment, dict) or not isinstance(arguments, list):
            raise TypeError(request)
        os.environ.clear()
        os.environ.update({str(name): str(value) for name, value in environment.items()})
        os.environ[SUPERVISOR] = str(os.getppid())
        sys.argv = [str(request["module"]), *map(str, arguments)]
        _name_process(str(request["name"]))
        return lambda: int(importlib.import_module(sys.argv[0]).main())

    def _report(self) -> None:
        """Tell the supervisor of every child that ended; a negative code is a signal."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._tell({"exited": pid, "code": os.waitstatus_to_exitcode(status)})

    def _tell(self, message: Mapping[str, object]) -> None:
        self._control.sendall(json.dumps(message).encode("utf-8") + b"\n")


def _name_process(name: str) -> None:
    """Show the service's name in ps and top, where the system can (Linux, 15 characters)."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(SET_NAME, f"tl-{name}".encode("ascii")[:15], 0, 0, 0)


def main() -> int:
    """Load what is shared, then fork until the supervisor is gone; in a child, do the child's work."""
    parent = os.environ.get(SUPERVISOR)
    if parent:
        follow_parent(signal.SIGTERM, int(parent))
    for module in (*SHARED, *sys.argv[2:]):
        importlib.import_module(module)
    gc.collect()
    gc.freeze()
    work = Nursery(socket.socket(fileno=int(sys.argv[1]))).run()
    return 0 if work is None else work()


if __name__ == "__main__":
    sys.exit(main())
