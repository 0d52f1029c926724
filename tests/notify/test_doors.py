"""The demonstration's mail server: one file for each Message-ID, however it is written."""

import asyncio

import pytest

from services.notify.doors import Line, message_id_of

ID = "<KM-7F3K-92QM.11111111-1111-4111-8111-111111111111@notify.test>"


@pytest.mark.parametrize(
    ("head", "message_id"),
    [
        (f"From: a@b.example\r\nMessage-ID: {ID}\r\nTo: c@d.example", ID),
        (f"From: a@b.example\r\nMessage-ID: {ID}", ID),
        (f"message-id: {ID}\r\nTo: c@d.example", ID),
        (f"Message-ID:\r\n {ID}\r\nTo: c@d.example", ID),
        (f"Message-ID: {ID}\r\n (folded)\r\nTo: c@d.example", f"{ID}\r\n (folded)"),
        (f"Message-ID: <first@b.example>\r\nMessage-ID: {ID}\r\nTo: c@d.example", "<first@b.example>"),
        ("From: a@b.example", ""),
    ],
)
def test_finds_the_message_id_wherever_it_stands(head: str, message_id: str) -> None:
    body = "Message-ID: <body@b.example>\r\n"
    assert message_id_of(f"{head}\r\n\r\n{body}".encode()) == message_id


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("<no-reply@throughline.example>", ("no-reply@throughline.example", "")),
        ("<no-reply@throughline.example> SIZE=100", ("no-reply@throughline.example", "SIZE=100")),
        ('<"a b"@c.example> SIZE=100', ('"a b"@c.example', "SIZE=100")),
        ("<siân@cyngor.example> SMTPUTF8", ("siân@cyngor.example", "SMTPUTF8")),
        ("<>", ("<>", "")),
        ("<a@>", (None, None)),
    ],
)
async def test_reads_plain_addresses_as_the_library_does(words: str, found: tuple[str | None, str | None]) -> None:
    line = Line(object(), loop=asyncio.get_running_loop())
    assert line._getaddr(words) == found
    assert super(Line, line)._getaddr(words) == found
