"""An erased person: nothing of what was said of them and others opens, and their referral stands in no list."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.actor import Actor
from chassis.app import Runtime
from chassis.crypto import SealBroken, together, unseal
from chassis.errors import SubjectErased
from chassis.ops.erasure import erase_stored
from contracts.vocabulary import Role
from services.triage import operations, queries
from services.triage.domain import Command, NotRecorded, Obligation, Record
from services.triage.operations import Act, Told, answer_elsewhere, erase_subject, link_referrals, separate_person
from services.triage.operations.obligations import Owed, keep_obligation
from tests.triage.builders import GATEWAY, IMU, NOW, officer, practice, rows
from tests.triage.conftest import Console, Desk
from tests.triage.people_steps import FIRST, LOCAL, SECOND, THIRD, abroad, answer, arrives, body_of, three
from tests.triage.test_people_pages import text_of

SUPERVISOR = officer(Role.GATEWAY_SUPERVISOR, name="Sita Synthetic")
CANARY = "Canarywords"
ORDER = "request 12 of the data protection officer"


async def said(desk: Desk, one: str, other: str, answered: Any, words: str = CANARY) -> None:
    """Say something of two referrals, with words about both."""
    async with desk.runtime.database.transaction(GATEWAY) as session:
        pair = (await queries.held_by_reference(session, one), await queries.held_by_reference(session, other))
        await link_referrals(session, pair, Told(answered, words), LOCAL, NOW)


async def erase(runtime: Runtime, subject: UUID) -> None:
    """Erase a subject as an operator's order does: the key first, then what is stored."""
    await runtime.database.keys.erase(subject)
    async with runtime.database.transaction(Actor.operator("tester")) as session:
        await erase_stored(session, subject, erase_subject, reason=ORDER, now=NOW + timedelta(hours=1))


async def keys_of(desk: Desk) -> dict[UUID, AESGCM]:
    """Return every key that opens something here."""
    keys = desk.runtime.database.keys
    subjects = {row["subject"] for row in await rows(desk.runtime, "SELECT subject FROM referral")}
    await keys.open(subjects)
    return {subject: AESGCM(keys._cache[subject]) for subject in subjects if subject in keys._cache}


async def telling(desk: Desk, words: str) -> set[str]:
    """Return in which columns a value opens, under whatever keys there are, that holds some words."""
    held = await keys_of(desk)
    asked = """SELECT table_name, column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND data_type = 'bytea'"""
    found = set()
    for place in await rows(desk.runtime, asked):
        table, column = place["table_name"], place["column_name"]
        values = await rows(desk.runtime, f"SELECT {column} AS value FROM {table} WHERE {column} IS NOT NULL")
        if any(words.encode() in plain for row in values for plain in opened(held, row["value"])):
            found.add(f"{table}.{column}")
    return found


def opened(held: dict[UUID, AESGCM], value: bytes) -> Iterator[bytes]:
    """Yield what a value says, in clear, under one key or under several."""
    yield value
    named, layers = together(value)
    if named and all(each in held for each in named):
        for each in reversed(named):
            layers = unseal(held[each], layers, each.bytes)
        yield layers
    for subject, key in held.items():
        try:
            yield unseal(key, value, subject.bytes)
        except SealBroken:
            continue


@pytest.mark.parametrize("which", [0, 1])
class TestWords:
    async def test_about_two_people_open_for_nobody_once_either_is_erased(self, desk: Desk, which: int) -> None:
        subjects = (await three(desk))[:2]
        await said(desk, FIRST, SECOND, "linked")
        before = {"person_merge.sealed_note", "sameness.sealed_reason"}
        assert await telling(desk, CANARY) == before
        kept = await rows(desk.runtime, "SELECT sealed_reason FROM sameness")
        await erase(desk.runtime, subjects[which])
        assert await telling(desk, CANARY) == set()
        # Nor does what a copy of the database kept from before.
        assert not [plain for plain in opened(await keys_of(desk), kept[0]["sealed_reason"]) if b"Canary" in plain]

    async def test_never_leave_triage(self, desk: Desk, which: int) -> None:
        await three(desk)
        await said(desk, *((FIRST, SECOND), (SECOND, FIRST))[which], "linked")
        for row in await rows(desk.runtime, "SELECT DISTINCT type FROM outbox"):
            assert CANARY not in str(await body_of(desk, row["type"])), row["type"]
        [told] = await body_of(desk, "triage.referrals-linked.v1")
        assert "reason" not in told

    async def test_of_the_other_keep_the_answer_and_the_reference(self, desk: Desk, which: int) -> None:
        subjects = (await three(desk))[:2]
        await said(desk, FIRST, SECOND, "cannot-tell")
        await erase(desk.runtime, subjects[which])
        left, gone = subjects[1 - which], (FIRST, SECOND)[which]
        async with desk.runtime.database.transaction(GATEWAY) as session:
            last = (await queries.changes_since(session, left, 1))[-1]
        assert last.note == f"Nobody can tell whether it is the same person as {gone}."

    async def test_that_a_line_of_history_still_holds_go_with_either(self, desk: Desk, which: int) -> None:
        subjects = (await three(desk))[:2]
        await said(desk, FIRST, SECOND, "separate")
        old = f"Not the same person as {(FIRST, SECOND)[which]}: {CANARY}."
        async with desk.runtime.database.transaction(Actor.service("triage")) as session:
            subject = subjects[1 - which]
            act = Act(Command.ANSWER_EARLIER, NOW, Record(reason="separate", rationale=old))
            await operations.saving.carry_out(session, subject, act, practice())
        assert "history.sealed_note" in await telling(desk, CANARY)
        await erase(desk.runtime, subjects[which])
        assert await telling(desk, CANARY) == set()


