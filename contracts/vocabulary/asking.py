"""What somebody outside is shown by a link, and what they say to each question."""

from typing import Annotated

from contracts.vocabulary.classes import OPERATIONAL, SPECIAL_CATEGORY
from contracts.vocabulary.pack import Part


class AskSection(Part):
    """A part of what somebody outside is shown: a heading and the words under it."""

    heading: Annotated[str, OPERATIONAL]
    words: Annotated[str, SPECIAL_CATEGORY]


class AskAnswer(Part):
    """What was said to one question; no words mean that nothing is known where `nothing_known` says so."""

    question: Annotated[str, SPECIAL_CATEGORY]
    words: Annotated[str, SPECIAL_CATEGORY] = ""
    nothing_known: Annotated[bool, SPECIAL_CATEGORY] = False
