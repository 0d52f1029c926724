"""The page of guarantees names tests that exist, and quotes figures that a command has printed."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.figures import PAGES, QUOTED, NoFigure, figure, nameless, results, rewritten
from tests.rules.tree import ROOT

PAGE = ROOT / "docs" / "guarantees.md"
NAMED = re.compile(r"`(tests/[\w/.]+)(?:::(\w+))?`")


def absent(text: str) -> Iterator[str]:
    """Yield the tests that a page names and that are not there."""
    for path, name in NAMED.findall(text):
        file = ROOT / path
        lost = not file.exists() or (name and f"class {name}" not in file.read_text(encoding="utf-8"))
        if lost:
            yield f"{path}::{name}" if name else path


class TestTests:
    def test_every_one_that_is_named_exists(self) -> None:
        assert list(absent(PAGE.read_text(encoding="utf-8"))) == []

    def test_one_that_is_gone_is_found(self) -> None:
        here = Path(__file__).relative_to(ROOT)
        text = f"`tests/nowhere.py` `{here}::TestGone` `{here}::TestTests` `{here.parent}/`"
        assert list(absent(text)) == ["tests/nowhere.py", f"{here}::TestGone"]

    def test_each_promise_is_attacked(self) -> None:
        promises = re.split(r"^## \d", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
        assert [len(NAMED.findall(promise)) > 3 for promise in promises] == [True, True, True]


KEPT = {
    "bench": {"results": {"relay": {"ours": 35742.0, "peer": None, "unit": "events/s", "ratio": 0.448, "bar": 0.5}}},
    "faults": {
        "commit": "abc1234",
        "measured_at": "2026-01-02T03:04:05+00:00",
        "broken_off": 1,
        "totals": {"lost": 0, "acknowledged": 10312, "first_new_worst": 21.5, "drained_worst": None},
    },
}


class TestFigures:
    @pytest.mark.parametrize("name", PAGES)
    def test_each_is_as_a_command_printed_it_last(self, name: str) -> None:
        page = (ROOT / name).read_text(encoding="utf-8")
        assert page == rewritten(page, results()), f"{name} quotes old figures: run python -m bench.figures."
        assert list(nameless(page)) == [], f"{name} does not say what these are the results of."

    def test_each_promise_and_the_first_page_quote_some(self) -> None:
        promises = re.split(r"^## \d", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
        for text in (*promises, (ROOT / "README.md").read_text(encoding="utf-8")):
            assert len(QUOTED.findall(text)) >= 3
        assert "`faults.lost`" in promises[0]
        assert "`faults.doubled`" in promises[1]

    def test_one_that_was_copied_wrongly_is_mended(self) -> None:
        page = "**7** (`faults.lost`) of **9** (`faults.acknowledged`) lost; **1** (`bench.relay.ours`)"
        right = (
            "**0** (`faults.lost`) of **10,312** (`faults.acknowledged`) lost; **35,742 events/s** (`bench.relay.ours`)"
        )
        assert rewritten(page, KEPT) == right
        assert rewritten(right, KEPT) == right

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("bench.relay.ratio", "0.448"),
            ("bench.relay.peer", "never"),
            ("faults.first_new_worst", "21.5 s"),
            ("faults.drained_worst", "never"),
            ("faults.commit", "abc1234"),
            ("faults.measured_at", "2026-01-02"),
            ("faults.broken_off", "1"),
        ],
    )
    def test_each_comes_with_its_unit(self, name: str, text: str) -> None:
        assert figure(name, KEPT) == text

    @pytest.mark.parametrize("name", ["faults.found", "bench.relay", "bench.relay.best", "bench.postfix.ours"])
    def test_one_that_nobody_measured_is_refused(self, name: str) -> None:
        with pytest.raises(NoFigure, match=f"{name} is no result of the last run"):
            figure(name, KEPT)

    def test_one_without_a_name_is_found(self) -> None:
        page = (
            "**3** faster at 35,742 events/s in 2 ms, **0.4** (`bench.relay.ratio`) times a producer, **Nothing** else"
        )
        assert list(nameless(page)) == ["3", "35,742 events/s", "2 ms"]
