"""What is known of a person and may tell them from others, as a referral's form gives it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from contracts.vocabulary import Person, ReferralForm
from services.triage.domain.people.letters import word_set

_NUMBER = re.compile(r"\+?\d[\d\s()-]{7,}\d")
_WRITTEN_LARGE = re.compile(r"(?:[^\W\d_]|['’-])+", re.UNICODE)
_NO_NAMES = word_set(
    "lives with his her their mother father brother sister mum mam dad uncle aunt aunty cousin parents parent "
    "carer grandmother grandfather the and at in on of is are was no not known none he she they both step foster older "
    "younger half family home social worker school college please contact phone mobile tel telephone email year "
    "years monday tuesday wednesday thursday friday saturday sunday january february march april may june july "
    "august september october november december synthetic sample mr mrs ms miss dr name"
)
MOST_FAMILY = 12


@dataclass(frozen=True)
class Identity:
    """A person as one referral describes them; every field may be empty.

    `names` are all forms, forenames first ("Mohammed Ali Khan", and each alias); `age` is what was said on `age_on`.
    `family` holds names and telephone numbers of relatives, `addresses` the lines of each address.
    """

    names: tuple[str, ...] = ()
    forenames: str = ""
    surname: str = ""
    born: date | None = None
    age: int | None = None
    age_on: date | None = None
    postcodes: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    schools: tuple[str, ...] = ()
    family: tuple[str, ...] = ()
    gender: str = ""
    addresses: tuple[str, ...] = ()


def identity_of(form: ReferralForm, on: date) -> Identity:
    """Return who a form is about; `on` is the day it arrived, on which an approximate age was said."""
    person = form.person
    by_age = person.date_of_birth is None and person.approximate_age is not None
    return Identity(
        names=_said(f"{person.forenames} {person.surname}", *person.aliases),
        forenames=person.forenames,
        surname=person.surname,
        born=person.date_of_birth,
        age=person.approximate_age if by_age else None,
        age_on=on if by_age else None,
        postcodes=_said(*(address.postcode for address in person.addresses)),
        phones=_said(*person.phones),
        emails=_said(*person.emails),
        schools=_said(form.employment.education, form.employment.previous_education),
        family=_family(person, form.considerations.parent_or_carer),
        gender=_gender(person),
        addresses=_said(*(address.lines for address in person.addresses)),
    )


def _gender(person: Person) -> str:
    """Return the gender where it was said."""
    return "" if person.gender.value in {"not-known", "prefer-not-to-say"} else person.gender.value


def _said(*answers: str) -> tuple[str, ...]:
    """Return the answers that say something, each once."""
    return tuple(dict.fromkeys(answer.strip() for answer in answers if answer.strip()))


def _family(person: Person, parent_or_carer: str) -> tuple[str, ...]:
    """Return names and telephone numbers of relatives, found in the words about them."""
    own = {word.lower() for word in person.forenames.split()}
    found: list[str] = []
    for words in (person.family, parent_or_carer):
        found.extend(number.strip() for number in _NUMBER.findall(words))
        found.extend(name for name in named(words) if name.lower() not in own)
    return _said(*found)[:MOST_FAMILY]


def named(words: str) -> Iterable[str]:
    """Yield the names in a sentence: words that begin with a capital, next to each other, and are no common word.

    Scripts without capitals yield nothing.
    """
    run: list[str] = []
    end = 0
    for found in _WRITTEN_LARGE.finditer(words):
        word = found[0]
        is_name = word[:1].isupper() and word.lower().removesuffix("'s") not in _NO_NAMES
        if run and (not is_name or words[end : found.start()].strip()):
            yield " ".join(run)
            run = []
        if is_name:
            run.append(word)
        end = found.end()
    if run:
        yield " ".join(run)
