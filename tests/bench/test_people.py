"""`python -m bench.people`: what it counts, that it learns, and that what was learnt holds on people never seen."""

from collections.abc import Mapping

import pytest

from bench import people, people_judged, people_learnt, people_public
from bench.frame import NotHere
from bench.people_judged import Judged, Known, Pair, Set
from services.triage.domain.people import Identity
from services.triage.domain.people.levels import Level

NOBODY = Known(1, "British", Identity())


def pair(arrival: int, *, same: bool, suggested: bool, likeness: float = 0.0) -> Pair:
    levels: Mapping[str, Level] = {"surname": Level.SAME if same else Level.OTHER}
    return Pair(arrival, same, levels, suggested, likeness)


@pytest.fixture(scope="module")
def judged() -> Judged:
    """Return a small generated set as it was judged; its seed is neither that of learning nor that of judging."""
    return people_judged.judge(people_judged.generated(3, 800))


class TestScores:
    def test_count_what_was_found_and_what_was_right(self) -> None:
        pairs = [
            pair(0, same=True, suggested=True, likeness=95.0),
            pair(0, same=False, suggested=True, likeness=40.0),
            pair(1, same=True, suggested=False, likeness=70.0),
        ]
        found = Judged([NOBODY, NOBODY], {0: 1, 1: 1}, {0: 1, 1: 1}, pairs)
        assert (people_judged.ours(found).recall, people_judged.ours(found).precision) == (0.5, 0.5)
        assert people_judged.rapidfuzz_alone(found, 90).precision == 1.0
        assert people_judged.best_threshold(found) <= 70
        assert people_judged.ours(found, [1]).recall == 0.0

    def test_who_was_never_there_before_is_not_missed(self) -> None:
        found = people_judged.judge(Set([NOBODY], [Known(2, "British", Identity())]))
        assert found.expected == {}
        assert people_judged.reached(found) == 0.0


class TestMatcher:
    def test_reaches_finds_and_is_right_more_than_rapidfuzz_alone(self, judged: Judged) -> None:
        ours = people_judged.ours(judged)
        alone = people_judged.rapidfuzz_alone(judged, people_judged.best_threshold(judged))
        assert people_judged.reached(judged) >= 0.98
        assert ours.recall >= 0.94
        assert ours.precision >= 0.8
        assert ours.recall > alone.recall
        assert ours.precision > alone.precision

    def test_learns_that_a_birthday_says_more_than_a_gender(self, judged: Judged) -> None:
        learnt = people_learnt.learn(judged)
        assert learnt.weights["date-of-birth", Level.SAME] > learnt.weights["gender", Level.SAME]
        assert learnt.weights["forename", Level.OTHER] < 0 < learnt.weights["phone", Level.SAME]


class TestPublicSets:
    def test_are_left_out_where_the_index_is_away(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def away() -> Mapping[str, Set]:
            raise NotHere("The package index did not give it.")

        monkeypatch.setattr(people_public, "sets", away)
        assert people.public() == []
        assert "the public sets are left out. The package index did not give it." in capsys.readouterr().out
