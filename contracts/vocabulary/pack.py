"""Parts of a pack: what was gathered, what happened before, what was shared with whom."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict

from contracts.vocabulary.classes import LINKING, OPERATIONAL, POLICE, SPECIAL_CATEGORY


class Part(BaseModel):
    """A frozen part of an event; fields that a reader does not know are left out."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class GatheredInformation(Part):
    """What one body said when it was asked, or that it knows nothing; `asked` is the question."""

    body: Annotated[str, OPERATIONAL]
    asked: Annotated[str, SPECIAL_CATEGORY] = ""
    answer: Annotated[str, SPECIAL_CATEGORY]
    at: Annotated[datetime, LINKING]


class ChronologyLine(Part):
    """One thing that happened to this person's referrals, earlier ones among them."""

    reference: Annotated[str, LINKING]
    at: Annotated[datetime, LINKING]
    what: Annotated[str, SPECIAL_CATEGORY]
    by: Annotated[str, POLICE] = ""


class Sharing(Part):
    """What was shared with whom, and when."""

    what: Annotated[str, OPERATIONAL]
    shared_with: Annotated[str, OPERATIONAL]
    at: Annotated[datetime, LINKING]
