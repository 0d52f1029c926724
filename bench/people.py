"""`python -m bench.people`: who is found again, group by group and on public sets, against rapidfuzz alone."""

import argparse
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

from bench import people_judged as judged
from bench import people_learnt, people_million, people_public, report
from bench.frame import NotHere, Result, Settings, rounded, say
from bench.run import ENDED

LEARNT_ON, JUDGED_ON = 20_260_401, 20_261_123
PEOPLE = 20_000
NOTE = (
    "python -m bench.people; half of {arrivals} referrals about {people} synthetic people, "
    "weights learnt on another set"
)


def measure(settings: Settings) -> Sequence[Result]:
    """Return recall and precision on the generated set, and on the public ones where they can be had."""
    return [*generated(settings.count(PEOPLE, 400)), *public()]


def generated(people: int) -> list[Result]:
    """Judge the second generated set and say what was found, group by group."""
    found = judged.judge(judged.generated(JUDGED_ON, people))
    threshold = judged.best_threshold(found)
    ours, alone = judged.ours(found), judged.rapidfuzz_alone(found, threshold)
    _say_groups(found, threshold)
    note = NOTE.format(arrivals=len(found.now), people=people)
    return [
        Result("people_candidates", rounded(judged.reached(found)), None, "of 1", None, None, note + "; found by keys"),
        *_both("people", (ours, alone), f"{note}; rapidfuzz alone: WRatio of names from {threshold:g} on"),
    ]


def _both(name: str, scores: tuple[judged.Score, judged.Score], note: str) -> list[Result]:
    found = []
    for what in ("recall", "precision"):
        ours, alone = (rounded(getattr(score, what)) for score in scores)
        found.append(Result(f"{name}_{what}", ours, alone, "of 1", rounded(ours / alone), 1.0, note))
    return found


def _say_groups(found: judged.Judged, threshold: float) -> None:
    groups: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(found.now):
        groups[one.group].append(number)
    say(f"  {'':<13} {'people':>6}   recall  precision   rapidfuzz alone, from {threshold:g} on")
    for group, among in {**groups, "All": list(range(len(found.now)))}.items():
        ours, alone = judged.ours(found, among), judged.rapidfuzz_alone(found, threshold, among)
        say(
            f"  {group:<13} {ours.of:>6}   {ours.recall:.3f}      {ours.precision:.3f}   "
            f"{alone.recall:.3f} and {alone.precision:.3f}"
        )
    say(f"  Among the candidates: {judged.reached(found):.3f}")


def public() -> list[Result]:
    """Judge the public sets; nothing where they cannot be had."""
    found: list[Result] = []
    try:
        sets = people_public.sets()
    except NotHere as reason:
        say(f"people: the public sets are left out. {reason}")
        return found
    for name, people in sets.items():
        result = judged.judge(people)
        threshold = judged.best_threshold(result)
        scores = judged.ours(result), judged.rapidfuzz_alone(result, threshold)
        reached = f"{judged.reached(result):.3f} among the candidates"
        note = f"python -m bench.people; Febrl's {name} without its number of social security; {reached}"
        found += _both(f"people_{name}", scores, note)
    return found


def learn(people: int) -> None:
    """Learn the weights on the first generated set and write them where the matcher reads them."""
    say(f"Learning on {people} people by seed {LEARNT_ON}; they are judged on those of seed {JUDGED_ON}.")
    learnt = people_learnt.learn(judged.judge(judged.generated(LEARNT_ON, people)))
    people_learnt.write(learnt)
    say(f"{people_learnt.FILE.name} is written; suggested from {learnt.suggested_from:.2f} on.")


def main() -> int:
    """Measure as asked and keep the results of a full run; 0 when every bar is met, 1 when not."""
    asked = argparse.ArgumentParser(prog="python -m bench.people", description=__doc__)
    asked.add_argument("--people", type=int, default=PEOPLE, help="how many people were referred before")
    asked.add_argument("--learn", action="store_true", help="learn the weights anew, and write them")
    asked.add_argument("--million", action="store_true", help="measure the search among a million people")
    given = asked.parse_args()
    if given.learn:
        learn(given.people)
        return 0
    # Told to end, it leaves no server of its own behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(ENDED))
    began = time.monotonic()
    settings = Settings(scale=given.people / PEOPLE)
    results = people_million.measure(settings) if given.million else measure(settings)
    for result in results:
        say(f"  {result.name:<28} {result.ours:g} {result.unit}; {'-' if result.peer is None else f'{result.peer:g}'}")
    if settings.scale >= 1:
        report.keep(report.Run(results, report.commit(), datetime.now(UTC), time.monotonic() - began))
    return int(any(result.bar is not None and (result.ratio or 0) < result.bar for result in results))


if __name__ == "__main__":
    sys.exit(main())
