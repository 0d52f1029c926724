"""Area files found, read, checked and offered by area, version and day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from areas.checks import problems_between, problems_with_withholding, problems_within
from areas.instruments import FOLDER, LoadedInstrument, load_instruments, problems_with_references
from areas.model import Area
from areas.problems import explained
from areas.reading import Problem, Reading, read_yaml
from contracts.vocabulary.assessment import Instrument

SHIPPED = Path(__file__).parent


class AreaFileError(ValueError):
    """One or more area files are wrong; every problem names its file, line and field and how to mend it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Keep the problems and say them, one a line."""
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class UnknownArea(LookupError):
    """No file speaks for this area, or none on that day."""


@dataclass(frozen=True)
class LoadedArea:
    """One area file: what it says, its text as it was, and the SHA-256 digest (hex) that proves it unchanged."""

    area: Area
    text: str
    digest: str
    reading: Reading = field(repr=False, compare=False)


@dataclass(frozen=True)
class Areas:
    """Every version of every area, oldest first within an area, and the instruments that they may name."""

    files: tuple[LoadedArea, ...]
    instruments: tuple[LoadedInstrument, ...] = ()

    def names(self) -> tuple[str, ...]:
        """Return the ids of the areas, in alphabetical order."""
        return tuple(sorted({file.area.area for file in self.files}))

    def current(self, area: str, on: date) -> Area:
        """Return the version of an area in force on a day; UnknownArea when there is none."""
        in_force = [each for each in self.versions(area) if each.valid_from <= on]
        if not in_force:
            message = f"No version of area {area!r} is in force on {on}; the areas are {', '.join(self.names())}."
            raise UnknownArea(message)
        return in_force[-1]

    def versions_on(self, on: date) -> dict[str, str]:
        """Return the version in force on a day of each area that has one then."""
        there = {file.area.area for file in self.files if file.area.valid_from <= on}
        return {area: self.current(area, on).version for area in sorted(there)}

    def version(self, area: str, version: str) -> Area | None:
        """Return one version of an area, None where this service has never met it (hold the message then)."""
        return next((each for each in self.versions(area) if each.version == version), None)

    def versions(self, area: str) -> tuple[Area, ...]:
        """Return all versions of an area, oldest first."""
        return tuple(file.area for file in self.files if file.area.area == area)

    def instruments_at(self, area: Area, service: str) -> tuple[Instrument, ...]:
        """Return the instruments that an area uses at a service, in the order in which its file names them."""
        known = {(each.instrument.id, each.instrument.edition): each.instrument for each in self.instruments}
        named = ((each.id, each.edition) for each in area.instruments if service in each.used_at)
        return tuple(known[each] for each in named if each in known)

    def of_district(self, district: str, on: date) -> Area | None:
        """Return the area that a district lies in, by any spelling an area knows; None for an unknown one."""
        return next((area for area in self._all_current(on) if area.district(district)), None)

    def of_mail_address(self, address: str, on: date) -> Area | None:
        """Return the area whose desk receives mail at an address; None for an unknown one."""
        wanted = address.strip().lower()
        current = self._all_current(on)
        return next((area for area in current if wanted in {known.lower() for known in area.desk.mail_addresses}), None)

    def of_reference(self, reference: str, on: date) -> Area | None:
        """Return the area that issues references with this prefix; None for an unknown one."""
        prefix = reference.split("-", 1)[0].upper()
        return next((area for area in self._all_current(on) if area.reference_prefix == prefix), None)

    def file(self, area: str, version: str) -> LoadedArea | None:
        """Return the file of one version with its text and digest, for keeping it beside the rows that it ruled."""
        return next((file for file in self.files if (file.area.area, file.area.version) == (area, version)), None)

    def place(self, area: str, version: str, *where: str | int) -> str:
        """Return file and line of a part of one version, such as kent-and-medway/2026-01.yaml:171; "" when unknown.

        A part that the file leaves out is shown at the part that should hold it.
        """
        found = self.file(area, version)
        if found is None:
            return ""
        problem = found.reading.problem(where, "")
        return f"{area}/{version}.yaml:{problem.line}"

    def check_withholding(self, may_withhold: Mapping[str, frozenset[str]]) -> None:
        """Raise AreaFileError unless every withheld field is one that its audience's contract can do without.

        `may_withhold` gives the names of the optional event fields per audience.
        """
        problems = [
            each for file in self.files for each in problems_with_withholding(file.area, file.reading, may_withhold)
        ]
        _raise_any(problems)

    def _all_current(self, on: date) -> tuple[Area, ...]:
        newest = {each.area.area: each.area for each in self.files if each.area.valid_from <= on}
        return tuple(newest.values())


def load(directory: Path | None = None) -> Areas:
    """Read <area>/<version>.yaml under a folder (None: the shipped areas); AreaFileError lists all that is wrong.

    Instruments are the shipped ones with those of the folder's own in `instruments`.
    """
    folder = directory or SHIPPED
    paths = [path for path in sorted(folder.glob("*/*.yaml")) if path.parent.name != FOLDER]
    if not paths:
        sentence = "No area file (<area>/<version>.yaml) is here; point the setting at the folder that holds them."
        raise AreaFileError((Problem(str(folder), 1, "", sentence),))
    instruments, wrong = load_instruments(folder / FOLDER)
    problems: list[Problem] = list(wrong)
    loaded: list[LoadedArea] = []
    for path in paths:
        outcome = _load_file(path, folder)
        if isinstance(outcome, LoadedArea):
            loaded.append(outcome)
        else:
            problems += outcome
    _raise_any(problems)
    read = [(each.area, each.reading) for each in loaded]
    _raise_any([*problems_between(read), *problems_with_references(read, instruments)])
    return Areas(tuple(sorted(loaded, key=lambda each: (each.area.area, each.area.valid_from))), instruments)


def parse_area(text: str, source: str) -> LoadedArea:
    """Read the text of one area file, as kept by a service; `source` names it in the problems of an AreaFileError."""
    reading = read_yaml(text, source)
    _raise_any(reading.problems)
    try:
        area = Area.model_validate(reading.value)
    except ValidationError as error:
        raise AreaFileError(explained(error.errors(), reading)) from None
    _raise_any(problems_within(area, reading))
    return LoadedArea(area, text, sha256(text.encode()).hexdigest(), reading)


def _load_file(path: Path, folder: Path) -> LoadedArea | list[Problem]:
    source = f"{folder.name}/{path.relative_to(folder)}"
    try:
        loaded = parse_area(path.read_text("utf-8"), source)
    except AreaFileError as error:
        return list(error.problems)
    except (OSError, UnicodeDecodeError):
        return [
            Problem(source, 1, "", "The file cannot be read as UTF-8 text; check its permissions and its encoding.")
        ]
    area, reading = loaded.area, loaded.reading
    if area.area != path.parent.name:
        return [reading.problem(("area",), f"The folder is called {path.parent.name!r}; use the same name here.")]
    if area.version != path.stem:
        sentence = f"The file is called {path.name!r}; use {path.stem!r} here or rename the file."
        return [reading.problem(("version",), sentence)]
    return loaded


def _raise_any(problems: list[Problem]) -> None:
    if problems:
        raise AreaFileError(tuple(problems))
