"""What people send to notify."""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from chassis.web import Form


class AcknowledgeForm(Form):
    """What the team did, in its own words."""

    report: str = Field(title="what you have done or will do", min_length=1, max_length=4000)

    messages: ClassVar[Mapping[str, str]] = {"report.missing": "Enter what you have done or will do"}


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


class SendAgainForm(Form):
    """Why the notice is to be sent again."""

    reason: Why = Field(title="why it is sent again")

    messages: ClassVar[Mapping[str, str]] = {"reason": "Select why it is sent again"}
