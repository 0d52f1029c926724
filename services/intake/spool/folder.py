"""The spool's folder: one sealed file per entry, on disk before anybody hears of it, and one owner at a time."""

import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.crypto import SealBroken, seal, unseal
from services.intake.domain import SpoolUnwritable

MAGIC = b"TLSPOOL1"
LENGTH = struct.Struct(">I")
ENTRY, UNFINISHED = ".entry", ".unfinished"
UNWRITABLE = "The database is away, and what came in could not be written down either: send it again in a few minutes."


class Folder:
    """Files of sealed bytes; every method blocks, and raises SpoolUnwritable for what the disk refuses.

    A name holds a random id and nothing else. Each part is sealed for its own file and place, so that none can be put
    into another's.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        """Use this folder, made when it is opened, under this key of 32 bytes."""
        self._path = path
        self._cipher = AESGCM(key)
        self._lock: int | None = None

    def open(self) -> None:
        """Make the folder, take it for this process alone, and throw away what was never finished."""
        if self._lock is not None:
            return
        lock = None
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self._path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for left in self._path.glob(f"*{UNFINISHED}"):
                left.unlink()
        except OSError:
            if lock is not None:
                os.close(lock)
            raise SpoolUnwritable(UNWRITABLE) from None
        self._lock = lock

    def close(self) -> None:
        """Let another process have the folder."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def entries(self) -> Iterator[tuple[UUID, int]]:
        """Return (id, bytes on disk) of every finished entry, oldest first: ids rise with time.

        One that the disk does not even measure is there too, with 0 bytes: a person must hear of it.
        """
        try:
            files = sorted(self._path.glob(f"*{ENTRY}"))
        except OSError:
            raise SpoolUnwritable(UNWRITABLE) from None
        for file in files:
            with suppress(ValueError):
                yield UUID(hex=file.stem), _size(file)

    def add(self, entry: UUID, head: bytes, body: bytes) -> int:
        """Write an entry so that it outlives a loss of power; return its size. Nothing is left of one that failed."""
        sealed = seal(self._cipher, head, b"head" + entry.bytes)
        parts = (MAGIC, LENGTH.pack(len(sealed)), sealed, seal(self._cipher, body, b"body" + entry.bytes))
        self._write(self._file(entry), parts)
        return sum(map(len, parts))

    def head(self, entry: UUID) -> bytes:
        """Return the opened head; raises SealBroken."""
        with self._reading(entry) as file:
            return unseal(self._cipher, self._sealed_head(file), b"head" + entry.bytes)

    def body(self, entry: UUID) -> bytes:
        """Return the opened body; raises SealBroken."""
        with self._reading(entry) as file:
            self._sealed_head(file)
            return unseal(self._cipher, file.read(), b"body" + entry.bytes)

    def remove(self, entry: UUID) -> None:
        """Delete an entry that has been taken out; one that is gone already stays gone."""
        with suppress(OSError):
            self._file(entry).unlink(missing_ok=True)

    def note(self, name: str, content: bytes) -> None:
        """Write a sealed note in place of the one before."""
        self._write(self._path / name, (seal(self._cipher, content, b"note" + name.encode()),))

    def noted(self, name: str) -> bytes | None:
        """Return a note, None where there is none that opens."""
        try:
            return unseal(self._cipher, (self._path / name).read_bytes(), b"note" + name.encode())
        except (OSError, SealBroken):
            return None

    def _file(self, entry: UUID) -> Path:
        return self._path / f"{entry.hex}{ENTRY}"

    def _reading(self, entry: UUID) -> BinaryIO:
        try:
            return self._file(entry).open("rb")
        except OSError:
            raise SpoolUnwritable(UNWRITABLE) from None

    @staticmethod
    def _sealed_head(file: BinaryIO) -> bytes:
        start = file.read(len(MAGIC) + LENGTH.size)
        if not start.startswith(MAGIC) or len(start) != len(MAGIC) + LENGTH.size:
            raise SealBroken("A file in the spool is none of ours: move it elsewhere and look at it.")
        return file.read(*LENGTH.unpack(start[len(MAGIC) :]))

    def _write(self, target: Path, parts: tuple[bytes, ...]) -> None:
        unfinished = target.with_suffix(UNFINISHED)
        try:
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.writelines(parts)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(target)
            self._sync()
        except OSError:
            for left in (unfinished, *([target] if target.suffix == ENTRY else [])):
                with suppress(OSError):
                    left.unlink(missing_ok=True)
            raise SpoolUnwritable(UNWRITABLE) from None

    def _sync(self) -> None:
        folder = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
