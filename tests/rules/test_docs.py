"""The documents: links lead somewhere, records have numbers of their own, pages use the glossary's words."""

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DECISIONS = ROOT / "docs" / "decisions"
RECORD = re.compile(r"(\d{4})-[a-z0-9]+(?:-[a-z0-9]+)*\.md")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
NAMED_PATH = re.compile(r"`((?:areas|bench|chassis|cli|contracts|docs|samples|services|tests)/[\w./*-]*)`")
ELSEWHERE = ("http://", "https://", "mailto:")
LARGEST_IMAGE = 150 * 1024
# The lines that a person reads in a template: neither Jinja's code nor tags and their attributes.
UNREAD = re.compile(r"{#.*?#}|{%.*?%}|{{.*?}}|<[^>]*>|\${\w+}", re.DOTALL)
QUOTED = re.compile(r"""(["'])((?:(?!\1).)*)\1""")


def pages() -> tuple[Path, ...]:
    """Return every Markdown file that git knows or would take."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "*.md"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        listed = [str(path.relative_to(ROOT)) for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))]
    return tuple(sorted(ROOT / name for name in listed if name and (ROOT / name).is_file()))


def prose(text: str) -> str:
    """Return a page without its code."""
    return CODE.sub("", FENCE.sub("", text))


def links(text: str) -> list[str]:
    """Return the relative links of a page."""
    return [target for target in LINK.findall(prose(text)) if not target.startswith(ELSEWHERE)]


def anchors(text: str) -> frozenset[str]:
    """Return the anchors that a page's headings make."""
    headings = re.findall(r"^#+\s+(.+?)\s*$", FENCE.sub("", text), re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)


def broken(page: Path, text: str) -> Iterator[str]:
    """Yield the links of a page that lead nowhere."""
    for target in links(text):
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        lost = not found.exists() or not found.is_relative_to(ROOT)
        if lost or (anchor and found.suffix == ".md" and anchor not in anchors(found.read_text("utf-8"))):
            yield target


def absent(text: str) -> list[str]:
    """Return the files and folders that a page names in code and that are not there; `*` stands for any name."""
    return [path for path in NAMED_PATH.findall(text) if not any(ROOT.glob(path.rstrip("/")))]


def records() -> list[str]:
    return sorted(path.name for path in DECISIONS.glob("*.md") if path.name != "README.md")


def words_to_avoid() -> tuple[str, ...]:
    """Return the first column of the glossary's table of words to avoid."""
    table = (ROOT / "docs" / "glossary.md").read_text("utf-8").partition("## Words to avoid")[2]
    rows = re.findall(r"^\| ([^|]+?) \|", table, re.MULTILINE)
    return tuple(row for row in rows if row != "avoid" and not set(row) <= {"-"})


def read_by_people(template: str) -> str:
    """Return what a template lets people read: its text, and the texts within its code."""
    texts = [found[1] for found in QUOTED.findall(" ".join(re.findall(r"{%.*?%}|{{.*?}}", template, re.DOTALL)))]
    return " ".join([UNREAD.sub(" ", template), *(text for text in texts if " " in text or text[:1].isupper())])


def avoided_in(text: str) -> list[str]:
    return [word for word in words_to_avoid() if re.search(rf"\b{re.escape(word)}s?\b", text, _flags(word))]


def _flags(word: str) -> re.RegexFlag:
    """Abbreviations are looked for as they are written."""
    return re.RegexFlag(0) if word.isupper() else re.IGNORECASE


def templates() -> list[Path]:
    places = (ROOT / "chassis" / "templates", *(ROOT / "services").glob("*/web/templates"))
    return sorted(path for place in places for path in place.rglob("*") if path.suffix in {".html", ".txt"})


class TestLinks:
    @pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
    def test_lead_somewhere(self, page: Path) -> None:
        found = list(broken(page, page.read_text("utf-8")))
        assert not found, f"{page.relative_to(ROOT)} links to what is not there: {', '.join(found)}"

    def test_are_found_and_can_fail(self) -> None:
        page = ROOT / "README.md"
        text = (
            "[a](docs/nothing.md) ![b](docs/images/none.png) [c](README.md#no-such) [d](https://example.org) `[e](no)`"
        )
        assert list(broken(page, text)) == ["docs/nothing.md", "docs/images/none.png", "README.md#no-such"]

    @pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
    def test_name_files_that_are_there(self, page: Path) -> None:
        assert absent(page.read_text("utf-8")) == []

    def test_named_files_can_be_missed(self) -> None:
        assert absent("`chassis/relay.py` `services/*/app.py` `cli/nothing.py` chassis/no.py") == ["cli/nothing.py"]

    def test_pictures_are_small(self) -> None:
        for picture in (ROOT / "docs" / "images").glob("*"):
            assert picture.stat().st_size < LARGEST_IMAGE, f"{picture.name} is too large for a page"


class TestDecisions:
    def test_have_numbers_of_their_own(self) -> None:
        misnamed = [name for name in records() if not RECORD.fullmatch(name)]
        assert not misnamed, f"Name a record 0001-what-was-decided.md: {misnamed}"
        many = Counter(name[:4] for name in records())
        assert [number for number, count in many.items() if count > 1] == []

    def test_begin_with_their_number_and_say_what_was_rejected_and_when_to_look_again(self) -> None:
        for name in records():
            text = (DECISIONS / name).read_text("utf-8")
            assert text.startswith(f"# {name[:4]} "), f"{name} must begin with its number"
            assert "**Decision.**" in text, name
            assert "**Rejected.**" in text, name
            assert "**Revisit when**" in text, name

    def test_are_all_in_the_list(self) -> None:
        listed = links((DECISIONS / "README.md").read_text("utf-8"))
        assert sorted(target for target in listed if RECORD.fullmatch(target)) == records()


class TestWordsToAvoid:
    def test_are_read_from_the_glossary(self) -> None:
        assert {"suspect", "NFA", "click here"} <= set(words_to_avoid())

    @pytest.mark.parametrize("template", templates(), ids=lambda path: str(path.relative_to(ROOT)))
    def test_stand_on_no_page(self, template: Path) -> None:
        found = avoided_in(read_by_people(template.read_text("utf-8")))
        assert not found, f"{template.relative_to(ROOT)} says {', '.join(found)}; docs/glossary.md says what to say"

    def test_are_found_in_text_and_in_macros_and_nowhere_else(self) -> None:
        assert avoided_in(read_by_people("<p>The suspects</p>")) == ["suspect"]
        assert avoided_in(read_by_people('{{ govukButton({"text": "Open the ticket"}) }}')) == ["ticket"]
        assert avoided_in(read_by_people('<a class="ticket">{% set user = 1 %}{{ user.name }}</a>')) == []
        assert avoided_in("a usable whitelist") == []


class TestReadme:
    def test_names_the_two_commands(self) -> None:
        text = (ROOT / "README.md").read_text("utf-8")
        assert "\nmake run\n" in text
        assert "\nmake test\n" in text
