"""The rules of watching."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from services.monitor import readers
from services.monitor.domain import (
    NAMES,
    SERVICES_ASKED,
    HealthState,
    ServiceReading,
    SpanNode,
    Trouble,
    checkpoint_findings,
    findings,
    is_due,
    tree,
    what_it_was,
)
from tests.monitor.builders import NOW, a_checkpoint, a_fact, a_reading, a_topic, checkpoint_answer
from tests.rules import deployed


def walked(nodes: tuple[SpanNode, ...]) -> Iterator[SpanNode]:
    for node in nodes:
        yield node
        yield from walked(node.children)


class TestTree:
    def test_puts_children_inside_their_parents_oldest_first(self) -> None:
        (root,) = tree([a_fact(3, 1, start_ms=5), a_fact(1, took_ms=20), a_fact(2, 1, start_ms=1)])
        assert root.span.name == "step 1"
        assert [child.span.name for child in root.children] == ["step 2", "step 3"]

    def test_measures_against_the_whole_tree(self) -> None:
        (root,) = tree([a_fact(1, took_ms=100), a_fact(2, 1, start_ms=50, took_ms=150)])
        assert (root.start, root.width) == (0.0, 0.5)
        assert root.children[0].start == pytest.approx(0.25)
        assert root.children[0].width == pytest.approx(0.75)

    def test_shows_a_span_whose_parent_was_lost(self) -> None:
        assert [node.span.name for node in tree([a_fact(2, 1)])] == ["step 2"]

    def test_survives_a_circle(self) -> None:
        assert sorted(node.span.name for node in walked(tree([a_fact(1, 2), a_fact(2, 1)]))) == ["step 1", "step 2"]

    @given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 60)), max_size=80))
    def test_shows_every_span_once_whatever_the_parents(self, pairs: list[tuple[int, int]]) -> None:
        facts = {number: a_fact(number, parent) for number, parent in pairs}
        shown = [node.span.name for node in walked(tree(facts.values()))]
        assert sorted(shown) == sorted(fact.name for fact in facts.values())

    def test_survives_a_very_deep_chain(self) -> None:
        facts = [a_fact(number, number - 1, start_ms=number) for number in range(1, 2000)]
        assert len(list(walked(tree(facts)))) == len(facts)


class TestWhatItWas:
    @pytest.mark.parametrize(
        ("name", "attributes", "words"),
        [
            ("notify.send", {"audience": "referrer"}, "a message to the referrer"),
            ("notify.send", {}, "a message"),
            ("POST /referral/declaration", {}, "somebody sent something to intake"),
            ("handle triage.referral-progressed.v1", {}, "intake took an event in"),
            ("smtp DATA", {}, "a referral came in by email"),
            ("sweep", {}, "work of intake"),
        ],
    )
    def test_reads_in_words(self, name: str, attributes: dict[str, str], words: str) -> None:
        assert what_it_was(replace(a_fact(1), name=name, attributes=attributes)) == words


class TestIsDue:
    def test_asks_a_ready_service_every_15_seconds_and_another_at_once(self) -> None:
        soon, later = NOW + timedelta(seconds=5), NOW + timedelta(seconds=15)
        assert is_due(None, NOW)
        assert not is_due(a_reading(), soon)
        assert is_due(a_reading(), later)
        assert is_due(a_reading(state=HealthState.NOT_READY), soon)

    def test_is_not_stopped_by_a_clock_that_was_moved_back(self) -> None:
        assert is_due(a_reading(), NOW - timedelta(days=180))


class TestFindings:
    def test_a_quiet_service_has_none(self) -> None:
        busy = a_reading(waits=29, unstored=59, topics=(a_topic(lag=3), a_topic(lag=None)))
        assert findings(busy, None) == ()

    def test_count_in_words(self) -> None:
        (found,) = findings(a_reading(unstored=75), None)
        assert "no receipt for 1 delivery, the oldest announced 75 seconds ago" in found.sentence

    @pytest.mark.parametrize(
        ("reading", "reason"),
        [
            (a_reading(state=HealthState.UNREACHABLE), Trouble.SERVICE_UNREACHABLE),
            (a_reading(state=HealthState.NOT_READY), Trouble.SERVICE_NOT_READY),
            (a_reading(waits=31), Trouble.OUTBOX_BEHIND),
            (a_reading(unstored=61), Trouble.EVENTS_NOT_STORED),
            (a_reading(topics=(a_topic(lag=1_001),)), Trouble.CONSUMER_BEHIND),
            (a_reading(topics=(a_topic(held=1),)), Trouble.MESSAGES_HELD),
            (a_reading(topics=(a_topic(parked=1),)), Trouble.MESSAGES_PARKED),
        ],
    )
    def test_name_the_trouble(self, reading: ServiceReading, reason: Trouble) -> None:
        assert [found.reason for found in findings(reading, reading.state)] == [reason]

    @pytest.mark.parametrize("before", [None, HealthState.READY, HealthState.NOT_READY])
    def test_one_silence_is_not_yet_an_alarm(self, before: HealthState | None) -> None:
        assert findings(a_reading(state=HealthState.UNREACHABLE), before) == ()


class TestCheckpointFindings:
    def test_a_chain_that_grows_is_fine(self) -> None:
        known = (a_checkpoint(1), a_checkpoint(5))
        assert checkpoint_findings("triage", known, (a_checkpoint(5), a_checkpoint(9))) == ()

    def test_the_first_offer_is_believed(self) -> None:
        assert checkpoint_findings("triage", (), (a_checkpoint(1),)) == ()

    def test_a_rewritten_entry_is_found(self) -> None:
        found = checkpoint_findings("triage", (a_checkpoint(5),), (a_checkpoint(5, content=b"other"),))
        assert [one.reason for one in found] == [Trouble.CHECKPOINT_CONTRADICTS]

    def test_a_chain_cut_short_is_found(self) -> None:
        found = checkpoint_findings("triage", (a_checkpoint(5),), ())
        assert [one.reason for one in found] == [Trouble.AUDIT_CHAIN_SHORTENED]

    def test_another_key_is_found(self) -> None:
        offered = (a_checkpoint(5), a_checkpoint(6, key=Ed25519PrivateKey.from_private_bytes(bytes(32))))
        found = checkpoint_findings("triage", (a_checkpoint(5),), offered)
        assert [one.reason for one in found] == [Trouble.AUDIT_KEY_CHANGED]

    def test_a_signature_of_another_service_is_found(self) -> None:
        (stolen,) = readers.checkpoints("triage", {"checkpoints": [checkpoint_answer(2, service="channel")]})
        found = checkpoint_findings("triage", (), (a_checkpoint(1), stolen))
        assert [one.reason for one in found] == [Trouble.CHECKPOINT_SIGNATURE_BROKEN]


class TestFigures:
    def test_are_offered_by_the_service_that_is_asked(self) -> None:
        assert deployed.figures() >= NAMES
        assert {"intake", "notify", "stats"} == SERVICES_ASKED
