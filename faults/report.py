"""What the runs amount to: figures against their targets, for people and for programs."""

import json
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import report
from faults import mails
from faults.client import FAIL, OK, UNKNOWN
from faults.inject import Done
from faults.oracle import Verdict

FIRST_SECONDS = 30.0
DRAINED_SECONDS = 120.0
MAIL_IS_REPEATED = """Mail is told at least once: whoever is killed between sending and noting sends again, at most
twice, under the same Message-ID. A repeat is counted where the recorded mail is another one than the folder kept first;
"at most" counts every sending whose end nobody noted. A mail set aside stands on the delivery desk before a person."""
PLAYED_AGAIN = """Each run's plan was written before it began, as `schedule-<bus>-<seed>.json` in this folder;
`make faults SCHEDULE=<that file>` does the same faults again at the same moments."""


@dataclass(frozen=True)
class About:
    """What is measured and when: made before the first run, since the files may change while the runs last."""

    commit: str = field(default_factory=report.commit)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


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
        f"{found.mails[mails.KEPT]} mails, {found.mails[mails.REPEATED]} repeated; "
        f"{'good' if run.good else 'NOT GOOD'} ({run.took:.0f} s)"
    )
    wrong = [*found.lost, *found.doubled, *found.contradicted, *found.unsettled, *([run.audit] if run.audit else [])]
    return "\n  ".join([head, *wrong[:40]])


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f} s"


def written(runs: Sequence[Outcome], folder: Path, broken: int = 0, about: About | None = None) -> bool:
    """Write the report as JSON and Markdown; return whether every target was met.

    `broken` runs came to grief before anybody judged them: they are told, since what they lost nobody knows.
    """
    folder.mkdir(parents=True, exist_ok=True)
    facts = _facts(runs, about or About()) | {"broken_off": broken}
    (folder / "results.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    (folder / "RESULTS.md").write_text(_markdown(runs, facts), encoding="utf-8")
    return not broken and all(run.good for run in runs)


def _facts(runs: Sequence[Outcome], about: About) -> dict[str, Any]:
    return {
        "machine": report.machine(),
        "commit": about.commit,
        "measured_at": about.at.isoformat(timespec="seconds"),
        "totals": totals(runs),
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


def totals(runs: Sequence[Outcome]) -> dict[str, float | None]:
    """Return the figures of all runs by name; those in seconds are None when it never came true in one of them."""
    verdicts = [run.verdict for run in runs]
    post = sum((each.mails for each in verdicts), Counter())
    first, drained = [run.first_new for run in runs], [run.drained for run in runs]
    return {
        "runs": len(runs),
        "faults": sum(not each.refused for run in runs for each in run.faults),
        "acknowledged": sum(each.attempts[OK] for each in verdicts),
        "lost": sum(len(each.lost) for each in verdicts),
        "doubled": sum(len(each.doubled) for each in verdicts),
        "refused_but_kept": sum(len(each.contradicted) for each in verdicts),
        "unknown": sum(each.attempts[UNKNOWN] for each in verdicts),
        "unknown_kept": sum(each.unknown_kept for each in verdicts),
        "documents": sum(each.documents for each in verdicts),
        "mails": post[mails.KEPT],
        "mails_repeated": post[mails.REPEATED],
        "mails_repeated_at_most": post[mails.PERHAPS],
        "mails_set_aside": post[mails.SET_ASIDE],
        "mails_waiting": post[mails.WAITING],
        "not_settled": sum(len(each.verdict.unsettled) + bool(each.audit) for each in runs),
        "first_new_median": _of(first, statistics.median),
        "first_new_worst": _of(first, max),
        "drained_median": _of(drained, statistics.median),
        "drained_worst": _of(drained, max),
    }


def _of(values: Sequence[float | None], figure: Any) -> float | None:
    known = [value for value in values if value is not None]
    return round(float(figure(known)), 1) if known and len(known) == len(values) else None


def _markdown(runs: Sequence[Outcome], facts: Mapping[str, Any]) -> str:
    machine = facts["machine"]
    versions = ", ".join(f"{name} {machine['versions'][name]}" for name in ("Python", "PostgreSQL", "Kafka")
                         if name in machine["versions"])  # fmt: skip
    size = f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}"
    lines = [
        "# Results of `make faults`",
        "",
        f"Commit {facts['commit']}, {facts['measured_at']}. {size}. {versions}.",
        "",
        "| measure | all runs | target |",
        "|---|---|---|",
        *(f"| {name} | {value} | {target} |" for name, value, target in _measures(facts["totals"])),
        f"| runs that broke off, unjudged | {facts['broken_off']} | 0 |",
        "",
        MAIL_IS_REPEATED,
        "",
        "| kind of fault | done | not exercised |",
        "|---|---|---|",
        *_kinds(runs),
        "",
        "| seed | bus | faults | acknowledged | lost | doubled | refused, kept | unknown | mails | new one | drained |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
        *(_row(run) for run in runs),
        "",
        PLAYED_AGAIN,
    ]
    return "\n".join(lines) + "\n"


def _measures(figures: Mapping[str, float | None]) -> list[tuple[str, object, str]]:
    return [
        ("runs", figures["runs"], ""),
        ("faults done", figures["faults"], ""),
        ("referrals acknowledged", figures["acknowledged"], ""),
        ("lost", figures["lost"], "0"),
        ("doubled", figures["doubled"], "0"),
        ("refused, and kept all the same", figures["refused_but_kept"], "0"),
        ("unknown to the client", figures["unknown"], ""),
        ("of these kept", figures["unknown_kept"], ""),
        ("documents opened to their digest", figures["documents"], ""),
        ("mails that arrived", figures["mails"], ""),
        ("mails repeated", f"{figures['mails_repeated']}, at most {figures['mails_repeated_at_most']}", ""),
        ("mails set aside for a person", figures["mails_set_aside"], ""),
        ("mails that wait for their next try", figures["mails_waiting"], ""),
        ("first new referral stored by all four", _spread(figures, "first_new"), f"≤ {FIRST_SECONDS:.0f} s"),
        ("backlog drained", _spread(figures, "drained"), f"≤ {DRAINED_SECONDS:.0f} s"),
        ("not settled", figures["not_settled"], "0"),
    ]  # fmt: skip


def _spread(figures: Mapping[str, float | None], name: str) -> str:
    median, worst = figures[f"{name}_median"], figures[f"{name}_worst"]
    return "never in at least one run" if worst is None else f"worst {worst:.1f} s, median {median:.1f} s"


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
    post = f"{found.mails[mails.KEPT]} ({found.mails[mails.REPEATED]} repeated)"
    cells = [
        run.seed, run.bus, sum(not each.refused for each in run.faults), found.attempts[OK], len(found.lost),
        len(found.doubled), len(found.contradicted), f"{found.attempts[UNKNOWN]} ({found.unknown_kept})", post,
        _seconds(run.first_new), _seconds(run.drained),
    ]  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"
