"""What a question of the form is: where its answer goes, how it is answered, and when it is asked."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a question is answered."""

    LINE = "line"
    TEXT = "text"
    DATE = "date"
    AGE = "age"
    YES_NO = "yes-no"
    YES_NO_NOT_KNOWN = "yes-no-not-known"
    CHOICE = "choice"
    CHOICES = "choices"
    POSTCODE = "postcode"
    PHONE = "phone"
    EMAIL = "email"
    DISTRICT = "district"
    ETHNIC_GROUP = "ethnic-group"
    SCHOOL = "school"
    ORGANISATION = "organisation"
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True)
class Ask:
    """When a question is asked: where another one was answered so, or only about a person under 18.

    A form on paper asks everything; where the condition does not hold, an answer that is there is kept all the same.
    """

    path: str = ""
    answers: tuple[str, ...] = ()
    under_18: bool = False


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question of the form.

    `path` is the dotted field of ReferralForm, with `*` where a list is numbered; `label` heads the answer in tables
    and on paper; `asks` puts the question to the referrer; `name` calls it in a sentence ("Enter {name}"), again to
    the referrer; `choices` are pairs of value and words; `rows` is how many entries of a list paper offers and `most`
    how many the form takes.
    """

    path: str
    label: str
    asks: str
    name: str
    kind: Kind = Kind.LINE
    hint: str = ""
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    asked: Ask | None = None
    rows: int = 1
    most: int = 1

    @property
    def listed(self) -> bool:
        """Say whether there may be several answers."""
        return ".*" in self.path


@dataclass(frozen=True, kw_only=True)
class Section:
    """One part of the form: its letter in the national form ("" for what this form adds), heading, help, questions."""

    key: str
    letter: str
    title: str
    help: str
    questions: tuple[Question, ...]
    asked: Ask | None = None
