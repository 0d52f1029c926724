"""The benchmarks' clients and sink: what they send is what the other side gets, and a refusal is no figure."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes

import pytest

from bench import mails, wire
from bench.sink import Sink

HOST = "127.0.0.1"


@asynccontextmanager
async def answering(status: str) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Run an API that answers every request with one status."""
    bodies: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                bodies.append(await reader.readexactly(length))
                writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 4\r\n\r\nword".encode())
        except asyncio.IncompleteReadError:
            writer.close()

    server = await asyncio.start_server(talk, HOST, 0)
    async with server:
        yield f"http://{HOST}:{server.sockets[0].getsockname()[1]}", bodies


class TestPosting:
    async def test_every_body_arrives_once(self) -> None:
        bodies = mails.bodies(7, random.Random(1))
        async with answering("201 Created") as (url, got):
            done = await wire.post_all(wire.Api(url), bodies, 3)
            evenly = await wire.post_evenly(wire.Api(url), bodies, 500)
        assert sorted(got) == sorted(bodies * 2)
        assert len(done) == len(evenly) == 7
        assert all(answer.asked_at < answer.answered_at and answer.words == "word" for answer in done)

    async def test_a_refusal_is_no_figure(self) -> None:
        async with answering("503 Busy") as (url, _):
            with pytest.raises(wire.Refused, match="503"):
                await wire.post_all(wire.Api(url), [b"{}"], 1)


class TestMailing:
    async def test_a_mail_with_a_form_arrives_whole_at_each_party(self) -> None:
        sink = Sink(copies=2)
        made = mails.form_mails(2, "a@b.test", random.Random(1))
        port = await _free()
        async with sink.on(HOST, [port]):
            for _ in range(2):
                await wire.mail_evenly((HOST, port), made, "a@b.test", 100)
            await sink.complete(2)
            assert all(len(times) == 2 for times in sink.moments.values())

    def test_forms_are_other_peoples_and_lines_with_a_dot_are_stuffed(self) -> None:
        first, second = (message_from_bytes(mail) for mail in mails.form_mails(2, "a@b.test", random.Random(1)))
        assert first["Message-ID"] != second["Message-ID"]
        assert first.get_payload()[1].get_payload() != second.get_payload()[1].get_payload()  # type: ignore[index, union-attr]
        assert wire.stuffed(b"a\n.b\n..\n") == b"a\r\n..b\r\n..."


async def _free() -> int:
    server = await asyncio.start_server(lambda *_: None, HOST, 0)
    port = int(server.sockets[0].getsockname()[1])
    server.close()
    return port
