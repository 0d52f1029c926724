"""A filled form as plain text, as a mail program or a telephone note has it: headings, labels, answers."""

from collections.abc import Iterator, Mapping

from contracts.vocabulary import ReferralForm
from contracts.vocabulary.form import EDITION
from contracts.vocabulary.nrf import Kind, Question
from contracts.vocabulary.nrf.editions import TITLE
from services.intake.writers.questions import PARTS, answers, chosen, heading, placed, shown


def filled_text(form: ReferralForm) -> str:
    """Return the answers of a form, each behind its label and below its heading; what is blank is left out.

    A line of a long answer that is itself a heading or a label of its part reads back as such: text has no other marks.
    """
    given = answers(form)
    lines = [TITLE, f"Edition {EDITION}"]
    for section in PARTS:
        said = [line for question, path in placed(section.questions, given) for line in _said(question, path, given)]
        lines += ["", heading(section), *said] if said else []
    return "\n".join(lines) + "\n"


def _said(question: Question, path: str, given: Mapping[str, str]) -> Iterator[str]:
    if question.kind is Kind.CHOICES:
        ticked = chosen(question, given)
        if ticked:
            yield f"{question.label}:"
            yield from (f"{'☒' if value in ticked else '☐'} {words}" for value, words in question.choices)
    elif question.listed and any(other.startswith(path.rpartition(".")[0]) for other in given):
        yield f"{question.label}: {shown(question, given.get(path, ''))}"
    elif given.get(path):
        yield f"{question.label}:{chr(10) if question.kind is Kind.TEXT else ' '}{shown(question, given[path])}"
