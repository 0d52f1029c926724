"""Learn one service, know six: the same rooms, a README, tests under the same name, and a docstring on every door."""

import ast
from pathlib import Path

import pytest

from contracts.catalogue import SERVICES
from tests.rules.tree import ROOT, all_files, named, parsed, python_files

ROOMS = ("app", "settings", "handlers", "jobs", "operations", "queries", "models", "domain")
BANNED = {"utils", "helpers", "common", "tasks", "base", "manager", "lib", "misc"}
DOORS = {"intake", "monitor", "notify"}
"""Services with other ways in or out than pages: mail, spans, the demonstration's mail folder."""
SPOOLS = {"intake"}
"""Services that accept what comes in also while their database is away."""


def _room(service: str, name: str) -> Path | None:
    folder = ROOT / "services" / service
    found = (folder / f"{name}.py", folder / name / "__init__.py")
    return next((path for path in found if path.exists()), None)


@pytest.mark.parametrize("service", SERVICES)
class TestService:
    def test_has_every_room(self, service: str) -> None:
        assert [name for name in ROOMS if _room(service, name) is None] == []

    def test_has_a_site_map_forms_and_views(self, service: str) -> None:
        web = ROOT / "services" / service / "web"
        assert (web / "routes.py").exists()
        assert (web / "forms.py").exists()
        assert (web / "views.py").exists() or (web / "views").is_dir()

    def test_has_doors_only_where_listed(self, service: str) -> None:
        assert (_room(service, "doors") is not None) == (service in DOORS)

    def test_has_a_spool_only_where_listed(self, service: str) -> None:
        assert (_room(service, "spool") is not None) == (service in SPOOLS)

    def test_has_a_readme_of_one_screen(self, service: str) -> None:
        readme = ROOT / "services" / service / "README.md"
        assert readme.exists(), f"services/{service}/README.md is missing: purpose, events in and out, tables, pages."
        assert 10 <= len(readme.read_text().splitlines()) <= 80

    def test_has_tests_of_its_own(self, service: str) -> None:
        assert list((ROOT / "tests" / service).glob("test_*.py"))


class TestNames:
    def test_no_room_is_a_rummage_box(self) -> None:
        assert [named(file) for file in all_files() if BANNED & {file.stem, *file.relative_to(ROOT).parts}] == []

    def test_every_module_says_what_it_is_in_one_sentence(self) -> None:
        silent = [named(file) for file in all_files() if not (ast.get_docstring(parsed(file)) or "").strip()]
        assert silent == []

    def test_services_are_the_catalogues(self) -> None:
        folders = {path.parent.name for path in python_files("services") if path.name == "app.py"}
        assert folders == set(SERVICES)
