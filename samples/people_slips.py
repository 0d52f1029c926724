"""How names and dates go wrong between two referrals: by ear, by keyboard, by scanner, by another alphabet."""

import random
import unicodedata
from datetime import date, timedelta

_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_BY_EYE = (
    ("m", "rn"),
    ("rn", "m"),
    ("l", "1"),
    ("i", "l"),
    ("o", "0"),
    ("cl", "d"),
    ("h", "b"),
    ("u", "v"),
    ("e", "c"),
)
_BY_EAR = (
    ("ph", "f"),
    ("ee", "i"),
    ("ck", "k"),
    ("ie", "y"),
    ("ough", "o"),
    ("th", "t"),
    ("c", "k"),
    ("ea", "ee"),
    ("s", "z"),
    ("oo", "u"),
    ("gh", "g"),
    ("v", "f"),
)
_OTHER_ALPHABET = (
    ("ou", "u"),
    ("oo", "u"),
    ("u", "oo"),
    ("u", "o"),
    ("o", "u"),
    ("ei", "ai"),
    ("ai", "ei"),
    ("e", "i"),
    ("i", "ee"),
    ("a", "e"),
    ("e", "a"),
    ("y", "i"),
    ("iy", "ii"),
    ("kh", "h"),
    ("h", "kh"),
    ("q", "k"),
    ("k", "q"),
    ("j", "dj"),
    ("dh", "d"),
    ("aa", "a"),
    ("uu", "u"),
    ("w", "v"),
    ("v", "w"),
    ("sz", "sh"),
    ("cz", "ch"),
    ("sh", "sch"),
    ("z", "dh"),
    ("s", "th"),
    ("yu", "iu"),
    ("ya", "ia"),
    ("gh", "g"),
)
_SOMALI = (("x", "h"), ("X", "H"), ("C", ""), ("c", ""), ("aa", "a"), ("uu", "u"), ("ii", "i"), ("ee", "e"))
_LAST_MONTH_DAY = 12
_BEGINNING = 4


def happens(lot: random.Random, share: float) -> bool:
    """Return whether something that happens so often happens now."""
    return lot.random() < share


def mistyped(lot: random.Random, name: str) -> str:
    """Return a name with one slip of the keyboard."""
    place = lot.randrange(1, len(name)) if len(name) > 1 else 0
    kind = lot.choice(("neighbour", "left-out", "doubled", "turned"))
    before, letter, after = name[:place], name[place : place + 1], name[place + 1 :]
    if kind == "left-out":
        return before + after
    if kind == "doubled":
        return before + letter + letter + after
    if kind == "turned" and after:
        return before + after[0] + letter + after[1:]
    row = next((row for row in _KEYS if letter.lower() in row and letter), "e")
    near = row.find(letter.lower())
    return before + row[max(0, near - 1) if near else min(1, len(row) - 1)] + after


def replaced(lot: random.Random, name: str, pairs: tuple[tuple[str, str], ...], most: int = 1) -> str:
    """Return a name with so many of the replacements that apply, each once, never at its first letter alone."""
    fitting = [pair for pair in pairs if pair[0] in name[1:]]
    lot.shuffle(fitting)
    for old, new in fitting[:most]:
        name = name[0] + name[1:].replace(old, new, 1)
    return name


def by_ear(lot: random.Random, name: str) -> str:
    """Return a name as somebody wrote it who only heard it."""
    return replaced(lot, name, _BY_EAR)


def by_eye(lot: random.Random, name: str) -> str:
    """Return a name as a scanner read it."""
    return replaced(lot, name, _BY_EYE)


def transliterated(lot: random.Random, name: str, group: str) -> str:
    """Return another spelling of a name that comes from another alphabet or language."""
    if group == "Somali":
        for old, new in _SOMALI:
            name = name.replace(old, new)
        return name[:1].upper() + name[1:]
    if group in {"Polish", "Romanian"}:
        return plain(name)
    if group == "British":
        return by_ear(lot, name)
    found = replaced(lot, name, _OTHER_ALPHABET, lot.choice((1, 1, 2)))
    if happens(lot, 0.3):
        found = _doubled_or_single(lot, found)
    return found


def _doubled_or_single(lot: random.Random, name: str) -> str:
    pairs = [place for place in range(1, len(name)) if name[place] == name[place - 1]]
    if pairs:
        place = lot.choice(pairs)
        return name[:place] + name[place + 1 :]
    inner = [place for place in range(1, len(name) - 1) if name[place] in "mnstlrd"]
    if not inner:
        return name
    place = lot.choice(inner)
    return name[:place] + name[place] + name[place:]


def plain(name: str) -> str:
    """Return a name without the marks on its letters, as English keyboards write it."""
    bare = "".join(sign for sign in unicodedata.normalize("NFD", name) if not unicodedata.combining(sign))
    return bare.replace("ł", "l").replace("Ł", "L")


def misdated(lot: random.Random, born: date) -> date:
    """Return a wrong date of birth: swapped, a digit or a year off, a first of January, or quite another."""
    kind = lot.choices(("swapped", "digit", "year", "new-year", "other"), (4, 5, 2, 2, 2))[0]
    if kind == "swapped" and born.day <= _LAST_MONTH_DAY:
        return date(born.year, born.day, born.month)
    if kind == "year":
        return _moved(born, lot.choice((-1, 1)))
    if kind == "new-year":
        return date(born.year, 1, 1)
    if kind == "other":
        return born + timedelta(days=lot.randrange(40, 700) * lot.choice((-1, 1)))
    return _digit(lot, born)


def _moved(born: date, years: int) -> date:
    return born.replace(year=born.year + years, day=min(born.day, 28))


def _digit(lot: random.Random, born: date) -> date:
    """Return a date with one digit of its day, or the last of its year, changed."""
    if happens(lot, 0.5):
        return born.replace(year=born.year - born.year % 10 + lot.randrange(10), day=min(born.day, 28))
    tens, ones = divmod(born.day, 10)
    day = tens * 10 + lot.randrange(10) if happens(lot, 0.7) else lot.randrange(3) * 10 + ones
    return born.replace(day=min(max(day, 1), 28))


def with_another_sign(lot: random.Random, number: str) -> str:
    """Return a number or a postcode with one of its digits changed, and still none that is anybody's."""
    places = [place for place, sign in enumerate(number) if sign.isdigit() and place >= _BEGINNING]
    place = lot.choice(places)
    return number[:place] + str(lot.randrange(10)) + number[place + 1 :]
