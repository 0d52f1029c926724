"""What a reader takes out of a document before anybody knows what it means: rows of cells, in reading order."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
NOT_A_WORD = re.compile(r"[\W_]+")
PARENTHESES = re.compile(r"\([^()]{2,}\)")
PLURAL = re.compile(r"\(s\)|\(es\)", re.IGNORECASE)
MOST_ROWS = 20_000
EMBEDDED = "A part of the document that software does not read, such as an embedded file."
NO_VALUES: Mapping[str, tuple[str, ...]] = MappingProxyType({})


@dataclass(frozen=True)
class Row:
    """One row of a table, or a paragraph as its only cell; `continues`: its first cell is that of the row above."""

    cells: tuple[str, ...]
    continues: bool = False


@dataclass(frozen=True)
class Pages:
    """A document as it was taken apart.

    `tagged` are the answers in fields that carry our own names, by path, each as often as it stands there; `margins` is
    what stands in headers and footers; `outside` is what stands in notes and comments, or cannot be read at all.
    `asked` are the paths that have such a field of their own, filled in or not, where the rows do not show it.
    """

    rows: Sequence[Row] = ()
    tagged: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: NO_VALUES)
    margins: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    asked: frozenset[str] = frozenset()

    @property
    def text(self) -> str:
        """Return all of it as people read it: a line for each row."""
        lines = [" | ".join(cell for cell in row.cells if cell) for row in self.rows if any(row.cells)]
        return "\n".join((*self.margins, *lines, *self.outside))


def storable(text: str) -> str:
    """Return a text without what no database holds."""
    return UNSTORABLE.sub("\ufffd", text)


def bare(text: str) -> str:
    """Return the words of a label, heading or line of print alone: spacing and punctuation do not matter."""
    folded = unicodedata.normalize("NFKC", PLURAL.sub("s", text)).casefold().replace("’", "").replace("'", "")
    return NOT_A_WORD.sub(" ", folded).strip()


def without_asides(text: str) -> str:
    """Return a label without what it says in parentheses."""
    return PARENTHESES.sub(" ", text)
