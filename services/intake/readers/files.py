"""A form read out of a file: Word, PDF, JSON or plain text; by our own fields, by labels, and never by guessing."""

from dataclasses import replace

from services.intake.readers.examination import file_cause, unread_cause
from services.intake.readers.failures import Unreadable, unread
from services.intake.readers.fields import assemble, question_of
from services.intake.readers.labels import answers_by_label
from services.intake.readers.plain import is_furniture, plain_pages
from services.intake.readers.rows import Pages, storable
from services.intake.readers.structured import json_values
from services.intake.readers.values import LONGEST_SHOWN, Attachment, Cause, FormReading, Shape
from services.intake.readers.word import word_pages
from services.intake.readers.wording import edition_of, wording_of

LARGEST_TEXT = 1_000_000
LISTS = frozenset({"concerns.aspects", "concerns.needs"})
"""The questions whose answer is a list of choices, each of which has a field of its own."""
UNPLACED = "some words of the document stand in no field of the form: read them beside the original"


def read_form(attachment: Attachment) -> FormReading:
    """Read a referral form out of a file unless it declares harm; what is wrong stands in the reading: never raises."""
    try:
        cause = file_cause(attachment) if attachment.may_be_form else unread_cause(attachment)
        return unread(cause) if cause else _read(attachment)
    except Unreadable as error:
        return FormReading(reason=str(error), cause=error.cause)
    except (MemoryError, RecursionError):
        return unread(Cause.TOO_BIG)
    except Exception:  # noqa: BLE001 - parsers of hostile files raise anything; people still get the original
        return unread(Cause.DAMAGED)


def _read(attachment: Attachment) -> FormReading:
    shape = attachment.shape
    if shape is Shape.WORD:
        return _of_pages(word_pages(attachment.body))
    if shape is Shape.PDF:
        from services.intake.readers.pdf import pdf_pages  # noqa: PLC0415  only the cage's children need its library

        return _of_pages(pdf_pages(attachment.body))
    if shape is Shape.TEXT:
        if len(attachment.body) > LARGEST_TEXT:
            raise Unreadable(Cause.TOO_BIG)
        return _of_pages(plain_pages(attachment.body.decode("utf-8", "replace")), mailed=True)
    values, twice = json_values(attachment.body)
    text = storable(attachment.body.decode("utf-8", "replace"))
    return replace(assemble(values, twice), text=text[:LONGEST_SHOWN])


def _of_pages(pages: Pages, *, mailed: bool = False) -> FormReading:
    """Return what a document says: its own fields first, then by label what these leave open."""
    text = _shown(pages)[:LONGEST_SHOWN]
    values, unclear = _tagged(pages)
    wording = wording_of(pages)
    if wording is None:
        if not values:
            return replace(assemble({}), text=text)
        loose = tuple(cell for row in pages.rows for cell in row.cells if cell.strip())
        return _with_text(assemble(values, tuple(unclear)), text, (*loose, *pages.outside))
    found = answers_by_label(pages, wording, values)
    given = {**found.values, "edition": found.values.get("edition") or edition_of(pages, wording)}
    given.setdefault("language", wording.edition.language)
    unplaced = tuple(words for words in (*found.unplaced, *pages.outside) if not (mailed and is_furniture(words)))
    return _with_text(assemble(given, tuple(unclear | set(found.doubtful))), text, unplaced)


def _shown(pages: Pages) -> str:
    """Return the document's text; the answers in our own fields stand above it, each behind its label."""
    lines: list[str] = []
    for path, texts in pages.tagged.items():
        question = question_of(path)
        lines += [f"{question.label if question else path}: {text}" for text in texts]
    return "\n".join((*lines, "", pages.text) if lines else (pages.text,))


def _tagged(pages: Pages) -> tuple[dict[str, str], set[str]]:
    """Return the answers in fields with our own names, and those of which there are two different ones."""
    values: dict[str, str] = {}
    unclear: set[str] = set()
    for path, texts in pages.tagged.items():
        if path in LISTS:
            values |= {f"{path}.{number}": text for number, text in enumerate(dict.fromkeys(texts))}
            continue
        values[path] = texts[0]
        if len(set(texts)) > 1:
            unclear.add(path)
    return values, unclear


def _with_text(reading: FormReading, text: str, unplaced: tuple[str, ...]) -> FormReading:
    reason = reading.reason
    if unplaced:
        reason = f"{reason.removesuffix('.')}; {UNPLACED}." if reason else f"{UNPLACED[:1].upper()}{UNPLACED[1:]}."
    return replace(reading, text=text, unplaced=unplaced, reason=reason)
