"""The permission table decides, and a refusal says what is missing and who can give it."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from chassis.actor import Actor, ActorKind
from chassis.policy import PUBLIC, PermissionMissing, allow, may

TABLE = {
    "read-cases": frozenset({"imu-officer", "gateway-supervisor"}),
    "close-case": frozenset({"gateway-supervisor"}),
    "nobody": frozenset[str](),
}


def person(*roles: str) -> Actor:
    return Actor(ActorKind.PERSON, "x", "X", frozenset(roles))


class TestAllow:
    def test_a_role_carries_its_permissions(self) -> None:
        allow(person("imu-officer"), "read-cases", TABLE)

    def test_a_refusal_names_in_words_every_role_that_carries_the_permission(self) -> None:
        with pytest.raises(PermissionMissing) as refused:
            allow(person("board-member"), "read-cases", TABLE)
        assert "the role “Gateway supervisor” or “Intelligence unit officer”: ask" in str(refused.value)
        assert refused.value.reason == "permission-missing"

    @pytest.mark.parametrize("permission", ["nobody", "misspelt", ""])
    def test_what_the_table_does_not_grant_is_refused(self, permission: str) -> None:
        with pytest.raises(PermissionMissing, match="that nobody has been given yet"):
            allow(person("gateway-supervisor"), permission, TABLE)


class TestMay:
    def test_everybody_may_do_what_is_public(self) -> None:
        assert may(Actor.public(), PUBLIC, TABLE)

    def test_the_public_may_do_nothing_else(self) -> None:
        assert not any(may(Actor.public(), permission, TABLE) for permission in TABLE)

    @given(roles=some.frozensets(some.sampled_from(["imu-officer", "gateway-supervisor", "board-member"])))
    def test_agrees_with_allow(self, roles: frozenset[str]) -> None:
        for permission, granting in TABLE.items():
            assert may(person(*roles), permission, TABLE) == bool(roles & granting)
