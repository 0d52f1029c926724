"""Every address has a permission of its service's table, or is public for a reason."""

import pytest

from chassis.policy import PUBLIC
from contracts.catalogue import SERVICES
from contracts.vocabulary import Role
from tests.rules.served import service

OPEN = {
    "intake": "anybody may make a referral",
    "notify": "services, other forces and those whom Channel asks have no account: they come by a link",
}
"""Services that have public pages, each with its reason."""


@pytest.mark.parametrize("name", SERVICES)
class TestRoutes:
    def test_each_page_has_a_permission_from_the_table(self, name: str) -> None:
        made = service(name)
        pages = [*made.pages, *made.ops_routes]
        assert pages
        assert [page.path for page in pages if page.permission not in {PUBLIC, *made.permissions}] == []

    def test_public_pages_have_a_reason(self, name: str) -> None:
        public = [page.path for page in service(name).pages if page.permission == PUBLIC]
        assert bool(public) == (name in OPEN), public

    def test_each_permission_is_given_to_roles_that_exist(self, name: str) -> None:
        roles = {role.value for role in Role}
        strangers = {f"{key}: {role}" for key, given in service(name).permissions.items() for role in given - roles}
        assert strangers == set()

    def test_operator_routes_stay_behind_their_door(self, name: str) -> None:
        assert [page.path for page in service(name).ops_routes if not page.path.startswith("/ops/")] == []

    def test_one_view_per_address(self, name: str) -> None:
        addresses = [(page.method, page.path) for page in service(name).pages]
        assert len(addresses) == len(set(addresses))

    def test_navigation_leads_to_pages(self, name: str) -> None:
        made = service(name)
        assert {target for _, target in made.navigation} <= {page.title for page in made.pages}
