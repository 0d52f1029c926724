"""`python -m bench.figures` writes the measured figures into the pages that quote them, so that nobody copies one."""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
KEPT = ("bench", "faults")
PAGES = ("README.md", "docs/guarantees.md")
QUOTED = re.compile(r"\*\*([^*\n]*)\*\* \(`((?:bench|faults)\.[\w.]+)`\)")
"""A figure as a page quotes it: in bold, and behind it the name of the result, as in **0** (`faults.lost`)."""
BARE = re.compile(r"\*\*(\d[^*\n]*)\*\*|(\d[\d,.]* (?:\w+/s|ms|MB|times)\b)")
"""A figure in bold, or a rate, a latency, a size or a comparison in plain words."""


class NoFigure(Exception):
    """A page names a result that no command has kept; the sentence says which."""


def results(root: Path = ROOT) -> dict[str, Any]:
    """Return what `make bench` and `make faults OUT=faults` kept last; raises NoFigure."""
    try:
        return {name: json.loads((root / name / "results.json").read_text(encoding="utf-8")) for name in KEPT}
    except (OSError, ValueError) as why:
        message = f"{why}: run make bench and make faults OUT=faults, which write them."
        raise NoFigure(message) from None


def figure(name: str, kept: Mapping[str, Any]) -> str:
    """Return a result as it is quoted: `bench.<result>.ours`, `.peer`, `.ratio`, `.bar` or `faults.<total>`.

    Times and rates come with their unit; raises NoFigure.
    """
    where, result, *more = name.split(".")
    about = measured(kept)
    if name in about:
        return about[name]
    try:
        if where == "faults":
            value, unit = _of_faults(result, kept[where])
        else:
            (field,) = more
            found = kept[where]["results"][result]
            value, unit = found[field], f" {found['unit']}" if field in {"ours", "peer"} else ""
    except (KeyError, ValueError):
        message = f"{name} is no result of the last run: choose one that stands in {where}/results.json."
        raise NoFigure(message) from None
    if value is None:
        return "never"
    return f"{value:,}{unit}" if isinstance(value, int) else f"{value:,g}{unit}"


def _of_faults(result: str, kept: Mapping[str, Any]) -> tuple[float | None, str]:
    found = kept["totals"] | {"broken_off": kept["broken_off"]}
    return found[result], " s" if result.endswith(("_median", "_worst")) else ""


def measured(kept: Mapping[str, Any]) -> dict[str, str]:
    """Return what is quoted of a run besides its figures: the commit, and the day."""
    return {"faults.commit": kept["faults"]["commit"], "faults.measured_at": kept["faults"]["measured_at"][:10]}


def rewritten(page: str, kept: Mapping[str, Any]) -> str:
    """Return a page's text with every figure that it quotes as it was measured last; raises NoFigure."""
    return QUOTED.sub(lambda found: f"**{figure(found[2], kept)}** (`{found[2]}`)", page)


def nameless(page: str) -> Iterator[str]:
    """Yield the figures of which a page does not say what they are the result of."""
    yield from (bold or plain for bold, plain in BARE.findall(QUOTED.sub("", page)))


def main() -> int:
    """Rewrite the pages; 0 when done, 2 when a result is missing."""
    try:
        kept = results()
        pages = {ROOT / name: rewritten((ROOT / name).read_text(encoding="utf-8"), kept) for name in PAGES}
    except NoFigure as why:
        print(why, file=sys.stderr)
        return 2
    for path, text in pages.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
