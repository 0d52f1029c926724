"""Files of at most 400 lines, functions of at most 40, handlers of at most 15: what one person can hold in mind."""

import ast

from tests.rules.tree import ROOT, Function, all_files, functions, named, parsed

FILE, FUNCTION, HANDLER = 400, 40, 15


def _lines(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _body(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.body[0].lineno + 1


def _long(tree: ast.AST, most: int) -> list[Function]:
    return [function for function in functions(tree) if _lines(function) > most]


class TestSizes:
    def test_files(self) -> None:
        files = [*all_files(), *sorted((ROOT / "tests").rglob("*.py"))]
        long = [f"{named(file)} has {count}" for file in files if (count := len(file.read_text().splitlines())) > FILE]
        assert long == []

    def test_conftest(self) -> None:
        assert len((ROOT / "tests" / "conftest.py").read_text().splitlines()) <= 200

    def test_functions(self) -> None:
        checked = [file for file in all_files() if "migrations" not in file.parts]
        assert [
            f"{named(file, function)} {function.name} has {_lines(function)}"
            for file in checked
            for function in _long(parsed(file), FUNCTION)
        ] == []

    def test_handlers(self) -> None:
        found = [
            (file, function)
            for file in all_files()
            if file.name == "handlers.py"
            for function in functions(parsed(file))
            if function.name.startswith("on_")
        ]
        assert len(found) >= 15
        assert [named(file, function) for file, function in found if _body(function) > HANDLER] == []

    def test_a_long_function_is_seen(self) -> None:
        tree = ast.parse("@cached\ndef short():\n    pass\n\ndef long():\n" + "    pass\n" * 40)
        assert [function.name for function in _long(tree, FUNCTION)] == ["long"]
