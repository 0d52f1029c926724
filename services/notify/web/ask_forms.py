"""What people outside send when they answer what Channel asked of them: one form for each sort of ask."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import Field

from chassis.web import Form, FormData, FormErrors, parse
from contracts.vocabulary import AskKind, ChangeTaken
from contracts.vocabulary.asking import AskAnswer, change_words
from services.notify.domain import ANSWERABLE
from services.notify.operations import AskReply
from services.notify.queries import AskContent

LONGEST = 4000
_PLACE = re.compile(r"(?:answer|nothing)-([1-9][0-9]?)", re.ASCII)


class CodeForm(Form):
    """The one-time code, as typed."""

    code: str = Field(title="the code", min_length=1, max_length=40)


class WhoForm(Form):
    """Who answers, and what they say beside the questions."""

    lacks: ClassVar[str] = "Enter what you know"
    """What is said where nothing is written at all."""

    report: str = Field(default="", title="your words", max_length=LONGEST)
    by: str = Field(title="your name", min_length=1, max_length=150)
    role: str = Field(title="your role", min_length=1, max_length=150)
    organisation: str = Field(title="your organisation", min_length=1, max_length=150)

    def who(self) -> str:
        """Return who answers, in one line."""
        return f"{self.by}, {self.role}, {self.organisation}"

    def reply(self, answers: tuple[AskAnswer, ...]) -> AskReply:
        """Return what is told to Channel."""
        return AskReply(self.who(), self.report, answers)


class ReportForm(WhoForm):
    """What was done about an action or a signpost; said under the questions where there are any."""

    lacks: ClassVar[str] = "Enter what you did"


class SessionForm(ReportForm):
    """Whether a session took place, and what was done."""

    lacks: ClassVar[str] = "Enter what was done, or why it did not take place"
    answer: Literal["yes", "no"] = Field(title="whether the session took place")

    messages: ClassVar[Mapping[str, str]] = {"answer": "Select whether the session took place"}

    def reply(self, answers: tuple[AskAnswer, ...]) -> AskReply:
        """Return what is told to Channel: accepted is that it took place."""
        return AskReply(self.who(), self.report, answers, accepted=self.answer == "yes")


class ConsentForm(WhoForm):
    """What somebody has made of consent that was refused or withdrawn, or has lapsed."""

    stops: ClassVar[bool] = True
    answer: ChangeTaken = Field(title="what you have done")

    messages: ClassVar[Mapping[str, str]] = {"answer": "Select what you have done about the change"}

    def reply(self, answers: tuple[AskAnswer, ...]) -> AskReply:
        """Return what is told to Channel: what has been done, in our words, then in theirs."""
        words = f"{change_words(stops=self.stops)[self.answer]} {self.report}".strip()
        return AskReply(self.who(), words, answers, taken=self.answer)


class GivenForm(ConsentForm):
    """What somebody has made of consent that was given: there is nothing to stop."""

    stops: ClassVar[bool] = False
    answer: Literal[ChangeTaken.GOES_ON, ChangeTaken.NOTED] = Field(title="what you have done")


class InvitationForm(WhoForm):
    """Whether somebody comes to a panel; coming is to agree to the statement of confidentiality."""

    answer: Literal["accept", "refuse"] = Field(title="whether you come")

    messages: ClassVar[Mapping[str, str]] = {"answer": "Select whether you accept the invitation"}

    def reply(self, answers: tuple[AskAnswer, ...]) -> AskReply:
        """Return what is told to Channel."""
        return AskReply(self.who(), self.report, answers, accepted=self.answer == "accept")


class PanelTransferForm(WhoForm):
    """Whether another panel takes a case, and who owns the risk from then on."""

    answer: Literal["accept", "refuse"] = Field(title="whether you accept")
    taker: str = Field(default="", title="who owns the risk from now on", max_length=200)

    messages: ClassVar[Mapping[str, str]] = {"answer": "Select whether your panel accepts the transfer"}

    def reply(self, answers: tuple[AskAnswer, ...]) -> AskReply:
        """Return what is told to Channel."""
        accepted = self.answer == "accept"
        return AskReply(self.who(), self.report, answers, accepted=accepted, taker=self.taker if accepted else "")


FORMS: Mapping[AskKind, type[WhoForm]] = {
    AskKind.INFORMATION: WhoForm,
    AskKind.ACTION: ReportForm,
    AskKind.SIGNPOST: ReportForm,
    AskKind.SESSION: SessionForm,
    AskKind.INVITATION: InvitationForm,
    AskKind.CONSENT_CHANGE: ConsentForm,
    AskKind.TRANSFER: PanelTransferForm,
}
_FIRST, _LAST = ("answer", "taker"), ("report", "by", "role", "organisation")
OWN_FIELDS = (*_FIRST, *_LAST)
"""The fields of the forms, in the order of the page: the questions stand between the first ones and the last."""


@dataclass(frozen=True)
class Question:
    """A question as it stands on the page: the names of its two fields and its words."""

    answer: str
    nothing: str
    words: str


def questions_of(words: tuple[str, ...]) -> tuple[Question, ...]:
    """Return questions with the names of their fields."""
    return tuple(Question(f"answer-{place}", f"nothing-{place}", each) for place, each in enumerate(words, 1))


def typed_in(data: FormData) -> tuple[Question, ...]:
    """Return the questions that a form was sent with, as far as its fields tell: what was asked stays sealed."""
    places = [int(found[1]) for name in data.fields if (found := _PLACE.fullmatch(name))]
    return questions_of(("",) * max(places, default=0))


def written(questions: tuple[Question, ...], data: FormData) -> dict[str, str]:
    """Return what has been typed into an answer so far, to be kept as a draft."""
    names = (*OWN_FIELDS, *(name for each in questions for name in (each.answer, each.nothing)))
    return {name: data.get(name)[: 2 * LONGEST] for name in names if data.get(name).strip()}


def can_say(content: AskContent) -> Mapping[ChangeTaken, str]:
    """Return what can be said of a change of consent; one told before asks said which is taken to end it."""
    return change_words(stops=content.stops is not False)


def read_reply(kind: AskKind, content: AskContent, data: FormData) -> AskReply | FormErrors:
    """Return the checked answer to an ask, or the form to show again with what is to be mended."""
    assert kind in ANSWERABLE  # noqa: S101 - a pack has no form
    questions = questions_of(content.questions)
    form = parse(GivenForm if content.stops is False else FORMS[kind], data)
    wrong = [
        (each.answer, f"Question {place}: {sentence}")
        for place, each in enumerate(questions, 1)
        if (sentence := _wrong(each, data))
    ]
    wrong += _beside(form, questions) if not isinstance(form, FormErrors) else []
    if isinstance(form, FormErrors) or wrong:
        known = form.errors if isinstance(form, FormErrors) else ()
        places = {name: place for place, name in enumerate((*_FIRST, *(each.answer for each in questions), *_LAST))}
        return FormErrors(data, tuple(sorted((*wrong, *known), key=lambda each: places[each[0]])))
    return form.reply(tuple(_answer(each, data) for each in questions))


def _answer(question: Question, data: FormData) -> AskAnswer:
    words = data.get(question.answer).strip()
    return AskAnswer(question=question.words, words=words, nothing_known=not words)


def _wrong(question: Question, data: FormData) -> str:
    words, nothing = data.get(question.answer).strip(), bool(data.get(question.nothing))
    if len(words) > LONGEST:
        return f"the answer must have {LONGEST} characters or fewer; write the rest under “Anything else”"
    if words and nothing:
        return "write what you know or tick “Nothing known”, not both"
    return "" if words or nothing else "write what you know, or tick “Nothing known”"


def _beside(form: WhoForm, questions: tuple[Question, ...]) -> list[tuple[str, str]]:
    """Return what only the whole form can know."""
    match form:
        case ConsentForm() if form.stops and form.answer is ChangeTaken.GOES_ON and not form.report:
            return [("report", "Enter on which basis you go on")]
        case InvitationForm() if form.answer == "refuse" and not form.report:
            return [("report", "Enter why you do not come")]
        case PanelTransferForm() if form.answer == "refuse" and not form.report:
            return [("report", "Enter why your panel refuses")]
        case PanelTransferForm() if form.answer == "accept" and not form.taker:
            return [("taker", "Enter the name and role of who owns the risk from now on")]
        case ConsentForm() | InvitationForm() | PanelTransferForm():
            return []
        case _:
            empty = not (form.report or questions)
            return [("report", form.lacks)] if empty else []
