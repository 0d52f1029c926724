"""What bodies are asked, how their answers are taken, and how something that is owed stands."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from contracts.vocabulary import day_in_words
from contracts.vocabulary.asking import AskAnswer

QUESTIONS = (
    "How well does your organisation know the person, and since when?",
    "What is known of school or work: attendance, and what has changed?",
    "What is known of health, and of alcohol or drugs?",
    "What is known of the family and of who lives in the household?",
    "What is known of housing?",
    "Was there contact with the police?",
    "Is there anything that protects or helps the person?",
)
"""What a body is asked for which the area has no questions of its own."""
_MAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;.]+")
_AROUND = re.compile(r"^[\s•*-]+|\s+$")
MOST_QUESTIONS = 20
LONGEST_QUESTION = 400


@dataclass(frozen=True)
class Mark:
    """One mark beside something that is owed: in words, with a colour that is never the only sign."""

    text: str
    colour: str


def questions_in(text: str) -> tuple[str, ...]:
    """Return the questions that were written, one a line; empty lines and repeats are left out."""
    lines = (_AROUND.sub("", line) for line in text.splitlines())
    return tuple(dict.fromkeys(line for line in lines if line))


def is_mail_address(text: str) -> bool:
    """Say whether a text can be an email address."""
    return _MAIL.fullmatch(text) is not None


def wrong_with(questions: tuple[str, ...]) -> str:
    """Return what is wrong with questions, nothing where they can be asked."""
    if len(questions) > MOST_QUESTIONS:
        return f"Ask at most {MOST_QUESTIONS} questions, one on each line"
    if any(len(question) > LONGEST_QUESTION for question in questions):
        return f"Keep each question to {LONGEST_QUESTION} characters: one on each line"
    return ""


def answers_to(
    questions: tuple[str, ...], words: Mapping[int, str], nothing_known: frozenset[int]
) -> tuple[tuple[AskAnswer, ...], tuple[tuple[int, str], ...]]:
    """Return the answers by question, and what is wrong with which of them; nothing known is an answer."""
    wrong = []
    for number, _ in enumerate(questions):
        said = words.get(number, "").strip()
        if said and number in nothing_known:
            wrong.append((number, "Either write an answer or tick “Nothing known”, not both"))
        if not said and number not in nothing_known:
            wrong.append((number, "Write an answer, or tick “Nothing known”"))
    answers = tuple(
        AskAnswer(question=question, words=words.get(number, "").strip(), nothing_known=number in nothing_known)
        for number, question in enumerate(questions)
    )
    return answers, tuple(wrong)


def about_whom(name: str, born: date | None, age: int | None, district: str) -> str:
    """Return who a case is about, as far as somebody needs it who looks into their own records."""
    old = f"born {day_in_words(born, 'en')}" if born else f"about {age} years old" if age else ""
    return ", ".join(part for part in (name, old, district) if part)


def marks(
    state: str, due_at: datetime, now: datetime, *, paused: bool = False, seen: bool = False, undelivered: bool = False
) -> tuple[Mark, ...]:
    """Return the marks of something that is owed: how far it has come, and what is wrong with it."""
    if state != "open":
        return (Mark("Cancelled", "grey") if state == "cancelled" else Mark("Done", "green"),)
    found = [Mark("Opened", "blue") if seen else Mark("Asked", "grey")]
    if undelivered:
        found.append(Mark("Could not be delivered", "red"))
    if paused:
        found.append(Mark("Clock paused", "grey"))
    elif due_at < now:
        found.append(Mark("Overdue", "orange"))
    return tuple(found)
