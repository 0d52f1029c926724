"""Whatever is typed into an assessment, nothing is lost, nothing is completed half, and nothing is counted."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from areas.instruments import load_instruments
from contracts.vocabulary.assessment import Draft, Factor, Instrument, Presence, Written
from contracts.vocabulary.drafting import (
    Asks,
    Author,
    Progress,
    compared,
    completed,
    conclusion_progress,
    dimension_lacks,
    lacking,
    left_over,
    progress,
    reconcluded,
    replaced,
)

INSTRUMENTS = [each.instrument for each in load_instruments()[0]]
AUTHOR = Author("Sample (synthetic)", datetime(2026, 11, 18, 10, tzinfo=UTC), 1)
WORDS = st.sampled_from(["", "  ", "Told by the school."])
ASKS = st.sampled_from([Asks(), Asks(evidence=True), Asks(findings=frozenset({"clear-evidence"}))])


@st.composite
def drafts(draw: st.DrawFn, instrument: Instrument) -> Draft:
    """Return a draft of which some is written, some is not, and some was never possible."""
    written = [draw(answers(factor)) for factor in instrument.factors() if draw(st.booleans())]
    texts = {name: draw(WORDS) for name in ("summary", "management_plan", "changed")}
    finding = draw(st.sampled_from(["", "clear-evidence", "guilty"]))
    return Draft(finding=finding, written=tuple(written), **texts)


def answers(factor: Factor) -> st.SearchStrategy[Written]:
    """Return what may be written of one factor."""
    chosen = st.sampled_from(["", "done", "nonsense", *Presence])
    return st.builds(
        Written, factor=st.just(factor.id), label=st.just(factor.label), answer=chosen, narrative=WORDS, evidence=WORDS
    )


instruments = st.sampled_from(INSTRUMENTS)
begun = instruments.flatmap(lambda instrument: st.tuples(st.just(instrument), drafts(instrument)))


class TestDrafts:
    @settings(max_examples=30)
    @given(begun, ASKS, st.booleans())
    def test_what_lacks_nothing_can_be_completed_with_every_factor(
        self, given_draft: tuple[Instrument, Draft], asks: Asks, again: bool
    ) -> None:
        instrument, draft = given_draft
        lacks = lacking(instrument, draft, asks, again=again)
        parts = {each.part for each in lacks}
        for dimension in instrument.dimensions:
            whole = progress(dimension, draft, asks) is Progress.ANSWERED
            assert whole == (dimension.id not in parts) == (not dimension_lacks(dimension, draft, asks))
        if conclusion_progress(draft, asks, again=again) is Progress.ANSWERED:
            assert "conclusion" not in parts
        if lacks:
            return
        kept = completed(instrument, draft, None, AUTHOR)
        assert [each.factor for each in kept.factors] == [each.id for each in instrument.factors()]

    @settings(max_examples=30)
    @given(begun, begun)
    def test_writing_one_part_anew_leaves_the_others(
        self, first: tuple[Instrument, Draft], second: tuple[Instrument, Draft]
    ) -> None:
        instrument, draft = first
        dimension = instrument.dimensions[0]
        names = {each.id for each in dimension.factors}
        said = tuple(each for each in second[1].written if each.factor in names)
        anew = replaced(draft, dimension, said)
        assert [each for each in anew.written if each.factor not in names] == [
            each for each in draft.written if each.factor not in names
        ]
        assert tuple(each for each in anew.written if each.factor in names) == said
        assert replaced(anew, dimension, said) == anew
        assert reconcluded(draft, second[1]).written == draft.written

    @settings(max_examples=30)
    @given(begun, instruments)
    def test_nothing_is_lost_on_the_way_to_another_edition(
        self, given_draft: tuple[Instrument, Draft], other: Instrument
    ) -> None:
        draft = given_draft[1]
        placed = {each.id for each in other.factors()}
        homeless = left_over(other, draft)
        assert not {each.factor for each in homeless} & placed
        words = [each for each in draft.written if each.answer or each.text()]
        assert all(each in homeless or each.factor in placed for each in words)
        assert list(left_over(None, draft)) == words

    @settings(max_examples=30)
    @given(instruments, st.data())
    def test_a_comparison_says_the_same_from_either_side(self, instrument: Instrument, data: st.DataObject) -> None:
        first, second = (completed(instrument, _whole(instrument, data), None, AUTHOR) for _ in range(2))
        there, back = compared(first, second), compared(second, first)
        assert [(each.label, each.differs) for each in there] == [(each.label, each.differs) for each in back]
        assert [each.before for each in there] == [each.after for each in back]
        assert len(there) == len(list(instrument.factors()))


def _whole(instrument: Instrument, data: st.DataObject) -> Draft:
    """Return a draft in which every factor is answered."""
    written = []
    for factor in instrument.factors():
        answer = "done" if factor.kind == "check" else data.draw(st.sampled_from(list(Presence)))
        written.append(Written(factor=factor.id, label=factor.label, answer=answer, narrative="Words."))
    return Draft(summary="A summary.", written=tuple(written))
