"""Whom lists offer as owners: everybody whom the area file names, each body once."""

import re
from collections.abc import Mapping
from dataclasses import replace

import httpx2
import pytest

from services.channel.domain import Contact
from services.channel.domain.planning import ItemOwner
from tests.channel.builders import CORA, NOW
from tests.channel.conftest import Console, hidden
from tests.channel.owing_made import INFORMATION, keep, owing, staff, text_of
from tests.channel.panel_made import PETRA, made
from tests.channel.planning_made import adopted, item, plan, planned
from tests.channel.test_clocks import kent
from tests.channel.test_plan_pages import DRAFT, PLAN
from tests.channel.test_room import slot_of

TWICE: Mapping[str, Contact] = {
    "surgery": Contact("surgery", "Sample Surgery"),
    "trust": Contact("trust", "Sample Trust"),
    "early-help": Contact("early-help", "Sample Early Help"),
}
"""Services: one of a partner's name, one of the organisation that a member comes from, and one of its own."""


@pytest.fixture
def named_twice(console: Console) -> Console:
    """Return the console of an area that names a partner and a member's organisation as services too."""
    given = staff(console).team.practices.given
    console.team.practices.given = replace(given, services=TWICE, service_due=dict.fromkeys(TWICE, NOW))
    return console


def options(page: httpx2.Response, name: str) -> dict[str, str]:
    """Return what a list offers: values and labels."""
    (listed,) = re.findall(rf'<select[^>]* name="{name}".*?</select>', page.text, re.DOTALL)
    found = re.findall(r'<option value="([^"]*)"[^>]*>([^<]*)</option>', listed)
    assert len({value for value, _ in found}) == len(found)
    return {value: label.strip() for value, label in found}


class TestChoosable:
    def test_names_every_body_of_the_shipped_area_once(self) -> None:
        practice = kent()
        names = [*practice.choosable().values()]
        assert names.count("Adult social care") == 1
        assert not {"Kent Housing Group", "Probation Service"} & {*names}
        assert {each.id for each in practice.panel.members} <= practice.choosable().keys() <= practice.bodies().keys()
        assert len({name.casefold() for name in names}) == len(names)


class TestLists:
    async def test_of_an_action(self, named_twice: Console) -> None:
        await adopted(named_twice.team)
        offered = options(await (await named_twice.signed_in(CORA)).get(f"{INFORMATION}/action"), "owner")
        assert {"health", "education", "school", "gp", "early-help"} <= offered.keys()
        assert not {"surgery", "trust"} & offered.keys()

    async def test_of_an_action_in_a_meeting(self, console: Console) -> None:
        services = {"police-desk": Contact("police-desk", "Kent Police"), "early-help": TWICE["early-help"]}
        panel = await made(console.team, services=services, service_due=dict.fromkeys(services, NOW))
        await panel.begin()
        await panel.go_on(0)
        offered = options(
            await (await console.signed_in(PETRA)).get(f"{slot_of(panel)}/decisions/panel-defer"), "owner-0"
        )
        assert offered["police"] == "Kent Police: Polly Synthetic"
        assert "police-desk" not in offered
        assert [*offered][-3:] == ["early-help", "-coordinator", "-somebody-else"]

    async def test_of_an_item_of_the_plan_keeps_who_was_chosen_before(self, named_twice: Console) -> None:
        before = ItemOwner("Sample Trust", recipient="trust")
        written = plan(item(owner=before), item())
        await planned(named_twice.team, await adopted(named_twice.team), written)
        client = await named_twice.signed_in(CORA)
        page = await client.get(PLAN)
        await client.post(DRAFT, data={"csrf_token": hidden(page, "csrf_token"), "step": "begin"})
        theirs, another = [await client.get(f"{DRAFT}/items/{each.id}") for each in written.items]
        assert "area:trust" in options(theirs, "owner")
        assert not {"area:trust", "area:surgery"} & options(another, "owner").keys()

    async def test_of_whose_obligations_are_shown_stand_for_both(self, named_twice: Console) -> None:
        subject = await named_twice.team.open()
        for recipient in ("gp", "surgery"):
            await keep(named_twice.team, subject, owing(owner=f"Sample of {recipient}", recipient=recipient))
        client = await named_twice.signed_in(CORA)
        offered = options(await client.get("/owed"), "whose")
        assert [*offered.values()].count("Sample surgery") + [*offered.values()].count("Sample Surgery") == 1
        shown = text_of(await client.get("/owed", params={"whose": "gp"}))
        assert ("Sample of gp" in shown, "Sample of surgery" in shown) == (True, True)
