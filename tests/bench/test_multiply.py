"""What makes a store large: no table of triage is forgotten, and what is written of copies fits the tables."""

import re

import pytest

from bench import multiply_triage as filling
from bench.multiply import PLACES
from services.triage.domain import ClockName, Command, State
from services.triage.models import metadata

COLUMNS = re.compile(r"INSERT INTO (\w+) \(([\w, ]+)\)")


class TestTriage:
    def test_every_table_is_made_large_or_left_with_a_reason(self) -> None:
        ours = set(metadata.tables)
        assert ours <= {*PLACES["triage"].tables, *filling.LEFT}
        assert not {*filling.TABLES} & {*filling.LEFT}
        assert {*filling.FILLED, *filling.PUT, *filling.LEFT} <= ours

    @pytest.mark.parametrize("table", filling.FILLED)
    def test_a_filled_row_has_every_column_that_must_not_be_empty(self, table: str) -> None:
        found = COLUMNS.search(filling.FILLED[table])
        assert found is not None
        assert found[1] == table
        needed = {
            column.name
            for column in metadata.tables[table].columns
            if not column.nullable and column.autoincrement is not True and column.server_default is None
        }
        assert needed <= {name.strip() for name in found[2].split(",")} <= set(metadata.tables[table].columns.keys())

    def test_the_words_are_those_of_the_pathway(self) -> None:
        said = set(re.findall(r"'([a-z-]+)'", filling._STEPS))
        assert said <= {*Command, *State}
        assert set(re.findall(r"'([a-z-]+)'", filling._CLOCKS)) <= {*ClockName}
