"""What a person typed, made an answer of the referral, or the Design System's sentence that says what to mend."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from contracts.vocabulary.form import OLDEST_AGE
from contracts.vocabulary.nrf import Kind, Question
from services.intake.domain import written
from services.intake.web.form.steps import inputs, marked

Say = Callable[[str], str]
"""Returns a sentence in the language of the page."""
Given = Mapping[str, str | list[str]]
"""What was typed, by the name of the input; several values where boxes were ticked."""
Value = str | int | bool | date | tuple[str, ...] | None

LINE_LONG, TEXT_LONG, MAIL_LONG = 200, 20_000, 254
UNTYPABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
PARTS = (marked("day"), marked("month"), marked("year"))
BORN, AGED = "person.date_of_birth", "person.approximate_age"

ENTER = marked("Enter %(name)s")
SELECT = marked("Select %(name)s")
SELECT_YES = marked("Select yes if %(name)s")
TOO_LONG = marked("%(name)s must be %(most)s characters or less")
UNTYPED = marked("%(name)s must not include characters that a keyboard cannot type")
NOT_REAL = marked("%(name)s must be a real date, like 27 3 2009")
INCOMPLETE = marked("%(name)s must include a %(part)s")
INCOMPLETE_TWICE = marked("%(name)s must include a %(part)s and a %(other)s")
IN_THE_PAST = marked("%(name)s must be today or in the past")
WHOLE_NUMBER = marked("%(name)s must be a whole number, like 15")
BETWEEN = marked("%(name)s must be between 0 and %(most)s")
POSTCODE = marked("Enter a full UK postcode, like CT9 1AB")
PHONE = marked("Enter a phone number, like 01632 960 001, 07700 900 982 or +44 808 157 0192")
EMAIL = marked("Enter an email address in the correct format, like name@example.com")
BIRTH_OR_AGE = marked("Enter a date of birth or, if you do not know it, an approximate age")
TOO_OLD = marked("%(name)s must be less than %(most)s years ago")
AGES_DIFFER = marked("Approximate age must agree with the date of birth: correct one of them, or leave the age empty")
SENTENCES = (
    *(ENTER, SELECT, SELECT_YES, TOO_LONG, UNTYPED, NOT_REAL, INCOMPLETE, INCOMPLETE_TWICE, IN_THE_PAST, WHOLE_NUMBER),
    *(BETWEEN, POSTCODE, PHONE, EMAIL, BIRTH_OR_AGE, TOO_OLD, AGES_DIFFER),
)

WHETHER = "whether "
"""How the name of a yes-or-no question begins."""


class Wrong(ValueError):
    """An answer that must be mended, with the sentence to show."""


@dataclass(frozen=True)
class Asking:
    """A question put at a numbered path, on a day, in a language."""

    question: Question
    path: str
    today: date
    say: Say

    def sentence(self, pattern: str, **words: object) -> str:
        """Return a sentence about this question."""
        told = self.say(pattern) % {"name": self.say(self.question.name), **words}
        return told[:1].upper() + told[1:]

    def wrong(self, pattern: str, **words: object) -> Wrong:
        """Return the refusal with a sentence about this question."""
        return Wrong(self.sentence(pattern, **words))

    def missing(self) -> str:
        """Return the sentence for a required question that was left empty."""
        question = self.question
        if question.kind in {Kind.YES_NO, Kind.YES_NO_NOT_KNOWN} and question.name.startswith(WHETHER):
            return self.sentence(SELECT_YES, name=self.say(question.name.removeprefix(WHETHER)))
        return self.sentence(SELECT if question.choices else ENTER)

    def text(self, given: Given) -> str:
        """Return what was typed, without the blanks around it."""
        return one(given, self.path)


def one(given: Given, name: str) -> str:
    """Return the last text given under a name."""
    value = given.get(name, "")
    return (value if isinstance(value, str) else (value or [""])[-1]).strip()


def value_of(asking: Asking, given: Given) -> Value:
    """Return the answer to a question, None where it was left empty; raises Wrong with the sentence to show."""
    return _READERS.get(asking.question.kind, _line)(asking, given)


def _line(asking: Asking, given: Given) -> Value:
    return _short_enough(asking, asking.text(given), LINE_LONG)


def _text(asking: Asking, given: Given) -> Value:
    return _short_enough(asking, asking.text(given), TEXT_LONG)


def _short_enough(asking: Asking, text: str, most: int) -> str | None:
    if len(text) > most:
        raise asking.wrong(TOO_LONG, most=f"{most:,}")
    if UNTYPABLE.search(text):
        raise asking.wrong(UNTYPED)
    return text or None


def _date(asking: Asking, given: Given) -> Value:
    day, month, year = (one(given, name) for name in inputs(asking.question, asking.path))
    if not (day or month or year):
        return None
    if month or year:
        _check_whole(asking, (day, month, year))
        found = written.day_from(day, month, year, asking.today)
    else:
        found = written.day_of(day, asking.today)
        if found is None and day.isdecimal():
            _check_whole(asking, (day, month, year))
    if found is None:
        raise asking.wrong(NOT_REAL)
    if found > asking.today:
        raise asking.wrong(IN_THE_PAST)
    return found


def _check_whole(asking: Asking, typed: tuple[str, str, str]) -> None:
    missing = [asking.say(part) for part, text in zip(PARTS, typed, strict=True) if not text]
    if len(missing) == 1:
        raise asking.wrong(INCOMPLETE, part=missing[0])
    if missing:
        raise asking.wrong(INCOMPLETE_TWICE, part=missing[0], other=missing[1])


def _age(asking: Asking, given: Given) -> Value:
    text = asking.text(given)
    if not text:
        return None
    if not re.fullmatch(r"-?\d{1,9}", text, re.ASCII):
        raise asking.wrong(WHOLE_NUMBER)
    if not 0 <= int(text) <= OLDEST_AGE:
        raise asking.wrong(BETWEEN, most=OLDEST_AGE)
    return int(text)


def _choice(asking: Asking, given: Given) -> Value:
    text = asking.text(given)
    if text and text not in dict(asking.question.choices):
        raise Wrong(asking.missing())
    return text or None


def _yes_no(asking: Asking, given: Given) -> Value:
    chosen = _choice(asking, given)
    return None if chosen is None else chosen == "yes"


def _choices(asking: Asking, given: Given) -> Value:
    sent = given.get(asking.path, [])
    ticked = [sent] if isinstance(sent, str) else sent
    offered = dict(asking.question.choices)
    if any(each and each not in offered for each in ticked):
        raise Wrong(asking.missing())
    return tuple(value for value in offered if value in ticked) or None


def _postcode(asking: Asking, given: Given) -> Value:
    text = asking.text(given)
    found = written.postcode_of(text)
    if text and found is None:
        raise asking.wrong(POSTCODE)
    return found


def _phone(asking: Asking, given: Given) -> Value:
    text = asking.text(given)
    if text and not written.is_phone(text):
        raise asking.wrong(PHONE)
    return _short_enough(asking, text, LINE_LONG)


def _email(asking: Asking, given: Given) -> Value:
    text = asking.text(given)
    if text and (len(text) > MAIL_LONG or UNTYPABLE.search(text) or not written.is_mail_address(text)):
        raise asking.wrong(EMAIL)
    return text or None


_READERS: Mapping[Kind, Callable[[Asking, Given], Value]] = MappingProxyType(
    {
        Kind.TEXT: _text,
        Kind.DATE: _date,
        Kind.AGE: _age,
        Kind.CHOICE: _choice,
        Kind.CHOICES: _choices,
        Kind.YES_NO: _yes_no,
        Kind.YES_NO_NOT_KNOWN: _choice,
        Kind.POSTCODE: _postcode,
        Kind.PHONE: _phone,
        Kind.EMAIL: _email,
    }
)
