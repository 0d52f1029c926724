"""The tree as the rules look at it: its packages, files, functions and classes."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("areas", "chassis", "cli", "contracts", "deploy", "samples", "services")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def python_files(package: str) -> tuple[Path, ...]:
    """Return the Python files of a top-level package, sorted."""
    return tuple(sorted((ROOT / package).rglob("*.py")))


def all_files() -> tuple[Path, ...]:
    """Return the Python files of every package of the product."""
    return tuple(file for package in PACKAGES for file in python_files(package))


@cache
def parsed(file: Path) -> ast.Module:
    """Return a file as a syntax tree."""
    return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))


def named(file: Path, node: ast.AST | None = None) -> str:
    """Return `path:line` as people and editors read it."""
    return f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def functions(tree: ast.AST) -> Iterator[Function]:
    """Yield every function of a syntax tree, inner ones too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def imports_of(tree: ast.AST) -> list[str]:
    """Return the modules that a syntax tree imports, wherever in the file."""
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
    return found


def calls(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    """Yield the calls of functions that are written as one of the names, as in `datetime.now` or `.commit`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        written = ast.unparse(node.func)
        if any(written == name or (name.startswith(".") and written.endswith(name)) for name in names):
            yield node
