"""What the files of a mail amount to: one referral, several, or something for a person to look at."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from contracts.vocabulary import Door, ReferralForm
from services.intake.domain import (
    Addition,
    Found,
    Original,
    Outcome,
    Quarantined,
    QuarantineReason,
    ShownText,
)
from services.intake.domain.readings import bounded
from services.intake.doors.arriving import HEADERS_LIMIT
from services.intake.readers import Attachment, Cause, FormReading, ReadMessage, quarantined, read_headers
from services.intake.readers.failures import REASONS
from services.intake.readers.values import TEXT_NAME

NO_FORM = "The mail has no form attached that the software knows; open the original."
ANOTHER = "The mail holds another form that is not whole; open the original and key it as a referral of its own."
FORM_IN_TEXT = "The form stands in the text of the mail: see the mail itself."
NO_WORDS = "A mail without words of its own: see the mail itself."
ADDED_UNREAD = (
    "The referrer has sent a mail to this referral with a file that could not be read: open that mail, key what it "
    "adds, and ask the referrer where it may be about somebody else."
)
MOST_WORDS = 20_000
WORDS_CUT = "Only the beginning of the mail stands here: see the mail itself for the rest."
REPORT_PARTS = frozenset({"message/delivery-status", "message/disposition-notification", "text/rfc822-headers"})


@dataclass(frozen=True)
class Parted:
    """What one form of a mail led to; `place` counts the files that may be forms, from 0."""

    place: int
    outcome: Outcome


def outcomes_of(
    message: ReadMessage, readings: Sequence[FormReading], taken: Collection[int] = frozenset()
) -> tuple[Parted, ...]:
    """Return what a mail with these forms amounts to: the referral that it is known as, then each further one.

    Every form with its required answers is a referral, the same form in two files is one. `taken` are the places of
    forms that an earlier reading made referrals of their own. What could not be read is said of the first.
    """
    usable = [(place, reading) for place, reading in _unlike(readings) if place not in taken]
    if not usable:
        return (Parted(-1, _unusable(message, [each for at, each in enumerate(readings) if at not in taken])),)
    (place, first), *others = usable
    unfinished = any(each.form is None and each.cause == Cause.INCOMPLETE for each in readings)
    reasons = [first.reason, *message.problems, ANOTHER if unfinished else ""]
    return Parted(place, _outcome(first, reasons)), *(Parted(at, _outcome(each, [each.reason])) for at, each in others)


def _outcome(reading: FormReading, reasons: Sequence[str]) -> Outcome:
    found = Found(dict(reading.values), reading.missing, reading.doubtful)
    return Outcome(reading.form, " ".join(reason for reason in reasons if reason), found)


def _unusable(message: ReadMessage, readings: Sequence[FormReading]) -> Outcome:
    if not readings:
        return Outcome(reason=" ".join((NO_FORM, *message.problems)))
    best = max(readings, key=lambda reading: len(reading.values))
    return _outcome(best, [best.reason or NO_FORM, *message.problems])


def to_be_looked_at(parted: Parted, texts: Sequence[ShownText], named: Sequence[str]) -> Parted:
    """Return an outcome with the references that the mail names and, where a person has to look, its texts."""
    outcome = parted.outcome
    found = replace(outcome.found, texts=tuple(texts) if outcome.reason else (), named=tuple(named))
    return replace(parted, outcome=replace(outcome, found=found))


def texts_of(message: ReadMessage, files: Sequence[tuple[Attachment, FormReading]]) -> tuple[ShownText, ...]:
    """Return what people compare the fields with: the mail's own text, then that of each file that was opened."""
    said = f"Subject: {message.subject}\n\n{message.text}" if message.subject else message.text
    texts = [ShownText("", said, " ".join(message.problems))]
    texts += [
        ShownText(file.name, reading.text, "" if reading.text else reading.reason)
        for file, reading in files
        if file.name != TEXT_NAME
    ]
    return tuple(bounded(texts))


def _unlike(readings: Sequence[FormReading]) -> list[tuple[int, FormReading]]:
    """Return the forms that can be used with their places; of the same one in several files that with most in it."""
    kept: list[tuple[int, FormReading]] = []
    for place, reading in enumerate(readings):
        twin = next((at for at, (_, other) in enumerate(kept) if _same(reading.form, other.form)), None)
        if reading.form is None:
            continue
        if twin is None:
            kept.append((place, reading))
        elif _wealth(reading) > _wealth(kept[twin][1]):
            kept[twin] = (kept[twin][0], reading)
    return kept


