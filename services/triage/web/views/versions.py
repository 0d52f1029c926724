"""Says in words what came with each version of a referral: who sent it, by which door, when, and what it changed."""

import re
from collections.abc import Mapping, Sequence

from chassis.web.filed import MAIL, FiledDocument, filed
from contracts.envelope import DocumentReference
from contracts.vocabulary import Door, VersionMaker
from contracts.vocabulary.nrf import SECTIONS, question_at
from services.triage.domain import label_in, passages
from services.triage.queries import VersionView

DOORS = {
    Door.WEB.value: "Web form",
    Door.API.value: "API",
    Door.EMAIL.value: "Email",
}
BY: Mapping[tuple[str, str], str] = {
    (VersionMaker.REFERRER, Door.EMAIL): "the referrer, by email",
    (VersionMaker.REFERRER, Door.API): "the partner that referred, by API",
    (VersionMaker.REFERRER, Door.WEB): "the referrer, on the web",
    (VersionMaker.REFERRER, ""): "the referrer",
    (VersionMaker.DESK, ""): "an officer of the intake desk",
    (VersionMaker.SOFTWARE, ""): "software at intake",
}
ORIGINALS: Mapping[str, str] = {
    Door.EMAIL: "Original email from the referrer",
    Door.API: "Original referral from a partner, by API",
    Door.WEB: "Original web form from the referrer",
}
LATER: Mapping[str, str] = {
    Door.EMAIL: "Later email from the referrer",
    Door.API: "File added by the partner that referred, by API",
}
PATH = re.compile(r"\b[a-z_]+(?:\.(?:[a-z_]+|[0-9]{1,2}))+\b|\bsharing_acknowledged\b", re.ASCII)


def why_unread(reason: str) -> str:
    """Return the sentence of intake with the answers that it names by their paths called as this page calls them."""
    return PATH.sub(lambda found: _called(found[0]), reason)


def _called(path: str) -> str:
    question = question_at(path)
    section = next((each for each in SECTIONS if question in each.questions), None)
    return f"“{label_in(section.title, question.label)}”" if question and section else path


def by_whom(version: VersionView) -> str:
    """Return the role of whoever made a version and the door it came by; "" where intake did not say."""
    return BY.get((version.made_by, version.door), "")


def happened(version: VersionView) -> str:
    """Return in a few words what a later version brought; "" where intake did not say who made it."""
    if not version.made_by:
        return ""
    if version.made_by == VersionMaker.DESK:
        return "Form completed" if version.has_form else "Made a referral of its own out of a mail"
    if version.made_by == VersionMaker.REFERRER:
        return _sent(version)
    if version.first_read:
        return "Form read from the original"
    return "Files looked at, form sent again" if version.has_form else "Original looked at: the form could not be read"


def _sent(version: VersionView) -> str:
    brought = [
        *(["Form sent"] if version.first_read else ["Form corrected"] if version.changed else []),
        *(["words added"] if version.added else []),
        *([_count(len(version.document_ids), "document") + " added"] if version.document_ids else []),
    ]
    text = ", ".join(brought) or "Sent again, nothing changed"
    return text[0].upper() + text[1:]


def changed(version: VersionView) -> dict[str, object]:
    """Return what the timeline shows of the answers that a version changed: their labels, and before and after."""
    labels = "; ".join(each.label for each in version.changed)
    return {
        "text": f"{_count(len(version.changed), 'answer')} changed: {labels}." if labels else "",
        "changes": [vars(each) for each in version.changed],
    }


def added(versions: Sequence[VersionView], reference: str) -> list[dict[str, object]]:
    """Return what was added in words, oldest first: by whom, when, and which of it only repeats an earlier message."""
    return [
        {"by": by_whom(each), "at": each.at, "passages": passages(words, reference)}
        for each in versions
        for words in each.added
    ]


def named(
    documents: Sequence[DocumentReference], versions: Sequence[VersionView], reference: str
) -> tuple[FiledDocument, ...]:
    """Return the documents of a referral told apart by what they are; none came with a version: just "Document"."""
    came = {each: (version, place) for version in versions for place, each in enumerate(version.document_ids)}
    return tuple(_named(each, number, came.get(each.id), reference) for number, each in enumerate(documents, 1))


def _named(
    document: DocumentReference, number: int, came: tuple[VersionView, int] | None, reference: str
) -> FiledDocument:
    what = _what(document, *came) if came else "Document"
    return filed(document, what, number=number, reference=reference, at=came[0].at if came else None)


def _what(document: DocumentReference, version: VersionView, place: int) -> str:
    if version.version == 1:
        return "File that came with the referral" if place else ORIGINALS.get(version.door, "Original")
    if document.media_type == MAIL:
        return LATER[Door.EMAIL]
    return LATER.get(version.door, "Document added later")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
