"""What the doctor says of the spool: whether referrals wait there, for how long, and whether it could take more."""

import os
import shutil
import time
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import pytest

from cli.commands import doctor
from services.intake.spool.folder import Folder


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """The folder as intake makes it."""
    path = tmp_path / "spool"
    folder = Folder(path, bytes(32))
    folder.open()
    folder.close()
    return path


def keep(spool: Path, *, minutes: int) -> None:
    """Let intake have written down a referral so long ago."""
    entry = uuid4()
    Folder(spool, bytes(32)).add(entry, b"head", b"body")
    then = time.time() - 60 * minutes
    os.utime(spool / f"{entry.hex}.entry", (then, then))


def found(spool: Path) -> list[tuple[bool, str]]:
    return [(each.well, each.words) for each in doctor._spool(spool)]


class TestSpool:
    def test_that_was_never_made_is_not_spoken_of(self, tmp_path: Path) -> None:
        assert found(tmp_path / "nowhere") == []

    def test_that_is_empty_is_well(self, spool: Path) -> None:
        ((well, words),) = found(spool)
        assert well
        assert words.startswith("empty, writable, ")

    def test_in_which_referrals_wait_is_wrong_and_says_for_how_long(self, spool: Path) -> None:
        keep(spool, minutes=3)
        keep(spool, minutes=0)
        ((well, words),) = found(spool)
        assert not well
        assert words.startswith(
            "2 referrals wait there, the oldest for 3 minutes, and no team has been told: see docs/"
        )

    def test_without_room_is_wrong(self, spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1024**3))
        assert found(spool) == [
            (False, f"1.0 GiB free where referrals wait while the database is away: make room at {spool}.")
        ]

    def test_that_this_user_cannot_use_is_wrong(self, spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "access", lambda *_: False)
        ((well, words),) = found(spool)
        assert not well
        assert "belongs to the user that runs intake" in words

    @pytest.mark.parametrize("page", [doctor.SPOOL_UNWRITABLE, doctor.DATABASE_AWAY])
    def test_names_pages_that_exist(self, page: str) -> None:
        assert (Path(__file__).parents[2] / page).is_file()