def _wealth(reading: FormReading) -> tuple[bool, int]:
    return reading.complete, len(reading.values)


def _same(one: ReferralForm | None, other: ReferralForm | None) -> bool:
    return one is not None and other is not None and _signs(one) == _signs(other)


def _signs(form: ReferralForm) -> tuple[str, ...]:
    person = form.person
    texts = (person.forenames, person.surname, str(person.date_of_birth), form.concerns.narrative)
    return tuple(" ".join(text.casefold().split()) for text in texts)


@dataclass(frozen=True)
class IsOurs:
    """Tells our own mails by the domain of their Message-ID."""

    domain: str

    def __call__(self, raw: bytes) -> bool:
        """Say whether a mail is one of ours."""
        return read_headers(raw[:HEADERS_LIMIT]).message_id.lower().endswith(f"@{self.domain}>".lower())


def holds_nothing(message: ReadMessage, is_ours: IsOurs) -> bool:
    """Say whether a mail that answers one of ours holds nothing else: no file but a report of it, and no form."""
    strange = [each for each in message.attachments if each.media_type not in REPORT_PARTS]
    answers = all(each.media_type == "message/rfc822" and is_ours(each.body) for each in strange)
    return answers and not message.problems and not message.form_candidates


def addition_in(
    original: Original, message: ReadMessage, files: Sequence[tuple[Attachment, FormReading]]
) -> Addition | None:
    """Return what a mail adds to the referral that it names: its words or one form, and the mail itself as it came.

    A mail whose only file could not be read adds that too, for a person to look at. None where it holds more: several
    forms, one that is not whole, or a file that could not be read beside anything else.
    """
    forms = [each for each in files if each[1].form is not None]
    rest = [reading for _, reading in files if reading.form is None]
    closed = quarantined(original.body, message, files)
    known = (Cause.NOT_A_FORM, *REASONS) if closed else (Cause.NOT_A_FORM,)
    strange = any(each.cause not in (Cause.NONE, *REASONS) for each in message.attachments)
    if strange or len(forms) > 1 or any(each.cause not in known or each.values for each in rest):
        return None
    if closed:
        return None if forms else _with_closed(original, message, files, closed)
    if message.problems or message.cause is not Cause.NONE:
        return None
    added = Addition(door=Door.EMAIL, words=_words(message), documents=(original.as_file,), keys=original.keys)
    return replace(added, **_corrected(message, files, *forms[0])) if forms else added


def _with_closed(
    original: Original,
    message: ReadMessage,
    files: Sequence[tuple[Attachment, FormReading]],
    closed: tuple[Quarantined, ...],
) -> Addition | None:
    """Return an addition with its one file that could not be read; a file that no scanner saw may still be a form."""
    [file, *others] = closed
    told = {file.sentence, *message.problems} == {file.sentence} and message.cause is Cause.NONE
    if others or len(message.attachments) > 1 or not told or file.reason is QuarantineReason.NOT_SCANNED:
        return None
    return Addition(
        door=Door.EMAIL,
        words=_words(message),
        documents=(original.as_file,),
        keys=original.keys,
        reason=f"{ADDED_UNREAD} {file.sentence}",
        found=Found(texts=texts_of(message, files)),
        closed=closed,
    )


def _words(message: ReadMessage) -> str:
    words = message.text.strip() or NO_WORDS
    return words if len(words) <= MOST_WORDS else f"{words[:MOST_WORDS]}\n{WORDS_CUT}"


def _corrected(
    message: ReadMessage, files: Sequence[tuple[Attachment, FormReading]], file: Attachment, reading: FormReading
) -> dict[str, Any]:
    """Return the form of an addition; a form in the mail's own text is not repeated among its words."""
    outcome = _outcome(reading, [reading.reason])
    words = _words(message) if message.text.strip() else ""
    return {
        "form": reading.form,
        "reason": outcome.reason,
        "found": replace(outcome.found, texts=texts_of(message, files)),
        "words": words if file in message.attachments else FORM_IN_TEXT,
    }
