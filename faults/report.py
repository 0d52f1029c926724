"""What the runs amount to: figures against their targets, for people and for programs."""

import json
import os
import platform
import statistics
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from faults.client import FAIL, OK, UNKNOWN
from faults.inject import Done
from faults.oracle import Verdict

FIRST_SECONDS = 30.0
DRAINED_SECONDS = 120.0


@dataclass(frozen=True)
class Outcome:
    """One run: what was done, what was found, and how long the way back took (seconds after the last fault)."""

    seed: int
    bus: str
    faults: Sequence[Done]
    verdict: Verdict
    first_new: float | None
    drained: float | None
    audit: str
    took: float
    wanted: int = 1

    @property
    def good(self) -> bool:
        """Whether every target was met, and as much was acknowledged as was wanted: of nothing, nothing is lost."""
        return (
            self.verdict.good
            and self.verdict.attempts[OK] >= self.wanted
            and not self.audit
            and self.first_new is not None
            and self.first_new <= FIRST_SECONDS
            and self.drained is not None
            and self.drained <= DRAINED_SECONDS
        )


def told(run: Outcome) -> str:
    """Return one run's result in a few lines."""
    found = run.verdict
    done = sum(not each.refused for each in run.faults)
    head = (
        f"seed {run.seed} on {run.bus}: {done} faults, {found.attempts[OK]} acknowledged of {run.wanted} wanted, "
        f"{len(found.lost)} lost, {len(found.doubled)} doubled, {len(found.contradicted)} refused but kept, "
        f"{found.attempts[UNKNOWN]} unknown ({found.unknown_kept} kept), {found.attempts[FAIL]} refused; first new one "
        f"stored by all after {_seconds(run.first_new)}, drained after {_seconds(run.drained)}; "
        f"{'good' if run.good else 'NOT GOOD'} ({run.took:.0f} s)"
    )
    wrong = [*found.lost, *found.doubled, *found.contradicted, *found.unsettled, *([run.audit] if run.audit else [])]
    return "\n  ".join([head, *wrong[:40]])


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f} s"


def written(runs: Sequence[Outcome], folder: Path, broken: int = 0) -> bool:
    """Write the report as JSON and Markdown; return whether every target was met.

    `broken` runs came to grief before anybody judged them: they are told, since what they lost nobody knows.
    """
    folder.mkdir(parents=True, exist_ok=True)
    facts = _facts(runs) | {"broken_off": broken}
    (folder / "results.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    (folder / "RESULTS.md").write_text(_markdown(runs, broken), encoding="utf-8")
    return not broken and all(run.good for run in runs)


def _facts(runs: Sequence[Outcome]) -> dict[str, object]:
    return {
        "machine": _machine(),
        "runs": [
            {
                "seed": run.seed,
                "bus": run.bus,
                "faults": [asdict(each.fault) | {"began": each.began, "ended": each.ended, "refused": each.refused}
                           for each in run.faults],
                "verdict": vars(run.verdict),
                "first_new_seconds": run.first_new,
                "drained_seconds": run.drained,
                "audit": run.audit,
                "seconds": round(run.took, 1),
                "good": run.good,
            }
            for run in runs
        ],
    }  # fmt: skip


def _machine() -> dict[str, object]:
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)  # noqa: S607
    return {
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "commit": found.stdout.strip() or "unknown",
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _markdown(runs: Sequence[Outcome], broken: int) -> str:
    machine = _machine()
    lines = [
        "# Results of `make faults`",
        "",
        f"Commit {machine['commit']}, {machine['cores']} cores, Python {machine['python']}, {machine['measured_at']}.",
        "",
        "| measure | all runs | target |",
        "|---|---|---|",
        *(f"| {name} | {value} | {target} |" for name, value, target in _totals(runs)),
        f"| not settled | {sum(len(run.verdict.unsettled) + bool(run.audit) for run in runs)} | 0 |",
        f"| runs that broke off, unjudged | {broken} | 0 |",
        "",
        "| kind of fault | done | not exercised |",
        "|---|---|---|",
        *_kinds(runs),
        "",
        "| seed | bus | faults | acknowledged | lost | doubled | refused, kept | unknown | first new | drained |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *(_row(run) for run in runs),
    ]
    return "\n".join(lines) + "\n"


def _totals(runs: Sequence[Outcome]) -> list[tuple[str, str, str]]:
    verdicts = [run.verdict for run in runs]
    return [
        ("faults done", str(sum(not each.refused for run in runs for each in run.faults)), ""),
        ("referrals acknowledged", str(sum(each.attempts[OK] for each in verdicts)), ""),
        ("lost", str(sum(len(each.lost) for each in verdicts)), "0"),
        ("doubled", str(sum(len(each.doubled) for each in verdicts)), "0"),
        ("refused, and kept all the same", str(sum(len(each.contradicted) for each in verdicts)), "0"),
        ("unknown to the client", str(sum(each.attempts[UNKNOWN] for each in verdicts)), ""),
        ("of these kept", str(sum(each.unknown_kept for each in verdicts)), ""),
        ("documents opened to their digest", str(sum(each.documents for each in verdicts)), ""),
        ("first new referral stored by all four", _spread([run.first_new for run in runs]), f"≤ {FIRST_SECONDS:.0f} s"),
        ("backlog drained", _spread([run.drained for run in runs]), f"≤ {DRAINED_SECONDS:.0f} s"),
    ]  # fmt: skip


def _spread(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        return f"never in {len(values) - len(known)} of {len(values)} runs"
    return f"worst {max(known):.1f} s, median {statistics.median(known):.1f} s"


def _kinds(runs: Sequence[Outcome]) -> list[str]:
    every = [each for run in runs for each in run.faults]
    done = Counter(_kind(each) for each in every if not each.refused)
    refused = Counter(_kind(each) for each in every if each.refused)
    return [f"| {kind} | {done[kind]} | {refused[kind] or ''} |" for kind in sorted({*done, *refused})]


def _kind(done: Done) -> str:
    fault = done.fault
    return f"{fault.kind} of {fault.victim}" if fault.kind in {"kill", "pause"} else fault.kind


def _row(run: Outcome) -> str:
    found = run.verdict
    cells = [
        run.seed, run.bus, sum(not each.refused for each in run.faults), found.attempts[OK], len(found.lost),
        len(found.doubled), len(found.contradicted), f"{found.attempts[UNKNOWN]} ({found.unknown_kept})",
        _seconds(run.first_new), _seconds(run.drained),
    ]  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"
