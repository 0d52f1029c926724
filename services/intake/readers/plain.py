"""Plain text taken apart: a line for each row, without the marks of quoting and what mail programs add."""

import re

from services.intake.readers.rows import Pages, Row, storable
from services.intake.readers.wording import wording_of

QUOTED = re.compile(r"^(?:>\s?)+")
CELLS = re.compile(r"\s*\|\s*| {4,}")
FURNITURE = re.compile(
    r"(?:-+ ?)?(?:original message|forwarded message|begin forwarded message:?)(?: ?-+)?"
    r"|(?:from|sent|to|cc|date|subject|oddi wrth|at|pwnc|dyddiad):.*"
    r"|(?:dear|hello|hi)\b.{0,40}"
    r"|(?:(?:kind|best|many)\s+)?(?:regards|wishes|thanks|thank you)[,.!]?|yours (?:sincerely|faithfully),?"
    r"|sent from my \w+|--|[-_=*]{3,}",
    re.IGNORECASE,
)
"""What mail programs and politeness put around a form; never what stands below a label."""


def plain_pages(text: str) -> Pages:
    """Take a text apart; quoted lines count like others, and cells are parted by tabs, bars or wide gaps."""
    lines = [QUOTED.sub("", line).rstrip() for line in storable(text).replace("\r\n", "\n").split("\n")]
    rows = tuple(_row(line) for line in lines)
    return Pages(rows)


def looks_like_form(text: str) -> bool:
    """Say whether a text is laid out as the form, so that it is read by its labels."""
    return wording_of(plain_pages(text)) is not None


def _row(line: str) -> Row:
    if "\t" in line:
        return Row(tuple(cell.strip() for cell in line.strip(" ").removesuffix("\t").split("\t")))
    plain = line.strip(" \t|")
    cells = tuple(cell.strip() for cell in CELLS.split(plain))
    return Row(cells if len(cells) > 1 and all(cells) else (plain,))


def is_furniture(line: str) -> bool:
    """Say whether a line is what a mail program or politeness puts around a form."""
    return FURNITURE.fullmatch(line.strip()) is not None
