"""One service as one process: `python -m cli.serve intake` reads the environment and serves until told to stop."""

import asyncio
import contextlib
import importlib
import os
import signal
import sys
import threading

from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from chassis.settings import ServiceSettings
from cli.leash import follow_parent
from cli.nursery import SUPERVISOR
from contracts.catalogue import SERVICES

STOP_SECONDS = 20.0
"""Whoever has not stopped by then ends at once: what was accepted is stored, and a start takes up what was begun."""


async def serve(service: str) -> bool:
    """Serve until SIGTERM or SIGINT; say whether it ended because it was asked to."""
    settings = ServiceSettings()
    server = Server(
        importlib.import_module(f"services.{service}.app").create(),
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        backlog=1024,
        log_dictconfig={"version": 1, "disable_existing_loggers": False},
    )
    asked = False

    def stop() -> None:
        nonlocal asked
        asked = True
        # A stop may wait for what never comes, and nobody kills a service whose supervisor is gone.
        overdue = threading.Timer(STOP_SECONDS, os._exit, (1,))
        overdue.daemon = True
        overdue.start()
        server.signal_handler_interrupt()  # type: ignore[no-untyped-call]  # granian has no types here

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    await server.serve()
    return asked


def main() -> int:
    """Serve the service named on the command line and return the exit code: 0 when it was asked to stop."""
    if len(sys.argv[1:]) != 1 or sys.argv[1] not in SERVICES:
        print(
            f"Name one service: python -m cli.serve {'|'.join(SERVICES)}.",
            file=sys.stderr,
        )
        return 2
    parent = os.environ.get(SUPERVISOR)
    if parent:
        follow_parent(signal.SIGTERM, int(parent))
    with contextlib.suppress(ImportError):
        importlib.import_module("uvloop").install()
    return 0 if asyncio.run(serve(sys.argv[1])) else 1


if __name__ == "__main__":
    sys.exit(main())
