"""How a name sounds, roughly: consonants alone, written as one where languages and transliterations differ."""

import re

_CONSONANTS = (
    (r"^x(?=[aeiou])", "h"),
    (r"^(?:kn|gn)(?=[aeiou])", "n"),
    (r"^wr", "r"),
    (r"shch|schtsch|szcz|tsch|tch|sch|sh|sz|cz|ch|sj", "c"),
    (r"dzh|dz|dj|zh|rz|dg(?=e)", "j"),
    (r"ph", "f"),
    (r"kh|ck|q", "k"),
    (r"gh", "g"),
    (r"x", "ks"),
    (r"c(?=[eiy])", "s"),
    (r"c", "k"),
    (r"th|dt$", "t"),
    (r"dh", "d"),
    (r"ts|tz|z", "s"),
    (r"w(?=[aeiouy])", "v"),
    (r"w", ""),
    (r"m(?=[gk])", "n"),
)
"""What stands for one consonant, the longer first; c is then sh or ch."""
_HEARD = re.compile("|".join(f"({pattern})" for pattern, _ in _CONSONANTS))
_DOUBLED = re.compile(r"(.)\1+")
_SILENT = re.compile(r"[aeiouyh]+")
_ROUGH = str.maketrans("cjzvpdq", "sssfbtk")
HEARD = "abfgklmnrst"
"""What a rough sound is made of."""


def sound(part: str) -> str:
    """Return the consonants that are heard in a folded part, and an `a` where it begins with a vowel.

    Mohammed and Muhamad are the same; so are Kowalski and Kowalska, Yusuf and Iusuf.
    """
    if not part:
        return ""
    heard = _HEARD.sub(lambda found: _CONSONANTS[(found.lastindex or 1) - 1][1], part)
    begin = "a" if heard[:1] in "aeiouy" else heard[:1]
    return _DOUBLED.sub(r"\1", begin + _SILENT.sub("", heard[1:]))


def rough(part: str) -> str:
    """Return a sound in which b and p, d and t, s, sh and j are one, and a first h is silent: what a key is made of."""
    heard = _DOUBLED.sub(r"\1", sound(part).translate(_ROUGH))
    return "a" + heard[1:] if heard.startswith("h") else heard
