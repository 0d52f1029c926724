"""The page of guarantees names tests that exist, and quotes figures that a command has printed."""

import re
from collections.abc import Iterator
from pathlib import Path

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
