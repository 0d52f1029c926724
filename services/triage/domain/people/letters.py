"""Names taken to their letters: any script to small Latin letters, without titles and particles, in parts."""

import re
import unicodedata

from anyascii import anyascii

LONGEST = 300
"""Of a longer text only the beginning is read: no name is longer."""


def word_set(words: str) -> frozenset[str]:
    """Return the words of a line."""
    return frozenset(words.split())


TITLES = word_set("mr mrs ms miss mx dr prof sir master hajji haji sheikh shaikh alhaji alhaja chief")
PARTICLES = word_set(
    "al el ul ur ud us as ar ad an at az bin binti bint ibn bn oglu van von der den de da di du dos la y walad wold"
)
JOINED_ON = frozenset({"mac", "mc", "o", "fitz", "san", "st"})
SERVANT = frozenset({"abd", "abdul", "abdel", "abdal", "abdur", "abdus", "abdu", "cabdi", "cabdul", "abdi"})
"""What begins a name of two words that is written as one as often: Abdul Rahman, Abdulrahman."""
ENDS_JOINED = frozenset({"din", "deen", "uddin", "udin", "ullah", "ulla", "allah"})
"""What ends one: Salah ud-Din, Salahuddin; Rahmat Ullah, Rahmatullah."""
_APOSTROPHES = re.compile(r"['`’ʻʼ´‘]+")
_NOT_LETTERS = re.compile(r"[^a-z]+")


def fold(text: str) -> str:
    """Return a text in small Latin letters and spaces, whatever script it is written in; signs become spaces."""
    kept = text[:LONGEST]
    if not kept.isascii():
        kept = anyascii("".join(map(_letter, unicodedata.normalize("NFKC", kept))))
    return _NOT_LETTERS.sub(" ", _APOSTROPHES.sub("", kept).lower()).strip()


def _letter(sign: str) -> str:
    """Return a letter, or what stands between letters; a picture has no name here."""
    if _APOSTROPHES.match(sign):
        return "'"
    return sign if unicodedata.category(sign)[0] in "LM" else " "


def parts(text: str) -> tuple[str, ...]:
    """Return the parts of a name in their order, folded, without titles and particles, with split names joined.

    A name of particles alone keeps them: Le and De are surnames too.
    """
    words = [word for word in fold(text).split() if word not in TITLES]
    kept: list[str] = []
    before = ""
    for word in words:
        if before and word not in PARTICLES:
            kept.append(before + word)
            before = ""
        elif word in JOINED_ON or (word in SERVANT and word != words[-1]):
            before = "mac" if word == "mc" else word
        elif kept and word in ENDS_JOINED:
            kept[-1] += word
        elif word not in PARTICLES or len(words) == 1:
            kept.append(_plain(word))
    if before:
        kept.append(before)
    return tuple(kept) or tuple(words)


def _plain(word: str) -> str:
    """Return a word with Mc as Mac, and without an article that is written onto it."""
    if word.startswith("mc") and len(word) > len("mc") + 2:
        return "mac" + word[2:]
    return word
