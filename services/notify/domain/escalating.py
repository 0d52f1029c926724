"""When somebody above is told that nobody has acknowledged: each step once, and then it stands in red."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class AnswerTimes:
    """By when an answer is due, and when each of the persons named in turn is told that none has come, in order."""

    due_at: datetime
    told_at: tuple[datetime, ...] = ()


@dataclass(frozen=True)
class Escalating:
    """What follows now: the steps to be taken (the first is 1), how many were taken, when to look again.

    `is_over` says that everybody has been told and nobody has answered: a person at the desk must act.
    """

    steps: tuple[int, ...]
    taken: int
    look_at: datetime | None
    is_over: bool


def escalating(times: AnswerTimes, taken: int, now: datetime) -> Escalating:
    """Return what follows where nobody has answered by `now` and so many steps were taken before."""
    done = taken
    while done < len(times.told_at) and times.told_at[done] <= now:
        done += 1
    steps = tuple(range(taken + 1, done + 1))
    if done < len(times.told_at):
        return Escalating(steps, done, times.told_at[done], is_over=False)
    is_over = times.due_at <= now
    return Escalating(steps, done, None if is_over else times.due_at, is_over=is_over)
