"""A real clamd of a test's own, that knows one signature: the industry's harmless test string."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from services.intake.clients import EICAR

SIGNATURE = "Throughline.Test.EICAR"
SECONDS_TO_START = 60
STREAM_LIMIT = "40M"
SMALL_LIMIT = "1M"


def clamd_binary() -> str:
    """Return where clamd is; without it the tests are left out in words, and fail in CI, which installs it."""
    found = shutil.which("clamd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        sentence = "clamd is not installed: apt-get install clamav-daemon."
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    return found


@contextmanager
def running_clamd(folder: Path, *, limit: str = STREAM_LIMIT) -> Iterator[Path]:
    """Run clamd with its socket in a folder, until the block ends; yield the socket."""
    database = folder / "signatures"
    database.mkdir(parents=True, exist_ok=True)
    (database / "test.ndb").write_text(f"{SIGNATURE}:0:*:{EICAR.hex()}\n")
    socket, settings, log = folder / "clamd.sock", folder / "clamd.conf", folder / "clamd.log"
    settings.write_text(
        f"DatabaseDirectory {database}\nLocalSocket {socket}\nForeground yes\nOfficialDatabaseOnly no\n"
        f"StreamMaxLength {limit}\nMaxThreads 4\nTemporaryDirectory {folder}\n"
    )
    with log.open("wb") as output:
        command = (clamd_binary(), "--config-file", str(settings))
        process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            _wait_for(process, socket, log)
            yield socket
        finally:
            process.terminate()
            process.wait(20)


def _wait_for(process: subprocess.Popen[bytes], socket: Path, log: Path) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while not socket.exists():
        if process.poll() is not None or time.monotonic() > end:
            pytest.fail(f"clamd did not start: {log.read_text(errors='replace')[-500:]}")
        time.sleep(0.1)
