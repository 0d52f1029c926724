"""How a running referral moves to the practice that is in force: what changes for it, and why it cannot move yet."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.deadlines import Running
from services.triage.domain.standing import Practice
from services.triage.domain.words import Body, ClockName, State

At = Callable[[datetime], Practice]
"""One version of the area's practice, as from a moment."""

WITH_CHANNEL = frozenset({State.PASSED_ON, State.SECTION_36, State.HANDED_OVER, State.GIVEN_BACK})
BODIES = {Body.POLICE: "the police", Body.LOCAL_AUTHORITY: "the local authority"}
_NIL = UUID(int=0)


@dataclass(frozen=True)
class Ticking:
    """A clock that has not been stopped, and when it was started."""

    clock: Running
    started_at: datetime


@dataclass(frozen=True)
class Owing:
    """A service that still owes an answer to a signpost: its id in the area file, and its name."""

    service: str
    name: str


@dataclass(frozen=True)
class Writing:
    """That an officer writes an assessment: with which instrument and edition."""

    instrument: str
    edition: str
    by: str


@dataclass(frozen=True)
class Underway:
    """A running referral as far as a move concerns it; `force` is the id of one that it is offered to, if it is."""

    reference: str
    state: State
    row_version: int
    risk_owner: str
    clocks: tuple[Ticking, ...] = ()
    owing: tuple[Owing, ...] = ()
    writing: tuple[Writing, ...] = ()
    force: str = ""


@dataclass(frozen=True)
class ClockMove:
    """A clock before and after: `at_once` says that it would have run out already by the newer practice."""

    clock: Running
    due_at: datetime
    at_once: bool = False

    @property
    def changes(self) -> bool:
        """Say whether it runs out at another time than before."""
        return self.due_at != self.clock.due_at


@dataclass(frozen=True)
class Difference:
    """One thing that the two versions say differently, in words."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Move:
    """What a move would change for one referral, or the sentence why it cannot move now."""

    refusal: str
    clocks: tuple[ClockMove, ...]
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]


def planned(underway: Underway, old: At, new: At, now: datetime) -> Move:
    """Return what a move from one version to another changes for a referral; nothing is changed by asking."""
    before, after = old(now), new(now)
    return Move(
        refusal=why_not(underway.state, before, after),
        clocks=tuple(_clock_move(each, old, new, now) for each in underway.clocks),
        differences=differences(before, after),
        notes=tuple(_notes(underway, before, after)),
    )


def why_not(state: State, before: Practice, after: Practice) -> str:
    """Return why a referral in a state cannot move from one version to another, nothing where it can.

    While Channel has it, Channel goes by the version that came with the pack: were the two sides to name different
    bodies, information would be gathered by nobody, or section 36(3) be decided twice (CTSA 2015).
    """
    same = (before.gathers, before.decides) == (after.gathers, after.decides)
    if state in WITH_CHANNEL and not same:
        return (
            f"Channel goes by version {before.version} for this referral, in which {_bodies(before)}. In version"
            f" {after.version} {_bodies(after)}. It can move once Channel has returned the pack or the police have"
            " taken the case back."
        )
    if state is State.GATHERING and before.gathers is not after.gathers:
        return (
            f"The police are gathering information, which {BODIES[after.gathers]} does in version {after.version}."
            " Record the gathering as complete first; then move the referral."
        )
    return ""


def new_deadline(each: Ticking, old: At, new: At) -> datetime:
    """Return when a clock runs out by the newer practice, counted from its own start.

    What officers gave it beyond the area's time, by extending or pausing it, is given once more. What somebody outside
    was asked to do by a day stays due on that day: nobody has told them another one.
    """
    clock, name = each.clock, ClockName(each.clock.name)
    if clock.about != _NIL:
        return clock.due_at
    before, after = old(each.started_at), new(each.started_at)
    if name is ClockName.URGENT:
        return clock.due_at - before.urgent_within + after.urgent_within
    if name not in before.due or name not in after.due:
        return clock.due_at
    was, becomes = before.due[name], after.due[name]
    if was == becomes:
        return clock.due_at
    return after.resumed(becomes, was, clock.due_at) if clock.due_at > was else becomes


def _clock_move(each: Ticking, old: At, new: At, now: datetime) -> ClockMove:
    due_at = new_deadline(each, old, new)
    # A paused clock runs out later by as long as it stands still: what counts is where it stood.
    reached = each.clock.paused_at or now
    return ClockMove(each.clock, due_at, at_once=due_at != each.clock.due_at and due_at <= reached)


def differences(before: Practice, after: Practice) -> tuple[Difference, ...]:
    """Return what two versions of an area's practice say differently of a referral, in words."""
    pairs = (
        ("Who gathers information", BODIES[before.gathers], BODIES[after.gathers]),
        ("Who decides on section 36(3)", BODIES[before.decides], BODIES[after.decides]),
        ("Closures that a supervisor signs off", _signed(before), _signed(after)),
        ("Who is told when a clock has run out", _told(before), _told(after)),
        ("Assessments are made with", _instruments(before), _instruments(after)),
        ("Who can be signposted to", _services(before), _services(after)),
    )
    return tuple(Difference(what, _capital(one), _capital(other)) for what, one, other in pairs if one != other)


def _notes(underway: Underway, before: Practice, after: Practice) -> Iterator[str]:
    yield f"The risk stays with {underway.risk_owner}."
    for owed in underway.owing:
        if owed.service not in after.services:
            yield (
                f"{owed.name} is not among the services of version {after.version}: what it owes stays open until it"
                " answers, or somebody cancels it with a reason."
            )
    for draft in underway.writing:
        now_used = after.instruments.get(draft.instrument)
        if now_used is None:
            yield f"{draft.by} has begun an assessment with {draft.instrument}, which is used no longer."
        elif now_used.edition != draft.edition:
            yield (
                f"{draft.by} has begun an assessment with edition {draft.edition} of {now_used.name}: they carry it"
                f" over to edition {now_used.edition} before they complete it."
            )
    if underway.force and underway.force not in after.forces:
        name = before.forces.get(underway.force, underway.force)
        yield f"The offer to {name} stands until it is answered or called back; it is no choice for a new offer."


def _bodies(practice: Practice) -> str:
    gathers = "gather" if practice.gathers is Body.POLICE else "gathers"
    decides = "decide" if practice.decides is Body.POLICE else "decides"
    if practice.gathers is practice.decides:
        return f"{BODIES[practice.gathers]} {gathers} information and {decides} on section 36(3)"
    return f"{BODIES[practice.gathers]} {gathers} information and {BODIES[practice.decides]} {decides} on section 36(3)"


def _signed(practice: Practice) -> str:
    return "every one" if practice.every_closure_signed_off else "those of people who were referred before"


def _told(practice: Practice) -> str:
    return ", then ".join(f"{each.name}, {each.organisation}" for each in practice.told) or "nobody"


def _instruments(practice: Practice) -> str:
    return ", ".join(f"{each.name} ({each.edition})" for each in practice.instruments.values())


def _services(practice: Practice) -> str:
    return ", ".join(each.name for each in practice.services.values()) or "nobody"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
