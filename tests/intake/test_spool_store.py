"""The spool on disk: what is given a receipt is there afterwards, whole and sealed, and whatever is refused is not."""

import asyncio
import os
import secrets
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from chassis.actor import Actor
from chassis.crypto import SealBroken
from contracts.vocabulary import Door, is_reference
from services.intake.domain import (
    Attachment,
    KeyKind,
    KeyUsedForAnotherRequest,
    NoReferral,
    Original,
    Posted,
    Reading,
    SpoolFull,
    SpoolUnwritable,
    is_set_aside,
    key_for,
    outage_reference,
)
from services.intake.settings import IntakeSettings
from services.intake.spool.entries import Head, head_of
from services.intake.spool.folder import Folder
from services.intake.spool.store import Spool
from tests.intake.builders import form

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
KEY = b"k" * 32
LOCALITIES = IntakeSettings(service="intake").localities
PRACTICE = LOCALITIES.by_district("Thanet", NOW.date())
SECRET = b"A synthetic secret that must never stand on a disk."


def spool_in(path: Path, *, limit: int = 10_000_000) -> Spool:
    return Spool(Folder(path / "spool", KEY), limit)


async def ready(path: Path, *, limit: int = 10_000_000, references: int = 20) -> Spool:
    spool = spool_in(path, limit=limit)
    await spool.add_references("KM", {outage_reference("KM", secrets.choice) for _ in range(references)})
    return spool


def original(body: bytes = SECRET, **given: object) -> Original:
    made = Original(
        door=Door.EMAIL,
        practice=PRACTICE,
        name="message.eml",
        media_type="message/rfc822",
        body=body,
        keys=(key_for(KeyKind.DIGEST, body),),
        reading=Reading.BEING_READ,
        likeness_key=b"never on disk",
    )
    return replace(made, **given)  # type: ignore[arg-type]


async def put(spool: Spool, given: Original) -> str:
    return (await spool.put(given, actor=Actor.public(), now=NOW)).reference


class TestAnEntryFromBefore:
    def test_there_were_mails_to_set_aside_opens(self) -> None:
        head = head_of(original(), actor=Actor.public(), now=NOW, first=True).model_dump(mode="json")
        for field in ("perhaps", "posted"):
            del head["original"][field]
        assert Head.model_validate(head).original.perhaps is None  # type: ignore[attr-defined]


class TestKeeping:
    async def test_every_field_comes_back_as_it_was(self, tmp_path: Path) -> None:
        whole = original(
            form=form(),
            unread_reason="why",
            reply_to="referrer@school.example",
            in_reply_to="<1@school.example>",
            attachments=(Attachment("a.pdf", "application/pdf", b"\x00\xff"), Attachment("b", "text/plain", b"")),
            partner_id=uuid4(),
            perhaps=NoReferral.BOUNCE,
            posted=Posted(recipients=("desk@area.example",), envelope_sender="<>"),
        )
        spool = await ready(tmp_path)
        reference = await put(spool, whole)
        [waiting] = spool.waiting
        taken = await spool.take(waiting, LOCALITIES, b"made anew")
        assert is_reference(reference)
        assert is_set_aside(reference)
        for each in fields(Original):
            if each.name not in {"practice", "likeness_key", "reference"}:
                assert getattr(taken.original, each.name) == getattr(whole, each.name), each.name
        assert (taken.original.practice.area, taken.original.practice.front_door) == (
            PRACTICE.area,
            PRACTICE.front_door,
        )
        assert (taken.original.reference, taken.original.likeness_key) == (reference, b"made anew")
        assert (taken.head.received_at, taken.head.actor) == (NOW, Actor.public())

    async def test_nothing_can_be_read_on_disk_and_nobody_else_may_look(self, tmp_path: Path) -> None:
        spool = await ready(tmp_path)
        reference = await put(spool, original(form=form(surname="Unmistakable")))
        files = [file for file in (tmp_path / "spool").iterdir() if file.is_file()]
        for file in files:
            content = file.read_bytes()
            assert not [word for word in (SECRET, b"Unmistakable", reference.encode()) if word in content]
            assert reference not in file.name
        assert (tmp_path / "spool").stat().st_mode & 0o777 == 0o700
        assert {file.stat().st_mode & 0o777 for file in files if file.name != "lock"} == {0o600}

    async def test_what_was_written_is_there_after_a_kill(self, tmp_path: Path) -> None:
        spool = await ready(tmp_path)
        given = {await put(spool, original(bytes([number]))) for number in range(5)}
        (tmp_path / "spool" / "half.unfinished").write_bytes(b"half")
        spool.close()
        again = spool_in(tmp_path)
        assert (await again.put(original(b"\x03"), actor=Actor.public(), now=NOW)).reference in given
        assert {waiting.receipt.reference for waiting in again.waiting.values() if waiting.receipt} == given
        assert not list((tmp_path / "spool").glob("*.unfinished"))

    async def test_references_are_never_given_twice(self, tmp_path: Path) -> None:
        spool = await ready(tmp_path, references=12)
        given = []
        for number in range(12):
            given.append(await put(spool, original(bytes([number]))))
            if number % 3 == 0:
                await spool.done(next(iter(spool.waiting)))
            spool.close()
            spool = spool_in(tmp_path)
        assert len(set(given)) == 12
        with pytest.raises(SpoolFull):
            await put(spool, original(b"one more"))

    async def test_an_entry_in_anothers_place_does_not_open(self, tmp_path: Path) -> None:
        spool = await ready(tmp_path)
        await put(spool, original(b"one"))
        await put(spool, original(b"two"))
        first, second = sorted((tmp_path / "spool").glob("*.entry"))
        first.write_bytes(second.read_bytes())
        spool.close()
        again = spool_in(tmp_path)
        await again.open()
        assert [waiting.receipt is None for waiting in again.waiting.values()] == [True, False]
        with pytest.raises(SealBroken):
            await again.take(next(iter(again.waiting)), LOCALITIES, b"")

    async def test_an_entry_that_the_disk_does_not_give_keeps_nobody_else_out(self, tmp_path: Path) -> None:
        spool = await ready(tmp_path)
        given = await put(spool, original(b"whole"))
        spool.close()
        folder = tmp_path / "spool"
        (folder / f"{uuid4().hex}.entry").symlink_to(folder / "nowhere")
        (folder / f"{uuid4().hex}.entry").mkdir()
        (folder / f"{uuid4().hex}.entry").write_bytes(b"")
        (folder / f"{uuid4().hex}.entry").write_bytes(b"TLSPOOL1\xff\xff\xff\xff")
        (folder / "stranger.entry").write_bytes(b"")
        again = spool_in(tmp_path)
        await again.open()
        receipts = [waiting.receipt.reference for waiting in again.waiting.values() if waiting.receipt]
        assert (receipts, len(again.waiting)) == ([given], 5)
        for entry, waiting in list(again.waiting.items()):
            if waiting.receipt is None:
                with pytest.raises((SealBroken, SpoolUnwritable)):
                    await again.take(entry, LOCALITIES, b"")
        assert await put(again, original(b"after"))

    async def test_who_hangs_up_meanwhile_loses_nothing(self, tmp_path: Path) -> None:
        spool = await ready(tmp_path)
        await spool.open()
        asking = asyncio.create_task(spool.put(original(), actor=Actor.public(), now=NOW))
        await asyncio.sleep(0)
        asking.cancel()
        again = await put(spool, original())
        assert len(spool.waiting) == 1
        assert again == next(iter(spool.waiting.values())).receipt.reference  # type: ignore[union-attr]


