"""What people send to notify."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import Field

from chassis.web import Form
from contracts.vocabulary import SocialCareDone
from services.notify.domain import Kind, State, Way
from services.notify.operations import MOVED


class AcknowledgeForm(Form):
    """What the team did, in its own words."""

    report: str = Field(title="what you have done or will do", min_length=1, max_length=4000)

    messages: ClassVar[Mapping[str, str]] = {"report.missing": "Enter what you have done or will do"}


class AcknowledgeConcernForm(AcknowledgeForm):
    """What the team does about a concern, as far as the version that the page showed."""

    version: int = Field(default=1, title="the version that was shown", ge=1, le=1_000_000)


class SignpostForm(Form):
    """What the service says of a signpost: empty where it has only seen it."""

    report: str = Field(default="", title="what you have done", max_length=4000)


class ByLinkForm(Form):
    """Who answers by a link: name and service, since nobody has signed in."""

    by: str = Field(title="your name", min_length=1, max_length=200)
    service: str = Field(title="your service", min_length=1, max_length=200)

    def who(self) -> str:
        """Return who answers, in one line."""
        return f"{self.by}, {self.service}"


class ReportByLinkForm(ByLinkForm):
    """What the service did, and who says so."""

    report: str = Field(title="what you did", min_length=1, max_length=4000)


class TransferForm(Form):
    """A force's answer to an offer: who owns the risk from an acceptance on, or why it refuses."""

    answer: Literal["accept", "refuse"] = Field(title="whether you accept")
    officer: str = Field(title="the name of the officer", min_length=1, max_length=150)
    rank: str = Field(title="the rank or role", min_length=1, max_length=100)
    reason: str = Field(default="", title="the reason", max_length=4000)

    messages: ClassVar[Mapping[str, str]] = {"answer": "Choose whether your force accepts"}


class Why(StrEnum):
    """Why a notice is sent again; a list, so that nothing about a person enters the audit trail."""

    ADDRESS_MENDED = "address-mended"
    SERVER_MENDED = "server-mended"
    RECIPIENT_ASKED = "recipient-asked"


WHY_LABELS = (
    (Why.ADDRESS_MENDED, "The address in the area file has been put right"),
    (Why.SERVER_MENDED, "The mail server works again"),
    (Why.RECIPIENT_ASKED, "The recipient says that nothing came"),
)


DONE_LABELS = (
    (SocialCareDone.ASSESSED, "We have assessed it"),
    (SocialCareDone.ALREADY_OPEN, "It is already open to us"),
    (SocialCareDone.NO_FURTHER_ACTION, "No further action"),
    (SocialCareDone.REFERRED_ON, "We have referred it on"),
)


class ReportConcernForm(Form):
    """What social care did about a concern: one of four, and words for whoever works the referral."""

    done: SocialCareDone = Field(title="what you did")
    told: str = Field(title="what you did, in words", min_length=1, max_length=4000)

    messages: ClassVar[Mapping[str, str]] = {
        "done": "Select what you did",
        "told.missing": "Enter what the police need to know of it",
    }


class HaveItForm(Form):
    """Who of a front door says that the team has a concern, without an account: nothing about the person."""

    by: str = Field(title="your name", min_length=1, max_length=200)
    report: str = Field(default="", title="what you will do", max_length=400)


class WhyNot(StrEnum):
    """Why a notice is not to be sent; a list, so that nothing about a person enters the audit trail."""

    TOLD_OTHERWISE = "told-otherwise"
    WRONG_RECIPIENT = "wrong-recipient"
    NOT_NEEDED = "not-needed"
    MIGHT_HARM = "might-harm"


WHY_NOT_LABELS = (
    (WhyNot.TOLD_OTHERWISE, "They have been told in another way"),
    (WhyNot.WRONG_RECIPIENT, "It would go to the wrong recipient"),
    (WhyNot.NOT_NEEDED, "It is not needed any more"),
    (WhyNot.MIGHT_HARM, "Somebody might come to harm by it"),
)


WHY_NOT_WORDS: Mapping[str, str] = {
    **{str(value): text for value, text in WHY_NOT_LABELS},
    MOVED: "The concern has moved to another front door",
}
"""Why a notice was not sent, in words."""


class SuppressForm(Form):
    """Why the notice is not to be sent."""

    why_not: WhyNot = Field(title="why it is not to be sent")

    messages: ClassVar[Mapping[str, str]] = {"why_not": "Select why it is not to be sent"}


class SearchForm(Form):
    """What the delivery desk looks for; everything may stay empty."""

    reference: str = Field(default="", title="the reference", max_length=40)
    kind: Kind | None = Field(default=None, title="what it says")
    state: State | None = Field(default=None, title="a state")
    way: Way | None = Field(default=None, title="a way")
    recipient: str = Field(default="", title="the recipient", max_length=120)
    since: date | None = Field(default=None, title="the first day")
    until: date | None = Field(default=None, title="the last day")


class SendAgainForm(Form):
    """Why the notice is to be sent again."""

    reason: Why = Field(title="why it is sent again")

    messages: ClassVar[Mapping[str, str]] = {"reason": "Select why it is sent again"}
