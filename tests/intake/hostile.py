"""Files and mails that mean harm, made by hand: bombs, locked and broken ones; none of them holds anything."""

import io
import struct
import zipfile
import zlib
from email.message import EmailMessage

from tests.intake.builders import mail

MB = 1_000_000
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def archive(*entries: tuple[str, bytes]) -> bytes:
    """Return a zip file."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries:
            made.writestr(name, content)
    return body.getvalue()


def word(xml: bytes) -> bytes:
    """Return the least that passes for a Word file."""
    return archive(("[Content_Types].xml", b"<Types/>"), ("word/document.xml", xml))


def flat_bomb() -> bytes:
    """100 KB that unpack to 110 MB."""
    return word(b"<a>" + b" " * 110 * MB + b"</a>")


def lying_bomb() -> bytes:
    """One whose directory says that a part unpacks to 4 GB."""
    body = bytearray(word(b"<a/>"))
    place = body.rindex(b"PK\x01\x02")
    body[place + 24 : place + 28] = struct.pack("<L", 0xFFFFFFF0)
    return bytes(body)


def shy_bomb() -> bytes:
    """One whose directory says that a part unpacks to ten bytes, where it unpacks to 60 MB."""
    body = bytearray(word(b"<a>" + b" " * 60 * MB))
    for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        place = body.rindex(mark)
        body[place + offset : place + offset + 4] = struct.pack("<L", 10)
    return bytes(body)


def overlapping_bomb() -> bytes:
    """One in which two hundred entries of the directory share one body: larger together than the file."""
    single = archive(("word/document.xml", b"<a>" + b"x" * MB))
    place, end = single.index(b"PK\x01\x02"), single.index(b"PK\x05\x06")
    entry, record = single[place:end], bytearray(single[end:])
    record[8:12] = struct.pack("<HH", 200, 200)
    record[12:16] = struct.pack("<L", len(entry) * 200)
    return single[:place] + entry * 200 + bytes(record)


def many_entries() -> bytes:
    """Five thousand empty entries."""
    return archive(*((f"word/{number}", b"") for number in range(5_000)))


def hidden_directory() -> bytes:
    """Three hundred thousand entries, of which only the records of a larger kind of archive tell."""
    single = archive(("word/document.xml", b"<a/>"))
    place, end = single.index(b"PK\x01\x02"), single.index(b"PK\x05\x06")
    entries = single[place:end] * 300_000
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 300_000, 300_000, len(entries), place)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, place + len(entries), 1)
    return single[:place] + entries + record + locator + single[end:]


def nested() -> bytes:
    """An archive within an archive within one."""
    inner = archive(("a.zip", archive(("word/document.xml", b"<a/>"))))
    return archive(("word/document.xml", b"<a/>"), ("word/more.zip", inner))


def laughs() -> bytes:
    """A billion laughs: entities that grow tenfold nine times."""
    rows = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    return word(f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e0 "ha">{rows}]><a>&e9;</a>'.encode())


def wide_laughs() -> bytes:
    """The same in two bytes a letter."""
    return word('<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a [<!ENTITY e "ha">]><a>&e;</a>'.encode("utf-16"))


def other_letters() -> bytes:
    """XML in an encoding in which nobody sees what it declares."""
    return word(b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE a+AD4-<a/>')


def shy_archive() -> bytes:
    """A zip file of a form whose directory says that it unpacks to ten bytes, where it unpacks to 60 MB."""
    body = bytearray(archive(("form.txt", b" " * 60 * MB)))
    for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        place = body.rindex(mark)
        body[place + offset : place + offset + 4] = struct.pack("<L", 10)
    return bytes(body)


def strangely_packed() -> bytes:
    """A zip file packed in a way that the library unpacks without a bound."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_BZIP2) as made:
        made.writestr("form.txt", b"x" * MB)
    return body.getvalue()


def locked_word() -> bytes:
    """What Word writes for a document with a password: an old container with an encrypted package."""
    return OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)


def locked_archive() -> bytes:
    """An archive whose entries are marked as encrypted."""
    body = bytearray(word(b"<a/>"))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = body.index(mark)
        body[place + offset] |= 1
    return bytes(body)


def pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """Return the outline of a PDF."""
    parts = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, body) for number, body in enumerate(objects, 1))
    return b"%PDF-1.7\n" + parts + b"trailer\n<< /Root 1 0 R " + trailer + b" >>\n%%EOF\n"


def locked_pdf() -> bytes:
    """A PDF with a password that nobody knows."""
    return pdf(b"<< /Type /Catalog >>", b"<< /Filter /Standard /V 4 /R 4 >>", trailer=b"/Encrypt 2 0 R")


def swelling_pdf() -> bytes:
    """A PDF whose streams unpack to 300 MB."""
    packed = zlib.compress(b"\x00" * 30 * MB, 9)
    stream = b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed)
    return pdf(*([stream] * 10))


def folded_pdf() -> bytes:
    """A PDF with a stream packed five times over."""
    return pdf(b"<< /Length 4 /Filter [%s] >>\nstream\nxxxx\nendstream" % (b"/FlateDecode " * 5))


def declaring_pdf() -> bytes:
    """A PDF that declares a million objects."""
    return pdf(b"<< /Type /Catalog >>", trailer=b"/Size 100000000")


def deep_mail() -> bytes:
    """A mail nested nine hundred deep."""
    return b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(900)) + b"\n"


def wide_mail() -> bytes:
    """A mail of a million parts."""
    return b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * MB


def endless_lines() -> bytes:
    """A mail of twenty million empty lines."""
    return b"Subject: x\n\n" + b"\n" * 20 * MB


def mail_with(*files: tuple[str, bytes]) -> EmailMessage:
    """Return a mail with files attached."""
    message = mail()
    for name, body in files:
        message.add_attachment(body, maintype="application", subtype="octet-stream", filename=name)
    return message
