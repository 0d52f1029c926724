"""Referrals about perhaps the same person: found by keyed marks, routed at once, linked or separated by a person."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis.actor import Actor, ActorKind
from chassis.app import Runtime
from contracts.vocabulary import ReferralForm
from services.intake import jobs, operations
from services.intake.app import service
from services.intake.domain import (
    Addition,
    Answer,
    AnsweredIn,
    AnsweredMeanwhile,
    ClaimedBySomebody,
    PairAnswer,
    PairOfOne,
    PairUnknown,
    ReasonMissing,
    ReferralAlreadyRead,
    marks_of,
)
from services.intake.domain.links import sound_of
from tests.conftest import RuntimeOf
from tests.intake.builders import form, rows
from tests.intake.test_operations import KEY, NOW, arriving, practice, take_in
from tests.intake.test_operations_correcting import told

STORY = (
    "He has begun to watch videos of violent extremist groups every evening after school and shares them with two "
    "younger pupils on the bus (synthetic). His mother says that he no longer goes to football and speaks of a war "
    "that is coming, and he drew the sign of the group on his exercise book on Monday."
)


def officer(name: str = "Dana Synthetic", area: str = "kent-and-medway") -> Actor:
    """Return a signed-in synthetic desk officer."""
    return Actor(ActorKind.PERSON, name.lower(), name, frozenset({"intake-desk-officer"}), frozenset({area}))


@pytest.fixture
async def runtime(runtime_of: RuntimeOf) -> Runtime:
    """Intake's runtime without background work."""
    return await runtime_of(service())


def telling(words: str, **person: Any) -> ReferralForm:
    """Return a form with a narrative."""
    filled = form(**person)
    return filled.model_copy(update={"concerns": filled.concerns.model_copy(update={"narrative": words})})


async def answer(runtime: Runtime, references: tuple[str, str], said: Answer, reason: str = "Synthetic.") -> None:
    """Answer as a desk officer."""
    async with runtime.database.transaction(officer()) as session:
        await operations.answer_pair(session, references, said, reason, now=NOW)


async def two_alike(runtime: Runtime) -> tuple[str, str, UUID]:
    """Receive two referrals about the same person; return their references and the id of the later one."""
    for _ in range(2):
        await take_in(runtime, practice(runtime), form())
    earlier, later = await rows(runtime, "SELECT id, reference FROM referral ORDER BY id")
    return earlier.reference, later.reference, later.id


class TestLikeness:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ({"surname": "O’Synthetic"}, {"surname": "o'synthétic"}),
            ({"surname": "Before"}, {"surname": "Married"}),
            (
                {"forenames": "Mohammed Sample", "surname": "Hussain", "date_of_birth": "2009-04-27"},
                {"forenames": "Muhamad", "surname": "Hussein", "date_of_birth": "2009-07-24"},
            ),
            ({"forenames": "Sample", "surname": "Turned"}, {"forenames": "Turned", "surname": "Sample"}),
        ],
    )
    def test_is_seen_in_variants_of_a_name(self, one: dict[str, str], other: dict[str, str]) -> None:
        assert set(marks_of(form(**one), KEY)) & set(marks_of(form(**other), KEY))

    def test_is_not_seen_in_another_person(self) -> None:
        other = {"forenames": "Alex", "surname": "Different", "date_of_birth": "2001-01-02"}
        assert not set(marks_of(form(), KEY)) & set(marks_of(form(**other), KEY))

    def test_is_seen_in_nearly_the_same_words(self) -> None:
        unknown = {"date_of_birth": None, "approximate_age": 15}
        marks = set(marks_of(telling(STORY, **unknown), KEY))
        assert len(marks) == 3
        assert marks & set(marks_of(telling(STORY.replace("Monday", "Tuesday"), **unknown), KEY))
        others = "Another synthetic account about quite another matter, told by another school in other words. " * 5
        assert not marks & set(marks_of(telling(others, **unknown), KEY))

    def test_of_short_words_is_not_looked_for(self) -> None:
        unknown = {"date_of_birth": None, "approximate_age": 15}
        assert marks_of(telling("See the attached form, please.", **unknown), KEY) == ()

    def test_cannot_be_tried_without_the_key(self) -> None:
        assert not set(marks_of(form(), KEY)) & set(marks_of(form(), b"another key"))

    def test_sounds_keep_different_names_apart(self) -> None:
        assert sound_of("Smith") != sound_of("Jones")
        assert sound_of("Phillips") == sound_of("Filips")


