"""The state folder: its stamp, its lock and the names of everything in it."""

import fcntl
import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from cli.errors import (
    StateInUse,
    StateNotWritable,
    StatePurposeDiffers,
    StateUnreadable,
)

Purpose = Literal["demo", "real"]
VERSION = 1
# A unix socket's path holds 107 bytes at most on Linux and 103 on macOS.
LONGEST_SOCKET_PATH = 100
SOCKET_NAME = ".s.PGSQL.5432"
MENDED_ELSEWHERE = "choose a folder you may write to with --state DIR"


@dataclass(frozen=True)
class Stamp:
    """What a state folder is for; written once and never changed."""

    purpose: Purpose
    created: str
    version: int


@dataclass(frozen=True)
class StateFolder:
    """A state folder by its absolute path, and what lies where inside it."""

    root: Path

    @property
    def stamp(self) -> Path:
        """The file that says what the folder is for."""
        return self.root / "state.json"

    @property
    def lock(self) -> Path:
        """The file that a running supervisor holds locked; it contains its process id."""
        return self.root / "supervisor.lock"

    @property
    def postgres(self) -> Path:
        """The database cluster."""
        return self.root / "postgres"

    @property
    def secrets(self) -> Path:
        """One file of keys and credentials per service (0600), and the operator's."""
        return self.root / "secrets"

    @property
    def logs(self) -> Path:
        """One log per process."""
        return self.root / "logs"

    @property
    def mail(self) -> Path:
        """Mail that a demonstration would have sent."""
        return self.root / "mail"

    @property
    def spool(self) -> Path:
        """What intake accepts while its database is away, sealed."""
        return self.root / "spool"

    @property
    def clock(self) -> Path:
        """The offset of a demonstration's business time."""
        return self.root / "clock.json"

    @property
    def sent_samples(self) -> Path:
        """The list of samples already sent, so that none is sent twice."""
        return self.root / "samples.json"

    @property
    def processes(self) -> Path:
        """The process id of each running program, by its name."""
        return self.root / "processes.json"

    def sockets(self) -> Path:
        """Return the private folder of the database socket, made if absent; a temporary one where the path is long.

        Raises StateNotWritable when the folder exists and belongs to somebody else.
        """
        inside = self.root / "run"
        if len(os.fsencode(inside / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
            return _private(inside)
        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        return _private(Path(tempfile.gettempdir()) / f"throughline-{os.getuid()}-{digest}")


def default_state() -> Path:
    """Return the state folder that every command means when none is named."""
    return Path(os.environ.get("THROUGHLINE_STATE", ".throughline"))


def _private(folder: Path) -> Path:
    """Make a folder that only its owner can enter, and refuse one that somebody else made first."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        message = f"The folder {folder} cannot be made ({error.strerror}): {MENDED_ELSEWHERE}."
        raise StateNotWritable(message) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        message = f"{folder} is not a folder of this user: remove it, or {MENDED_ELSEWHERE}."
        raise StateNotWritable(message)
    if found.st_mode & 0o077:
        folder.chmod(0o700)
    return folder


def read_stamp(folder: StateFolder) -> Stamp | None:
    """Return what the folder is for, or None when it has never been started; StateUnreadable when it makes no sense."""
    try:
        text = folder.stamp.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        message = f"{folder.stamp} cannot be read: check who owns it, or {MENDED_ELSEWHERE}."
        raise StateUnreadable(message) from error
    try:
        stamp = Stamp(**json.loads(text))
        later = stamp.version > VERSION or stamp.purpose not in {"demo", "real"}
    except (ValueError, TypeError) as error:
        message = f"{folder.stamp} is damaged: restore it from a backup, or start anew with another --state DIR."
        raise StateUnreadable(message) from error
    if later:
        message = f"{folder.stamp} was written by a later version of Throughline: start it with that version."
        raise StateUnreadable(message)
    return stamp


@contextmanager
def opened(root: Path, purpose: Purpose, *, now: datetime) -> Iterator[StateFolder]:
    """Lock the state folder for this process and stamp it on first use.

    Raises StateNotWritable, StateInUse, StatePurposeDiffers or StateUnreadable, each before anything is changed.
    """
    folder = StateFolder(root.absolute())
    _private(folder.root)
    with _locked(folder):
        stamp = read_stamp(folder)
        if stamp is None:
            _refuse_foreign(folder)
            write_private(
                folder.stamp,
                json.dumps(asdict(Stamp(purpose, now.isoformat(), VERSION))) + "\n",
            )
        elif stamp.purpose != purpose:
            raise StatePurposeDiffers(_purpose_sentence(folder, stamp.purpose))
        for inner in (folder.secrets, folder.logs):
            _private(inner)
        yield folder


def _purpose_sentence(folder: StateFolder, purpose: Purpose) -> str:
    if purpose == "demo":
        return f"{folder.root} holds a demonstration and can never become real: name another folder with --state DIR."
    return f"{folder.root} holds real data and never runs as a demonstration: add --real, or name another --state DIR."


def _refuse_foreign(folder: StateFolder) -> None:
    """Refuse an unstamped folder that holds anything: somebody's data stay untouched."""
    expected = {folder.lock.name, "run", folder.logs.name, folder.secrets.name}
    foreign = sorted(entry.name for entry in folder.root.iterdir() if entry.name not in expected)
    if foreign:
        message = f"{folder.root} holds other files ({foreign[0]}): name an empty folder with --state DIR."
        raise StateUnreadable(message)


@contextmanager
def _locked(folder: StateFolder) -> Iterator[None]:
    """Hold the lock file; the kernel lets go of it however this process ends."""
    try:
        handle = os.open(folder.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        message = f"{folder.root} cannot be written ({error.strerror}): {MENDED_ELSEWHERE}."
        raise StateNotWritable(message) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip() or "unknown"
            message = (
                f"{folder.root} already runs (process {holder}): stop that with Ctrl-C, or name another --state DIR."
            )
            raise StateInUse(message) from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode("ascii"), 0)
        yield
    finally:
        os.close(handle)


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner only; a crash leaves the old or the new one whole."""
    temporary = path.with_name(path.name + ".new")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
