"""A meeting of the panel: twelve members, six cases, no quorum for one, a dissent, a conflict of interest."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.journeys.channel_steps import HEALTH, SUPPORT, asked_link, guest, standing
from tests.journeys.live import Live, signed_in, started, wait
from tests.journeys.pages import answered, words
from tests.journeys.panel_made import CORRECTED, MISHEARD, PROBATION, Evening, prepared, said_of
from tests.journeys.panel_walked import DISSENT, LOOKED_AT, REPORT, VISIT, walked

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
WHO = {"by": "Sample Member (synthetic)", "role": "Member"}


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A system of its own: business time goes from meeting to meeting."""
    with started(tmp_path_factory.mktemp("panel")) as running:
        yield running


@pytest.fixture(scope="module")
def evening(live: Live, browser: Browser, pictures: Path | None) -> Evening:
    """Hold the meeting from its agenda to its minutes, and keep what the pages said."""
    return walked(prepared(live), browser, pictures)


def read(evening: Evening, person: str, address: str) -> str:
    """Return the words of a page as somebody of the staff reads it."""
    with signed_in(evening.live, "channel", person) as browser:
        return words(browser.get(address))


def part(minutes: str, evening: Evening, reference: str) -> str:
    """Return what the minutes say of one case."""
    after = minutes.partition(f"{reference}: ")[2]
    cases = (*evening.cases.new, evening.cases.review)
    return min((after.partition(f"{each}: ")[0] for each in cases), key=len)


class TestBeforeTheMeeting:
    def test_the_agenda_is_made_of_what_is_due_each_at_its_time(self, evening: Evening) -> None:
        assert all(each in evening.told["calendar"] for each in evening.cases.new)
        assert "Due and on no agenda (5)" in evening.told["calendar"]
        agenda = evening.told["agenda"]
        new = "|".join(evening.cases.new)
        times = set(re.findall(rf"(?:{new}) (1\d:\d\d),? 30 minutes New", agenda))
        assert times == {"10:00", "10:30", "11:00", "11:30", "12:00"}
        assert f"{evening.cases.review} 12:30 20 minutes Review" in agenda.replace(",", "")
        assert "Nobody from Northmere Constabulary" in agenda

    def test_twelve_are_asked_and_whoever_accepts_agrees_to_the_statement(self, evening: Evening) -> None:
        query = "SELECT state, statement FROM invitation WHERE meeting_id::text = $1 AND member_id <> ''"
        asked = said_of(evening, query)
        assert len(asked) == 12
        assert [each["state"] for each in asked].count("accepted") == 11
        assert all(each["statement"] for each in asked if each["state"] == "accepted")

    def test_moving_by_a_week_says_whose_time_runs_out(self, evening: Evening) -> None:
        said = evening.told["forecast"]
        assert all(f"{each}: panel decision runs out before" in said for each in evening.cases.new)
        assert "13 invitations are sent again; 12 had accepted" in said
        assert "packs are closed and have to be shared again" in said

    def test_a_pack_is_marked_with_its_reader_and_holds_what_they_may_see(self, evening: Evening) -> None:
        assert "For Hamid Health (synthetic), NHS Kent and Medway. Opened" in evening.told["pack-health"]
        assert "What the police decided and why" not in evening.told["pack-health"]
        assert "What the police decided and why" in evening.told["pack-police"]
        assert "Read by Tess Teacher (synthetic)" in evening.told["pack-teacher"]
        assert "Newest assessment" not in evening.told["pack-teacher"]

    def test_a_pack_is_refused_to_whoever_is_not_asked_and_before_its_time(self, evening: Evening) -> None:
        assert "There is no such case on the agenda" in evening.told["pack-not-asked"]
        assert "are not open yet" in evening.told["pack-too-early"]


