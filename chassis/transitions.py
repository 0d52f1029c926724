"""A workflow as a table of transitions: where a command leads, why it is refused, who may give it, how it is drawn."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from chassis.errors import Conflict, Rejected
from contracts.vocabulary import ROLE_WORDS, Role


class NotInThisState(Conflict):
    """It stands where the command does not start from."""

    reason: ClassVar[str] = "not-in-this-state"


class NotOffered(Rejected):
    """The area's practice or what is known rules the command out."""

    reason: ClassVar[str] = "not-offered"


class NotRecorded(Rejected):
    """Something that must be recorded with the command is missing; `field` names it."""

    reason: ClassVar[str] = "not-recorded"

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = name


class ChangedMeanwhile(Conflict):
    """Somebody changed it after this person had opened it."""

    reason: ClassVar[str] = "changed-meanwhile"


class Standing(Protocol):
    """What a decision may depend on: the state at least."""

    @property
    def state(self) -> Any:
        """Return the present state."""


State = TypeVar("State", bound=StrEnum)
Command = TypeVar("Command", bound=StrEnum)
Situation = TypeVar("Situation", bound=Standing)
Practice = TypeVar("Practice")


@dataclass(frozen=True)
class Row(Generic[State, Command, Situation, Practice]):
    """One row of a table: no sources begin it, no target leaves the state, no roles mean that only an event does it.

    `records` names what must be recorded; each of `guards` returns why the command is not offered, or an empty text.
    """

    command: Command
    label: str
    sources: frozenset[State]
    target: State | None
    roles: frozenset[Role]
    records: tuple[str, ...] = ()
    guards: tuple[Callable[[Situation, Practice], str], ...] = ()

    def ruled_out(self, situation: Situation, practice: Practice) -> str:
        """Return the first guard's reason why not, or an empty text."""
        return next((text for guard in self.guards if (text := guard(situation, practice))), "")


RowType = TypeVar("RowType", bound=Row[Any, Any, Any, Any])


@dataclass(frozen=True)
class Offer(Generic[Command]):
    """One command as a page shows it: allowed, or not and why."""

    command: Command
    label: str
    refusal: str


@dataclass(frozen=True)
class Workflow(Generic[State, Command, Situation, Practice, RowType]):
    """A table and its words: what goes through it, its states in reading order, what is asked for.

    `about_state` are guards that say why a state holds everything back: better than to name the states that do not.
    """

    rows: tuple[RowType, ...]
    noun: str
    states: Mapping[State, str]
    asked_for: Mapping[str, str]
    about_state: tuple[Callable[[Situation, Practice], str], ...] = ()

    def row_for(self, command: Command, state: State | None) -> RowType:
        """Return a row for a command in a state (None: nothing is here yet); NotInThisState where there is none.

        Where facts decide between several rows, what they ask for is the same; `offered` says which of them it is.
        """
        return self._rows_for(command, state)[0]

    def _rows_for(self, command: Command, state: State | None) -> tuple[RowType, ...]:
        named = (row for row in self.rows if row.command is command)
        found = tuple(row for row in named if state in row.sources or (state is None and not row.sources))
        if found:
            return found
        label = next(row.label for row in self.rows if row.command is command)
        where = f"“{self.states[state]}”" if state else "unknown here"
        raise NotInThisState(
            f"“{label}” is not possible now: the {self.noun} stands at {where}. Open it again to see what is offered."
        )

    def offered(self, command: Command, situation: Situation, practice: Practice) -> RowType:
        """Return the first row for a command that no guard rules out; raises NotInThisState, and NotOffered."""
        rows = self._rows_for(command, situation.state)
        for row in rows:
            if not row.ruled_out(situation, practice):
                return row
        raise NotOffered(rows[0].ruled_out(situation, practice))

    def check_recorded(self, row: RowType, record: object) -> None:
        """Raise NotRecorded for the first thing that the row wants recorded and the record lacks."""
        for name, sentence in self._lacking(row, record):
            raise NotRecorded(name, sentence)

    def lacks(self, command: Command, state: State, record: object) -> tuple[tuple[str, str], ...]:
        """Return (field, sentence) for everything that must be recorded with a command and is not."""
        return self._lacking(self.row_for(command, state), record)

    def offers(self, situation: Situation, roles: frozenset[str], practice: Practice) -> tuple[Offer[Command], ...]:
        """Return every command that people may ever give, each with the reason why not now or not this person."""
        shown: dict[Command, Offer[Command]] = {}
        for row in self.rows:
            # Of several rows in one state the first one counts that nothing rules out.
            open_before = row.command in shown and not shown[row.command].refusal
            if row.roles and (row.command not in shown or (situation.state in row.sources and not open_before)):
                shown[row.command] = Offer(row.command, row.label, self._refusal(row, situation, roles, practice))
        return tuple(shown.values())

    def next_states(self, situation: Situation, practice: Practice) -> tuple[State, ...]:
        """Return the states that can come next, whoever brings them about: what a guard rules out is left out."""
        rows = [row for row in self.rows if situation.state in row.sources and not row.ruled_out(situation, practice)]
        following = {row.target for row in rows} - {situation.state}
        return tuple(state for state in self.states if state in following)

    def roles_for(self, commands: Collection[Command]) -> frozenset[Role]:
        """Return the roles that may give at least one of the commands."""
        return frozenset(role for row in self.rows if row.command in commands for role in row.roles)

    def permissions(self) -> dict[str, frozenset[Role]]:
        """Return who may give each command that people may give."""
        return {row.command.value: self.roles_for((row.command,)) for row in self.rows if row.roles}

    def diagram(self) -> str:
        """Return the whole workflow as a Mermaid state diagram."""
        lines = ["stateDiagram-v2"]
        for row in self.rows:
            # A second colon ends the diagram with a syntax error in Mermaid before 2026.
            label = row.label.replace(":", ",")
            sources = [_drawn(state) for state in self.states if state in row.sources] or ["[*]"]
            if row.target is not None:
                lines += [f"    {source} --> {_drawn(row.target)}: {label}" for source in sources]
        return "\n".join(lines) + "\n"

    def _lacking(self, row: RowType, record: object) -> tuple[tuple[str, str], ...]:
        recorded = ((name, getattr(record, name)) for name in row.records)
        return tuple((name, self.asked_for[name]) for name, said in recorded if said is None or not str(said).strip())

    def _refusal(self, row: RowType, situation: Situation, roles: frozenset[str], practice: Practice) -> str:
        # First where it stands, then who asks: a guard is about what neither of these says.
        if situation.state not in row.sources:
            return self._elsewhere(row.command, situation, practice)
        if not roles & row.roles:
            return f"{' or '.join(label for role, label in ROLE_WORDS.items() if role in row.roles)} only."
        return row.ruled_out(situation, practice)

    def _elsewhere(self, command: Command, situation: Situation, practice: Practice) -> str:
        """Return why a command does not start from here: what a guard knows of this state, or from where it does."""
        rows = [row for row in self.rows if row.command is command and row.roles]
        asked = [guard for guard in self.about_state if any(guard in row.guards for row in rows)]
        if text := next((text for guard in asked if (text := guard(situation, practice))), ""):
            return text
        places = [f"“{label}”" for state, label in self.states.items() if any(state in row.sources for row in rows)]
        return f"Possible only when the {self.noun} stands at {_either(places)}."


def _either(places: list[str]) -> str:
    return " or ".join(each for each in (", ".join(places[:-1]), places[-1]) if each)


def _drawn(state: StrEnum) -> str:
    return state.replace("-", "_")
