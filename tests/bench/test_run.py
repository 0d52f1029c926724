"""`throughline bench`: names, what is left out, and what is kept."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench import report, run
from bench.frame import NotHere, Result, Settings
from cli.main import app

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
FAST = Result("one", 10.0, 5.0, "x/s", 2.0, 1.0, "How.")


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> list[report.Run]:
    """Keep results in a list in place of the repository's files."""
    runs: list[report.Run] = []
    monkeypatch.setattr(report, "keep", runs.append)
    return runs


class TestChosen:
    def test_all_when_none_is_named(self) -> None:
        assert run.chosen("") == run.BENCHMARKS
        assert run.chosen("size, relay") == ("size", "relay")

    def test_an_unknown_name_is_answered_with_all_names(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr("sys.argv", ["throughline", "bench", "--only", "rely"])
        with pytest.raises(SystemExit) as ended:
            app()
        assert ended.value.code
        told = " ".join(capsys.readouterr().err.split())
        assert f"There is no benchmark 'rely': choose among {', '.join(run.BENCHMARKS)}." in told

    def test_every_measurement_of_the_folder_is_chosen(self) -> None:
        """Whatever has `measure(settings)` in bench/ runs with the one command; nobody need know another."""
        folder = Path(run.__file__).parent
        found = {path.stem for path in folder.glob("*.py") if "\ndef measure(settings" in path.read_text("utf-8")}
        assert found == set(run.BENCHMARKS)


class TestRun:
    def test_what_cannot_be_had_is_left_out_with_its_sentence(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kept: list[report.Run]
    ) -> None:
        def measure(name: str, _: Settings) -> list[Result]:
            if name == "size":
                raise NotHere("There is no such thing here.")
            if name == "relay":
                raise RuntimeError("It broke.")
            return [FAST]

        monkeypatch.setattr(run, "measure", measure)
        monkeypatch.setattr("sys.argv", ["throughline", "bench", "--only", "size,relay,consume"])
        with pytest.raises(SystemExit) as ended:
            app()
        assert ended.value.code == 1
        told, complained = capsys.readouterr()
        assert "relay broke off: what is kept of it is from an earlier run." in " ".join(complained.split())
        assert "size: left out. There is no such thing here." in told
        assert "relay: broke off. RuntimeError: It broke." in told
        assert [list(one.results) for one in kept] == [[FAST]]

    def test_a_quick_look_keeps_nothing(self, monkeypatch: pytest.MonkeyPatch, kept: list[report.Run]) -> None:
        slow = Result("two", 1.0, 5.0, "x/s", 0.2, 1.0)
        monkeypatch.setattr(run, "measure", lambda *_: [FAST, slow])
        assert run.run(("size",), Settings(scale=0.5)) == 1
        assert kept == []


class TestKeep:
    def test_merges_into_what_other_runs_found(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.undo()
        report.keep(report.Run([FAST], "abc", NOW, 1.0), tmp_path)
        report.keep(report.Run([Result("two", 4.0, None, "MB", None, None)], "def", NOW, 1.0), tmp_path)
        found = json.loads((tmp_path / "results.json").read_text())
        assert found["results"]["one"] == {"ours": 10.0, "peer": 5.0, "unit": "x/s", "ratio": 2.0, "bar": 1.0}
        assert list(found["results"]) == ["one", "two"]
        assert found["machine"]["versions"]["PostgreSQL"].startswith("18")
        page = (tmp_path / "RESULTS.md").read_text()
        assert "| one | 10 x/s | 5 x/s | 2 | 1 | abc | 2026-11-21T09:00 |" in page
        assert "| two | 4 MB | – | – | reported | def |" in page
        assert "- `one`: How." in page

    def test_lets_results_of_an_earlier_shape_go(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.undo()
        (tmp_path / "results.json").write_text('{"machine": {}, "results": {"old": {"ours": 1, "unit": "MB"}}}')
        report.keep(report.Run([FAST], "abc", NOW, 1.0), tmp_path)
        assert list(json.loads((tmp_path / "results.json").read_text())["results"]) == ["one"]
