"""The languages of the public form: English as it stands in the code, Welsh from the catalogue beside this service."""

import gettext
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

LOCALE = Path(__file__).parents[2] / "locale"
DOMAIN = "intake"
ENGLISH, WELSH = "en", "cy"
NAMES: Mapping[str, str] = MappingProxyType({ENGLISH: "English", WELSH: "Cymraeg"})
"""What each language is called in itself."""
UNSIGNED = "Machine draft <nobody@throughline.example>"
"""Who a catalogue says translated it last, until a translator puts their own name there."""


@cache
def translations(language: str) -> gettext.NullTranslations:
    """Return the catalogue of a language; English says everything as it stands."""
    if language == ENGLISH:
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, LOCALE, [language])


@cache
def is_draft(language: str) -> bool:
    """Say whether no translator has signed a language's catalogue yet."""
    return translations(language).info().get("last-translator", "") == UNSIGNED


def say(language: str, text: str) -> str:
    """Return a text in a language; the empty text, under which a catalogue keeps its header, stays empty."""
    return translations(language).gettext(text) if text else ""
