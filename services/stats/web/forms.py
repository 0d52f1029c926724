"""What people send to statistics."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from chassis.web import Form
from services.stats.domain.releases import MOST_WORDS
from services.stats.domain.tables import ReleaseKind


class DraftReleaseForm(Form):
    """The area to make a release for; a correction names the first and the last month that it states again."""

    area: str = Field(title="the area", min_length=1, max_length=60)
    kind: ReleaseKind = Field(default=ReleaseKind.REGULAR, title="the kind of release")
    first: str = Field(default="", title="the first month", max_length=7)
    last: str = Field(default="", title="the last month", max_length=7)


class SignOffForm(Form):
    """What the second person says they have looked at."""

    messages: ClassVar[Mapping[str, str]] = {"statement": "Say in a sentence what you have looked at before you sign"}

    statement: str = Field(title="the statement", min_length=1, max_length=MOST_WORDS)


class DiscardForm(Form):
    """Why a draft is not published."""

    messages: ClassVar[Mapping[str, str]] = {"reason": "Say in a sentence why you discard the draft"}

    reason: str = Field(title="the reason", min_length=1, max_length=MOST_WORDS)


class MakePackForm(Form):
    """The area and the quarter of a pack: "2026-Q2" of the financial year."""

    area: str = Field(title="the area", min_length=1, max_length=60)
    quarter: str = Field(title="the quarter", min_length=1, max_length=7)