class TestSeparation:
    @pytest.mark.parametrize("which", [0, 1, 2])
    async def test_words_are_about_everybody_who_was_one_person(self, desk: Desk, which: int) -> None:
        subjects = await three(desk)
        await answer(desk, SECOND, FIRST, "linked")
        await answer(desk, THIRD, SECOND, "linked")
        async with desk.runtime.database.transaction(GATEWAY) as session:
            person = await queries.person_of(session, subjects[0])
            assert person
            await separate_person(session, person, (THIRD,), f"{CANARY}, says his mother.", LOCAL, NOW)
        assert await telling(desk, CANARY) == {"person_merge.sealed_undone_note", "sameness.sealed_reason"}
        await erase(desk.runtime, subjects[which])
        assert await telling(desk, CANARY) == set()
        for reference in {FIRST, SECOND, THIRD} - {(FIRST, SECOND, THIRD)[which]}:
            async with desk.runtime.database.transaction(GATEWAY) as session:
                held = await queries.held_by_reference(session, reference)
                await queries.referral_view(session, held)
                whose = await queries.person_of(session, held.subject)
                assert whose
                await queries.person_view(session, whose)
                assert all(CANARY not in each.reason for each in await queries.sameness(session, reference))


class TestElsewhere:
    @pytest.mark.parametrize("which", [0, 1])
    async def test_words_about_another_areas_referral_go_with_either(self, desk: Desk, which: int) -> None:
        here = await arrives(desk, FIRST)
        there = await abroad(desk)
        async with desk.runtime.database.transaction(GATEWAY) as session:
            held = await queries.held(session, here)
            await answer_elsewhere(session, (held, there), Told("cannot-tell", CANARY), LOCAL, NOW)
            assert (await queries.changes_since(session, here, 1))[-1].note.endswith(f"in another area: {CANARY}")
        assert await telling(desk, CANARY) == {"likeness_elsewhere.sealed_note"}
        await erase(desk.runtime, (here, there)[which])
        assert await telling(desk, CANARY) == set()


class TestReferral:
    async def test_leaves_every_list_and_count(self, console: Console) -> None:
        desk = console.desk
        gone = await arrives(desk, FIRST)
        await desk.clear(gone)
        async with desk.runtime.database.transaction(GATEWAY) as session:
            await operations.take(session, gone, Act(Command.TAKE, NOW), practice())
            held = await queries.held(session, gone)
            for kind in (Obligation.SIGNPOST, Obligation.ACTION):
                await keep_obligation(session, held, Owed(kind, GATEWAY.name, "Synthetic.", NOW), NOW)
        paths = (
            *("/gateway", "/gateway?view=open", "/gateway?officer=mine&sort=due", "/gateway?overdue=1", "/work"),
            *("/obligations", "/obligations.csv", "/forecast"),
        )
        client = await console.signed_in(GATEWAY)
        assert [path for path in paths if FIRST in (await client.get(path)).text]
        await erase(desk.runtime, gone)
        for path in paths:
            assert FIRST not in (await client.get(path)).text, path
        async with desk.runtime.database.transaction(SUPERVISOR) as session:
            assert await queries.queue_counts(session, queries.WORKED_STATES, NOW) == ()
            assert await queries.workload(session, NOW) == ()
            assert await queries.clock_counts(session, NOW + timedelta(days=900), NOW) == ()
            assert await queries.newer(session, queries.WORKED_STATES, 0) == (0, 0)
            assert await queries.find_people(session, FIRST) == ()
            assert await queries.open_obligations(session, gone) == ()
            await queries.last_happened(session)

    async def test_page_says_when_and_under_what_and_offers_nothing(self, console: Console) -> None:
        gone = await arrives(console.desk, FIRST)
        await arrives(console.desk, SECOND, 1)
        await erase(console.desk.runtime, gone)
        for actor in (GATEWAY, SUPERVISOR, IMU):
            client = await console.signed_in(actor)
            page = await client.get(f"/referrals/{FIRST}")
            words = text_of(page)
            assert (page.status_code, "Samplekhan" in words, "Mohammed" in words) == (200, False, False)
            assert f"This person was erased on 18 November 2026 at 11:00am under: {ORDER}." in words
            assert "Nothing is for you to do at this stage." in words
            assert f"/referrals/{FIRST}/same" not in page.text
        assert FIRST not in (await client.get(f"/referrals/{SECOND}")).text

    async def test_takes_no_command_of_anybody(self, desk: Desk) -> None:
        gone = await arrives(desk, FIRST)
        await arrives(desk, SECOND, 1)
        await desk.clear(gone)
        await erase(desk.runtime, gone)
        for actor in (GATEWAY, Actor.service("triage")):
            async with desk.runtime.database.transaction(actor) as session:
                with pytest.raises(SubjectErased):
                    await operations.take(session, gone, Act(Command.TAKE, NOW), practice())
        with pytest.raises(NotRecorded, match="was erased"):
            await said(desk, SECOND, FIRST, "separate")
