"""The machinery of a transition table, on a workflow that no service has."""

from dataclasses import dataclass, replace
from enum import StrEnum

import pytest

from chassis.transitions import NotInThisState, NotOffered, NotRecorded, Row, Workflow
from contracts.vocabulary import Role


class Lamp(StrEnum):
    OFF = "off"
    ON = "on"
    LEFT_ON = "left-on"


class Switch(StrEnum):
    HANG = "hang"
    LIGHT = "light"
    DIM = "dim"
    LEAVE = "leave"


@dataclass(frozen=True)
class Room:
    state: Lamp
    fuse: bool = True


@dataclass(frozen=True)
class House:
    current: bool = True


@dataclass(frozen=True)
class Written:
    why: str = ""


def _has_current(_: Room, house: House) -> str:
    return "" if house.current else "The house has no current."


def _has_a_fuse(room: Room, _: House) -> str:
    return "" if room.fuse else "The fuse is missing."


def _burns_unseen(room: Room, _: House) -> str:
    return "" if room.fuse else "Nobody knows whether it burns: look first."


Lighting = Row[Lamp, Switch, Room, House]
OFFICER = frozenset({Role.GATEWAY_OFFICER})
OFF, ON = frozenset({Lamp.OFF}), frozenset({Lamp.ON})
EITHER = frozenset({Role.GATEWAY_OFFICER, Role.IMU_OFFICER})
LAMP: Workflow[Lamp, Switch, Room, House, Lighting] = Workflow(
    rows=(
        Row(Switch.HANG, "Hang it", frozenset(), Lamp.OFF, frozenset()),
        Row(Switch.LIGHT, "Light: switch on", OFF, Lamp.ON, OFFICER, ("why",), guards=(_has_current, _has_a_fuse)),
        Row(Switch.LIGHT, "Light it more", ON, None, EITHER),
        Row(Switch.DIM, "Dim it", ON | {Lamp.LEFT_ON}, Lamp.OFF, EITHER),
        Row(Switch.LEAVE, "It is left", ON, Lamp.LEFT_ON, frozenset()),
    ),
    noun="lamp",
    states={Lamp.OFF: "Off", Lamp.ON: "On", Lamp.LEFT_ON: "Left on"},
    asked_for={"why": "Say why"},
)


class TestRowFor:
    def test_tells_the_rows_of_a_command_by_the_state(self) -> None:
        assert LAMP.row_for(Switch.LIGHT, Lamp.OFF).target is Lamp.ON
        assert LAMP.row_for(Switch.LIGHT, Lamp.ON).target is None
        assert LAMP.row_for(Switch.HANG, None).target is Lamp.OFF

    def test_says_where_it_stands_instead(self) -> None:
        with pytest.raises(NotInThisState, match="“Dim it” is not possible now: the lamp stands at “Off”"):
            LAMP.row_for(Switch.DIM, Lamp.OFF)
        with pytest.raises(NotInThisState, match="unknown here"):
            LAMP.row_for(Switch.DIM, None)
        with pytest.raises(NotInThisState):
            LAMP.row_for(Switch.HANG, Lamp.OFF)


class TestOffered:
    def test_lets_every_guard_say_no(self) -> None:
        assert LAMP.offered(Switch.LIGHT, Room(Lamp.OFF), House()).label == "Light: switch on"
        with pytest.raises(NotOffered, match="no current"):
            LAMP.offered(Switch.LIGHT, Room(Lamp.OFF, fuse=False), House(current=False))
        with pytest.raises(NotOffered, match="fuse"):
            LAMP.offered(Switch.LIGHT, Room(Lamp.OFF, fuse=False), House())


class TestRecorded:
    def test_blank_words_are_none(self) -> None:
        row = LAMP.row_for(Switch.LIGHT, Lamp.OFF)
        with pytest.raises(NotRecorded, match="Say why") as refusal:
            LAMP.check_recorded(row, Written(" \n"))
        assert refusal.value.field == "why"
        LAMP.check_recorded(row, Written("It is dark."))

    def test_lacks_agrees(self) -> None:
        assert LAMP.lacks(Switch.LIGHT, Lamp.OFF, Written()) == (("why", "Say why"),)
        assert LAMP.lacks(Switch.LIGHT, Lamp.OFF, Written("It is dark.")) == ()


class TestOffers:
    def offered(self, room: Room, *roles: Role, current: bool = True) -> dict[Switch, str]:
        return {each.command: each.refusal for each in LAMP.offers(room, frozenset(roles), House(current=current))}

    def test_shows_each_command_of_people_once_and_by_the_row_of_the_state(self) -> None:
        found = LAMP.offers(Room(Lamp.ON), EITHER, House())
        assert [(each.command, each.label) for each in found] == [
            (Switch.LIGHT, "Light it more"),
            (Switch.DIM, "Dim it"),
        ]

    def test_says_why_not_by_state_first_then_role_then_guards(self) -> None:
        off = Room(Lamp.OFF)
        assert self.offered(off, Role.GATEWAY_OFFICER, current=False)[Switch.LIGHT] == "The house has no current."
        assert self.offered(off, Role.IMU_OFFICER, current=False)[Switch.LIGHT] == "Gateway officer only."
        assert self.offered(off, Role.IMU_OFFICER) == {
            Switch.LIGHT: "Gateway officer only.",
            Switch.DIM: "Possible only when the lamp stands at “On” or “Left on”.",
        }
        assert self.offered(Room(Lamp.ON))[Switch.DIM] == "Gateway officer or Intelligence unit officer only."
        assert self.offered(off, Role.GATEWAY_OFFICER)[Switch.LIGHT] == ""

    def test_names_every_state_from_which_a_command_starts(self) -> None:
        found = self.offered(Room(Lamp.LEFT_ON), Role.GATEWAY_OFFICER, current=False)
        assert found[Switch.LIGHT] == "Possible only when the lamp stands at “Off” or “On”."

    def test_says_instead_what_a_guard_knows_of_the_state_itself(self) -> None:
        rows = (*LAMP.rows[:3], replace(LAMP.rows[3], guards=(_burns_unseen,)))
        seen = replace(LAMP, rows=rows, about_state=(_burns_unseen,))
        found = {each.command: each.refusal for each in seen.offers(Room(Lamp.OFF, fuse=False), EITHER, House())}
        assert found[Switch.DIM] == "Nobody knows whether it burns: look first."
        assert found[Switch.LIGHT] == "The fuse is missing."
        assert "stands at" in next(each.refusal for each in seen.offers(Room(Lamp.OFF), EITHER, House())[1:])


class TestNextStates:
    def test_are_everybodys_without_what_is_ruled_out(self) -> None:
        assert LAMP.next_states(Room(Lamp.ON), House()) == (Lamp.OFF, Lamp.LEFT_ON)
        assert LAMP.next_states(Room(Lamp.OFF), House()) == (Lamp.ON,)
        assert LAMP.next_states(Room(Lamp.OFF), House(current=False)) == ()


class TestPermissions:
    def test_are_the_roles_of_all_rows_of_a_command(self) -> None:
        assert LAMP.permissions() == {"light": EITHER, "dim": EITHER}
        assert LAMP.roles_for((Switch.HANG, Switch.LEAVE)) == frozenset()


class TestDiagram:
    def test_draws_every_move_and_no_second_colon(self) -> None:
        assert LAMP.diagram().splitlines() == [
            "stateDiagram-v2",
            "    [*] --> off: Hang it",
            "    off --> on: Light, switch on",
            "    on --> off: Dim it",
            "    left_on --> off: Dim it",
            "    on --> left_on: It is left",
        ]
