"""A service's process: it ends when it is told to, whatever its application waits for."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx2
import pytest

from cli.ports import HOST

NEVER_STOPS = """
import asyncio, contextlib, sys, types
from fastapi import FastAPI
import cli.serve

@contextlib.asynccontextmanager
async def lifespan(app):
    yield
    await asyncio.sleep(600)

sys.modules["services.stats.app"] = types.SimpleNamespace(create=lambda: FastAPI(lifespan=lifespan))
sys.argv = ["serve", "stats"]
cli.serve.STOP_SECONDS = 1.0
sys.exit(cli.serve.main())
"""


@pytest.fixture
def stubborn() -> Iterator["subprocess.Popen[bytes]"]:
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    given = {**os.environ, "THROUGHLINE_PORT": str(port), "THROUGHLINE_SERVICE": "stats"}
    with subprocess.Popen([sys.executable, "-c", NEVER_STOPS], env=given) as process:
        try:
            _until_it_answers(f"http://{HOST}:{port}/", process)
            yield process
        finally:
            process.kill()


def _until_it_answers(url: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 60
    while True:
        assert process.poll() is None
        assert time.monotonic() < until
        try:
            httpx2.get(url, trust_env=False)
        except httpx2.HTTPError:
            time.sleep(0.1)
        else:
            return


class TestStop:
    def test_ends_though_the_application_never_does(self, stubborn: "subprocess.Popen[bytes]") -> None:
        stubborn.send_signal(signal.SIGTERM)
        assert stubborn.wait(30) == 1
