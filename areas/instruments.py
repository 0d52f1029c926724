"""Assessment instruments as data: one immutable file per edition, read and checked like the area files."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationError

from areas.model import Area
from areas.parts import AreaPart, Slug, Words
from areas.problems import explained
from areas.reading import Problem, Reading, Where, read_yaml
from contracts.vocabulary.assessment import Instrument, Kind

FOLDER = "instruments"
"""The folder beside those of the areas; no area may be called so."""

SHIPPED = Path(__file__).parent / FOLDER
SERVICES = ("triage", "channel")
RESERVED = frozenset({"conclusion", "check"})
"""What the other steps of an assessment are called in addresses, so no dimension may be."""

Edition = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([.-][a-z0-9]+)*$", max_length=20)]


class FactorEntry(AreaPart):
    """One factor as its file has it."""

    id: Slug
    label: Words
    hint: Words | None = None
    kind: Kind = Kind.PRESENCE


class DimensionEntry(AreaPart):
    """One dimension as its file has it."""

    id: Slug
    label: Words
    factors: Annotated[tuple[FactorEntry, ...], Field(min_length=1)]


class InstrumentEntry(AreaPart):
    """A whole file."""

    id: Slug
    edition: Edition
    name: Words
    source: Words
    dimensions: Annotated[tuple[DimensionEntry, ...], Field(min_length=1)]


@dataclass(frozen=True)
class LoadedInstrument:
    """One instrument file: what it says, and the SHA-256 digest (hex) that proves it unchanged."""

    instrument: Instrument
    digest: str
    reading: Reading = field(repr=False, compare=False)


def parse_instrument(text: str, source: str) -> LoadedInstrument | tuple[Problem, ...]:
    """Read the text of one instrument file, or return everything that is wrong with it; `source` names the file."""
    reading = read_yaml(text, source)
    if reading.problems:
        return tuple(reading.problems)
    try:
        entry = InstrumentEntry.model_validate(reading.value)
    except ValidationError as error:
        return explained(error.errors(), reading)
    if wrong := tuple(reading.problem(where, sentence) for where, sentence in _doubles(entry)):
        return wrong
    instrument = Instrument.model_validate(entry.model_dump(exclude_none=True))
    return LoadedInstrument(instrument, sha256(text.encode()).hexdigest(), reading)


def load_instruments(folder: Path | None = None) -> tuple[tuple[LoadedInstrument, ...], tuple[Problem, ...]]:
    """Return the shipped instruments with those of a folder's own (`<folder>/<id>-<edition>.yaml`), and what is wrong.

    An edition that is shipped may lie in the folder too, unchanged.
    """
    own = [] if folder is None or folder == SHIPPED else sorted(folder.glob("*.yaml"))
    known: dict[tuple[str, str], LoadedInstrument] = {}
    problems: list[Problem] = []
    for path in [*sorted(SHIPPED.glob("*.yaml")), *own]:
        outcome = _load_file(path)
        if not isinstance(outcome, LoadedInstrument):
            problems += outcome
            continue
        there = known.setdefault((outcome.instrument.id, outcome.instrument.edition), outcome)
        if there.digest != outcome.digest:
            sentence = "This edition is shipped with other words; give yours an edition of its own."
            problems.append(outcome.reading.problem(("edition",), sentence))
    return tuple(known.values()), tuple(problems)


def problems_with_references(
    loaded: Iterable[tuple[Area, Reading]], known: Iterable[LoadedInstrument]
) -> tuple[Problem, ...]:
    """Return what area files say of instruments that cannot be: not there, of another name, used nowhere."""
    names = {(each.instrument.id, each.instrument.edition): each.instrument.name for each in known}
    found: list[Problem] = []
    for area, reading in loaded:
        for number in range(len(area.instruments)):
            wrong = [*_reference(area, number, names), *_served(area, number)]
            found += [reading.problem(("instruments", number, *where), sentence) for where, sentence in wrong]
        if not any("triage" in each.used_at for each in area.instruments):
            sentence = "Nothing can be closed that nobody has assessed; let triage use at least one of them."
            found.append(reading.problem(("instruments",), sentence))
    return tuple(found)


def _served(area: Area, number: int) -> Iterator[tuple[Where, str]]:
    for position, service in enumerate(area.instruments[number].used_at):
        if service not in SERVICES:
            yield ("used_at", position), f"Nothing is assessed at {service!r}; write {' or '.join(SERVICES)}."


def _reference(area: Area, number: int, names: dict[tuple[str, str], str]) -> Iterator[tuple[Where, str]]:
    named = area.instruments[number]
    if any(each.id == named.id for each in area.instruments[:number]):
        yield ("id",), f"{named.id!r} is named twice; an area uses one edition of an instrument."
    elif (named.id, named.edition) in names:
        if named.name != names[named.id, named.edition]:
            yield ("name",), f"Its file calls it {names[named.id, named.edition]!r}; write the same name here."
    elif editions := sorted(edition for found, edition in names if found == named.id):
        yield ("edition",), f"This edition is not here; choose from {', '.join(editions)}, or add its file."
    else:
        choices = ", ".join(sorted({found for found, _ in names}))
        yield ("id",), f"No instrument has this id; choose from {choices}, or add {named.id}-{named.edition}.yaml."


def _load_file(path: Path) -> LoadedInstrument | tuple[Problem, ...]:
    source = f"{FOLDER}/{path.name}"
    try:
        loaded = parse_instrument(path.read_text("utf-8"), source)
    except (OSError, UnicodeDecodeError):
        sentence = "The file cannot be read as UTF-8 text; check its permissions and its encoding."
        return (Problem(source, 1, "", sentence),)
    if not isinstance(loaded, LoadedInstrument):
        return loaded
    expected = f"{loaded.instrument.id}-{loaded.instrument.edition}.yaml"
    if path.name != expected:
        return (loaded.reading.problem(("id",), f"By its id and edition the file is called {expected!r}; rename it."),)
    return loaded


def _doubles(entry: InstrumentEntry) -> Iterator[tuple[Where, str]]:
    dimensions = Counter(dimension.id for dimension in entry.dimensions)
    factors = Counter(factor.id for dimension in entry.dimensions for factor in dimension.factors)
    for number, dimension in enumerate(entry.dimensions):
        if dimensions[dimension.id] > 1 or dimension.id in RESERVED:
            yield ("dimensions", number, "id"), "This id stands elsewhere; give the dimension one of its own."
        for position, factor in enumerate(dimension.factors):
            if factors[factor.id] > 1:
                where = ("dimensions", number, "factors", position, "id")
                yield where, f"{factor.id!r} stands here twice; each factor has an id of its own."
