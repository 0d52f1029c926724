"""What bodies are asked, how answers are taken, and how something that is owed stands."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.channel.domain import (
    Body,
    Command,
    NotRecorded,
    Record,
    Situation,
    State,
    about_whom,
    answers_to,
    decide,
    is_mail_address,
    marks,
    questions_in,
    wrong_with,
)
from tests.channel.builders import NOW, practice

LATER, EARLIER = NOW + timedelta(days=1), NOW - timedelta(days=1)


class TestQuestionsIn:
    @given(st.text())
    def test_are_never_empty_and_never_twice(self, text: str) -> None:
        found = questions_in(text)
        assert all(each.strip() for each in found)
        assert len(set(found)) == len(found)
        assert questions_in("\n".join(found)) == found

    def test_stand_one_on_a_line(self) -> None:
        assert questions_in("- Attendance?\r\n\n  • Health?  \nAttendance?") == ("Attendance?", "Health?")

    def test_are_not_too_many_nor_too_long(self) -> None:
        assert wrong_with(("x",) * 20) == ""
        assert "at most 20" in wrong_with(("x",) * 21)
        assert "400" in wrong_with(("x" * 401,))


class TestAnswersTo:
    @given(st.dictionaries(st.integers(0, 3), st.text(max_size=5)), st.frozensets(st.integers(0, 3)))
    def test_say_something_or_that_nothing_is_known(self, words: dict[int, str], nothing: frozenset[int]) -> None:
        answers, wrong = answers_to(("a", "b", "c", "d"), words, nothing)
        refused = {number for number, _ in wrong}
        for number, each in enumerate(answers):
            assert (bool(each.words) == each.nothing_known) == (number in refused)

    def test_of_no_questions_are_none(self) -> None:
        assert answers_to((), {0: "x"}, frozenset({0})) == ((), ())


class TestMarks:
    @pytest.mark.parametrize(
        ("found", "said"),
        [
            (marks("open", LATER, NOW), ["Asked"]),
            (marks("open", LATER, NOW, seen=True), ["Opened"]),
            (marks("open", EARLIER, NOW, seen=True), ["Opened", "Overdue"]),
            (marks("open", EARLIER, NOW, paused=True), ["Asked", "Clock paused"]),
            (marks("open", LATER, NOW, undelivered=True), ["Asked", "Could not be delivered"]),
            (marks("done", EARLIER, NOW, undelivered=True), ["Done"]),
            (marks("cancelled", EARLIER, NOW), ["Cancelled"]),
        ],
    )
    def test_say_how_far_it_has_come(self, found: tuple[object, ...], said: list[str]) -> None:
        assert [each.text for each in found] == said  # type: ignore[attr-defined]


class TestAboutWhom:
    def test_says_what_somebody_needs_to_look(self) -> None:
        assert about_whom("Sample Synthetic", date(2009, 4, 27), None, "Thanet") == (
            "Sample Synthetic, born 27 April 2009, Thanet"
        )
        assert about_whom("Sample Synthetic", None, 15, "") == "Sample Synthetic, about 15 years old"
        assert about_whom("Sample Synthetic", None, None, "") == "Sample Synthetic"


class TestMailAddress:
    @pytest.mark.parametrize("wrong", ["", "x", "x@y", "a b@c.example", "a@b.example, c@d.example", "<a@b.example>"])
    def test_is_one_address(self, wrong: str) -> None:
        assert not is_mail_address(wrong)
        assert is_mail_address("office@school.example")


class TestGoingOnWithout:
    @pytest.mark.parametrize(
        ("command", "state", "record"),
        [
            (Command.GATHERED, State.ACCEPTED, Record(summary="Attends.", gathered_by="Sample team")),
            (Command.REFER, State.GATHERED, Record(grounds="Contact with a recruiter.")),
        ],
    )
    def test_needs_a_reason(self, command: Command, state: State, record: Record) -> None:
        here = practice(decides=Body.LOCAL_AUTHORITY)
        asked = Situation(state, "Cora Synthetic", unanswered=("Sample surgery",))
        with pytest.raises(NotRecorded, match="without an answer from Sample surgery") as refusal:
            decide(command, asked, record, here)
        assert refusal.value.field == "missing"
        given = Record(**{**vars(record), "missing": "Closed until Monday."})
        assert "Gone on without: Closed until Monday." in decide(command, asked, given, here).record.written()
        assert decide(command, Situation(state, "Cora Synthetic"), record, here)
