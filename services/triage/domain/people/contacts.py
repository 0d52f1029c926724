"""Postcodes, telephone numbers, mail addresses and schools, each in the one way that can be compared."""

import re

from rapidfuzz import fuzz
from rapidfuzz.distance import DamerauLevenshtein

from services.triage.domain.people.letters import fold, word_set
from services.triage.domain.people.levels import Level

_UNITED_KINGDOM = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}")
_INWARD = 3
_LEAST_DIGITS = 7
_LAST_DIGITS = 10
_SAME_SCHOOL = 90
_CLOSE_SCHOOL = 80
_SAME_STREET = 88
_SCHOOL_WORDS = word_set("school college academy secondary primary high grammar the university of at year sixth form")


def postcode_of(written: str) -> str:
    """Return a postcode without spaces, in capitals; in its last part, O read for 0 and I for 1 are set right."""
    code = re.sub(r"[^A-Z0-9]", "", written.upper())
    if len(code) > _INWARD and code[-_INWARD] in "OI":
        code = code[:-_INWARD] + code[-_INWARD].replace("O", "0").replace("I", "1") + code[-_INWARD + 1 :]
    return code


def district_of(written: str) -> str:
    """Return a postcode's district: all but its last three signs, or its first half where it is no British one."""
    code = postcode_of(written)
    if _UNITED_KINGDOM.fullmatch(code):
        return code[:-_INWARD]
    return code[: (len(code) + 1) // 2]


def number_of(written: str) -> str:
    """Return a telephone number as its last ten digits, whatever country code is before them; empty for too few."""
    digits = re.sub(r"\D", "", written.replace("(0)", ""))
    return digits[-_LAST_DIGITS:].lstrip("0") if len(digits) >= _LEAST_DIGITS else ""


def mail_of(written: str) -> str:
    """Return a mail address in small letters."""
    return written.strip().casefold()


def postcodes(ours: tuple[str, ...], theirs: tuple[str, ...]) -> Level:
    """Return how two people's postcodes agree: one of them whole, with one sign misread, by district, or not."""
    left, right = ({code for code in map(postcode_of, codes) if code} for codes in (ours, theirs))
    if not left or not right:
        return Level.UNKNOWN
    if left & right:
        return Level.SAME
    if any(DamerauLevenshtein.distance(one, other, score_cutoff=1) <= 1 for one in left for other in right):
        return Level.CLOSE
    shared = {district_of(code) for code in left} & {district_of(code) for code in right}
    return Level.PART if shared else Level.OTHER


def numbers(ours: tuple[str, ...], theirs: tuple[str, ...]) -> Level:
    """Return how two people's telephone numbers agree: one of them, one but for a digit, or none."""
    left, right = ({number for number in map(number_of, written) if number} for written in (ours, theirs))
    if not left or not right:
        return Level.UNKNOWN
    if left & right:
        return Level.SAME
    close = any(DamerauLevenshtein.distance(one, other, score_cutoff=1) <= 1 for one in left for other in right)
    return Level.CLOSE if close else Level.OTHER


def mails(ours: tuple[str, ...], theirs: tuple[str, ...]) -> Level:
    """Return whether two people have a mail address in common."""
    left, right = ({mail_of(mail) for mail in written} for written in (ours, theirs))
    if not left or not right:
        return Level.UNKNOWN
    return Level.SAME if left & right else Level.OTHER


def schools(ours: tuple[str, ...], theirs: tuple[str, ...]) -> Level:
    """Return whether two people went to one school, by its name without School, College and the like."""
    left, right = (tuple(filter(None, map(school_of, written))) for written in (ours, theirs))
    if not left or not right:
        return Level.UNKNOWN
    best = max(fuzz.token_sort_ratio(one, other) for one in left for other in right)
    if best >= _SAME_SCHOOL:
        return Level.SAME
    return Level.CLOSE if best >= _CLOSE_SCHOOL else Level.OTHER


def school_of(written: str) -> str:
    """Return a school's name folded, without School, College and the like."""
    words = fold(written).split()
    return " ".join(word for word in words if word not in _SCHOOL_WORDS) or " ".join(words)


def streets(ours: tuple[str, ...], theirs: tuple[str, ...]) -> Level:
    """Return whether two people have an address in common: the same house number, and the lines alike."""
    left, right = (tuple(filter(None, map(_street, written))) for written in (ours, theirs))
    if not left or not right:
        return Level.UNKNOWN
    scored = [(one, other, fuzz.token_sort_ratio(one[1], other[1])) for one in left for other in right]
    alike = [(one[0], other[0]) for one, other, ratio in scored if ratio >= _SAME_STREET]
    if any(one == other for one, other in alike):
        return Level.SAME
    return Level.CLOSE if alike else Level.OTHER


def _street(written: str) -> tuple[str, str] | None:
    """Return the first number and the words of an address."""
    number = re.search(r"\d+", written)
    words = fold(written)
    return (number[0] if number else "", words) if words else None
