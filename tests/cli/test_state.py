"""The state folder: stamped once, locked while it runs, private, and never somebody else's."""

import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.errors import Refused, StateInUse, StateNotWritable, StatePurposeDiffers, StateUnreadable
from cli.state import LONGEST_SOCKET_PATH, SOCKET_NAME, StateFolder, opened, read_stamp

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def is_one_sentence(error: Refused) -> bool:
    """One sentence, ending with a full stop, that says how to mend it after a colon or semicolon."""
    text = str(error)
    return text.endswith(".") and "\n" not in text and ": " in text


class TestOpened:
    def test_stamps_a_new_folder_and_makes_it_private(self, tmp_path: Path) -> None:
        with opened(tmp_path / "state", "demo", now=NOW) as folder:
            stamp = read_stamp(folder)
        assert stamp is not None
        assert (stamp.purpose, stamp.created, stamp.version) == ("demo", "2026-01-05T09:00:00+00:00", 1)
        assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700

    @pytest.mark.parametrize(("first", "second"), [("demo", "real"), ("real", "demo")])
    def test_never_changes_what_a_folder_is_for(self, tmp_path: Path, first: str, second: str) -> None:
        with opened(tmp_path, first, now=NOW):  # type: ignore[arg-type]
            pass
        with pytest.raises(StatePurposeDiffers) as refused, opened(tmp_path, second, now=NOW):  # type: ignore[arg-type]
            pass
        assert is_one_sentence(refused.value)
        assert refused.value.exit_code == 2

    def test_refuses_a_second_supervisor_and_names_the_first(self, tmp_path: Path) -> None:
        with opened(tmp_path, "demo", now=NOW), pytest.raises(StateInUse) as refused, opened(tmp_path, "demo", now=NOW):
            pass
        assert str(os.getpid()) in str(refused.value)
        assert is_one_sentence(refused.value)

    def test_the_lock_of_a_killed_supervisor_is_gone(self, tmp_path: Path) -> None:
        code = (
            "import os, signal, sys; from datetime import datetime, UTC; from pathlib import Path\n"
            "from cli.state import opened\n"
            "with opened(Path(sys.argv[1]), 'demo', now=datetime.now(UTC)): os.kill(os.getpid(), signal.SIGKILL)"
        )
        killed = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
        assert killed.returncode == -9
        with opened(tmp_path, "demo", now=NOW) as folder:
            assert folder.root == tmp_path

    def test_refuses_a_folder_that_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("not a folder")
        with pytest.raises(StateNotWritable) as refused, opened(tmp_path / "file" / "state", "demo", now=NOW):
            pass
        assert is_one_sentence(refused.value)

    def test_never_takes_over_a_folder_with_other_files(self, tmp_path: Path) -> None:
        (tmp_path / "thesis.odt").write_text("precious")
        with pytest.raises(StateUnreadable, match=r"thesis\.odt"), opened(tmp_path, "demo", now=NOW):
            pass
        assert (tmp_path / "thesis.odt").read_text() == "precious"

    @pytest.mark.parametrize(
        "text",
        [
            *("", "{", "[]", '{"purpose": "demo"}', '{"purpose":"other","created":"","version":1}'),
            *('{"purpose":"demo","created":"","version":"1"}', '{"purpose":[],"created":"","version":1}'),
        ],
    )
    def test_refuses_a_damaged_stamp(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "state.json").write_text(text)
        with pytest.raises(StateUnreadable) as refused, opened(tmp_path, "demo", now=NOW):
            pass
        assert is_one_sentence(refused.value)

    def test_refuses_the_state_of_a_later_version(self, tmp_path: Path) -> None:
        (tmp_path / "state.json").write_text('{"purpose": "demo", "created": "", "version": 99}')
        with pytest.raises(StateUnreadable, match="later version"), opened(tmp_path, "demo", now=NOW):
            pass


class TestSockets:
    def test_are_inside_a_short_folder(self) -> None:
        with tempfile.TemporaryDirectory() as short:
            sockets = StateFolder(Path(short)).sockets()
            assert sockets == Path(short) / "run"
            assert sockets.stat().st_mode & 0o777 == 0o700

    def test_are_elsewhere_and_private_when_the_path_is_too_long(self, tmp_path: Path) -> None:
        root = tmp_path / ("a" * 90)
        sockets = StateFolder(root).sockets()
        try:
            assert len(os.fsencode(sockets / SOCKET_NAME)) <= LONGEST_SOCKET_PATH
            assert sockets.stat().st_mode & 0o777 == 0o700
            assert StateFolder(root).sockets() == sockets
        finally:
            sockets.rmdir()

    def test_a_link_that_somebody_laid_there_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "run").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(StateNotWritable):
            StateFolder(tmp_path).sockets()
