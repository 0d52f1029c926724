"""What intake does with receipts, progress, areas and erasure, on a real database."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis import clock, outbox
from chassis.actor import Actor
from chassis.app import Runtime
from contracts.envelope import ReceiptItem
from contracts.vocabulary import Door, LineState, ProgressStage, ReferralForm, Team
from services.intake import jobs, operations, queries
from services.intake.app import service
from services.intake.domain import (
    BEING_READ,
    ArrivalKey,
    KeyKind,
    KeyUsedForAnotherRequest,
    Original,
    Outcome,
    Practice,
    Reading,
    Receipt,
    ReferralAlreadyRead,
    ReferralUnknown,
    key_for,
)
from services.intake.operations import Progress, receiving
from tests.conftest import RuntimeOf
from tests.intake.builders import form, rows, topics_of

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
KEY = b"k" * 32


@pytest.fixture
async def runtime(runtime_of: RuntimeOf) -> Runtime:
    """Intake's runtime without background work."""
    return await runtime_of(service())


def practice(runtime: Runtime, district: str = "Thanet", **changes: Any) -> Practice:
    """Return Kent and Medway's practice with some of it changed."""
    return replace(queries.localities_of(runtime).by_district(district, NOW.date()), **changes)


async def take_in(
    runtime: Runtime, local: Practice, filled: ReferralForm | None, keys: tuple[ArrivalKey, ...] = ()
) -> tuple[Receipt, Any]:
    """Receive a referral, read or not; return its receipt and its row."""
    async with runtime.database.transaction(Actor.public()) as session:
        receipt = await operations.receive(session, arriving(local, filled, keys), now=NOW)
    [row] = await rows(runtime, "SELECT * FROM referral WHERE reference = :r", r=receipt.reference)
    return receipt, row


def arriving(local: Practice, filled: ReferralForm | None, keys: tuple[ArrivalKey, ...] = ()) -> Original:
    """Return an original as a partner's system or a mail brings it."""
    return Original(
        door=Door.API if filled else Door.EMAIL,
        practice=local,
        name="referral.json",
        media_type="application/json",
        body=b"{}",
        keys=keys,
        reading=Reading.READ if filled else Reading.BEING_READ,
        form=filled,
        unread_reason="" if filled else BEING_READ,
        reply_to="" if filled else "referrer@school.example",
        likeness_key=KEY,
    )


async def receipts(runtime: Runtime, items: Sequence[tuple[Any, str, str]], at: datetime = NOW) -> None:
    """Take receipts in: (dispatch row, state, team)."""
    async with runtime.database.transaction(Actor.service("intake")) as session:
        told = [
            ReceiptItem(
                event_id=one.event_id, topic="", subject=uuid4(), recipient=one.recipient, state=state, team=team
            )
            for one, state, team in items
        ]
        await operations.note_receipts(session, told, at)


async def ledger(runtime: Runtime, reference: str) -> dict[Team, LineState]:
    """Return how far each team has got."""
    async with runtime.database.transaction(Actor.service("intake")) as session:
        found = await queries.ledger(session, reference)
    return {line.team: line.state for line in found.lines}


