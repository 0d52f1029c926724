"""The results as they are kept: bench/results.json for programs, bench/RESULTS.md for people, merged run by run."""

import json
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from bench.frame import Result

HERE = Path(__file__).parent
LIBRARIES = ("aiokafka", "aiosmtpd", "asyncpg", "fastapi", "faststream", "faststream-outbox", "granian", "pydantic")
WRITTEN = frozenset(f"{folder}/{name}" for folder in ("bench", "faults") for name in ("results.json", "RESULTS.md"))
"""The files that a measurement itself changes; git names them relative to the repository."""
KAFKA_JAR = re.compile(r"kafka_2\.13-([\d.]+)\.jar")


@dataclass(frozen=True)
class Run:
    """One benchmark that was run: its results, the commit that was measured, when, and how long it took."""

    results: Sequence[Result]
    commit: str
    at: datetime
    seconds: float


def machine() -> dict[str, Any]:
    """Return what was measured on: processor, cores, memory, system, and the versions of everything that matters."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": platform.platform(),
        "versions": {name: version for name, version in _versions().items() if version},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _versions() -> dict[str, str]:
    found = {"Python": platform.python_version(), "PostgreSQL": _postgres(), "Kafka": _kafka(), "Postfix": _postfix()}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = ""
    return found


def _postgres() -> str:
    from cli.postgres import binaries  # noqa: PLC0415  only a report needs it

    told = _told([str(binaries() / "postgres"), "--version"])
    return told.split()[-1] if told else ""


def _kafka() -> str:
    jars = (KAFKA_JAR.search(path.name) for path in (HERE.parent / ".kafka" / "lib").glob("kafka_2.13-*.jar"))
    return next((jar.group(1) for jar in jars if jar), "")


def _postfix() -> str:
    from bench import mta  # noqa: PLC0415  as above

    return mta.version()


def _told(command: Sequence[str], strip: str | None = None) -> str:
    if not shutil.which(command[0]):
        return ""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip(strip)


def commit() -> str:
    """Return the short id of the commit that is measured, with a plus where files differ from it."""
    found = _told(["git", "-C", str(HERE.parent), "rev-parse", "--short", "HEAD"])
    changed = _told(["git", "-C", str(HERE.parent), "status", "--porcelain", "--untracked-files=no"], strip="\n")
    ours = [line for line in changed.splitlines() if line[3:] not in WRITTEN]
    return (found or "unknown") + ("+" if ours else "")


def keep(run: Run, folder: Path = HERE) -> None:
    """Merge a run into the kept results and write both files; other benchmarks' results stay as they were."""
    kept = _kept(folder)
    for result in run.results:
        kept["results"][result.name] = {
            "ours": result.ours,
            "peer": result.peer,
            "unit": result.unit,
            "ratio": result.ratio,
            "bar": result.bar,
        }
        kept["runs"][result.name] = {
            "commit": run.commit,
            "measured_at": run.at.isoformat(timespec="seconds"),
            "note": result.note,
        }
    kept["machine"] = machine()
    (folder / "results.json").write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    (folder / "RESULTS.md").write_text(_page(kept), encoding="utf-8")


def _kept(folder: Path) -> dict[str, Any]:
    """Return what was kept before; results of an earlier shape, which name no run, are let go."""
    try:
        kept = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        kept = {}
    runs = kept.get("runs", {})
    results = {name: result for name, result in kept.get("results", {}).items() if name in runs}
    return {"machine": {}, "results": results, "runs": {name: runs[name] for name in results}}


def _page(kept: Mapping[str, Any]) -> str:
    about = kept["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    lines = [
        "# Results of `make bench`",
        "",
        f"{about['processor']}, {about['cores']} cores, {about['memory_gb']} GB, {about['system']}.",
        f"{versions}.",
        "",
        "A ratio above 1 is better for us, whatever the unit; where there is a peer it ran in the same run, by turns.",
        "",
        "| measure | ours | peer | ratio | bar | commit | date |",
        "|---|---|---|---|---|---|---|",
        *(_row(name, result, kept["runs"][name]) for name, result in kept["results"].items()),
        "",
        "## How each was measured",
        "",
        *(f"- `{name}`: {run['note']}" for name, run in kept["runs"].items() if run["note"]),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _row(name: str, result: Mapping[str, Any], run: Mapping[str, str]) -> str:
    ours = f"{result['ours']:g} {result['unit']}"
    peer = "–" if result["peer"] is None else f"{result['peer']:g} {result['unit']}"
    ratio = "–" if result["ratio"] is None else f"{result['ratio']:g}"
    bar = "reported" if result["bar"] is None else f"{result['bar']:g}"
    return f"| {name} | {ours} | {peer} | {ratio} | {bar} | {run['commit']} | {run['measured_at'][:16]} |"