class TestSuggestion:
    async def test_names_at_most_the_five_best(self, runtime: Runtime) -> None:
        local = practice(runtime)
        first, _ = await take_in(runtime, local, telling(STORY))
        for number in range(6):
            await take_in(runtime, local, form(forenames=f"Other{number}"))
        _, row = await take_in(runtime, local, telling(STORY))
        [event] = await told(runtime, row.id, "intake.police.v1")
        assert len(event["possibly_same_as"]) == 5
        assert event["possibly_same_as"][0] == first.reference
        mine = "SELECT * FROM referral_pair WHERE :id IN (earlier_id, later_id)"
        pairs = await rows(runtime, mine, id=row.id)
        assert {pair.answer for pair in pairs} == {"waiting"}
        assert len(pairs) == 5

    async def test_what_few_share_tells_more_than_what_many_share(self, runtime: Runtime) -> None:
        """A school writes the same words of everybody: they hide nobody who comes again under a name of their own."""
        local = practice(runtime)
        first, _ = await take_in(runtime, local, telling(STORY, surname="Rare"))
        for number in range(6):
            await take_in(runtime, local, telling(STORY, surname=f"Often{number}"))
        _, row = await take_in(runtime, local, telling(STORY, surname="Rare"))
        [event] = await told(runtime, row.id, "intake.police.v1")
        assert event["possibly_same_as"][0] == first.reference

    async def test_does_not_come_back_once_separated(self, runtime: Runtime) -> None:
        first, second, later = await two_alike(runtime)
        await answer(runtime, (second, first), Answer.SEPARATE)
        addition = Addition(form=form())
        async with runtime.database.transaction(Actor.public()) as session:
            await operations.add_version_by_referrer(
                session, later, addition, practice(runtime), likeness_key=KEY, now=NOW
            )
        assert (await told(runtime, later, "intake.police.v1"))[-1]["possibly_same_as"] == []
        [pair] = await rows(runtime, "SELECT * FROM referral_pair")
        assert pair.answer == "separate"


async def found_again(runtime: Runtime) -> list[Any]:
    """Look again at what came in lately; return the pairs that there are then."""
    await jobs.liken_what_came_together(runtime, NOW)
    return await rows(runtime, "SELECT earlier_id, later_id, answer FROM referral_pair ORDER BY earlier_id, later_id")


class TestTogether:
    """Who came in at the same moment does not see the other; a job looks again, and nothing waits for it."""

    async def test_in_one_transaction(self, runtime: Runtime) -> None:
        alike = [arriving(practice(runtime), form()) for _ in range(2)]
        async with runtime.database.transaction(Actor.public()) as session:
            await operations.receive_all(session, alike, now=NOW)
        assert await rows(runtime, "SELECT 1 FROM referral_pair") == []
        ids = [row.id for row in await rows(runtime, "SELECT id FROM referral ORDER BY id")]
        [pair] = await found_again(runtime)
        assert ([pair.earlier_id, pair.later_id], pair.answer) == (ids, "waiting")
        assert len(await found_again(runtime)) == 1

    async def test_in_two_transactions_at_once(self, runtime: Runtime) -> None:
        async with runtime.database.transaction(Actor.public()) as one:
            await operations.receive(one, arriving(practice(runtime), form()), now=NOW)
            await take_in(runtime, practice(runtime), form())
        assert await rows(runtime, "SELECT 1 FROM referral_pair") == []
        assert len(await found_again(runtime)) == 1

    async def test_but_not_what_a_person_kept_apart_or_what_was_erased(self, runtime: Runtime) -> None:
        first, second, later = await two_alike(runtime)
        await answer(runtime, (first, second), Answer.SEPARATE)
        assert [pair.answer for pair in await found_again(runtime)] == ["separate"]
        async with runtime.database.transaction(Actor.operator("tester")) as session:
            await operations.erase_subject(session, later)
        assert await found_again(runtime) == []

    async def test_leaves_alone_what_has_enough_pairs_and_what_came_long_ago(self, runtime: Runtime) -> None:
        for _ in range(8):
            await take_in(runtime, practice(runtime), form())
        before = await rows(runtime, "SELECT 1 FROM referral_pair")
        assert len(await found_again(runtime)) == len(before)
        await rows(runtime, "DELETE FROM referral_pair RETURNING 1")
        await rows(runtime, "UPDATE referral_version SET added_at = added_at - interval '1 hour' RETURNING 1")
        assert await found_again(runtime) == []


