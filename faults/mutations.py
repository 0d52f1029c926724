"""Mutated mails, Word files, PDFs and zip files: real ones, bent by a seeded hand, each of which can be made again."""

import io
import random
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage

from contracts.vocabulary import ReferralForm
from samples.make import SAMPLES
from services.intake.writers import filled_docx, filled_pdf, filled_text

CANARY = "Canarywood"
"""A name that stands in every file, and must stand in no line of the log."""
MOST_BENDS = 12
LONGEST_PIECE = 4_000
TOKENS: tuple[bytes, ...] = (
    *(b"\x00", b"\xff\xfe", b"\r\n\r\n", b"\n--", b'"', b";", b"=?utf-8?B?", b"?=", b"(" * 300, b"\\", b"\x1b$B"),
    *(b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n", b"Content-Type: message/rfc822\r\n\r\n"),
    *(b"Content-Transfer-Encoding: base64\r\n", b"charset=idna", b"charset=punycode", b"filename*0*=utf-7''"),
    *(
        b"<!DOCTYPE",
        b"<w:sdt>",
        b"<w:tbl><w:tr><w:tc>" * 40,
        b"&#0;",
        b"&#x110000;",
        b"<![CDATA[",
        b"<?xml encoding='utf-16'?>",
    ),
    *(b"<< /Type /Catalog", b"/Kids [1 0 R]", b"/Parent 1 0 R", b"/Prev 0", b"/Length -1", b"/Length 99999999999"),
    *(b"/Filter /LZWDecode", b"/Filter [/FlateDecode]", b"/Encrypt 1 0 R", b"endobj", b"stream\r\n", b"startxref\n0"),
    *(b"/Predictor 15 /Columns 999999999", b"[" * 2000, b"<<" * 2000, b"99999999999999999999 0 obj", b"PK\x05\x06"),
)
WORD_PARTS = ("word/document.xml", "[Content_Types].xml")


@dataclass(frozen=True)
class Case:
    """One hostile input; `kind` is mail, word, pdf or zip, which comes in a mail."""

    seed: int
    kind: str
    body: bytes


def named_canary(form: ReferralForm) -> ReferralForm:
    """Return a form about somebody whose name would be seen in a log."""
    return form.model_copy(update={"person": form.person.model_copy(update={"surname": CANARY})})


class Hand:
    """Makes inputs from seeds; the same seed always makes the same one."""

    def __init__(self, forms: Sequence[ReferralForm] = ()) -> None:
        """Write the files that will be bent."""
        chosen = forms or [sample.referral for sample in SAMPLES[:4]]
        named = [named_canary(form) for form in chosen]
        self._words = [filled_docx(form) for form in named]
        self._pdfs = [filled_pdf(form) for form in named]
        self._mails = [
            _mail(filled_text(form), word, pdf).as_bytes()
            for form, word, pdf in zip(named, self._words, self._pdfs, strict=True)
        ]

    def case(self, seed: int) -> Case:
        """Return the input of a seed."""
        chance = random.Random(seed)
        kind = chance.choice(("mail", "mail", "word", "word", "packed word", "pdf", "pdf", "zip", "zip"))
        if kind == "word":
            return Case(seed, kind, self._word(chance))
        if kind == "zip":
            return Case(seed, kind, self._zip(chance))
        seeds = {"mail": self._mails, "packed word": self._words, "pdf": self._pdfs}[kind]
        return Case(seed, kind.removeprefix("packed "), bent(chance.choice(seeds), seeds, chance))

    def _word(self, chance: random.Random) -> bytes:
        """Bend what is packed inside a Word file and pack it again: a bent archive alone is refused at once."""
        with zipfile.ZipFile(io.BytesIO(chance.choice(self._words))) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        chosen = WORD_PARTS[0] if chance.random() < 0.8 else chance.choice(sorted(parts))  # noqa: PLR2004
        parts[chosen] = bent(parts[chosen], tuple(parts.values()), chance)
        return _packed(parts)

    def _zip(self, chance: random.Random) -> bytes:
        """Bend a zip file, or a file in it, and send it: a mail that is bent itself mostly loses it."""
        files = {"form.docx": chance.choice(self._words), "form.pdf": chance.choice(self._pdfs)}
        if chance.random() < 0.5:  # noqa: PLR2004
            files["form.docx"] = self._word(chance)
            packed = _packed(files)
        else:
            packed = bent(_packed(files), tuple(files.values()), chance)
        message = EmailMessage()
        message["From"] = f"{CANARY.lower()}@school.example"
        message.add_attachment(packed, maintype="application", subtype="zip", filename=f"{CANARY}.zip")
        message.set_boundary("=-bent")
        return message.as_bytes()


def _packed(files: Mapping[str, bytes]) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return body.getvalue()


def bent(body: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """Return a file with a few things done to it."""
    for _ in range(chance.randint(1, MOST_BENDS)):
        body = chance.choice(BENDS)(body, others, chance)
    return body


def _flip(body: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    flipped = bytearray(body)
    for _time in range(chance.randint(1, 8) if body else 0):
        flipped[chance.randrange(len(body))] = chance.randrange(256)
    return bytes(flipped)


def _cut(body: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    start, length = _piece(body, chance)
    return body[:start] + body[start + length :]


def _repeat(body: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    start, length = _piece(body, chance)
    return body[:start] + body[start : start + length] * chance.choice((2, 3, 50)) + body[start + length :]


def _splice(body: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    other = chance.choice(others)
    start, length = _piece(other, chance)
    place = chance.randint(0, len(body))
    return body[:place] + other[start : start + length] + body[place:]


def _insert(body: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    place = chance.randint(0, len(body))
    return body[:place] + chance.choice(TOKENS) * chance.choice((1, 1, 2, 100)) + body[place:]


def _truncate(body: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    return body[: chance.randint(0, len(body))]


def _number(body: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    digits = [place for place in range(len(body)) if 48 <= body[place] <= 57]  # noqa: PLR2004  0 to 9
    if not digits:
        return body
    place = chance.choice(digits)
    return body[:place] + chance.choice((b"0", b"-1", b"65536", b"4294967295", b"9" * 30)) + body[place + 1 :]


def _piece(body: bytes, chance: random.Random) -> tuple[int, int]:
    return chance.randint(0, len(body)), chance.randint(0, LONGEST_PIECE)


BENDS: tuple[Callable[[bytes, Sequence[bytes], random.Random], bytes], ...] = (
    *(_flip, _cut, _repeat, _splice, _insert, _insert, _number, _number, _truncate),
)


def _mail(text: str | bytes, word: bytes, pdf: bytes) -> EmailMessage:
    message = EmailMessage()
    message["From"] = f"{CANARY} <{CANARY.lower()}@school.example>"
    message["To"] = "preventreferrals@kent-and-medway.example"
    message["Subject"] = f"Prevent referral: {CANARY}"
    message["Message-ID"] = "<mutated@school.example>"
    message.set_content(text if isinstance(text, str) else text.decode())
    message.add_attachment(word, maintype="application", subtype="octet-stream", filename=f"{CANARY}.docx")
    message.add_attachment(pdf, maintype="application", subtype="pdf", filename=f"{CANARY}.pdf")
    inner = EmailMessage()
    inner["Subject"] = "Forwarded"
    inner.set_content("A synthetic mail inside a mail.")
    message.add_attachment(inner)
    return message
