"""Ids that rise with time: their form, their order, and where they must not be used."""

from datetime import UTC, datetime
from uuid import RFC_4122, uuid4

from chassis import outbox
from chassis.actor import Actor
from chassis.app import Runtime
from chassis.ids import rising_id
from chassis.outbox import About
from contracts.intake.awareness import ReferralMade
from contracts.intake.statistics import ReferralCounted
from contracts.specimens import specimen


def test_it_is_a_uuid_of_version_7_that_says_when_it_was_made() -> None:
    before = datetime.now(UTC).timestamp()
    made = rising_id()
    assert (made.version, made.variant) == (7, RFC_4122)
    assert before - 0.001 <= (made.int >> 80) / 1000 <= datetime.now(UTC).timestamp()


def test_ids_of_the_same_millisecond_differ_and_later_ones_are_greater() -> None:
    made = [rising_id() for _ in range(2000)]
    assert len(set(made)) == len(made)
    moments = [each.int >> 80 for each in made]
    assert moments == sorted(moments)
    assert len({each.int & (1 << 62) - 1 for each in made}) == len(made), "the rest is random"


class TestEvents:
    async def test_an_event_has_a_rising_id_and_a_statistics_fact_a_random_one(self, intake: Runtime) -> None:
        """A fact's id must not tell the moment at which the subject's other events were made."""
        about = About(uuid4(), "kent-and-medway", "2026-01", None)
        async with intake.database.transaction(Actor.service("intake")) as session:
            event = await outbox.add(session, specimen(ReferralMade), about=about)
            fact = await outbox.add(session, specimen(ReferralCounted), about=about)
        assert (event.version, fact.version) == (7, 4)
