"""A form read out of a file: our own Word form by its content controls, or JSON; never raises."""

import io
import json
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator

from lxml import etree

from contracts.vocabulary import ReferralForm
from services.intake.readers.fields import assemble
from services.intake.readers.values import WORD, Attachment, Cause, FormReading

LARGEST_FILE = 30_000_000
LARGEST_JSON = 1_000_000
LARGEST_DOCUMENT = 20_000_000
LARGEST_UNPACKED = 200_000_000
MOST_ENTRIES = 2_000
MOST_VALUES = 500
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
BREAKS = {f"{W}br": "\n", f"{W}cr": "\r", f"{W}tab": "\t", f"{W}noBreakHyphen": "\u2011"}
DOCUMENT = "word/document.xml"
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Unreadable(Exception):
    """A file that cannot be taken apart, with the sentence for people."""

    def __init__(self, cause: Cause, sentence: str) -> None:
        """Keep the cause and the sentence."""
        super().__init__(sentence)
        self.cause = cause


class TooBig(Unreadable):
    """A file that is, or would become, too large; found before it is opened."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(Cause.TOO_BIG, "The file is too large or unpacks to too much; open the original with care.")


class Damaged(Unreadable):
    """A file that is not what its name says."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(Cause.DAMAGED, "The file is damaged or is not what its name says; open the original.")


def read_form(attachment: Attachment) -> FormReading:
    """Read a referral form out of a .docx or .json file; whatever is wrong stands in the reading, nothing is raised."""
    try:
        return _read(attachment)
    except Unreadable as error:
        return FormReading(reason=str(error), cause=error.cause)
    except (MemoryError, RecursionError):
        return FormReading(reason=str(TooBig()), cause=Cause.TOO_BIG)
    except Exception:  # noqa: BLE001 - parsers of hostile files raise anything; people still get the original
        return FormReading(reason=str(Damaged()), cause=Cause.DAMAGED)


def _read(attachment: Attachment) -> FormReading:
    if len(attachment.body) > LARGEST_FILE:
        raise TooBig
    if attachment.name.lower().endswith(".docx") or attachment.media_type == WORD:
        return _read_word(attachment.body)
    if attachment.may_be_form:
        return _read_json(attachment.body)
    sentence = "This kind of file is not read by software; open the original."
    return FormReading(reason=sentence, cause=Cause.NOT_A_FORM)


def _read_word(body: bytes) -> FormReading:
    values: dict[str, str] = {}
    unclear: set[str] = set()
    for tag, text in _controls(_document_xml(body)):
        clean = UNSTORABLE.sub("\ufffd", text)
        if values.setdefault(tag, clean) != clean:
            unclear.add(tag)
        if len(values) > MOST_VALUES:
            raise TooBig
    return assemble(values, tuple(unclear))


def _document_xml(body: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > LARGEST_UNPACKED:
                raise TooBig
            if archive.getinfo(DOCUMENT).file_size > LARGEST_DOCUMENT:
                raise TooBig
            with archive.open(DOCUMENT) as part:
                xml = part.read(LARGEST_DOCUMENT + 1)
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, EOFError, zlib.error, OSError) as error:
        raise Damaged from error
    if len(xml) > LARGEST_DOCUMENT:
        raise TooBig
    return xml


def _controls(xml: bytes) -> Iterator[tuple[str, str]]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        raise Damaged from error
    if root.getroottree().docinfo.internalDTD is not None:
        # Word never writes a document type; it is only good for entity bombs.
        raise Damaged
    for control in root.iter(f"{W}sdt"):
        properties = control.find(f"{W}sdtPr")
        content = control.find(f"{W}sdtContent")
        tag = properties.find(f"{W}tag") if properties is not None else None
        if properties is None or content is None or tag is None or properties.find(f"{W}showingPlcHdr") is not None:
            continue
        name = (tag.get(f"{W}val") or "").strip()
        text = _text(content)
        if name and text.strip():
            yield name, text


def _text(content: etree._Element) -> str:
    # Only w:t is read: text struck out by tracked changes is w:delText and does not count.
    pieces: list[str] = []
    for element in content.iter():
        if element.tag == f"{W}t":
            pieces.append(element.text or "")
        elif element.tag in BREAKS:
            parent = element.getparent()
            if parent is not None and parent.tag == f"{W}r":
                pieces.append(BREAKS[element.tag])
        elif element.tag == f"{W}p" and pieces:
            pieces.append("\n")
    return "".join(pieces)


def _read_json(body: bytes) -> FormReading:
    if len(body) > LARGEST_JSON:
        raise TooBig
    try:
        content, repeated = load_json(body)
    except ValueError as error:
        raise Damaged from error
    if not isinstance(content, dict) or not set(content) & set(ReferralForm.model_fields):
        sentence = "This JSON file is not a referral: none of the form's sections was found; open the original."
        return FormReading(reason=sentence, cause=Cause.NOT_A_FORM)
    values: dict[str, str] = {}
    for path, text in _flattened(content, ""):
        values[path] = UNSTORABLE.sub("\ufffd", text)
        if len(values) > MOST_VALUES:
            raise TooBig
    twice = tuple(path for path in values if not repeated.isdisjoint(path.split(".")))
    return assemble(values, twice)


def load_json(body: bytes) -> tuple[object, set[str]]:
    """Return the JSON value and the keys that one of its objects holds twice; ValueError when it is not JSON."""
    repeated: set[str] = set()

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        repeated.update(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        return dict(pairs)

    return json.loads(body, object_pairs_hook=once), repeated


def _flattened(content: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(content, dict):
        for key, value in content.items():
            yield from _flattened(value, f"{path}.{key}" if path else str(key))
    elif isinstance(content, list):
        for number, value in enumerate(content):
            yield from _flattened(value, f"{path}.{number}")
    elif isinstance(content, bool):
        yield path, "yes" if content else "no"
    elif content is not None:
        yield path, str(content)