class TestAnswer:
    async def test_is_told_to_the_police_audited_and_can_be_changed(self, runtime: Runtime) -> None:
        first, second, later = await two_alike(runtime)
        await answer(runtime, (first, second), Answer.LINKED, "The same synthetic boy.")
        with pytest.raises(AnsweredMeanwhile):
            await answer(runtime, (first, second), Answer.LINKED)
        await answer(runtime, (first, second), Answer.SEPARATE, "It was his brother (synthetic).")
        events = [each for each in await told(runtime, later, "intake.police.v1") if "linked" in each["type"]]
        assert [(each["reference"], each["other_reference"], each["answer"]) for each in events] == [
            (second, first, "linked"),
            (second, first, "separate"),
        ]
        assert events[0]["answered_by"] == "Dana Synthetic"
        audited = await rows(runtime, "SELECT action FROM audit_entry WHERE action LIKE 'referral.%ed' ORDER BY id")
        assert [row.action for row in audited if "link" in row.action or "separat" in row.action] == [
            *["referral.linked"] * 2,
            *["referral.separated"] * 2,
        ]
        kept = await rows(runtime, "SELECT * FROM pair_answer ORDER BY id")
        assert [row.answer for row in kept] == ["linked", "separate"]
        assert b"brother" not in kept[1].sealed_reason

    async def test_needs_a_reason_and_two_referrals_of_ones_areas(self, runtime: Runtime) -> None:
        first, second, _ = await two_alike(runtime)
        with pytest.raises(ReasonMissing):
            await answer(runtime, (first, second), Answer.LINKED, " ")
        with pytest.raises(PairOfOne):
            await answer(runtime, (first, first), Answer.LINKED)
        with pytest.raises(PairUnknown):
            await answer(runtime, (first, "KM-BBBB-BBBK"), Answer.LINKED)
        async with runtime.database.transaction(officer(area="northmere")) as session:
            with pytest.raises(PairUnknown):
                await operations.answer_pair(session, (first, second), Answer.LINKED, "Synthetic.", now=NOW)

    async def test_of_the_police_counts_when_it_is_the_later_one(self, runtime: Runtime) -> None:
        first, second, _ = await two_alike(runtime)
        await answer(runtime, (first, second), Answer.LINKED)
        for hours, expected in ((-1, "linked"), (1, "separate")):
            given = PairAnswer(Answer.SEPARATE, AnsweredIn.TRIAGE, "Gita Synthetic", NOW + timedelta(hours=hours))
            async with runtime.database.transaction(Actor.service("intake")) as session:
                await operations.note_pair_answer(session, (second, first), given, now=NOW)
            [pair] = await rows(runtime, "SELECT * FROM referral_pair")
            assert pair.answer == expected
        assert len(await rows(runtime, "SELECT 1 FROM pair_answer")) == 3

    async def test_is_forgotten_with_either_referral(self, runtime: Runtime) -> None:
        first, second, later = await two_alike(runtime)
        await answer(runtime, (first, second), Answer.LINKED)
        async with runtime.database.transaction(Actor.operator("tester")) as session:
            await operations.erase_subject(session, later)
        assert await rows(runtime, "SELECT 1 FROM referral_pair UNION SELECT 1 FROM pair_answer") == []


class TestClaim:
    async def test_names_one_owner_and_is_taken_over_with_a_reason(self, runtime: Runtime) -> None:
        receipt, row = await take_in(runtime, practice(runtime), None)
        assert row.complete_by is not None
        await claim(runtime, receipt.reference, officer())
        await claim(runtime, receipt.reference, officer())
        with pytest.raises(ClaimedBySomebody):
            await claim(runtime, receipt.reference, officer("Erin Synthetic"))
        await claim(runtime, receipt.reference, officer("Erin Synthetic"), "Dana’s shift is over (synthetic).")
        claims = await rows(runtime, "SELECT * FROM desk_claim ORDER BY id")
        assert [(each.officer_name, each.ended_at is None) for each in claims] == [
            ("Dana Synthetic", False),
            ("Erin Synthetic", True),
        ]
        assert b"shift" not in claims[1].sealed_reason

    async def test_ends_when_the_referral_is_complete(self, runtime: Runtime) -> None:
        receipt, _ = await take_in(runtime, practice(runtime), None)
        await claim(runtime, receipt.reference, officer())
        async with runtime.database.transaction(officer()) as session:
            await operations.complete(session, receipt.reference, form(), practice(runtime), likeness_key=KEY, now=NOW)
        assert await rows(runtime, "SELECT 1 FROM desk_claim WHERE ended_at IS NULL") == []
        with pytest.raises(ReferralAlreadyRead):
            await claim(runtime, receipt.reference, officer())


async def claim(runtime: Runtime, reference: str, actor: Actor, reason: str = "") -> None:
    """Claim as an officer."""
    async with runtime.database.transaction(actor) as session:
        await operations.claim(session, reference, reason=reason, now=NOW)
