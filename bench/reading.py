"""`python -m bench.reading`: what the cage reads of the sample set, field by field, and how many forms a second."""

import asyncio
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import samples
from bench.frame import Result, Settings, rounded, say
from services.intake.readers import Attachment, Cage, FormReading
from services.intake.readers.fields import kind_of, question_of, readable

NAME = "reading"
FOLDER = Path(samples.__file__).parent / "forms"
PAGE = FOLDER / "README.md"
KINDS = ("docx", "pdf", "json", "txt", "eml")
BEGIN, END = "<!-- measured -->\n", "<!-- /measured -->\n"


@dataclass(frozen=True)
class Read:
    """One file of the set as it was read: what is to be found in it, and what each of its forms gave.

    `reasons` are the sentences that bring it to the desk; without one nobody looks.
    """

    name: str
    shape: str
    outcome: str
    expected: tuple[Mapping[str, str], ...]
    readings: tuple[FormReading, ...]
    reasons: tuple[str, ...]
    seconds: float = 0.0


@dataclass
class Score:
    """How a field, or a shape, was read: answers that stand in the files, taken rightly, and taken wrongly."""

    there: int = 0
    right: int = 0
    wrong: int = 0

    @property
    def precision(self) -> float:
        """Return the part of what was taken that is right; 1 where nothing was taken."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """Return the part of what stands in the files that was taken rightly."""
        return self.right / self.there if self.there else 1.0


@dataclass
class Scores:
    """The scores of a set, by field and by shape, and the answers that were taken wrongly by file."""

    fields: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    shapes: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    wrong: list[tuple[str, str]] = field(default_factory=list)


def names() -> tuple[str, ...]:
    """Return the files of the set."""
    return tuple(sorted(path.name for path in FOLDER.iterdir() if (FOLDER / f"{path.name}.expected.json").exists()))


async def read_all(cage: Cage, wanted: Iterable[str] = ()) -> list[Read]:
    """Read the set through a cage, one file after another, as the mailbox does."""
    return [await _read(cage, name) for name in wanted or names()]


async def _read(cage: Cage, name: str) -> Read:
    body = (FOLDER / name).read_bytes()
    known = json.loads((FOLDER / f"{name}.expected.json").read_text(encoding="utf-8"))
    began = time.perf_counter()
    problems: tuple[str, ...] = ()
    candidates: Sequence[Attachment] = (Attachment(name, "", body),)
    if name.endswith(".eml"):
        message = await cage.read_message(body)
        candidates, problems = message.form_candidates, message.problems
        problems += () if candidates else ("No form.",)
    readings = tuple([await cage.read_form(each) for each in candidates])
    took = time.perf_counter() - began
    reasons = (*problems, *(reading.reason for reading in readings if reading.reason))
    return Read(name, known["shape"], known["outcome"], tuple(known["forms"]), readings, reasons, took)


def taken(reading: FormReading) -> dict[str, str]:
    """Return the answers that were taken without a doubt, by field, as the form holds them."""
    return {
        path: _canonical(path, text)
        for path, text in reading.values.items()
        if path not in reading.doubtful and kind_of(path) and text.strip()
    }


def _canonical(path: str, text: str) -> str:
    value = readable(text, kind_of(path), question_of(path))
    return " ".join(({True: "yes", False: "no"}[value] if isinstance(value, bool) else value).split())


def scored(reads: Iterable[Read]) -> Scores:
    """Return how well a set was read."""
    scores = Scores()
    for read in reads:
        gaps = max(0, len(read.expected) - len(read.readings))
        readings = (*read.readings, *(FormReading() for _ in range(gaps)))
        for number, reading in enumerate(readings):
            expected = read.expected[number] if number < len(read.expected) else {}
            _score(scores, read, {path: " ".join(text.split()) for path, text in expected.items()}, taken(reading))
    return scores


def _score(scores: Scores, read: Read, expected: Mapping[str, str], found: Mapping[str, str]) -> None:
    for path in {*expected, *found}:
        name = ".".join("*" if step.isdigit() else step for step in path.split("."))
        for score in (scores.fields[name], scores.shapes[read.shape]):
            score.there += path in expected
            score.right += path in found and found[path] == expected.get(path)
            score.wrong += path in found and found[path] != expected.get(path)
        if path in found and found[path] != expected.get(path):
            scores.wrong.append((read.name, path))


def lost(reads: Iterable[Read]) -> list[tuple[str, str]]:
    """Return the answers that were not taken and that nobody is told to look for, by file and field."""
    return [
        (read.name, path)
        for read in reads
        if not read.reasons
        for number, expected in enumerate(read.expected)
        for path in expected
        if path not in taken(read.readings[number])
    ]


def table(reads: Sequence[Read]) -> str:
    """Return the tables for the page of the set: by shape, and by field."""
    scores = scored(reads)
    files = Counter(read.shape for read in reads)
    whole = Counter(read.shape for read in reads if read.outcome == "read" and not read.reasons)
    lines = [f"{len(reads)} files; {sum(whole.values())} are read whole, the others go to the desk with a reason.", ""]
    lines += ["| shape | files | read whole | precision | recall |", "|---|---:|---:|---:|---:|"]
    lines += [
        f"| {shape} | {files[shape]} | {whole[shape]} | {_figures(scores.shapes.get(shape))} |"
        for shape in sorted(files)
    ]
    lines += ["", "| field | answers | precision | recall |", "|---|---:|---:|---:|"]
    lines += [f"| `{name}` | {score.there} | {_figures(score)} |" for name, score in sorted(scores.fields.items())]
    return "\n".join(lines) + "\n"


def _figures(score: Score | None) -> str:
    return f"{score.precision:.3f} | {score.recall:.3f}" if score and score.there else "none there | none there"


def measure(settings: Settings) -> list[Result]:
    """Measure how many forms of each kind one cage with one child reads in a second."""
    rates = asyncio.run(_rates(settings.rounds))
    note = "Forms of the sample set, one after another, through one confined child of the cage; the median round."
    return [Result(f"forms_{kind}_per_second", rounded(rates[kind]), None, "/s", None, None, note) for kind in KINDS]


async def _rates(rounds: int) -> dict[str, float]:
    cage = Cage()
    await cage.start()
    try:
        rates: dict[str, float] = {}
        for kind in KINDS:
            wanted = [name for name in names() if name.endswith(f".{kind}")]
            took = sorted(
                [sum(read.seconds for read in await read_all(cage, wanted)) / len(wanted) for _ in range(rounds)]
            )
            rates[kind] = 1 / took[len(took) // 2]
            say(f"  {kind}: {rates[kind]:,.0f} forms a second")
        return rates
    finally:
        await cage.stop()


async def whole_set() -> list[Read]:
    """Read the set through a cage of its own."""
    cage = Cage()
    await cage.start()
    try:
        return await read_all(cage)
    finally:
        await cage.stop()


def main() -> int:
    """Read the set and write the tables into its page; 0 when nothing was taken wrongly and nothing was lost."""
    reads = asyncio.run(whole_set())
    page = PAGE.read_text(encoding="utf-8")
    head, rest = page.split(BEGIN)
    PAGE.write_text(f"{head}{BEGIN}\n{table(reads)}\n{END}{rest.split(END)[1]}", encoding="utf-8")
    for name, path in (*scored(reads).wrong, *lost(reads)):
        print(f"{name}: {path} was read wrongly or lost.")
    return 1 if scored(reads).wrong or lost(reads) else 0


if __name__ == "__main__":
    sys.exit(main())
