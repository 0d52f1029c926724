"""Canary values: planted in every personal field, and looked for wherever nothing personal may be."""

import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import uuid4

import asyncpg
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from cli.provision import BUS, KEYS
from cli.vault import database_of
from contracts.catalogue import SERVICES
from contracts.vocabulary import ReferralForm
from contracts.vocabulary.classes import PERSONAL, field_class_of
from samples import make
from tests.journeys.live import Live, aside

BORN = "1931-07-13"
DATABASES = (*(database_of(service) for service in SERVICES), BUS, KEYS)


@dataclass
class Plant:
    """A form with a canary of its own in every personal field, and each canary by its field."""

    mark: str = field(default_factory=lambda: f"Zq{uuid4().hex[:10]}x")
    canaries: dict[str, str] = field(default_factory=dict)

    def value(self, path: str, *, mail: bool = False) -> str:
        """Return a new canary for a field."""
        canary = f"{self.mark}{len(self.canaries):02}"
        self.canaries[path] = canary
        return f"{canary}@canary.example" if mail else canary

    def form(self) -> dict[str, Any]:
        """Return a whole referral form of canaries, drawn from the form's own field classes."""
        made = self._part(ReferralForm, "")
        made["person"]["date_of_birth"] = BORN
        made["referrer"]["sector"] = "education"
        made["person"]["district"] = "Thanet"
        ReferralForm.model_validate(made)
        return made

    def _part(self, model: type[BaseModel], prefix: str) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, info in model.model_fields.items():
            path, kind = f"{prefix}{name}", _plain(info.annotation)
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                made[name] = self._part(kind, f"{path}.")
            elif get_origin(kind) is tuple:
                (inner, *_) = get_args(kind)
                made[name] = [self._entry(_plain(inner), info, path)]
            elif kind is str and field_class_of(info) in PERSONAL:
                made[name] = self.value(path, mail="email" in name)
        made |= {"sharing_acknowledged": True} if model is ReferralForm else {}
        return made

    def _entry(self, kind: Any, info: FieldInfo, path: str) -> Any:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return self._part(kind, f"{path}.0.")
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            return next(iter(kind)).value
        return self.value(f"{path}.0", mail="email" in path)


def _plain(kind: Any) -> Any:
    """Return what a field holds, without annotations and without `None`."""
    if get_origin(kind) is Annotated:
        return _plain(get_args(kind)[0])
    if get_origin(kind) in {Union, UnionType}:
        return _plain(next(each for each in get_args(kind) if each is not type(None)))
    return kind


def web_fields(form: Mapping[str, Any]) -> dict[str, str]:
    """Return a form as the names and values that the public web form posts.

    It wants a postcode in the right form, which cannot hold a mark, and nothing but figures in a telephone number.
    """
    fields = dict(make.web_fields(ReferralForm.model_validate(form)))
    return {
        name: "" if name.endswith("postcode") else "01632 960001" if "phone" in name else value
        for name, value in fields.items()
    }


def in_files(folder: Path, marks: Sequence[str]) -> list[str]:
    """Return the files below a folder that hold a mark, in clear or in the database's hexadecimal."""
    assert folder.exists(), f"{folder} is not there to look at."
    wanted = [word for mark in marks for word in (mark, mark.encode().hex())]
    patterns = [part for word in wanted for part in ("-e", word)]
    found = subprocess.run(
        ["/usr/bin/env", "grep", "-rlaFi", *patterns, str(folder)], capture_output=True, text=True, check=False
    )
    assert found.returncode in {0, 1, 2}, found.stderr
    return found.stdout.splitlines()


def in_databases(live: Live, marks: Sequence[str], databases: Iterable[str] = DATABASES) -> list[str]:
    """Return the tables of the databases in which any column of any row holds a mark, as text or as bytes."""
    wanted = [word for mark in marks for word in (mark, mark.encode().hex())]

    async def tables(database: str) -> list[str]:
        connection = await asyncpg.connect(live.database_url(database))
        try:
            names = await connection.fetch(
                "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables "
                "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
            )
            assert names, f"{database} has no tables to look at."
            found = []
            for row in names:
                query = f"SELECT count(*) FROM {row['name']} AS t WHERE t::text ILIKE ANY ($1)"
                if await connection.fetchval(query, [f"%{word}%" for word in wanted]):
                    found.append(f"{database}: {row['name']}")
            return found
        finally:
            await connection.close()

    return [name for database in databases for name in aside(tables(database))]
