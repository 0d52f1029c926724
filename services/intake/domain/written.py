"""Dates, telephone numbers, postcodes, yes and no as people write them: understood, or left to a person."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import Literal

from contracts.vocabulary.days import WELSH_MONTHS

Answer = Literal["yes", "no", "not-known"]

ENGLISH = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
WELSH = tuple(month.lower() for month in WELSH_MONTHS)
SHORTEST_MONTH = 3
SHORT_YEAR = 2
"""Figures of a year without its century."""
LONG_YEAR = 4

WEEKDAY = r"(?:(?:mon|tue(?:s)?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,?\s+)?"
YEAR_FIRST = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})", re.ASCII)
DAY_FIRST = re.compile(
    rf"{WEEKDAY}(?:the\s+)?(\d{{1,2}})\s*(?:st|nd|rd|th|af|ail|ydd|fed|eg|ain)?"
    r"[\s/.-]+(?:of\s+)?(\d{1,2}|[a-z]{3,10}\.?)[\s/.,-]+(\d{4}|\d{2})",
    re.ASCII,
)
MONTH_FIRST = re.compile(rf"{WEEKDAY}([a-z]{{3,10}}\.?)\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})", re.ASCII)

PHONE = re.compile(r"(?:\+|00)?[\d\s().\-–]+(?:\s*(?:ext\.?|x|extension)\s*\d{1,6})?", re.ASCII | re.IGNORECASE)
FEWEST_FIGURES, MOST_FIGURES = 7, 20
LONGEST_PHONE, LONGEST_ADDRESS = 60, 254
POSTCODE = re.compile(r"([a-z]{1,2}\d[a-z\d]?)\s*(\d[a-z]{2})", re.ASCII | re.IGNORECASE)
MAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")
BETWEEN = re.compile(r"\s*(?:[;,\n]|\s/\s|\s+or\s+|\s+and\s+|\s+neu\s+|\s+a\s+)\s*")

ON, OFF = "☒☑✓✔🗹🗷", "☐□❏❑"
MARKS = re.compile(rf"[{ON}{OFF}]\ufe0f?|\[\s?[xX✓✔]?\s?\]")
"""Boxes as Word shows them, and as people type them: [x] and [ ]."""

TICK = re.compile(f"[{ON}xX]")
WORDS: Mapping[str, Answer] = MappingProxyType(
    {
        **dict.fromkeys(("yes", "y", "true", "ie", "oes", "ydy", "ydw", *ON), "yes"),
        **dict.fromkeys(("no", "n", "false", "na", "nac oes", "nac ydy", "nac ydw", *OFF), "no"),
        **dict.fromkeys(
            (
                *("not known", "not-known", "unknown", "don't know", "dont know", "i do not know", "i don't know"),
                *("do not know", "not sure", "unsure", "ddim yn gwybod", "anhysbys", "n/k"),
            ),
            "not-known",
        ),
    }
)


def day_of(text: str, today: date | None = None) -> date | None:
    """Return the day that a text says, day first as in Britain; None when it says none, or not clearly.

    27/4/2009, 27 April 2009, Monday 27th of April 2009, April 27, 2009, 27 Ebrill 2009 and 2009-04-27 are clear. A year
    of two figures is understood only with `today`: the latest such year that has begun by then. Without it 03/04/05 is
    left to a person.
    """
    plain = " ".join(text.strip().lower().split())
    if found := YEAR_FIRST.fullmatch(plain):
        year, month, day = found.groups()
    elif found := DAY_FIRST.fullmatch(plain):
        day, month, year = found.groups()
    elif found := MONTH_FIRST.fullmatch(plain):
        month, day, year = found.groups()
    else:
        return None
    return day_from(day, month, year, today)


def day_from(day: str, month: str, year: str, today: date | None = None) -> date | None:
    """Return the day written in three parts, the month in figures or words (Apr, April, Ebrill); None when it is none.

    A year of two figures is understood only with `today`, as by `day_of`.
    """
    figures, long_year = (part.strip() for part in (day, year))
    if not (_figures(figures, 1, 2) and _figures(long_year, SHORT_YEAR, LONG_YEAR)):
        return None
    try:
        return date(_year(long_year, today), month_of(month), int(figures))
    except ValueError:
        return None


def month_of(text: str) -> int:
    """Return the number of a month written in figures or in words, English or Welsh; 0 when it is none."""
    plain = text.strip().lower().rstrip(".")
    if _figures(plain, 1, 2):
        return int(plain)
    if len(plain) < SHORTEST_MONTH:
        return 0
    months = {number for names in (ENGLISH, WELSH) for number, name in enumerate(names, 1) if name.startswith(plain)}
    return months.pop() if len(months) == 1 else 0


def _year(text: str, today: date | None) -> int:
    if len(text) == LONG_YEAR:
        return int(text)
    if len(text) != SHORT_YEAR or today is None:
        return 0
    century = today.year // 100 * 100
    year = century + int(text)
    return year if year <= today.year else year - 100


def _figures(text: str, fewest: int, most: int) -> bool:
    return text.isascii() and text.isdigit() and fewest <= len(text) <= most


def is_phone(text: str) -> bool:
    """Say whether a text is one telephone number and nothing else: at least seven figures, an extension perhaps."""
    plain = text.strip()
    if len(plain) > LONGEST_PHONE:
        return False
    figures = sum(character.isdigit() for character in plain)
    return FEWEST_FIGURES <= figures <= MOST_FIGURES and PHONE.fullmatch(plain) is not None


def is_mail_address(text: str) -> bool:
    """Say whether a text is one mail address and nothing else."""
    return len(text) <= LONGEST_ADDRESS and MAIL.fullmatch(text.strip()) is not None


def postcode_of(text: str) -> str | None:
    """Return a postcode as it is written on letters, CT9 1AB; None when the text is no whole postcode."""
    found = POSTCODE.fullmatch(text.strip())
    return f"{found[1]} {found[2]}".upper() if found else None


def several(text: str) -> tuple[str, ...]:
    """Return the pieces of an answer that names several, by line, comma, semicolon, slash, "or" or "and"."""
    return tuple(piece for piece in BETWEEN.split(" ".join(re.split(r"[^\S\n]+", text.strip()))) if piece)


def yes_or_no(text: str) -> Answer | None:
    """Return what a text answers to a yes-or-no question, a word or a ticked box; None when it does not say clearly."""
    plain = " ".join(text.strip().lower().replace("’", "'").split())
    if (known := WORDS.get(plain.rstrip("."))) is not None:
        return known
    chosen = ticked(text)
    return yes_or_no(chosen[0]) if chosen and len(chosen) == 1 and not MARKS.search(chosen[0]) else None


def ticked(text: str) -> tuple[str, ...] | None:
    """Return the words whose box is ticked, as in "Yes ☒ No ☐" or "☒ Yes ☐ No"; None where boxes and words do not pair.

    A text without any box gives None; boxes of which none is ticked give nothing.
    """
    marks = MARKS.findall(text)
    words = [" ".join(piece.split()).strip(" :–-/|") for piece in MARKS.split(text)]
    if not marks or bool(words[0]) == bool(words[-1]):
        return None
    named = words[:-1] if words[0] else words[1:]
    if not all(named):
        return None
    return tuple(word for word, mark in zip(named, marks, strict=True) if TICK.search(mark))


def flattened(content: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the answers in JSON as text, each with its dotted path; what is null is none."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield from flattened(value, f"{path}.{key}" if path else str(key))
    elif isinstance(content, list):
        for number, value in enumerate(content):
            yield from flattened(value, f"{path}.{number}")
    elif content is not None:
        yield path, {True: "yes", False: "no"}[content] if isinstance(content, bool) else str(content)
