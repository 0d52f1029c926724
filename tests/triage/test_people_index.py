"""The person index: found on arrival and again before an end, searched, told to other areas, and erased."""

from uuid import uuid4

import pytest
from sqlalchemy import TextClause, text

from chassis.actor import Actor
from contracts.vocabulary import Role
from services.triage import queries
from services.triage.domain import Command, NotOffered
from services.triage.operations import erase_subject, look_again
from services.triage.queries.people import _CANDIDATES, _FOUND
from tests.triage.builders import AREA, GATEWAY, NOW, form, officer, received, rows, version_added
from tests.triage.conftest import Desk
from tests.triage.people_steps import ELSEWHERE, FIRST, OTHER, SECOND, THIRD, abroad, answer, arrives, three, waiting


class TestArrival:
    async def test_finds_earlier_referrals_with_the_evidence_in_words(self, desk: Desk) -> None:
        await three(desk)
        assert await waiting(desk, THIRD) == (FIRST, SECOND)
        assert await waiting(desk, FIRST) == (SECOND, THIRD)
        async with desk.runtime.database.transaction(GATEWAY) as session:
            [first, _] = await queries.suggestions(session, THIRD)
        told = {each.kind: each for each in first.evidence}
        assert told["date-of-birth"].verdict == "agrees"
        assert told["surname"].words

    async def test_leaves_strangers_and_a_brother_alone(self, desk: Desk) -> None:
        await arrives(desk, FIRST)
        await arrives(desk, OTHER, forenames="Ivor", surname="Elsewhere", date_of_birth="1981-02-03")
        assert await waiting(desk, OTHER) == ()
        await arrives(desk, THIRD, forenames="Yusuf", date_of_birth="2006-11-12")
        assert await waiting(desk, THIRD) == ()

    async def test_a_later_version_is_looked_at_too_and_former_names_stay(self, desk: Desk) -> None:
        first = await arrives(desk, FIRST)
        await arrives(desk, SECOND, forenames="Ivor", surname="Elsewhere", date_of_birth="1981-02-03")
        assert await waiting(desk, FIRST) == ()
        corrected = form(forenames="Ivor", surname="Elsewhere", date_of_birth="1981-02-03")
        await desk.hear(version_added(reference=FIRST, form=corrected), first)
        assert await waiting(desk, FIRST) == (SECOND,)
        await arrives(desk, THIRD)
        async with desk.runtime.database.transaction(GATEWAY) as session:
            names = (await queries.identified(session, [first]))[first].identity.names
        assert names == ("Ivor Elsewhere", "Mohammed Samplekhan")

    async def test_again_changes_nothing(self, desk: Desk) -> None:
        first, second, _ = await three(desk)
        before = await rows(desk.runtime, "SELECT key, subject FROM person_key ORDER BY key, subject")
        assert before
        again = form(forenames="Muhammad", surname="Samplekhan", date_of_birth="2009-04-27")
        await desk.hear(version_added(reference=SECOND, form=again), second)
        assert await rows(desk.runtime, "SELECT key, subject FROM person_key ORDER BY key, subject") == before
        assert await waiting(desk, SECOND) == (FIRST, THIRD)
        persons = await rows(desk.runtime, "SELECT person FROM person_referral")
        assert len({row["person"] for row in persons}) == 3
        assert first

    async def test_keeps_no_name_and_no_number_readable(self, desk: Desk) -> None:
        await arrives(desk, FIRST, phones=["01632 960001"])
        for table in ("person_key", "person_referral", "likeness", "person_merge"):
            found = await rows(desk.runtime, f"SELECT {table}::text AS whole FROM {table}")
            assert not any("ample" in row["whole"] or "960001" in row["whole"] for row in found)

    async def test_what_both_missed_is_found_before_an_end(self, desk: Desk) -> None:
        """Two that arrive in the same moment cannot see each other; the search before a decision finds them."""
        await three(desk)
        async with desk.runtime.database.transaction(Actor.service("triage")) as session:
            await session.execute(text("DELETE FROM likeness"))
        assert await waiting(desk, THIRD) == ()
        async with desk.runtime.database.transaction(GATEWAY) as session:
            assert await look_again(session, THIRD, NOW)
            assert not await look_again(session, THIRD, NOW)
        assert await waiting(desk, THIRD) == (FIRST, SECOND)

    async def test_brings_referrals_from_before_the_index_into_it(self, desk: Desk) -> None:
        await three(desk)
        async with desk.runtime.database.transaction(Actor.service("triage")) as session:
            for sentence in (
                "DELETE FROM person_key",
                "DELETE FROM likeness",
                "UPDATE person_referral SET sealed_identity = NULL, waiting = true",
            ):
                await session.execute(text(sentence))
        await desk.index()
        assert await waiting(desk, THIRD) == (FIRST, SECOND)


class TestWaiting:
    async def test_no_end_before_earlier_referrals_were_looked_for(self, desk: Desk) -> None:
        subject = await arrives(desk, FIRST)
        await desk.clear(subject)
        async with desk.runtime.database.transaction(Actor.service("triage")) as session:
            await session.execute(text("UPDATE person_referral SET waiting = true"))
        with pytest.raises(NotOffered, match="still being looked for"):
            await desk.decide(subject, Command.CLOSE)
        await desk.index()
        await desk.decide(subject, Command.CLOSE)

    async def test_what_could_not_be_read_waits_for_nothing(self, desk: Desk) -> None:
        await desk.open(received(form=None, unread_reason="no-form-found"))
        assert await rows(desk.runtime, "SELECT waiting FROM person_referral") == [{"waiting": False}]


