"""What a person fills in at monitor."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from chassis.web import Form
from services.monitor.domain import Repair


class RepairForm(Form):
    """What is to be done with a parked message, and why; the reason stays in the audit."""

    messages: ClassVar[Mapping[str, str]] = {
        "repair.missing": "Select whether to retry or discard the message",
        "repair.enum": "Select whether to retry or discard the message",
        "reason.missing": "Enter why, for the audit",
        "reason.string_too_short": "The reason must have at least 3 characters",
        "reason.string_too_long": "The reason must be 300 characters or fewer",
    }

    repair: Repair
    reason: Annotated[str, Field(min_length=3, max_length=300)]
