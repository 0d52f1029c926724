"""What is said of somebody who had to be told and was not reached, and what an officer does about it."""

from collections.abc import Mapping

from contracts.vocabulary import NoLongerRung, Unreached

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


_DOOR_WORDS: Mapping[Unreached, str] = {
    Unreached.BOUNCED: "{door} could not be told of {what}: the mail came back on {at}. {ring}",
    Unreached.GIVEN_UP: "{door} could not be told of {what}: the mail was given up on {at}. {ring}",
    Unreached.SILENT: "{door} has not acknowledged {what}, which has waited there since {since}; the time for that is "
    "over. {ring}",
    Unreached.SUPPRESSED: "{door} has not been told of {what}: the delivery desk held the mail back on {at}. Ask the "
    "desk why before you tell them.",
}
_RING = "The intake desk sees it too: agree with the desk who rings them."
_NO_LONGER: Mapping[NoLongerRung | None, str] = {
    NoLongerRung.SENT: "A mail about {what} has gone out to {door} after all, on {at}: nobody need ring them for that.",
    NoLongerRung.READ: "Somebody at {door} has read {what}, on {at}: nobody need ring them for that.",
    NoLongerRung.ACKNOWLEDGED: "{door} has acknowledged {what}, on {at}: nobody need ring them for that.",
    NoLongerRung.MOVED: "{what} went to another front door on {at}: nobody need ring {door} for it any more.",
    None: "Nobody need ring {door} for {what} any more, since {at}.",
}


def in_door_words(why: Unreached, door: str, version: int | None, at: str, since: str) -> str:
    """Return what became of the concern at a front door, and what an officer does; moments are in words already.

    `door` is the name of the front door, empty where nobody knows it; `version` is that of the concern which a mail was
    to tell of, None where it is told of all that there is.
    """
    words = _DOOR_WORDS[why].format(door=_door(door), what=_what(version), at=at, since=since, ring=_RING)
    return _sentence(words)


def in_no_longer_words(why: NoLongerRung | None, door: str, version: int | None, at: str) -> str:
    """Return why nobody need ring a front door any more, None where nobody says why; the rest as above."""
    return _sentence(_NO_LONGER[why].format(door=_door(door), what=_what(version), at=at))


def _door(name: str) -> str:
    return f"the front door of social care ({name})" if name else "the front door of social care"


def _what(version: int | None) -> str:
    return f"version {version} of the concern" if version and version > 1 else "the concern"


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:]
