"""How a name sounds, roughly: consonants alone, written as one where languages and transliterations differ."""

import re

_HARD_C = re.compile(r"c(?![eiyhzk])")
_HEARD = tuple(
    (re.compile(pattern), written)
    for pattern, written in (
        (r"^x(?=[aeiou])", "H"),
        (r"^(?:kn|gn)(?=[aeiou])", "N"),
        (r"^wr", "R"),
        (r"shch|schtsch|szcz|tsch|tch|sch|sh|sz|cz|ch|sj", "C"),
        (r"dzh|dz|dj|zh|rz|dg(?=e)", "J"),
        (r"ph", "F"),
        (r"kh|ck|q", "K"),
        (r"gh", "G"),
        (r"x", "KS"),
        (r"c(?=[eiy])", "S"),
        (r"th|dt$", "T"),
        (r"dh", "D"),
        (r"ts|tz|z", "S"),
        (r"w(?=[aeiouy])", "V"),
        (r"w", ""),
        (r"m(?=[gk])", "N"),
    )
)
"""What stands for one consonant; a capital is not looked at again, and C is then sh or ch."""
_DOUBLED = re.compile(r"(.)\1+")
_SILENT = re.compile(r"[aeiouyh]+")
_ROUGH = str.maketrans("cjzvpdq", "sssfbtk")


def sound(part: str) -> str:
    """Return the consonants that are heard in a folded part, and an `a` where it begins with a vowel.

    Mohammed and Muhamad are the same; so are Kowalski and Kowalska, Yusuf and Iusuf.
    """
    if not part:
        return ""
    heard = _HARD_C.sub("k", part)
    for pattern, written in _HEARD:
        heard = pattern.sub(written, heard)
    heard = heard.lower()
    begin = "a" if heard[:1] in "aeiouy" else heard[:1]
    return _DOUBLED.sub(r"\1", begin + _SILENT.sub("", heard[1:]))


def rough(part: str) -> str:
    """Return a sound in which b and p, d and t, s, sh and j are one, and a first h is silent: what a key is made of."""
    heard = _DOUBLED.sub(r"\1", sound(part).translate(_ROUGH))
    return "a" + heard[1:] if heard.startswith("h") else heard
