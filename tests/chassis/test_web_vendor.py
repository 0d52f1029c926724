"""The vendored files are what their list says, carry no brand that is not ours, and agree with the macros."""

import gzip
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from chassis.web.templating import STATIC, environment

FIXTURES = Path(__file__).parent / "fixtures" / "govuk-frontend-6.3.0.json.gz"
VENDORED = json.loads((STATIC / "VENDOR.json").read_text())
PUBLISHED: dict[str, list[dict[str, Any]]] = json.loads(gzip.decompress(FIXTURES.read_bytes()))["fixtures"]
PUBLISHED_EXAMPLES = 657


def macro_name(component: str) -> str:
    return "govuk" + "".join(part.capitalize() for part in component.split("-"))


def shape(markup: str) -> object:
    """Return the parts of a fragment that a browser tells apart: names, attributes and words."""
    wrapped = html.fragment_fromstring(markup, create_parent="div")
    return element_shape(wrapped)


def element_shape(element: html.HtmlElement) -> object:
    attributes = {name: " ".join(value.split()) for name, value in element.attrib.items()}
    children = [
        (element_shape(child) if isinstance(child.tag, str) else "comment", " ".join((child.tail or "").split()))
        for child in element
    ]
    return element.tag, attributes, " ".join((element.text or "").split()), children


class TestVendoredFiles:
    @pytest.mark.parametrize("entry", VENDORED, ids=lambda entry: entry["file"])
    def test_has_the_listed_digest_and_a_licence(self, entry: dict[str, Any]) -> None:
        assert hashlib.sha256((STATIC / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]
        assert entry["licence"] == "MIT"
        assert "Permission is hereby granted" in (STATIC / entry["licence_file"]).read_text()

    def test_lists_every_vendored_file(self) -> None:
        listed = {entry["file"] for entry in VENDORED} | {entry["licence_file"] for entry in VENDORED}
        assert {f"vendor/{path.name}" for path in (STATIC / "vendor").iterdir()} == listed

    def test_carries_no_government_brand(self) -> None:
        for sheet in STATIC.rglob("*.css"):
            text = sheet.read_text()
            assert "@font-face" not in text
            assert not re.search(r"GDS Transport\s*,|govuk-crest|govuk-logotype", text)
            assert "url(" not in text, "A style sheet asks for another file"


class TestMacros:
    def test_the_published_examples_are_all_here(self) -> None:
        assert sum(map(len, PUBLISHED.values())) == PUBLISHED_EXAMPLES

    @pytest.mark.parametrize("component", sorted(PUBLISHED))
    def test_draws_what_the_package_publishes(self, component: str) -> None:
        made = environment(None).from_string(
            f'{{% from "govuk_frontend_jinja/components/{component}/macro.html" import {macro_name(component)} %}}'
            f"{{{{ {macro_name(component)}(options) }}}}"
        )
        for example in PUBLISHED[component]:
            assert shape(made.render(options=example["options"])) == shape(example["html"]), example["name"]
