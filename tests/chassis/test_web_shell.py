"""Whoever sends a body byte by byte, or hundreds of them at once, keeps nobody else out."""

import asyncio
from typing import Any

import pytest
from starlette.types import Message

from chassis.web import shell
from tests.chassis.web_example import Example, make


@pytest.fixture
def example() -> Example:
    return make()


async def answered(example: Example, parts: list[bytes], *, pause: float = 0.0, peer: str = "192.0.2.1") -> Any:
    """Send the parts of a body, then nothing more; return the first message of the answer."""
    sent: list[Message] = []
    left = list(parts)

    async def receive() -> Message:
        if not left:
            await asyncio.Event().wait()
        await asyncio.sleep(pause)
        return {"type": "http.request", "body": left.pop(0), "more_body": True}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/example",
        "raw_path": b"/example",
        "query_string": b"",
        "headers": [(b"content-type", b"application/x-www-form-urlencoded"), (b"host", b"testserver")],
        "client": (peer, 1),
        "server": ("testserver", 80),
        "scheme": "http",
        "root_path": "",
        "http_version": "1.1",
        "asgi": {"version": "3.0"},
    }
    async with asyncio.timeout(60):
        await example.app(scope, receive, send)
    return sent[0]


def closes(start: Any) -> bool:
    return (b"connection", b"close") in start["headers"]


class TestSlowBodies:
    async def test_a_body_that_never_ends_is_ended(self, example: Example, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(shell, "PATIENCE_SECONDS", 0.2)
        start = await answered(example, [b"a="])
        assert (start["status"], closes(start)) == (408, True)

    async def test_a_trickle_is_no_excuse(self, example: Example, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(shell, "PATIENCE_SECONDS", 0.2)
        start = await answered(example, [b"a"] * 1000, pause=0.02)
        assert (start["status"], closes(start)) == (408, True)

    async def test_one_address_does_not_take_every_place(
        self, example: Example, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(shell, "PATIENCE_SECONDS", 4.0)
        monkeypatch.setattr(shell, "MOST_FROM_ONE", 2)
        monkeypatch.setattr(shell, "SLOW_SECONDS", 0.2)
        held = [asyncio.create_task(answered(example, [])) for _ in range(2)]
        await asyncio.sleep(0.5)
        refused = await answered(example, [b"a="])
        assert (refused["status"], closes(refused)) == (408, True)
        assert not any(each.done() for each in held)
        monkeypatch.setattr(shell, "PATIENCE_SECONDS", 0.1)
        elsewhere = asyncio.create_task(answered(example, [b"a="], peer="192.0.2.2"))
        assert (await elsewhere)["status"] == 408
        assert [closes(start) for start in await asyncio.gather(*held)] == [True, True]
        assert (await answered(example, [b"a="]))["status"] == 408
