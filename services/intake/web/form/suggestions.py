"""Names that a page suggests while somebody types: districts, schools, organisations; never a person's."""

import csv
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from starlette.responses import JSONResponse

from chassis.web import PageRequest, Response
from services.intake.queries import localities_of
from services.intake.web.form.visit import Visit

LISTS = Path(__file__).parents[2] / "lists"
"""The made-up lists of a demonstration; THROUGHLINE_SUGGESTIONS_DIRECTORY names an area's own."""
COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"schools": ("EstablishmentName", "Town"), "organisations": ("name",)}
)
"""The columns of each list that are shown; those of schools are named as in the register's own extract (GIAS)."""
KIND_OF: Mapping[str, str] = MappingProxyType({"school": "schools", "organisation": "organisations"})
MOST, FEWEST_LETTERS = 10, 2


async def suggestions(request: PageRequest) -> Response:
    """Return up to ten names that have the letters typed, those that begin with them first; nothing is remembered."""
    kind, letters = request.path["kind"], " ".join(request.query.get("q", "").casefold().split())[:80]
    if len(letters) < FEWEST_LETTERS:
        return JSONResponse({"names": []})
    found = [name for name in _names(request, kind) if letters in name.casefold()]
    found.sort(key=lambda name: (not name.casefold().startswith(letters), name.casefold()))
    return JSONResponse({"names": found[:MOST]})


def _names(request: PageRequest, kind: str) -> tuple[str, ...]:
    if kind == "district":
        areas = localities_of(request.runtime).districts(Visit(request).today)
        return tuple(name for _, districts in areas for name in districts)
    if kind not in KIND_OF:
        return ()
    return names_in(request.runtime.clients.suggestions_directory or LISTS, KIND_OF[kind])


@lru_cache(maxsize=8)
def names_in(folder: Path, kind: str) -> tuple[str, ...]:
    """Return the names of a list, read once; none where the folder has no such list.

    Reads UTF-8 and, as the register of schools writes it, Windows-1252; schools that are closed are left out.
    """
    path = folder / f"{kind}.csv"
    if not path.is_file():
        return ()
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    rows = csv.DictReader(text.splitlines())
    open_ones = (row for row in rows if not (row.get("EstablishmentStatus (name)") or "").startswith("Closed"))
    named = (", ".join(filter(None, (row.get(column) or "" for column in COLUMNS[kind]))) for row in open_ones)
    return tuple(dict.fromkeys(name for name in named if name))
