"""What may have happened to somebody, and in which order: other lists of people that no reader can rule out."""

from services.stats.domain.measures import AFTER, CHANNEL_ONLY, NEEDS, NOT_IN_CHANNEL, OFTEN, is_early
from services.stats.domain.people import Event, Person

Placed = tuple[int, Event]
"""An event as of a release."""


def faults(person: Person) -> frozenset[str]:
    """Return what in a referral's events cannot be as it stands: steps that are missing or come too early."""
    first: dict[str, str] = {}
    parts = set()
    for _, _, events in person:
        for measure, month, part in events:
            first[measure] = min(month, first.get(measure, month))
            parts.add((measure, part))
    found = {f"no {needed}" for measure in first for needed in NEEDS.get(measure, ()) if needed not in first}
    found |= {
        f"{later} before {earlier}"
        for earlier, later in AFTER
        if earlier in first and later in first and first[later] < first[earlier]
    }
    if any(("decided", part) in parts for part in NOT_IN_CHANNEL):
        found |= {f"closed, {measure}" for measure in CHANNEL_ONLY if measure in first}
    return frozenset(found)


def told_otherwise(
    person: Person,
    before: Placed | None,
    after: Placed | None,
    unknown: tuple[str, ...],
    *,
    lets_go: bool = False,
) -> Person | None:
    """Return a referral with one event moved, taken away or added, and with it what must come before or after.

    None where that cannot have happened: what is as odd in the true list may stay so. With `lets_go` whatever cannot
    have happened any more, as a panel after a withdrawal, goes too. `unknown` is what is known of a referral of which
    there was nothing.
    """
    about = {number: known for number, known, _ in person}
    events = {(number, event) for number, _, held in person for event in held}
    if before is not None:
        events.discard(before)
    if after is not None:
        if any(_is_same(event, after[1]) for number, event in events if number == after[0]):
            return None
        events.add(after)
        if before is None:
            _bring(events, after, ("received",) if person else ())
        _follow(events, after)
    if lets_go:
        _let_go(events, after, faults(person))
    known = person[0][1] if person else unknown
    numbers = sorted({number for number, _ in events})
    made = tuple((n, about.get(n, known), tuple(sorted(e for each, e in events if each == n))) for n in numbers)
    return made if faults(made) <= faults(person) and _is_counted_once(made) else None


def _is_counted_once(person: Person) -> bool:
    """Say whether each release has a step once, and what may be more than once, once a month."""
    for _, _, events in person:
        once = [measure if measure not in OFTEN else (measure, month) for measure, month, _ in events]
        if len(set(once)) < len(once):
            return False
    return True


def from_before(after: Placed, known: tuple[str, ...], first: str) -> Person | None:
    """Return a referral whose earlier steps lie before the first month that any release states.

    None where that month is too long ago, or the event needs nothing before it.
    """
    number, event = after
    return ((number, known, (event,)),) if event[0] in NEEDS and is_early(event[1], first) else None


def _is_same(one: Event, other: Event) -> bool:
    """Say whether two events cannot both be one referral's as of one release."""
    return one[0] == other[0] and (one[0] not in OFTEN or one[1] == other[1])


def _bring(events: set[Placed], new: Placed, never: tuple[str, ...]) -> None:
    """Bring into being what a new event needs.

    `never` is not made up: nobody of whom something is known was received in another way than the list says.
    """
    number, (measure, month, _) = new
    there = {event[0] for _, event in events}
    waiting = [measure]
    while waiting:
        for needed in NEEDS.get(waiting.pop(), ()):
            if needed not in there and needed not in never:
                events.add((number, (needed, month, "")))
                there.add(needed)
                waiting.append(needed)


def _let_go(events: set[Placed], kept: Placed | None, odd: frozenset[str]) -> None:
    """Take away what cannot be without a step that is gone, or after a decision that ended everything."""
    while True:
        there = {event[0] for _, event in events}
        ended = any(event[0] == "decided" and event[2] in NOT_IN_CHANNEL for _, event in events)
        idle = {
            measure
            for measure in there
            if any(needed not in there and f"no {needed}" not in odd for needed in NEEDS.get(measure, ()))
            or (ended and measure in CHANNEL_ONLY and f"closed, {measure}" not in odd)
        }
        gone = {placed for placed in events if placed != kept and placed[1][0] in idle}
        if not gone:
            return
        events -= gone


def _follow(events: set[Placed], moved: Placed) -> None:
    """Bring what came before or after an event into line with its month."""
    number, (measure, month, _) = moved
    for placed in sorted(events):
        name, when, part = placed[1]
        if ((name, measure) in AFTER and when > month) or ((measure, name) in AFTER and when < month):
            events.remove(placed)
            events.add((number, (name, month, part)))