class TestSameness:
    async def test_the_same_arrival_gets_its_receipt_again(self, tmp_path: Path) -> None:
        spool = await ready(tmp_path)
        assert await spool.known(original()) is None
        first = await put(spool, original())
        spool.close()
        spool = spool_in(tmp_path)
        assert await put(spool, original()) == first
        found = await spool.known(original())
        assert found
        assert (found.reference, found.received_at) == (first, NOW)
        assert len(spool.waiting) == 1

    async def test_a_key_with_another_body_is_refused(self, tmp_path: Path) -> None:
        spool = await ready(tmp_path)
        await put(spool, original(keys=(key_for(KeyKind.IDEMPOTENCY_KEY, "k", b"one"),)))
        for ask in (spool.known, lambda given: put(spool, given)):
            with pytest.raises(KeyUsedForAnotherRequest):
                await ask(original(b"two", keys=(key_for(KeyKind.IDEMPOTENCY_KEY, "k", b"two"),)))

    async def test_the_same_mail_by_another_way_shares_the_receipt_and_both_are_kept(self, tmp_path: Path) -> None:
        spool = await ready(tmp_path)
        mails = [
            original(body, keys=(key_for(KeyKind.DIGEST, body), key_for(KeyKind.MESSAGE_ID, "<1@x>")))
            for body in (b"one", b"two")
        ]
        references = [await put(spool, mail) for mail in (*mails, *mails)]
        assert len(set(references)) == 1
        taken = [await spool.take(entry, LOCALITIES, b"") for entry in spool.waiting]
        assert [(each.head.first, each.original.body) for each in taken] == [(True, b"one"), (False, b"two")]

    async def test_many_at_once_are_kept_once_each(self, tmp_path: Path) -> None:
        spool = await ready(tmp_path)
        given = await asyncio.gather(*(put(spool, original(bytes([number % 4]))) for number in range(16)))
        assert len(set(given)) == len(spool.waiting) == 4


class TestRefusals:
    async def test_a_full_spool_refuses_and_keeps_what_it_has(self, tmp_path: Path) -> None:
        spool = await ready(tmp_path, limit=4000)
        await put(spool, original(b"x" * 1000))
        with pytest.raises(SpoolFull):
            await put(spool, original(b"y" * 3000))
        assert await put(spool, original(b"x" * 1000))
        assert len(list((tmp_path / "spool").glob("*.entry"))) == 1

    async def test_without_reserved_references_there_is_no_receipt(self, tmp_path: Path) -> None:
        with pytest.raises(SpoolFull):
            await put(spool_in(tmp_path), original())

    async def test_a_folder_that_cannot_be_made_refuses(self, tmp_path: Path) -> None:
        (tmp_path / "spool").write_text("a file where the folder should be")
        with pytest.raises(SpoolUnwritable):
            await put(spool_in(tmp_path), original())

    async def test_a_disk_that_is_full_refuses_and_leaves_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        spool = await ready(tmp_path)

        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            with pytest.raises(SpoolUnwritable):
                await put(spool, original())
        left = {file.name for file in (tmp_path / "spool").iterdir()}
        assert left == {"lock", "references"}
        assert await put(spool, original())

    async def test_one_folder_has_one_owner(self, tmp_path: Path) -> None:
        spool = await ready(tmp_path)
        with pytest.raises(SpoolUnwritable):
            await spool_in(tmp_path).open()
        spool.close()
        await spool_in(tmp_path).open()
