"""Topic keys while they are changed: two are valid at once."""

import pytest

from chassis.crypto import SealBroken, TopicKeys, TopicKeyUnknown
from chassis.settings import TopicKey

TOPIC = "intake.police.v1"
OLDER, NEWER = TopicKey("2026-01", bytes(range(32))), TopicKey("2026-02", bytes(range(1, 33)))
BOUND = b"event, type and subject"


class TestTopicKeys:
    def test_what_was_sealed_before_a_rotation_still_opens(self) -> None:
        key_id, sealed = TopicKeys({TOPIC: [OLDER]}).seal(TOPIC, b"synthetic", BOUND)
        assert key_id == OLDER.id
        assert TopicKeys({TOPIC: [NEWER, OLDER]}).unseal(TOPIC, key_id, sealed, BOUND) == b"synthetic"

    def test_new_messages_are_sealed_under_the_first_key(self) -> None:
        key_id, sealed = TopicKeys({TOPIC: [NEWER, OLDER]}).seal(TOPIC, b"synthetic", BOUND)
        assert key_id == NEWER.id
        assert TopicKeys({TOPIC: [NEWER]}).unseal(TOPIC, key_id, sealed, BOUND) == b"synthetic"
        with pytest.raises(SealBroken):
            TopicKeys({TOPIC: [TopicKey(NEWER.id, OLDER.key)]}).unseal(TOPIC, key_id, sealed, BOUND)

    def test_consumers_given_the_new_key_first_open_what_the_publisher_still_sends(self) -> None:
        behind, ahead = TopicKeys({TOPIC: [OLDER]}), TopicKeys({TOPIC: [NEWER, OLDER]})
        for number in range(3):
            plain = b"%d" % number
            assert ahead.unseal(TOPIC, *behind.seal(TOPIC, plain, BOUND), BOUND) == plain

    def test_a_key_that_was_taken_away_opens_nothing(self) -> None:
        key_id, sealed = TopicKeys({TOPIC: [OLDER]}).seal(TOPIC, b"synthetic", BOUND)
        with pytest.raises(TopicKeyUnknown, match="2026-01"):
            TopicKeys({TOPIC: [NEWER]}).unseal(TOPIC, key_id, sealed, BOUND)

    def test_a_key_of_another_topic_does_not_serve(self) -> None:
        held = TopicKeys({TOPIC: [OLDER], "other.v1": [NEWER]})
        key_id, sealed = held.seal("other.v1", b"synthetic", BOUND)
        with pytest.raises(TopicKeyUnknown):
            held.unseal(TOPIC, key_id, sealed, BOUND)
