"""What the conversation does its own way must be what the library would have done."""

import asyncio
import random
import re

import pytest
from aiosmtpd.smtp import SMTP

from services.intake.readers.conversation import Blocks, Mailbox, Visitors

PIECES = [b"\r\n", b"\r\n", b"\r\n.", b"\r\n..", b"\n.\n", b"\r.\r", b".", b"x", b"words", b"\xff\x00", b"y" * 5000]

SHARED = {"loop", "_loop", "event_handler", "_visitors"}
ONLY_READ = {"_handle_hooks", "_auth_callback", "_auth_methods", "_call_limit_base"}
"""What the library works out once and never changes."""


class Handler:
    """Takes mail, as far as the library can see."""

    async def handle_DATA(self, *_: object) -> str:  # noqa: N802
        """Take it."""
        return "250 OK"


def mailbox(kind: type[SMTP]) -> SMTP:
    given: tuple[object, ...] = (Handler(), Visitors(5)) if kind is Mailbox else (Handler(),)
    return kind(*given, hostname="mailbox", loop=asyncio.get_running_loop())


def random_mail(chance: random.Random) -> bytes:
    content = b"".join(chance.choice(PIECES) for _ in range(chance.randint(0, 60))) + b"\r\n"
    return re.sub(rb"(\A|(?<=\r\n))\.(?=\r\n)", b"..", content) + b".\r\n"


async def read(reader: asyncio.StreamReader | Blocks) -> tuple[bytes, int]:
    """Return a mail as the library reads it, and how often it read."""
    lines: list[bytes] = []
    while (line := await reader.readuntil(b"\r\n")) != b".\r\n":
        lines.append(line.removeprefix(b"."))
    return b"".join(lines), len(lines)


class TestBlocks:
    @pytest.mark.parametrize("seed", range(100))
    async def test_bring_the_same_mail_as_lines_do_however_it_is_cut(self, seed: int) -> None:
        chance = random.Random(seed)
        mail, after = random_mail(chance), b"NOOP\r\nQUIT\r\n"
        whole, cut = asyncio.StreamReader(), asyncio.StreamReader()
        whole.feed_data(mail + after)
        reading = asyncio.create_task(read(Blocks(cut)))
        rest = mail + after
        while rest:
            length = chance.randint(1, 400)
            cut.feed_data(rest[:length])
            rest = rest[length:]
            await asyncio.sleep(0)
        (expected, lines), (found, blocks) = await read(whole), await asyncio.wait_for(reading, 5)
        assert found == expected
        assert blocks <= lines
        assert await Blocks(cut).readuntil() == b"NOOP\r\n"

    async def test_read_many_lines_at_once(self) -> None:
        reader = asyncio.StreamReader()
        reader.feed_data(b"one line\r\n" * 1000 + b".\r\n")
        assert (await read(Blocks(reader)))[1] == 1


class TestAddresses:
    @pytest.mark.parametrize(
        "given",
        [
            "<a@b.example>",
            "<a@b.example> SIZE=3",
            "<a.b+c@d-e.example>   BODY=8BITMIME SMTPUTF8",
            "<a@b.example>  ",
            "<a@b.example>x",
            "<a@b>",
            "<>",
            "",
            " <a@b.example>",
            "a@b.example",
            "<a..b@c.example>",
            '<"x y"@d.example>',
            "<@relay.example:a@b.example>",
            "<ü@b.example>",
            "<a@[127.0.0.1]>",
            "<a@b.example",
            "<a@b.example\x00>",
        ],
    )
    async def test_are_read_as_the_library_reads_them(self, given: str) -> None:
        ours, theirs = (mailbox(kind)._getaddr(given) for kind in (Mailbox, SMTP))
        assert [str(part) for part in ours] == [str(part) for part in theirs]


class TestAnother:
    async def test_is_what_the_library_would_have_made_but_for_signing_in(self) -> None:
        first, theirs = mailbox(Mailbox), mailbox(SMTP)
        assert isinstance(first, Mailbox)
        ours = first.another()
        assert ours._smtp_methods.keys() == theirs._smtp_methods.keys()
        assert all(method.__self__ is ours for method in ours._smtp_methods.values())
        assert vars(theirs).keys() <= vars(ours).keys()
        assert not ours._auth_methods

    async def test_shares_with_the_first_only_what_nobody_changes(self) -> None:
        first = mailbox(Mailbox)
        assert isinstance(first, Mailbox)
        ours = vars(first.another())
        both = {name for name, value in vars(first).items() if ours[name] is value}
        assert {
            name for name in both if not isinstance(ours[name], None | bool | int | float | str)
        } == SHARED | ONLY_READ
