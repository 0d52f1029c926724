"""Who may do what: applies a service's permission table, and says why when the answer is no."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import ClassVar

from chassis.actor import Actor
from chassis.errors import Forbidden
from contracts.vocabulary import ROLE_WORDS, Role

PUBLIC = "public"
"""The permission of a page that anybody may open without signing in."""

PermissionTable = Mapping[str, AbstractSet[str]]


class PermissionMissing(Forbidden):
    """The actor holds none of the roles that carry the permission."""

    reason: ClassVar[str] = "permission-missing"

    def __init__(self, granting: AbstractSet[str]) -> None:
        """Say in words which roles carry the permission."""
        names = sorted(ROLE_WORDS[Role(role)] for role in granting)
        super().__init__(
            f"This is only for people with the role {_either(names)}: "
            "ask the person who manages your organisation's accounts if you should have it."
        )


def allow(actor: Actor, permission: str, table: PermissionTable) -> None:
    """Return when one of the actor's roles carries the permission; raise PermissionMissing otherwise.

    A permission that the table lacks is refused too: a page can never be open by a slip of the pen.
    """
    if not may(actor, permission, table):
        raise PermissionMissing(table.get(permission, frozenset()))


def may(actor: Actor, permission: str, table: PermissionTable) -> bool:
    """Say whether one of the actor's roles carries the permission; PUBLIC is carried by everybody."""
    return permission == PUBLIC or not actor.roles.isdisjoint(table.get(permission, frozenset()))


def in_words(name: str) -> str:
    """Return a kebab-case name as words: "gateway-officer" becomes "gateway officer"."""
    return str(name).replace("-", " ").replace("_", " ")


def _either(names: list[str]) -> str:
    if not names:
        return "that nobody has been given yet"
    return " or ".join(f"“{name}”" for name in names)
