"""`python -m faults`, which `make faults` runs: plays seeded faults against fresh systems and reports."""

import argparse
import asyncio
import sys
import traceback
from pathlib import Path

from deploy.kafka.jars import KafkaNotHere, jars, java
from faults.report import About, Outcome, told, written
from faults.run import PER_SECOND, Wishes, run
from faults.schedule import NoSchedule, Schedule, drawn

MOST_PER_SECOND = 1000
FOLDER = Path(__file__).parents[1] / "build" / "faults"


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1 on")
    return int(text)


def _pace(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number <= MOST_PER_SECOND:
        raise argparse.ArgumentTypeError(f"{text} is not above 0 and at most {MOST_PER_SECOND}")
    return number


def asked(words: list[str]) -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first run's seed; each further run takes the next")
    parser.add_argument("--runs", type=_count, default=10, help="how many runs, by turns on each bus")
    parser.add_argument("--faults", type=_count, default=30, help="how many faults a run")
    parser.add_argument(
        "--referrals", type=_count, default=1000, help="how many acknowledged referrals a run, at least"
    )
    parser.add_argument("--pace", type=_pace, default=PER_SECOND, help="referrals a second, bursts not counted")
    parser.add_argument("--bus", choices=("both", "postgres", "kafka"), default="both")
    parser.add_argument("--schedule", type=Path, help="play this written schedule once instead of drawing any")
    parser.add_argument("--out", type=Path, default=FOLDER, help="the folder of the schedules and the report")
    return parser.parse_args(words)


def schedules(wanted: argparse.Namespace) -> list[Schedule]:
    """Return the plans of all runs."""
    if wanted.schedule:
        return [Schedule.read(wanted.schedule)]
    buses = ("postgres", "kafka") if wanted.bus == "both" else (wanted.bus,)
    seeds = range(wanted.seed, wanted.seed + wanted.runs)
    return [drawn(seed, buses[place % len(buses)], wanted.faults) for place, seed in enumerate(seeds)]


def main(words: list[str]) -> int:
    """Run, print, write; 0 when every target was met, 1 when one was missed, 2 when it cannot be done as asked."""
    wanted = asked(words)
    runs: list[Outcome] = []
    try:
        plans = schedules(wanted)
        wanted.out.mkdir(parents=True, exist_ok=True)
    except NoSchedule as why:
        print(why, file=sys.stderr)
        return 2
    try:
        if any(schedule.bus == "kafka" for schedule in plans):
            java(), jars()
    except KafkaNotHere as why:
        print(f"{why} Without Kafka: make faults BUS=postgres.", file=sys.stderr)
        return 2
    good, broken, about = False, 0, About()
    for schedule in plans:
        plan = wanted.out / f"schedule-{schedule.bus}-{schedule.seed}.json"
        schedule.write(plan)
        outcome = played(schedule, Wishes(wanted.referrals, wanted.pace))
        runs += [outcome] if outcome else []
        if outcome is None or not outcome.good:
            print(f"  The same again: make faults SCHEDULE={plan}", flush=True)
        broken += outcome is None
        good = written(runs, wanted.out, broken, about)
    print((wanted.out / "RESULTS.md").read_text("utf-8"))
    return 0 if good else 1


def played(schedule: Schedule, wishes: Wishes) -> Outcome | None:
    """Play one schedule and tell how it went; None when the harness itself came to grief."""
    try:
        outcome = asyncio.run(run(schedule, wishes, lambda line: print(line, flush=True)))
    except Exception:  # noqa: BLE001  the other runs are worth having
        print(f"seed {schedule.seed} on {schedule.bus}: broke off\n{traceback.format_exc()}", flush=True)
        return None
    print(told(outcome), flush=True)
    return outcome


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