async def dispatched(runtime: Runtime) -> dict[str, Any]:
    """Return the dispatch rows by topic."""
    return {row.topic: row for row in await rows(runtime, "SELECT * FROM dispatch")}


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What was last announced, by topic, before it is sealed."""
    last: dict[str, Any] = {}
    add_all = outbox.add_all

    async def hear(session: Any, events: Any) -> Any:
        last.update({event.topic: event for event, _ in events})
        return await add_all(session, events)

    monkeypatch.setattr(outbox, "add_all", hear)
    return last


class TestLedger:
    async def test_begins_with_every_team_waiting(self, runtime: Runtime) -> None:
        receipt, _ = await take_in(runtime, practice(runtime), form())
        assert await ledger(runtime, receipt.reference) == dict.fromkeys(Team, LineState.WAITING)

    async def test_shows_what_was_published(self, runtime: Runtime) -> None:
        receipt, _ = await take_in(runtime, practice(runtime), form())
        await rows(runtime, "UPDATE dispatch SET published_at = now() RETURNING 1")
        assert set((await ledger(runtime, receipt.reference)).values()) == {LineState.SENT}

    async def test_closes_each_team_by_its_own_services_receipt(self, runtime: Runtime) -> None:
        receipt, _ = await take_in(runtime, practice(runtime), form())
        sent = await dispatched(runtime)
        await receipts(runtime, [(sent["intake.police.v1"], "stored", "")])
        found = await ledger(runtime, receipt.reference)
        assert {team for team, state in found.items() if state == LineState.STORED} == {Team.IMU, Team.GATEWAY}
        await receipts(
            runtime, [(sent["intake.statistics.v1"], "stored", ""), (sent["intake.awareness.v1"], "stored", "")]
        )
        found = await ledger(runtime, receipt.reference)
        assert found[Team.FRONT_DOOR] == LineState.WAITING
        assert found[Team.STATISTICS] == found[Team.DOVETAIL] == LineState.STORED

    async def test_is_not_closed_by_the_receipt_for_the_referrers_mail(self, runtime: Runtime) -> None:
        receipt, _ = await take_in(runtime, practice(runtime), form())
        sent = await dispatched(runtime)
        await receipts(runtime, [(sent["intake.referrer.v1"], "stored", "")])
        assert (await ledger(runtime, receipt.reference))[Team.FRONT_DOOR] == LineState.WAITING

    async def test_notes_how_far_people_got_for_one_team_only(self, runtime: Runtime) -> None:
        receipt, _ = await take_in(runtime, practice(runtime), form())
        police = (await dispatched(runtime))["intake.police.v1"]
        await receipts(runtime, [(police, "stored", ""), (police, "seen", "imu"), (police, "acknowledged", "imu")])
        found = await ledger(runtime, receipt.reference)
        assert (found[Team.IMU], found[Team.GATEWAY]) == (LineState.ACKNOWLEDGED, LineState.STORED)

    async def test_keeps_the_first_time_of_a_repeated_receipt(self, runtime: Runtime) -> None:
        _, row = await take_in(runtime, practice(runtime), form())
        police = (await dispatched(runtime))["intake.police.v1"]
        await receipts(runtime, [(police, "stored", "")])
        await receipts(runtime, [(police, "stored", "")], NOW + timedelta(hours=1))
        found = await rows(runtime, "SELECT DISTINCT stored_at FROM ledger_line WHERE stored_at IS NOT NULL")
        assert [one.stored_at for one in found] == [NOW]
        assert row.version == 1

    async def test_shows_parked_until_it_is_stored_after_all(self, runtime: Runtime) -> None:
        receipt, _ = await take_in(runtime, practice(runtime), form())
        care = (await dispatched(runtime))["intake.social-care.v1"]
        await receipts(runtime, [(care, "parked", "")])
        assert (await ledger(runtime, receipt.reference))[Team.FRONT_DOOR] == LineState.PARKED
        await receipts(runtime, [(care, "stored", "")])
        assert (await ledger(runtime, receipt.reference))[Team.FRONT_DOOR] == LineState.STORED

    async def test_raises_the_teams_that_are_over_their_time(self, runtime: Runtime) -> None:
        receipt, _ = await take_in(runtime, practice(runtime), form())
        async with runtime.database.transaction(Actor.service("intake")) as session:
            assert await queries.late_lines(session, now=NOW, limit=9) == ()
            late = await queries.late_lines(session, now=NOW + timedelta(minutes=2), limit=9)
        assert {line.team for line in late} == {Team.IMU, Team.GATEWAY, Team.FRONT_DOOR}
        assert {line.reference for line in late} == {receipt.reference}

    async def test_raises_what_nobody_stored_before_what_is_longer_unacknowledged(self, runtime: Runtime) -> None:
        await take_in(runtime, practice(runtime), form())
        sent = await dispatched(runtime)
        old = ("intake.police.v1", "intake.social-care.v1")
        await receipts(runtime, [(sent[topic], "stored", "") for topic in old])
        new, _ = await take_in(runtime, practice(runtime), form())
        moved = "UPDATE ledger_line SET due_at = due_at + interval '7 days' WHERE stored_at IS NULL RETURNING 1"
        await rows(runtime, moved)
        now = NOW + timedelta(days=10)
        seen: list[queries.LateLine] = []
        async with runtime.database.transaction(Actor.service("intake")) as session:
            while page := await queries.late_lines(session, now=now, limit=2, after=seen[-1].place if seen else None):
                seen += page
            count = await queries.count_late_lines(session, now=now)
        assert [line.stored for line in seen] == [False] * 7 + [True] * 3
        assert new.reference in {line.reference for line in seen[:7]}
        assert seen[0].due_at > seen[-1].due_at
        assert len(set(seen)) == 10
        assert count == queries.LateCount(unstored=7, unacknowledged=3)

    async def test_raises_the_teams_that_stored_and_never_acknowledged(self, runtime: Runtime) -> None:
        receipt, _ = await take_in(runtime, practice(runtime), form())
        sent = await dispatched(runtime)
        police, care = sent["intake.police.v1"], sent["intake.social-care.v1"]
        await receipts(runtime, [(police, "stored", ""), (care, "stored", ""), (police, "acknowledged", "")])
        monday = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
        async with runtime.database.transaction(Actor.service("intake")) as session:
            before = await queries.late_lines(session, now=monday, limit=9)
            after = await queries.late_lines(session, now=monday + timedelta(minutes=1), limit=9)
            found = await queries.ledger(session, receipt.reference)
        [late] = set(after) - set(before)
        assert (late.team, late.stored, late.due_at) == (Team.FRONT_DOOR, True, monday)
        care_line = next(line for line in found.lines if line.team == Team.FRONT_DOOR)
        assert (care_line.overdue(monday), care_line.overdue(monday + timedelta(minutes=1))) == (False, True)


class TestArea:
    async def test_that_withholds_fields_and_documents_from_an_audience_keeps_them_from_nobody_else(
        self, runtime: Runtime, said: dict[str, Any]
    ) -> None:
        local = practice(runtime)
        narrowed = tuple(
            replace(each, withheld=frozenset({"surname"}), documents=False) if each.audience == "social-care" else each
            for each in local.recipients
        )
        _, row = await take_in(runtime, replace(local, recipients=narrowed), None)
        assert (len(said["intake.police.v1"].documents), said["intake.social-care.v1"].documents) == (1, ())
        await read(runtime, row.id, Outcome(form(surname="Synthetic")), replace(local, recipients=narrowed))
        care = said["intake.social-care.v1"]
        assert (care.forenames, care.surname) == ("Sample", "")
        assert said["intake.police.v1"].form.person.surname == "Synthetic"

    async def test_that_wants_unread_originals_kept_from_social_care_tells_it_once_read(self, runtime: Runtime) -> None:
        local = practice(runtime)
        quiet = tuple(replace(each, announce_unread=each.audience != "social-care") for each in local.recipients)
        local = replace(local, recipients=quiet)
        _, row = await take_in(runtime, local, None)
        assert "intake.social-care.v1" not in await topics_of(runtime, row.id)
        await read(runtime, row.id, Outcome(form()), local)
        types = await rows(runtime, "SELECT type FROM outbox WHERE topic = 'intake.social-care.v1'")
        assert [one.type for one in types] == ["intake.safeguarding-concern-received.v1"]

    async def test_without_a_team_has_no_line_and_sends_it_nothing(self, runtime: Runtime) -> None:
        local = practice(runtime)
        local = replace(local, recipients=tuple(each for each in local.recipients if each.team != Team.DOVETAIL))
        receipt, row = await take_in(runtime, local, form())
        assert Team.DOVETAIL not in await ledger(runtime, receipt.reference)
        assert "intake.awareness.v1" not in await topics_of(runtime, row.id)

    async def test_that_tells_nothing_sends_the_referrer_nothing(self, runtime: Runtime) -> None:
        _, row = await take_in(runtime, practice(runtime, tells=frozenset()), form())
        assert "intake.referrer.v1" not in await topics_of(runtime, row.id)


async def read(runtime: Runtime, referral_id: UUID, outcome: Outcome, local: Practice) -> None:
    """Record what the software read."""
    async with runtime.database.transaction(Actor.job("intake", "reading")) as session:
        await operations.record_reading(session, referral_id, outcome, local, likeness_key=KEY, now=NOW)


class TestReading:
    async def test_is_recorded_once(self, runtime: Runtime) -> None:
        _, row = await take_in(runtime, practice(runtime), None)
        for _ in range(2):
            await read(runtime, row.id, Outcome(form()), practice(runtime))
        versions = await rows(runtime, "SELECT version FROM referral_version WHERE referral_id = :id", id=row.id)
        assert [one.version for one in versions] == [1, 2]

    async def test_that_is_doubtful_is_sent_on_and_also_goes_to_the_desk(self, runtime: Runtime) -> None:
        receipt, row = await take_in(runtime, practice(runtime), None)
        await read(runtime, row.id, Outcome(form(), "One answer is doubtful."), practice(runtime))
        async with runtime.database.transaction(Actor.service("intake")) as session:
            found = await queries.desk_referral(session, receipt.reference)
        assert (found.reading, found.reason) == (Reading.UNREAD, "One answer is doubtful.")
        assert found.form is not None

    async def test_does_not_write_to_the_sender_twice(self, runtime: Runtime) -> None:
        _, row = await take_in(runtime, practice(runtime), None)
        await read(runtime, row.id, Outcome(form()), practice(runtime))
        assert (await topics_of(runtime, row.id)).count("intake.referrer.v1") == 1


class TestComplete:
    async def test_is_refused_for_a_referral_that_has_been_read(self, runtime: Runtime) -> None:
        receipt, _ = await take_in(runtime, practice(runtime), form())
        with pytest.raises(ReferralAlreadyRead):
            await self.complete(runtime, receipt.reference)
        with pytest.raises(ReferralUnknown):
            await self.complete(runtime, "KM-2222-2222")

    async def complete(self, runtime: Runtime, reference: str) -> None:
        """Complete a referral at the desk."""
        async with runtime.database.transaction(Actor.service("intake")) as session:
            await operations.complete(session, reference, form(), practice(runtime), likeness_key=KEY, now=NOW)


class TestSameness:
    async def test_of_name_and_birth_names_the_earlier_references(self, runtime: Runtime, said: dict[str, Any]) -> None:
        first, _ = await take_in(runtime, practice(runtime), form(surname="Ó Néill"))
        assert said["intake.police.v1"].possibly_same_as == ()
        second, _ = await take_in(runtime, practice(runtime), form(surname="O'Neill"))
        assert said["intake.police.v1"].possibly_same_as == (first.reference,)
        _, row = await take_in(runtime, practice(runtime), None)
        await read(runtime, row.id, Outcome(form(surname="ONEILL")), practice(runtime))
        assert set(said["intake.police.v1"].possibly_same_as) == {first.reference, second.reference}

    async def test_of_one_sign_gives_the_other_sign_to_the_same_referral(self, runtime: Runtime) -> None:
        message, first, second = (
            key_for(KeyKind.MESSAGE_ID, "<1@x>"),
            key_for(KeyKind.DIGEST, "a"),
            key_for(KeyKind.DIGEST, "b"),
        )
        receipt, row = await take_in(runtime, practice(runtime), None, (message, first))
        again, _ = await take_in(runtime, practice(runtime), None, (message, second))
        later, _ = await take_in(runtime, practice(runtime), None, (second,))
        assert receipt.reference == again.reference == later.reference
        keys = await rows(runtime, "SELECT DISTINCT referral_id FROM arrival_key")
        assert [one.referral_id for one in keys] == [row.id]

    async def test_of_a_key_with_another_body_is_refused(self, runtime: Runtime) -> None:
        await take_in(runtime, practice(runtime), form(), (key_for(KeyKind.IDEMPOTENCY_KEY, "k", b"one"),))
        with pytest.raises(KeyUsedForAnotherRequest):
            await take_in(runtime, practice(runtime), form(), (key_for(KeyKind.IDEMPOTENCY_KEY, "k", b"two"),))

    async def test_forgets_idempotency_keys_and_keeps_message_ids(self, runtime: Runtime) -> None:
        keys = (key_for(KeyKind.IDEMPOTENCY_KEY, "k", b"one"), key_for(KeyKind.MESSAGE_ID, "<1@x>"))
        await take_in(runtime, practice(runtime), form(), keys)
        async with runtime.database.transaction(Actor.service("intake")) as session:
            assert await operations.purge_keys(session, before=NOW + timedelta(days=1), now=NOW) == 1
        assert [row.kind for row in await rows(runtime, "SELECT kind FROM arrival_key")] == ["message-id"]


class TestProgress:
    async def test_tells_the_referrer_once_what_the_area_allows(self, runtime: Runtime) -> None:
        tells = frozenset({ProgressStage.BEING_ASSESSED})
        _, row = await take_in(runtime, practice(runtime, tells=tells), form())
        for stage in (ProgressStage.BEING_ASSESSED, ProgressStage.BEING_ASSESSED, ProgressStage.CLOSED):
            await self.reach(runtime, row.id, stage)
        assert (await topics_of(runtime, row.id)).count("intake.referrer.v1") == 1
        told = await rows(runtime, "SELECT stage, told FROM progress ORDER BY stage")
        assert [(one.stage, one.told) for one in told] == [("being-assessed", True), ("closed", False)]

    async def test_of_an_unknown_referral_is_refused(self, runtime: Runtime) -> None:
        with pytest.raises(ReferralUnknown):
            await self.reach(runtime, uuid4(), ProgressStage.CLOSED)

    async def reach(self, runtime: Runtime, referral_id: UUID, stage: ProgressStage) -> None:
        """Record that triage has reached a stage."""
        async with runtime.database.transaction(Actor.service("intake")) as session:
            await operations.record_progress(session, Progress(referral_id, "triage", stage, NOW, uuid4()), now=NOW)


class TestErase:
    async def test_leaves_no_sign_and_no_way_from_the_statistics(self, runtime: Runtime) -> None:
        keys = (key_for(KeyKind.MESSAGE_ID, "<1@x>"),)
        receipt, row = await take_in(runtime, practice(runtime), form(), keys)
        async with runtime.database.transaction(Actor.operator("tester")) as session:
            await operations.erase_subject(session, row.id)
        [after] = await rows(runtime, "SELECT * FROM referral WHERE reference = :r", r=receipt.reference)
        assert after.referrer_email is None
        assert not await rows(runtime, "SELECT 1 FROM likeness_mark WHERE referral_id = :id", id=row.id)
        assert after.statistics_key != row.statistics_key
        assert await rows(runtime, "SELECT 1 FROM arrival_key") == []
        assert await rows(runtime, "SELECT 1 FROM referral_version WHERE form IS NOT NULL") == []

    async def test_of_an_original_that_waits_to_be_read_ends_the_waiting(self, runtime: Runtime) -> None:
        _, row = await take_in(runtime, practice(runtime), None)
        async with runtime.database.transaction(Actor.operator("tester")) as session:
            assert await queries.originals_to_read(session, limit=9) == (row.id,)
            await operations.erase_subject(session, row.id)
            assert await queries.originals_to_read(session, limit=9) == ()
            assert await queries.unread_referrals(session, now=clock.now(), limit=9) == ()


class TestReference:
    async def test_that_is_taken_is_drawn_again(self, runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
        drawn = iter(["KM-2222-2222", "KM-2222-2222", "KM-3333-3333"])
        monkeypatch.setattr(receiving, "ordinary_reference", lambda *_: next(drawn))
        first, _ = await take_in(runtime, practice(runtime), form(), (key_for(KeyKind.DIGEST, "1"),))
        second, row = await take_in(runtime, practice(runtime), form(), (key_for(KeyKind.DIGEST, "2"),))
        assert (first.reference, second.reference) == ("KM-2222-2222", "KM-3333-3333")
        keys = await rows(runtime, "SELECT 1 FROM arrival_key WHERE referral_id = :id", id=row.id)
        assert len(keys) == 1


class TestLateness:
    async def test_is_counted_for_the_alarm(self, runtime: Runtime) -> None:
        await take_in(runtime, practice(runtime), form())
        await jobs.watch_late_lines(runtime, NOW + timedelta(minutes=2))
        assert jobs.Counted.late_lines == 3
        await jobs.watch_late_lines(runtime, NOW)
        assert jobs.Counted.late_lines == 0
