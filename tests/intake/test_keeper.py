"""Originals that share a transaction: none takes another with it, and all are told the truth."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chassis import telemetry
from chassis.actor import EVERYWHERE, Actor, ActorKind
from chassis.database import Database, DatabaseUnavailable, Session
from chassis.errors import Unavailable
from chassis.settling import OutcomeUnknown
from services.intake.app import service
from services.intake.domain import Crowded, Original, Posted, Receipt
from services.intake.doors import looked_at
from services.intake.operations import receive_all
from services.intake.settings import IntakeSettings
from services.intake.spool import Keeper, accept, keeping, shelter_of
from tests.conftest import Running, RunningOf
from tests.intake.builders import mail, rows

MAILBOX = "preventreferrals@kent-and-medway.example"
SENDER = "referrer@school.example"
PUBLIC = Actor.public()
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


class TestKeeper:
    async def test_what_waits_together_is_kept_in_one_transaction(
        self, running_of: RunningOf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        intake = await running_of(service(), doors=False)
        begun: list[Actor] = []
        transaction = Database.transaction

        def counted(self: Database, actor: Actor) -> Any:
            begun.append(actor)
            return transaction(self, actor)

        keeper = Keeper(intake.runtime)
        raws = [mail(Subject=f"mail {number}").as_bytes() for number in range(8)]
        with monkeypatch.context() as patched:
            patched.setattr(Database, "transaction", counted)
            repeated = (*raws, raws[0])
            receipts = await asyncio.gather(*(keeper.keep(_original(intake, raw), PUBLIC, NOW) for raw in repeated))
        assert len([actor for actor in begun if actor == PUBLIC]) == 1
        assert receipts[0].reference == receipts[8].reference
        assert [receipt.repeated for receipt in receipts] == [False] * 8 + [True]
        assert len({receipt.reference for receipt in receipts}) == 8
        assert len(await rows(intake.runtime, "SELECT id FROM referral")) == 8

    async def test_one_that_came_by_another_way_beside_it_folds_and_both_are_kept(self, running_of: RunningOf) -> None:
        intake = await running_of(service(), doors=False)
        first, second = mail(), mail()
        second.replace_header("Message-ID", first["Message-ID"])
        second["Received"] = "by another relay"
        keeper = Keeper(intake.runtime)
        raws = [each.as_bytes() for each in (first, second, mail(), first)]
        receipts = await asyncio.gather(*(keeper.keep(_original(intake, raw), PUBLIC, NOW) for raw in raws))
        references = [receipt.reference for receipt in receipts]
        assert references[0] == references[1] == references[3] != references[2]
        assert len(await rows(intake.runtime, "SELECT id FROM referral")) == 2
        assert len(await rows(intake.runtime, "SELECT id FROM document")) == 3

    async def test_only_a_crowd_makes_the_rest_wait(self, running_of: RunningOf) -> None:
        intake = await running_of(service(), doors=False)
        keeper = Keeper(intake.runtime)
        await keeper.keep(_original(intake, mail().as_bytes()), PUBLIC, NOW)
        assert intake.runtime.relay.crowded_until == 0
        raws = [mail(Subject=f"mail {number}").as_bytes() for number in range(8)]
        await asyncio.gather(*(keeper.keep(_original(intake, raw), PUBLIC, NOW) for raw in raws))
        assert intake.runtime.relay.crowded_until > 0

    async def test_one_that_fails_takes_nobody_with_it(
        self, running_of: RunningOf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        intake = await running_of(service(), doors=False)

        async def fails_at_one(session: Session, originals: list[Original], **given: Any) -> list[Any]:
            if any(b"Subject: broken" in original.body for original in originals):
                raise RuntimeError(len(originals))
            return await receive_all(session, originals, **given)

        monkeypatch.setattr(keeping, "receive_all", fails_at_one)
        keeper = Keeper(intake.runtime)
        raws = [mail(Subject=subject).as_bytes() for subject in ("one", "broken", "two")]
        answers = await asyncio.gather(
            *(keeper.keep(_original(intake, raw), PUBLIC, NOW) for raw in raws), return_exceptions=True
        )
        assert [isinstance(answer, Receipt) for answer in answers] == [True, False, True]
        assert len(await rows(intake.runtime, "SELECT id FROM referral")) == 2

    async def test_large_ones_are_not_kept_together(
        self, running_of: RunningOf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        intake = await running_of(service(), doors=False)
        monkeypatch.setattr(keeping, "MOST_BYTES_TOGETHER", 2000)
        together: list[int] = []

        async def counted(session: Session, originals: list[Original], **given: Any) -> list[Any]:
            together.append(len(originals))
            return await receive_all(session, originals, **given)

        monkeypatch.setattr(keeping, "receive_all", counted)
        keeper = Keeper(intake.runtime)
        raws = [mail(Subject="x" * size).as_bytes() for size in (10, 11, 5000, 12)]
        await asyncio.gather(*(keeper.keep(_original(intake, raw), PUBLIC, NOW) for raw in raws))
        assert together == [2, 1, 1]

    async def test_a_database_lost_on_the_way_is_told_to_all_who_still_wait(
        self, running_of: RunningOf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        intake = await running_of(service(), doors=False)
        asked: list[int] = []

        async def fails(_: Session, originals: list[Original], **given: Any) -> list[Receipt]:
            asked.append(len(originals))
            raise (RuntimeError if len(originals) > 1 else Unavailable)("made here")

        monkeypatch.setattr(keeping, "receive_all", fails)
        keeper = Keeper(intake.runtime)
        raws = [mail(Subject=f"mail {number}").as_bytes() for number in range(5)]
        answers = await asyncio.gather(
            *(keeper.keep(_original(intake, raw), PUBLIC, NOW) for raw in raws), return_exceptions=True
        )
        assert asked == [5, 1]
        assert all(isinstance(answer, Unavailable) for answer in answers)

    async def test_those_that_are_kept_by_themselves_hold_up_nobody_who_comes_later(
        self, running_of: RunningOf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        intake = await running_of(service(), doors=False)
        released = asyncio.Event()

        async def fails_together_and_hangs_alone(session: Session, originals: list[Original], **given: Any) -> Any:
            if len(originals) > 1:
                raise RuntimeError(len(originals))
            if b"Subject: alone" in originals[0].body:
                await released.wait()
            return await receive_all(session, originals, **given)

        monkeypatch.setattr(keeping, "receive_all", fails_together_and_hangs_alone)
        keeper = Keeper(intake.runtime)
        apart = [keeper.keep(_original(intake, mail(Subject="alone").as_bytes()), PUBLIC, NOW) for _ in range(3)]
        later = keeper.keep(_original(intake, mail(Subject="later").as_bytes()), Actor.service("another"), NOW)
        assert (await asyncio.wait_for(later, 10)).reference
        assert not any(each.done() for each in apart)
        released.set()
        assert len({(await each).reference for each in apart}) == 3

    async def test_each_is_announced_and_audited_on_its_own_journey_and_in_its_own_name(
        self, running_of: RunningOf
    ) -> None:
        intake = await running_of(service(), doors=False)
        keeper, told = Keeper(intake.runtime), {}
        partners = [Actor(ActorKind.PUBLIC, f"partner/{name}", name, areas=EVERYWHERE) for name in ("one", "two")]

        async def refer(number: int) -> None:
            with telemetry.span("POST /api/v1/referrals", new_trace=True):
                actor, trace = partners[number % 2], telemetry.trace_id()
                receipt = await keeper.keep(_original(intake, mail(Subject=f"mail {number}").as_bytes()), actor, NOW)
                told[receipt.reference] = (actor.id, trace)

        await asyncio.gather(*(refer(number) for number in range(4)))
        found = await rows(
            intake.runtime,
            """SELECT referral.reference, audit.actor_id, audit.trace_id, substr(outbox.traceparent, 4, 32) AS sent
            FROM referral JOIN audit_entry AS audit ON audit.subject = referral.id
                JOIN outbox ON outbox.subject = referral.id
            WHERE audit.action = 'referral.received'""",
        )
        assert {row.reference: (row.actor_id, row.trace_id) for row in found} == told
        assert {row.reference: row.sent for row in found} == {each: trace for each, (_, trace) in told.items()}

    async def test_a_transaction_that_hangs_holds_up_nobody_who_comes_later(
        self, running_of: RunningOf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        intake = await running_of(service(), doors=False)
        monkeypatch.setattr(keeping, "STUCK_SECONDS", 0.05)
        first, begun, released = mail(Subject="hangs").as_bytes(), asyncio.Event(), asyncio.Event()

        async def hangs(session: Session, originals: list[Original], **given: Any) -> list[Any]:
            if any(b"Subject: hangs" in original.body for original in originals):
                begun.set()
                await released.wait()
            return await receive_all(session, originals, **given)

        monkeypatch.setattr(keeping, "receive_all", hangs)
        keeper = Keeper(intake.runtime)
        hanging = keeper.keep(_original(intake, first), PUBLIC, NOW)
        await begun.wait()
        await asyncio.sleep(0.1)
        receipt = await keeper.keep(_original(intake, mail().as_bytes()), PUBLIC, NOW)
        assert receipt.reference
        assert not hanging.done()
        released.set()
        assert (await hanging).reference != receipt.reference


class TestCrowd:
    async def test_is_told_so_and_nothing_of_it_goes_into_the_spool_or_is_kept(
        self, running_of: RunningOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        intake = await running_of(service(_sheltered(tmp_path)), doors=False)
        await Keeper.of(intake.runtime).keep(_original(intake, mail().as_bytes()), PUBLIC, NOW)

        async def slow(session: Session, originals: list[Original], **given: Any) -> Any:
            await asyncio.sleep(0.5)
            return await receive_all(session, originals, **given)

        monkeypatch.setattr(keeping, "receive_all", slow)
        monkeypatch.setattr(keeping, "MOST_TOGETHER", 1)
        originals = [_original(intake, mail().as_bytes()) for _ in range(30)]
        asked = [accept(intake.runtime, each, now=NOW, patience=2) for each in originals]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        kept = [each for each in answers if isinstance(each, Receipt)]
        refused = [each for each in answers if isinstance(each, Crowded)]
        assert len(kept) + len(refused) == 30, answers
        assert kept, "Who stands far in front is kept."
        assert refused, "Who stands far behind is told."
        assert not any(each.waiting for each in kept)
        shelter = shelter_of(intake.runtime)
        assert shelter
        assert (shelter.away, dict(shelter.spool.waiting)) == (False, {})
        assert len(await rows(intake.runtime, "SELECT id FROM referral")) == len(kept) + 1

    async def test_is_not_what_a_database_that_keeps_nothing_is_taken_for(
        self, running_of: RunningOf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        intake = await running_of(service(), doors=False)
        released = asyncio.Event()

        async def hangs(session: Session, originals: list[Original], **given: Any) -> Any:
            await released.wait()
            return await receive_all(session, originals, **given)

        monkeypatch.setattr(keeping, "receive_all", hangs)
        monkeypatch.setattr(keeping, "MOST_TOGETHER", 1)
        keeper = Keeper(intake.runtime)
        raws = [mail(Subject=f"mail {number}").as_bytes() for number in range(3)]
        asked = [keeper.keep_in_time(_original(intake, raw), PUBLIC, NOW, 0.3) for raw in raws]
        begun, *others = await asyncio.gather(*asked, return_exceptions=True)
        assert isinstance(begun, OutcomeUnknown)
        assert [type(each) for each in others] == [DatabaseUnavailable] * 2
        released.set()
        await keeper.keep(_original(intake, mail().as_bytes()), PUBLIC, NOW)
        assert len(await rows(intake.runtime, "SELECT id FROM referral")) == 2, "What was not begun is not kept."


def _sheltered(folder: Path) -> IntakeSettings:
    return IntakeSettings(service="intake", spool_directory=folder / "spool")


def _original(intake: Running, raw: bytes) -> Original:
    return looked_at(intake.runtime, raw, Posted(recipients=(MAILBOX,), envelope_sender=SENDER)).original