class TestOtherAreas:
    async def test_are_told_of_each_other_and_no_more(self, desk: Desk) -> None:
        here = await arrives(desk, FIRST)
        there = await abroad(desk)
        away = officer(Role.GATEWAY_OFFICER, name="Nora Synthetic", areas=frozenset({ELSEWHERE}))
        for actor, own, area in ((GATEWAY, here, ELSEWHERE), (away, there, AREA)):
            async with desk.runtime.database.transaction(actor) as session:
                [told] = await queries.elsewhere(session, own)
                assert (told.other_area, told.answer) == (area, "")
                assert (await queries.held(session, own)).situation.earlier_unanswered == 1
                reference = (await queries.held(session, own)).reference
                assert await queries.unanswered(session, reference) == ()
                assert len(await queries.find_people(session, "Mohammed Samplekhan")) == 1


class TestSearch:
    async def test_finds_by_reference_name_in_any_spelling_number_and_postcode(self, desk: Desk) -> None:
        await arrives(
            desk, FIRST, phones=["01632 960001"], addresses=[{"lines": "1 Sample Road", "postcode": "CT9 1AA"}]
        )
        await arrives(desk, OTHER, forenames="Ivor", surname="Elsewhere", date_of_birth="1981-02-03")
        async with desk.runtime.database.transaction(GATEWAY) as session:
            for typed, how in (
                ("km 4b8n6twa", "reference"),
                ("Muhammed samplekhan", "name"),
                ("Samplekhan, Mohamed", "name"),
                ("+44 1632 960001", "telephone number"),
                ("ct91aa", "postcode"),
            ):
                found = await queries.find_people(session, typed)
                assert [(each.reference, each.how) for each in found] == [(FIRST, how)], typed
            for typed in ("", "  ", "Nobody Atall", "KM-BBBB-BBBK"):
                assert await queries.find_people(session, typed) == (), typed

    async def test_finds_a_part_of_a_name_and_nobody_by_what_resembles_nothing(self, desk: Desk) -> None:
        await arrives(desk, FIRST, forenames="Mohammed Ali", surname="Smith-Jones", date_of_birth="2009-04-27")
        await arrives(desk, SECOND, forenames="Shirin", surname="Begum", date_of_birth="1981-02-03")
        await arrives(desk, THIRD, forenames="Kasia", surname="Hickson", date_of_birth="1990-02-03")
        async with desk.runtime.database.transaction(GATEWAY) as session:
            for typed, reference in (
                ("Ali", FIRST),
                ("Smith", FIRST),
                ("jones", FIRST),
                ("Begum", SECOND),
                ("begam 1981", SECOND),
                ("Hixon", THIRD),
            ):
                assert [each.reference for each in await queries.find_people(session, typed)] == [reference], typed
            for typed in ("xyzzy", "Begum 1975", "Ali Thornwick"):
                assert await queries.find_people(session, typed) == (), typed


class TestIndex:
    @pytest.mark.parametrize("sentence", [_CANDIDATES, _FOUND])
    async def test_keys_are_read_from_their_index_alone_although_areas_are_asked(
        self, desk: Desk, sentence: TextClause
    ) -> None:
        """With 30,000 referrals to a common key, whatever reads the table too reads that many pages of it."""
        await arrives(desk, FIRST)
        asked = {"keys": [1, 2], "subject": uuid4(), "most": 40}
        async with desk.runtime.database.transaction(GATEWAY) as session:
            for kind in ("seqscan", "bitmapscan"):
                await session.execute(text(f"SET LOCAL enable_{kind} = off"))
            named = {name: asked[name] for name in sentence._bindparams}
            plan = [row[0] for row in await session.rows(text("EXPLAIN " + sentence.text), named)]
        assert any("Index Only Scan Backward using person_key_pkey" in line for line in plan), plan


class TestRestricted:
    async def test_is_found_by_its_reference_alone_and_without_a_name(self, desk: Desk) -> None:
        subject = await arrives(desk, FIRST)
        async with desk.runtime.database.transaction(Actor.service("triage")) as session:
            await session.execute(text("UPDATE referral SET restricted = true WHERE subject = :s"), {"s": subject})
        async with desk.runtime.database.transaction(GATEWAY) as session:
            assert await queries.find_people(session, "Mohammed Samplekhan") == ()
            [found] = await queries.find_people(session, FIRST)
        assert (found.reference, found.name, found.identity, found.restricted) == (FIRST, "", None, True)
        assert found.hidden


class TestErasing:
    async def test_takes_keys_evidence_and_identity_and_leaves_the_others_together(self, desk: Desk) -> None:
        first, second, third = await three(desk)
        await answer(desk, SECOND, FIRST, "linked")
        await answer(desk, THIRD, FIRST, "linked")
        async with desk.runtime.database.transaction(Actor.operator("tester")) as session:
            await erase_subject(session, second)
        for table in ("person_key", "person_referral"):
            assert not await rows(desk.runtime, f"SELECT 1 FROM {table} WHERE subject = :s", s=second)
        gone = "SELECT 1 FROM person_merge WHERE subject = :s OR other_subject = :s"
        assert not await rows(desk.runtime, gone, s=second)
        alike = await rows(desk.runtime, "SELECT * FROM likeness")
        assert all(SECOND not in (row["reference"], row["other_reference"]) for row in alike)
        async with desk.runtime.database.transaction(GATEWAY) as session:
            view = await queries.person_view(session, await queries.person_of(session, first) or uuid4())
        assert [each.held.reference for each in view.referrals] == [FIRST, THIRD]
        assert third
