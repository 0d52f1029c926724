"""The set of forms in every shape: committed as generated, plainly synthetic, and read through the real cage."""

import asyncio
import json

import pytest

from bench import reading
from bench.reading import FOLDER, PAGE, Read, lost, names, scored, taken, whole_set
from samples.make_forms import DESK, READ, files, forms
from samples.people import NOTICE
from services.intake.readers import FormReading

SET = forms()


@pytest.fixture(scope="module")
def reads() -> list[Read]:
    return asyncio.run(whole_set())


class TestTheSet:
    def test_the_committed_files_are_the_generated_ones(self) -> None:
        made = files()
        assert {path.name for path in FOLDER.iterdir()} == {*made, "README.md"}
        assert [name for name, body in made.items() if (FOLDER / name).read_bytes() != body] == []

    def test_there_are_enough_in_every_shape_and_edition(self) -> None:
        assert len(SET) >= 60
        assert len({one.shape for one in SET}) >= 15
        assert {form.get("edition") for one in SET for form in one.forms} == {"2018", "2024-08", "2025", "unknown"}
        assert sum(one.outcome == DESK for one in SET) >= 15

    def test_every_narrative_says_that_nobody_is_meant(self) -> None:
        told = [form["concerns.narrative"] for one in SET for form in one.forms if "concerns.narrative" in form]
        assert len(told) >= 60
        assert all(NOTICE in narrative for narrative in told)


class TestReading:
    def test_nothing_wrong_is_taken_and_nothing_is_lost(self, reads: list[Read]) -> None:
        scores = scored(reads)
        assert scores.wrong == []
        assert {name: score.precision for name, score in scores.fields.items() if score.precision < 1} == {}
        assert lost(reads) == []
        assert [read.name for read in reads if read.outcome == DESK and not read.reasons] == []
        assert [read.name for read in reads if read.outcome == READ and read.reasons] == []

    def test_a_file_read_whole_is_a_referral_with_all_that_stands_in_it(self, reads: list[Read]) -> None:
        for read in reads:
            if read.outcome == READ:
                assert [reading.complete for reading in read.readings] == [True] * len(read.expected), read.name
                assert all(reading.text for reading in read.readings), read.name

    def test_the_page_of_the_set_shows_this_reading(self, reads: list[Read]) -> None:
        assert reading.table(reads) in PAGE.read_text(), "run python -m bench.reading"

    def test_a_wrong_answer_would_be_noticed(self) -> None:
        expected = {"person.surname": "Testperson", "person.district": "Thanet"}
        wrong = Read("a", "b", READ, (expected,), (FormReading(values={"person.surname": "Other"}),), ())
        assert scored([wrong]).wrong == [("a", "person.surname")]
        assert lost([wrong]) == [("a", "person.district")]
        doubted = FormReading(values={"person.surname": "Other"}, doubtful=("person.surname",))
        assert taken(doubted) == {}


def test_every_file_has_its_answers_beside_it() -> None:
    for name in names():
        known = json.loads((FOLDER / f"{name}.expected.json").read_text())
        assert known["outcome"] in {READ, DESK}