class TestTheMeeting:
    def test_leads_from_a_case_that_is_decided_to_the_next_one(self, evening: Evening) -> None:
        assert re.search(r"Go to the next case: KM-", evening.told["adopted"])

    def test_the_last_minutes_come_first_and_are_corrected_beside_what_they_say(self, evening: Evening) -> None:
        assert MISHEARD in evening.told["last-minutes"]
        with_correction = read(evening, SUPPORT, f"{evening.last}/minutes")
        assert MISHEARD in with_correction
        assert re.search(rf"by Bella Support \(synthetic\), in the meeting of [^:]+: {CORRECTED}", with_correction)

    def test_nothing_is_decided_without_the_police_of_where_the_person_lives(self, evening: Evening) -> None:
        said = evening.told["no-quorum"]
        assert "lives in the area of Northmere Constabulary, and nobody of that force is in the room" in said
        assert "No decision can be recorded now" in said
        assert standing(evening.live, evening.cases.quorum) == "referred-to-panel"
        assert "No quorum. The person lives in the area of Northmere" in evening.told["minutes"]

    def test_a_dissent_is_kept_in_its_own_words(self, evening: Evening) -> None:
        said = part(evening.told["minutes"], evening, evening.cases.dissent)
        assert "The majority decided (9 for, 1 against)" in said
        assert f"Against: Polly Panelpolice (synthetic), Kent Police {DISSENT}" in said

    def test_whoever_has_a_conflict_of_interest_reads_nothing_of_the_case(self, evening: Evening) -> None:
        case = evening.cases.conflict
        assert evening.kept_out == [403] * 4
        assert "You have declared a conflict of interest in this case" in evening.told["pack-conflict"]
        hers = part(evening.told["minutes-chair"], evening, case)
        assert "what was said of it is not shown to you" in hers
        assert "hospital" not in hers
        assert "hospital" in part(evening.told["minutes"], evening, case)

    def test_the_co_chair_takes_over_in_the_middle(self, evening: Evening) -> None:
        assert "No chair of the local authority presides in the room" in evening.told["stepped-out"]
        presided = said_of(evening, "SELECT member_id FROM presiding WHERE meeting_id::text = $1 ORDER BY id")
        assert [each["member_id"] for each in presided] == ["chair-kent", "chair-medway", "chair-kent"]
        assert "Presided Otto Cochair (synthetic)" in part(evening.told["minutes"], evening, evening.cases.conflict)

    def test_the_minutes_say_who_was_in_the_room_for_which_case(self, evening: Evening) -> None:
        minutes = evening.told["minutes"]
        first, second = (part(minutes, evening, each) for each in (evening.cases.adopted, evening.cases.dissent))
        fourth = part(minutes, evening, evening.cases.conflict)
        assert "Tess Teacher (synthetic) (guest, no vote)" in first
        assert "Hamid Health" in first
        assert not [each for each in ("Tess", "Hamid", "Panelhousing") if each in second]
        away = "Not there because of a conflict of interest: Hamid Health (synthetic); Petra Panelchair (synthetic)."
        assert away in fourth
        query = "SELECT DISTINCT c.reference FROM presence JOIN case_file c USING (subject) WHERE meeting_id::text = $1"
        assert len(said_of(evening, query)) == 6

    def test_nothing_is_wrong_with_any_page_that_they_passed(self, evening: Evening) -> None:
        assert evening.problems == []


class TestWhatFollows:
    def test_not_adopted_says_what_was_considered_and_goes_to_an_owner(self, evening: Evening) -> None:
        said = part(evening.told["minutes"], evening, evening.cases.elsewhere)
        assert f"Health and social care considered: {LOOKED_AT}" in said
        assert VISIT in said
        case = evening.cases.elsewhere
        assert standing(evening.live, case) == "not-adopted"
        link = wait(lambda: asked_link(evening.live, case, "early-help@kent-council.example"), 60, "The signpost")
        assert link

    def test_actions_reach_the_agencies_that_owe_them(self, evening: Evening) -> None:
        mine = read(evening, HEALTH, "/mine")
        assert evening.cases.adopted in mine
        with guest(evening.live, evening.cases.adopted, PROBATION) as (browser, page):
            assert REPORT in words(page)
            done = answered(browser, page, {"report": "SYNTHETIC: sent.", **WHO, "step": "answer"})
            assert "this link is used up" in words(done), words(done)
        query = "SELECT state FROM obligation WHERE about::text = $1 AND owner LIKE 'Probation%'"
        wait(lambda: said_of(evening, query)[0]["state"] == "done", 60, "The report")

    def test_the_next_date_is_fixed(self, evening: Evening) -> None:
        query = "SELECT held_on FROM meeting WHERE state = 'planned' ORDER BY held_on LIMIT 1"
        following = evening.live.of("channel", query)[0]["held_on"]
        assert f"Next meeting {following:%-d %B %Y}" in evening.told["minutes"]
        assert f"Next date {following:%-d %B %Y}" in part(evening.told["minutes"], evening, evening.cases.conflict)

    def test_a_pack_that_is_over_stays_closed_and_every_try_is_recorded(self, evening: Evening) -> None:
        assert "The packs of this meeting have expired" in evening.told["pack-expired"]
        assert (
            "It cannot be read any more, and that somebody tried has been recorded" in evening.told["pack-expired-link"]
        )
        assert "This meeting is over: no more packs are shared for it" in evening.told["reads"]
        reads = evening.told["reads"].partition("Who has read them")[2]
        expired = "Refused The packs of this meeting have expired"
        cases = evening.cases
        assert f"Hamid Health (synthetic), NHS Kent and Medway, {cases.adopted}, in the console {expired}" in reads
        assert (
            f"Sample Paneleducation (synthetic), Kent Education Safeguarding, {cases.dissent}, by link {expired}"
            in reads
        )
        refused = f"{cases.conflict}, in the console Refused You have declared a conflict of interest"
        assert refused in reads
        assert f"{cases.dissent}, in the console Refused You are not asked to this case" in reads
        assert f"Polly Panelpolice (synthetic), Kent Police, {cases.review}, in the console" in reads
