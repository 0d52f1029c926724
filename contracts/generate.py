"""Writes what is committed beside the event classes: `python -m contracts.generate` (or `--check`)."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from contracts.pages import asyncapi_page, catalogue_page
from contracts.schemata import broken_by, schemas
from contracts.specimens import specimens

FOLDER = Path(__file__).parent


def files() -> Mapping[str, str]:
    """Return the text of every generated file by its path below contracts/."""
    made = {f"schemas/{name}.json": _text(schema) for name, schema in schemas().items()}
    made |= {f"examples/{name}.json": _text(event.model_dump(mode="json")) for name, event in specimens().items()}
    return made | {"CATALOGUE.md": catalogue_page(), "asyncapi.yaml": asyncapi_page()}


def stale(folder: Path = FOLDER) -> tuple[str, ...]:
    """Return the paths of files that are missing, differ from the classes, or have no event any more."""
    wanted = files()
    there = {f"{part}/{path.name}" for part in ("schemas", "examples") for path in (folder / part).glob("*")}
    differing = (name for name, text in wanted.items() if _read(folder / name) != text)
    return tuple(sorted({*differing, *(there - wanted.keys())}))


def breaks(folder: Path = FOLDER) -> Iterator[str]:
    """Yield a sentence for each way in which a class breaks the committed schema of its own version."""
    for name, schema in schemas().items():
        committed = _read(folder / "schemas" / f"{name}.json")
        if committed:
            yield from (f"{name}: {problem}" for problem in broken_by(json.loads(committed), json.loads(_text(schema))))


def write(folder: Path = FOLDER) -> None:
    """Write every file and remove those whose event is gone."""
    wanted = files()
    for name in stale(folder):
        path = folder / name
        if name in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[name], encoding="utf-8")
        else:
            path.unlink()


def main(arguments: list[str]) -> int:
    """Write the files, or with `--check` only say which are stale; `--unreleased` allows a version to break."""
    if "--check" in arguments:
        said = stale()
        sys.stderr.writelines(
            f"contracts/{name} is not what its class says; run python -m contracts.generate.\n" for name in said
        )
        return 1 if said else 0
    broken = tuple(breaks()) if "--unreleased" not in arguments else ()
    if broken:
        sys.stderr.writelines(f"{sentence}\n" for sentence in broken)
        sys.stderr.write(
            "A published version only gains optional fields: publish a next version instead, or add --unreleased "
            "where no installation has ever published this one.\n"
        )
        return 1
    write()
    return 0


def _text(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
