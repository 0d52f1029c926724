"""What is said of somebody who had to be told and was not reached, and what an officer does about it."""

from collections.abc import Mapping

from contracts.vocabulary import Unreached

UNREACHED_LABELS: Mapping[Unreached, str] = {
    Unreached.BOUNCED: "Mail came back",
    Unreached.GIVEN_UP: "Mail not delivered",
    Unreached.SILENT: "No answer in time",
    Unreached.SUPPRESSED: "Held back",
}
"""What stands beside what was asked, in a few words."""
_WORDS: Mapping[Unreached, str] = {
    Unreached.BOUNCED: "The mail came back: they have not been told. Ring them; the link in the mail works on.",
    Unreached.GIVEN_UP: "The mail could not be delivered: they have not been told. Ring them; their link works on.",
    Unreached.SILENT: "Nobody there has answered in time, so they may not know. Ring them; their link works on.",
    Unreached.SUPPRESSED: "The delivery desk held the mail back: they have not been told. Ask the desk why first.",
}


def in_unreached_words(why: Unreached) -> str:
    """Return what has happened and what an officer does now."""
    return _WORDS[why]
