"""The template environment: strict about a misspelt name, and the formats that pages share."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import ChainableUndefined, ChoiceLoader, Environment, FileSystemLoader, PackageLoader, PrefixLoader
from jinja2.utils import missing
from markupsafe import Markup, escape

from chassis.clock import LONDON
from chassis.policy import in_words

CHASSIS = Path(__file__).parent.parent
STATIC = CHASSIS / "static"
NOON = 12
REFERENCE = re.compile(r"\b[A-Z]+-[0-9A-Z]{4}-[0-9A-Z]{4}\b")
# The GOV.UK macros were written for nunjucks, where a name that nobody set may be asked about; these they do ask.
NUNJUCKS_NAMES = ("undefined", "successBanner", "typeClass")


class PageUndefined(ChainableUndefined):
    """Lenient about an absent member, as the GOV.UK macros need, and strict about a name that nobody set."""

    def _strict(self) -> None:
        # A hint means that jinja itself made the value: a macro's absent caller, which macros may ask about.
        if self._undefined_obj is missing and self._undefined_hint is None:
            self._fail_with_undefined_error()

    def __str__(self) -> str:
        self._strict()
        return ""

    def __html__(self) -> str:
        return str(self)

    def __bool__(self) -> bool:
        self._strict()
        return False

    def __iter__(self) -> Iterator[object]:
        self._strict()
        return iter(())

    def __len__(self) -> int:
        self._strict()
        return 0

    def __getattr__(self, name: str) -> ChainableUndefined:
        if not name.startswith("__"):
            self._strict()
        return super().__getattr__(name)


def environment(templates: Path | None) -> Environment:
    """Return the environment of one service: its own templates first, then the shared ones and the GOV.UK macros."""
    folders = [folder for folder in (templates, CHASSIS / "templates") if folder is not None]
    made = Environment(
        loader=ChoiceLoader(
            [FileSystemLoader(folders), PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})]
        ),
        autoescape=True,
        undefined=PageUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(FORMATS)
    made.globals["asset"] = asset
    made.globals["_"] = str
    made.globals.update({name: PageUndefined(obj=None) for name in NUNJUCKS_NAMES})
    return made


@cache
def asset(name: str) -> str:
    """Return the address of a static file, which changes with its content so that browsers may keep it."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()
    return f"/assets/{name}?v={digest[:12]}"


def day(value: date | datetime | None) -> str:
    """Return a date the GOV.UK way, in London: "21 November 2026"; nothing for None."""
    if value is None:
        return ""
    local = value.astimezone(LONDON) if isinstance(value, datetime) else value
    return f"{local.day} {local:%B %Y}"


def moment(value: datetime | None) -> str:
    """Return a time the GOV.UK way, in London: "21 November 2026 at 3:05pm"; nothing for None."""
    if value is None:
        return ""
    local = value.astimezone(LONDON)
    hour = local.hour % NOON or NOON
    return f"{day(value)} at {hour}:{local:%M}{'am' if local.hour < NOON else 'pm'}"


def unbroken(text: str) -> Markup:
    """Return a line of text in which no reference breaks over two lines."""
    return Markup(REFERENCE.sub(r'<span class="throughline-unbroken">\g<0></span>', str(escape(text))))  # noqa: S704


def paragraphs(text: str) -> list[str]:
    """Return the non-empty paragraphs of what somebody typed, in a mail too, whose lines end in another way."""
    return [part.strip() for part in "\n".join(text.splitlines()).split("\n\n") if part.strip()]


FORMATS: Mapping[str, Callable[..., Any]] = {
    "day": day,
    "moment": moment,
    "words": in_words,
    "paragraphs": paragraphs,
    "unbroken": unbroken,
}
"""What templates may write after a bar."""
