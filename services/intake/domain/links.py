"""By which marks two referrals may be about the same person, and what a person answers to that."""

import hmac
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from zlib import crc32

from chassis.errors import Conflict, Missing, Rejected
from contracts.vocabulary import Person, ReferralForm

MARK_BYTES = 8
WORD = re.compile(rb"[0-9a-z\x80-\xff]+")
LONGEST_COMPARED = 1_500
"""So many characters of a narrative are compared: about two hundred and fifty words, the beginning."""
FEWEST_RUNS = 20
"""Different runs of three words that a narrative must have before it is compared: less is said by many."""
PLACES, BANDS = 9, 3
_PLAIN = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th"}
)
"""Letters that Unicode takes for letters of their own, and that people write plain."""
_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("ph", "f"),
        ("gh", "g"),
        ("c(?=[eiy])", "s"),
        ("ck|[cq]", "k"),
        ("x", "ks"),
        ("z", "s"),
        ("v", "f"),
        ("y", "i"),
        ("(?<=.)[aeiouhw]", ""),
        ("^[aeiou]", "a"),
        (r"(.)\1+", r"\1"),
    )
)


class Answer(StrEnum):
    """What is said of a pair that may be about the same person."""

    WAITING = "waiting"
    LINKED = "linked"
    SEPARATE = "separate"


class Likeness(StrEnum):
    """In what two referrals are alike."""

    NAME = "name"
    SOUND = "sound"
    WORDS = "words"


class AnsweredIn(StrEnum):
    """Where a person answered."""

    DESK = "desk"
    TRIAGE = "triage"


class PairUnknown(Missing):
    """One of the two referrals is not here, or not in the person's areas."""

    reason: ClassVar[str] = "pair-unknown"


class PairOfOne(Rejected):
    """A referral was to be linked with itself."""

    reason: ClassVar[str] = "pair-of-one"


class ReasonMissing(Rejected):
    """A person did something that needs a reason, and gave none."""

    reason: ClassVar[str] = "reason-missing"


class AnsweredMeanwhile(Conflict):
    """The pair has the same answer already."""

    reason: ClassVar[str] = "answered-meanwhile"


@dataclass(frozen=True)
class PairAnswer:
    """What somebody answered to a pair: `by` their name, `reason` in their words where they said it at this desk."""

    answer: Answer
    answered_in: AnsweredIn
    by: str
    answered_at: datetime
    reason: str = ""


def marks_of(form: ReferralForm | None, key: bytes) -> tuple[bytes, ...]:
    """Return the keyed hashes of everything by which a referral may be likened to another; empty without a form."""
    return tuple(kinds_of_marks(form, key))


def kinds_of_marks(form: ReferralForm | None, key: bytes) -> dict[bytes, Likeness]:
    """Return each mark of a referral with what it says when another referral has it too.

    One name with the date of birth (the surname, or the first names, whichever was written where), the sound of both
    names with the year of birth, and three marks of the narrative, of which two nearly identical texts share one.
    Without the key nobody can try names.
    """
    if form is None:
        return {}
    texts = {
        **dict.fromkeys(_of_names(form.person), Likeness.NAME),
        **dict.fromkeys(_of_sound(form.person), Likeness.SOUND),
        **dict.fromkeys(_of_narrative(form.concerns.narrative), Likeness.WORDS),
    }
    return {hmac.digest(key, text, "sha256")[:MARK_BYTES]: kind for text, kind in texts.items()}


def plain_letters(name: str) -> str:
    """Return a name without accents, strokes, case, spaces, hyphens and apostrophes."""
    letters = name.lower() if name.isascii() else unicodedata.normalize("NFKD", name.casefold().translate(_PLAIN))
    return "".join(letter for letter in letters if letter.isalnum())


def same_person(one: Person, other: Person) -> bool:
    """Say whether two forms name exactly the same person: both names, as plain letters, and the date of birth."""
    signs = _signs(one)
    return all(signs) and signs == _signs(other)


def differ(one: Person, other: Person) -> bool:
    """Say whether two forms give another name or date of birth; what only one of them gives is no difference."""
    signs = zip(*(_signs(each) for each in (one, other)), strict=True)
    return any(sign and beside and sign != beside for sign, beside in signs)


def _signs(person: Person) -> tuple[object, ...]:
    return plain_letters(person.forenames), plain_letters(person.surname), person.date_of_birth


def sound_of(name: str) -> str:
    """Return roughly how a name sounds, so that Mohammed and Muhamad, Hussain and Hussein come together."""
    sound = plain_letters(name)
    for pattern, instead in _SOUNDS:
        sound = pattern.sub(instead, sound)
    return sound


def _of_names(person: Person) -> list[bytes]:
    born = person.date_of_birth
    if born is None:
        return []
    names = plain_letters(person.surname), plain_letters(person.forenames)
    return [f"{name}|{born.isoformat()}".encode() for name in names if name]


def _of_sound(person: Person) -> list[bytes]:
    born, [first, *_] = person.date_of_birth, person.forenames.split() or ("",)
    sounds = sound_of(person.surname), sound_of(first)
    return [f"sound|{sounds[0]}|{sounds[1]}|{born.year}".encode()] if born is not None and all(sounds) else []


def _of_narrative(narrative: str) -> list[bytes]:
    """Return three marks of a text: of its runs of three words, the smallest in each of nine places, three by three.

    This is done for every referral at the door: whatever goes over all words is left to the library.
    """
    words = WORD.findall(narrative[:LONGEST_COMPARED].casefold().encode())
    runs = sorted(set(map(crc32, map(b" ".join, zip(words, words[1:], words[2:], strict=False)))))
    if len(runs) < FEWEST_RUNS:
        return []
    smallest: dict[int, int] = {}
    for run in runs:
        smallest.setdefault(run % PLACES, run)
        if len(smallest) == PLACES:
            break
    width = PLACES // BANDS
    return [
        f"words|{band}|{[smallest.get(place, 0) for place in range(band * width, band * width + width)]}".encode()
        for band in range(BANDS)
    ]
