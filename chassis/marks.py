"""Words that mark intelligence material, so that it is not typed where others than the intelligence unit would see it.

The list is of protective markings above OFFICIAL (Government Security Classifications Policy, 2024), of the grades and
handling codes of the 3x5x2 and 5x5x5 forms of intelligence reports, of identifiers of such reports, and of material of
the intelligence services, which a partner may not be given (Counter-Terrorism and Security Act 2015 s.38(4)). It finds
what is marked; it cannot know what is not. OFFICIAL-SENSITIVE is the ordinary level of this system and passes.
"""

import re
import unicodedata

from anyascii import anyascii

UNSEEN = re.compile("[\u034f\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Signs that nobody sees and that Unicode does not count among the format characters."""
BLANKS = str.maketrans(dict.fromkeys("_\u115f\u1160\u2800", " "))
"""Letters and signs that look like a space, and the line that stands for one in names of files."""
# By their look, and not by their sound as a transliteration would have it: of another alphabet, what is read as Latin.
_CYRILLIC = zip("АВСЕНІЈКМОРЅТХУԌԚԜӀЗавсеһіјкморѕтхуԍԛԝӏгп", "ABCEHIJKMOPSTXYGQWI3abcehijkmopstxygqwlrn", strict=True)
_GREEK = zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹαβεικνορτυχγςϲ", "ABEZHIKMNOPTYXCabeikvoptuxycc", strict=True)
_OTHERS = zip("ıȷſ×‐‑‒–—―−∕⁄·•∙", "ijsx-------//...", strict=True)
LOOKS_LIKE = str.maketrans({**dict(_CYRILLIC), **dict(_GREEK), **dict(_OTHERS)})
SPACED_OUT = (
    re.compile(r"(?<![A-Za-z0-9])[A-Z0-9](?P<between>[ .*-])(?:[A-Z0-9](?P=between))+[A-Z0-9](?![A-Za-z0-9])\.?"),
    re.compile(r"(?<![A-Za-z0-9])[a-z0-9](?P<between>[ .*-])(?:[a-z0-9](?P=between))+[a-z0-9](?![A-Za-z0-9])\.?"),
)
"""Three letters or more with the same sign between each: they are read as a word."""
LONGEST = 40
"""How much of what was found is repeated to whoever typed it, so that they see where it stands."""

_SERVICE = (
    r"(?:mi5|mi6|gchq|(?:the\s+)?(?:security\s+service|secret\s+intelligence\s+service|(?:security\s+and\s+)?intelligence"
    r"\s+(?:agency|agencies|services?)))"
)
_GRADED = r"(?:graded?|grading|evaluat(?:ed|ion)|source|intel|intelligence|handling|sanitised)"
# Apart only in capitals, and two signs only beside "source" or "intelligence": a school grades too, and has a class 2B.
_GRADE = (
    r"(?:[a-e][1-5][1-5]|[1-3][a-e][pc][12]?|[a-e][1-5][pc]"
    r"|(?-i:[A-E] [1-5] [1-5]|[1-3] [A-E] [PC][12]?|[A-E] [1-5] [PC]))"
)
_NUMBER = r"(?:number|no\.?|urn|ref(?:erence)?\.?)?\s*[:#]?\s*[a-z]{0,4}[/-]?\d[\d/-]*"

# Capitals are what makes a marking of these: "a secret", "the strap of the bag" and "five eyes on him" are plain words.
_MARKINGS = (
    r"\b(?:UK\s*)?TOP[\s-]*SECRET\b",
    r"\bTOP\W{1,4}SECRET\b",
    r"\bUK[\s-]*SECRET\b",
    r"(?:^|[\[(/])\s*SECRET\s*(?:$|[\])/:–—-])",
    r"\bSECRET\s*(?://|[-–—:]\s*[A-Z]{2,})",
    r"\bSTRAP\s*[-–]?\s*[1-3]?\b",
    r"\bUK[\s-]*EYES(?:[\s-]*(?:ONLY|ALPHA|BRAVO))?\b",
    r"\b(?:[A-Z]{2,}\s+)?EYES[\s-]*(?:ONLY|ALPHA|BRAVO)\b",
    r"\b(?:FIVE\s*EYES|FVEY|NOFORN|ORCON)\b",
)
_MARKED = (
    r"\b(?:marked|classified|classification|protective\s+marking)(?:\s+(?:as|is|of|at))?\s*:?\s*[“\"']?(?:top\s+)?secret\b",
    # In whatever letters: nobody writes these of anything else.
    r"\bsecret ?//",
    r"\bnoforn\b",
    r"\buk[ -]?eyes[ -]?only\b",
)
_GRADES = (
    r"\b[35]\s?[x×]\s?5\s?[x×]\s?[25]\b",
    r"\b4\s?[x×]\s?4(?:\s?[x×]\s?4)?\s+(?:report|form|grading|intel\w*)\b",
    r"\b(?:[a-e]/[1-5]/[1-5pc]|[1-3]/[a-e]/[pc])\b",
    rf"\b{_GRADED}\b(?:\s+(?:as|is|code|at|grade))?\s*[:(,-]?\s*{_GRADE}\b",
    rf"(?<![a-z0-9])\(?{_GRADE}\)?\s+(?:graded|grading|intel|intelligence|source)\b",
    r"\b(?:source|intel|intelligence)\s*[:(-]?\s*(?-i:[A-E][1-5])\b",
    r"\b(?:source|intelligence|information)\s+(?:evaluation|grading)\b",
    r"\bhandling\s+(?:code|condition|instruction)s?\b",
    r"\blawful\s+sharing\s+(?:not\s+)?permitted\b",
    r"\b(?:no|not\s+for)\s+(?:onward|further)\s+dissemination\b|\bdo\s+not\s+disseminate\b",
    r"\btlp ?[:-]? ?(?:red|amber)\b",
)
_REPORTS = (
    r"\bintel(?:ligence)?[\s-]*logs?\b",
    rf"\bintel(?:ligence)?\s+(?:report|submission|item|record|entry|urn|ref(?:erence)?)s?\s*{_NUMBER}",
    r"\b(?:ir|intel)\s*/?\s*urn\b",
)
_SOURCES = (
    r"\bcovert\s+human\s+intelligence\s+sources?\b",
    r"\b(?:covert|confidential|protected|registered|sensitive)\s+sources?\s+(?:report|state|say|said|indicate|suggest)\w*\b",
    r"\b(?:directed|intrusive)\s+surveillance\b",
    r"\bintercept(?:ed|ion)?\s+(?:material|product|warrant)\b",
    rf"\b(?:intelligence|information|material|report(?:s|ing)?)\s+(?:\w+\s+){{0,2}}(?:from|by|of)\s+{_SERVICE}\b",
)
_SOURCE_NAMES = (r"\bCHIS\b", r"\b(?:SIGINT|HUMINT|COMINT)\b")


def _joined(*patterns: str) -> str:
    return "|".join(f"(?:{pattern})" for pattern in patterns)


_TOO_HIGH = (
    re.compile(_joined(*_MARKINGS), re.MULTILINE),
    re.compile(_joined(*_MARKED), re.IGNORECASE),
)
_INTELLIGENCE = (
    *_TOO_HIGH,
    re.compile(_joined(*_GRADES, *_REPORTS, *_SOURCES), re.IGNORECASE),
    re.compile(_joined(*_SOURCE_NAMES)),
)


def found(text: str) -> str:
    """Return the words of a text that mark intelligence material, as they were typed; empty where there are none."""
    return _first(_INTELLIGENCE, text)


def too_high(text: str) -> str:
    """Return a marking above OFFICIAL, which no field of this system may hold; empty where there is none."""
    return _first(_TOO_HIGH, text)


def _first(patterns: tuple[re.Pattern[str], ...], text: str) -> str:
    plain = _closed_up(_plain(text))
    # What begins with "a" or "I" is looked at without it too: "A C H I S said so".
    looked_at = dict.fromkeys((plain, _joined_up(plain, 0), _joined_up(plain, 1)))
    hits = [hit for pattern in patterns for each in looked_at if (hit := pattern.search(each))]
    if not hits:
        return ""
    first = min(hits, key=lambda hit: hit.start())
    return " ".join(first[0].strip("[]()/:–—- \n\t").split())[:LONGEST]


def _closed_up(plain: str) -> str:
    """Return a text without long blanks: the patterns take a time that grows with the square of a blank's length."""
    lines = re.sub(r" {0,2}\n {0,2}", "\n", re.sub(r"[^\S\n]{3,}", "  ", plain))
    return re.sub(r"\n{3,}", "\n\n", lines)


def _joined_up(plain: str, apart: int) -> str:
    """Return a text with letters that were spaced out as words, the first few of each left apart."""

    def word(run: re.Match[str]) -> str:
        letters = run[0].replace(run["between"], "").rstrip(".")
        return f"{letters[:apart]} {letters[apart:]}" if apart else letters

    for pattern in SPACED_OUT:
        plain = pattern.sub(word, plain)
    return plain


def _plain(text: str) -> str:
    """Return a text as it looks: other alphabets read as Latin, accents and letters that nobody sees left out."""
    if text.isascii():
        return text.translate(BLANKS)
    seen = UNSEEN.sub("", unicodedata.normalize("NFKC", text.translate(LOOKS_LIKE))).translate(BLANKS)
    latin = unicodedata.normalize("NFD", seen.translate(LOOKS_LIKE))
    return "".join(_letter(each) for each in latin if unicodedata.category(each) not in _LEFT_OUT)


_LEFT_OUT = frozenset({"Cf", "Mn", "Me"})


def _letter(each: str) -> str:
    """Return a letter as one of ours where it is one in another shape, like a small capital."""
    if each.isascii() or not each.isalpha():
        return each
    name, plain = unicodedata.name(each, ""), anyascii(each)
    if len(plain) != 1 or not name.startswith("LATIN"):
        return each
    return plain.upper() if "CAPITAL" in name else plain
