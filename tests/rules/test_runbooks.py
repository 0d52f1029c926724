"""Each reason has a page that says what it means and what to do, and each page a reason."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from services.monitor.domain import Trouble
from tests.rules.tree import ROOT, all_files, named, parsed

RUNBOOKS = ROOT / "docs" / "runbooks"
PROBLEM = "urn:throughline:"
PARTS = ("**What it means.**", "**What to do.**")


def _text(node: ast.AST | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _status(call: ast.Call) -> bool:
    return len(call.args) > 1 and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, int)


def _reasons_in(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from _reasons_of_class(node)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("problem") and _status(node):
            yield _text(node.args[1]), node
        elif isinstance(node, ast.Dict):
            yield from _reasons_said(node)


def _reasons_said(node: ast.Dict) -> Iterator[tuple[str, ast.AST]]:
    for value in node.values:
        if _text(value).startswith(PROBLEM):
            yield _text(value).removeprefix(PROBLEM), value


def _reasons_of_class(node: ast.ClassDef) -> Iterator[tuple[str, ast.AST]]:
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign | ast.Assign):
            target = statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0]
            if ast.unparse(target) == "reason" or node.name == "Trouble":
                yield _text(statement.value), statement


def _reasons() -> dict[str, str]:
    return {reason: named(file, node) for file in all_files() for reason, node in _reasons_in(parsed(file)) if reason}


def _pages() -> set[str]:
    return {path.stem for path in RUNBOOKS.glob("*.md")} - {"README"}


class TestRunbooks:
    def test_each_reason_has_a_page(self) -> None:
        reasons = _reasons()
        assert len(reasons) > 80
        assert {f"{where} {reason}" for reason, where in reasons.items() if reason not in _pages()} == set()

    def test_each_page_has_a_reason(self) -> None:
        assert _pages() - _reasons().keys() == set()

    def test_each_page_is_in_the_index(self) -> None:
        index = (RUNBOOKS / "README.md").read_text(encoding="utf-8")
        listed = set(re.findall(r"\]\(([a-z0-9-]+)\.md\)", index))
        assert _pages() - listed == set(), "Name it in docs/runbooks/README.md, under what people see."

    def test_each_alarm_is_named_in_monitors_readme(self) -> None:
        says = (ROOT / "services" / "monitor" / "README.md").read_text(encoding="utf-8")
        assert [str(one) for one in Trouble if str(one) not in says] == []

    def test_each_page_says_what_it_means_and_what_to_do(self) -> None:
        assert [path.name for path in RUNBOOKS.glob("*.md") if path.stem != "README" and not _complete(path)] == []

    def test_reasons_are_kebab_case(self) -> None:
        assert [
            reason for reason in _reasons() if not reason.replace("-", "").isalnum() or reason != reason.lower()
        ] == []


def _complete(path: Path) -> bool:
    text = path.read_text(encoding="utf-8")
    return text.startswith(f"# {path.stem}\n") and all(part in text for part in PARTS)
