"""What somebody outside is shown by a link, and what they say to each question."""

from collections.abc import Mapping
from typing import Annotated

from contracts.vocabulary.classes import OPERATIONAL, SPECIAL_CATEGORY
from contracts.vocabulary.pack import Part
from contracts.vocabulary.words import ChangeTaken


class AskSection(Part):
    """A part of what somebody outside is shown: a heading and the words under it."""

    heading: Annotated[str, OPERATIONAL]
    words: Annotated[str, SPECIAL_CATEGORY]


class AskAnswer(Part):
    """What was said to one question; no words mean that nothing is known where `nothing_known` says so."""

    question: Annotated[str, SPECIAL_CATEGORY]
    words: Annotated[str, SPECIAL_CATEGORY] = ""
    nothing_known: Annotated[bool, SPECIAL_CATEGORY] = False


_WHERE_IT_ENDS: Mapping[ChangeTaken, str] = {
    ChangeTaken.STOPPED: "We have stopped what the person no longer agrees to.",
    ChangeTaken.GOES_ON: "We go on under another basis.",
    ChangeTaken.NOTED: "We have noted the change: there was nothing for us to stop.",
}
_WHERE_IT_IS_GIVEN: Mapping[ChangeTaken, str] = {
    ChangeTaken.GOES_ON: "We go on as agreed.",
    ChangeTaken.NOTED: "We have noted it: there is nothing for us to do.",
}


def change_words(*, stops: bool) -> Mapping[ChangeTaken, str]:
    """Return what somebody who is told of a change of consent can say, each in their words; `stops`: consent ends."""
    return _WHERE_IT_ENDS if stops else _WHERE_IT_IS_GIVEN
