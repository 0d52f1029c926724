"""Bent mails, Word files and PDFs through the real cage: each ends in a reading or a reason, no log in a name."""

import json
import logging
import time
from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as any_

from faults.fuzz import FOUND, Harvest, Listener, fuzz, told
from faults.mutations import BENDS, CANARY, Case, Hand
from services.intake.readers import Attachment, Cage, Cause, cells, read_form, read_message
from services.intake.readers.archives import with_members
from services.intake.readers.examination import file_cause, mail_cause, unread_cause
from tests.intake import hostile

SEEDS = range(60)
MINUTES_AT_MOST = 1.5
NAMES = any_.sampled_from(["a.docx", "a.pdf", "a.json", "a.txt", "a.zip", "a"])
PIECES = any_.sampled_from(
    [
        *(b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"%PDF-1.7\n", b"1 0 obj", b"stream\n", b"\x78\x9c", b"/Prev 0"),
        *(b"/Filter [", b"<<", b"[", b"{", b'"', hostile.OLE, b"<?xml ", b"<!DOCTYPE", b"Content-Type: ", b"boundary="),
        *(b"multipart/mixed;", b"message/rfc822", b"\r\n\r\n", b"--x", b"=?utf-8?q?", b"\x00", b"\xff"),
    ]
)
BYTES = any_.lists(any_.one_of(PIECES, any_.binary(max_size=30)), max_size=40).map(b"".join)


@pytest.fixture(scope="module")
def hand() -> Hand:
    """Whoever bends the files."""
    return Hand()


@pytest.fixture
async def cage() -> AsyncIterator[Cage]:
    """A real cage."""
    made = Cage()
    await made.start()
    yield made
    await made.stop()


class TestBentFiles:
    async def test_end_in_a_reading_or_a_reason_and_leave_no_name_in_the_log(self, hand: Hand, cage: Cage) -> None:
        harvest = await fuzz(hand, cage, SEEDS, until=time.monotonic() + MINUTES_AT_MOST * 60)
        assert harvest.broken == [], told(harvest, 0)
        assert harvest.inputs
        assert {kind for kind, _ in harvest.causes} == {"mail", "word", "pdf", "zip"}

    def test_are_the_same_from_the_same_seed(self, hand: Hand) -> None:
        assert all(hand.case(seed) == hand.case(seed) for seed in range(20))
        assert len({hand.case(seed).body for seed in range(20)}) == 20

    def test_hold_the_canary_before_they_are_bent(self, hand: Hand) -> None:
        assert any(CANARY.encode() in hand.case(seed).body for seed in range(20))
        assert len(set(BENDS)) >= 7


class TestHarvest:
    async def test_what_breaks_a_reader_is_found_and_no_broken_rule(
        self, cage: Cage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cells, "CHILD", "tests.intake.probes")
        breaking = Cage()
        await breaking.start()
        harvest = await fuzz(Overrunning(), breaking, [1], until=time.monotonic() + 60)
        await breaking.stop()
        assert harvest.broken == []
        assert harvest.found == ["seed 1 (text): crashed"]

    async def test_a_cage_that_raises_breaks_a_rule(self, hand: Hand) -> None:
        harvest = await fuzz(hand, Raising(), range(3), until=time.monotonic() + 60)
        assert len(harvest.broken) == 3
        assert "raised ZeroDivisionError" in harvest.broken[0]

    def test_the_listener_hears_the_canary_wherever_it_sings(self) -> None:
        listener = Listener()
        for line, facts in ((CANARY, {}), ("x", {"name": CANARY.upper()}), ("x", {})):
            record = logging.LogRecord("x", logging.INFO, "x", 1, line, (), None)
            record.facts = facts
            listener.emit(record)
        assert listener.heard == 2

    def test_is_told_in_lines(self) -> None:
        text = told(Harvest(inputs=1, found=["seed 1 (pdf): crashed"]), 2)
        assert "1 inputs in 2 s" in text
        assert "seed 1 (pdf): crashed" in text
        assert {Cause.CRASHED, Cause.TOO_SLOW} <= FOUND


class TestAnyBytes:
    """The same without a cage, thousands of times: nothing is raised, whatever comes."""

    @settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
    @given(BYTES, NAMES)
    def test_a_file_is_examined_and_read_without_an_error(self, body: bytes, name: str) -> None:
        file = Attachment(name, "application/octet-stream", body)
        assert file_cause(file) in Cause
        assert unread_cause(file) in {Cause.LOCKED, Cause.TOO_BIG, Cause.UNKNOWN_KIND}
        reading = read_form(file)
        assert reading.complete or reading.reason

    @settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
    @given(any_.lists(any_.tuples(any_.text(max_size=30), BYTES), max_size=5), BYTES)
    def test_a_zip_file_gives_its_files_or_a_cause(self, held: list[tuple[str, bytes]], tail: bytes) -> None:
        whole = hostile.archive(*((f"{place} {name}", body) for place, (name, body) in enumerate(held)))
        for body in (whole, whole + tail, tail + whole, whole[: len(whole) // 2] + tail, b"PK" + tail):
            holder, *members = with_members([Attachment("a.zip", "", body)])
            assert holder.cause in Cause
            assert not (holder.cause and members)
            assert all("/" not in member.name and member.body in [given for _, given in held] for member in members)

    @settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
    @given(BYTES)
    def test_a_mail_is_examined_and_taken_apart_without_an_error(self, raw: bytes) -> None:
        assert mail_cause(raw) in Cause
        json.dumps(read_message(raw).problems)


class Overrunning(Hand):
    """Makes one file, at which the probe ends itself."""

    def __init__(self) -> None:
        """Need no files."""

    def case(self, seed: int) -> Case:
        """Return the file."""
        return Case(seed, "text", b"deed:overrun")


class Raising(Cage):
    """A cage that does what no cage may."""

    async def read_form(self, attachment: Attachment) -> None:  # type: ignore[override]
        """Raise."""
        raise ZeroDivisionError(attachment.name)

    async def read_message(self, raw: bytes) -> None:  # type: ignore[override]
        """Raise."""
        raise ZeroDivisionError(len(raw))
