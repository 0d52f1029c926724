"""The auditor takes nothing on trust: it counts each list again, and looks at every shown and hidden figure."""

import asyncio
from dataclasses import replace

import pytest

from contracts.vocabulary import Sector
from services.stats.clients import auditor
from services.stats.clients.auditor import WorkerAuditor
from services.stats.domain.auditing import AuditAsked, AuditFailed, Published
from services.stats.domain.disclosure import Protected
from services.stats.domain.people import Person
from services.stats.domain.tables import PublishedTable
from tests.stats.people_made import YEAR, judged, people_of, referral, released
from tests.stats.trusting import WITNESSES

APRIL = {YEAR[0]: 1}
SOME = people_of(
    [
        *[referral("education", ("received", YEAR[0]))] * 9,
        *[referral("health", ("received", YEAR[0]))] * 2,
        *[referral("police", ("received", YEAR[0]))] * 4,
    ],
    APRIL,
)


def changed(table: PublishedTable, category: str, count: int | None) -> PublishedTable:
    """Return a table with its first figure of a category another one."""
    rows = tuple(
        replace(row, counts=(count, *row.counts[1:])) if row.category == category else row for row in table.rows
    )
    return replace(table, rows=rows)


def with_figure(release: Published, category: str, count: int | None) -> Published:
    """Return a release in which April's figure of a sector is another one."""
    tables = [changed(each, category, count) if each.attribute == "sector" else each for each in release.tables]
    return replace(release, tables=tuple(tables))


class TestAudit:
    def test_is_content_with_what_is_protected(self) -> None:
        release, made = released(SOME, APRIL)
        verdict = judged(SOME, [release], made)
        assert verdict.is_clean
        assert verdict.tried > 100

    def test_finds_out_what_stands_alone_once_its_partners_are_shown(self) -> None:
        release, made = released(SOME, APRIL)
        for sector in Sector:
            if sector not in ("education", "police", "health"):
                release = with_figure(release, sector, 0)
        names = {(each.table, each.category) for each in judged(SOME, [release], made).recovered}
        assert ("received/sector/2026", "health") in names

    def test_finds_out_what_has_no_list(self) -> None:
        release, made = released(SOME, APRIL)
        bare = judged(SOME, [release], replace(made, witnesses=()))
        assert len(bare.recovered) == bare.tried
        assert {each.value for each in bare.recovered if each.category == "health"} >= {2}

    def test_takes_no_list_that_alters_what_is_shown(self) -> None:
        release, made = released(SOME, APRIL)
        # Somebody of education, whose nine are shown, is of the police instead.
        ((number, person),) = [(at, one) for at, (one, _) in enumerate(SOME) if one[0][1][0] == "education"]
        ((release_number, about, events),) = person
        moved: Person = ((release_number, ("police", *about[1:]), events),)
        assert judged(SOME, [release], replace(made, witnesses=(((number, moved),),))).recovered

    def test_takes_no_list_in_which_things_happen_in_an_order_they_cannot(self) -> None:
        release, made = released(SOME, APRIL)
        about = SOME[0][0][0][1]
        person: Person = ((1, about, (("adopted", YEAR[0], ""), ("consented", YEAR[0], ""))),)
        verdict = judged(SOME, [release], replace(made, witnesses=(((-1, person),),)))
        assert len(verdict.recovered) == verdict.tried

    def test_takes_somebody_whose_first_steps_were_before_the_first_release_for_a_year(self) -> None:
        next_year = {**APRIL, **dict.fromkeys(YEAR[1:], 1), "2027-04": 1}
        release, made = released(SOME, next_year)
        about = SOME[0][0][0][1]
        proved = []
        for month in (YEAR[-1], "2027-04"):
            person: Person = ((1, about, (("adopted", month, ""),)),)
            verdict = judged(SOME, [release], replace(made, witnesses=(((-1, person),),)))
            proved.append(verdict.tried - len(verdict.recovered))
        assert proved[0] > 0
        assert proved[1] == 0

    def test_takes_nobody_twice_and_no_category_that_tables_do_not_have(self) -> None:
        release, made = released(SOME, APRIL)
        nowhere: Person = ((1, ("guild", *SOME[0][0][0][1][1:]), SOME[0][0][0][2]),)
        for witness in (((0, nowhere),), ((0, ()), (0, ()))):
            verdict = judged(SOME, [release], replace(made, witnesses=(witness,)))
            assert len(verdict.recovered) == verdict.tried

    def test_takes_nobody_of_whom_one_release_speaks_twice(self) -> None:
        about, other = (SOME[at][0][0][1] for at in (0, 1))
        before: Person = ((1, about, (("received", YEAR[0], ""),)),)
        all_of_it = tuple((measure, YEAR[0], "") for measure in ("adopted", "discussed", "received"))
        people = tuple(sorted([*SOME, (before, 1)]))
        twice: Person = ((1, about, all_of_it), (1, other, all_of_it[:1]))
        # Nothing of panels is shown, and received is the same: each half alone could have been.
        release, made = released(people, APRIL)
        assert not {"adopted", "discussed"} & {each.measure for each in release.tables}
        for after, proves in ((twice[:1], True), (twice, False)):
            witness = ((people.index((before, 1)), after),)
            verdict = judged(people, [release], replace(made, witnesses=(witness,)))
            assert (len(verdict.recovered) < verdict.tried) == proves

    def test_takes_no_list_whose_changes_cancel_in_figures_of_no_table(self) -> None:
        april, may, june = YEAR[:3]
        known = SOME[0][0][0][1][:-1]
        # The second release has no row for South, so that no quarter of South stands in any table.
        south: Person = ((1, (*known, "South"), (("received", april, ""),)),)
        north: Person = ((1, (*known, "North"), (("discussed", may, ""),)),)
        people = ((south, 1), (north, 1))
        releases = [
            Published((), {april: 1, may: 1}, ("North", "South")),
            Published((), {april: 1, may: 1, june: 2}, ("North",)),
        ]
        moved = ((0, ((1, (*known, "North"), south[0][2]),)), (1, ((1, (*known, "South"), north[0][2]),)))
        for witness in (moved, moved[:1], moved[1:]):
            verdict = judged(people, releases, Protected((), (), (witness,)))
            assert len(verdict.recovered) == verdict.tried > 0

    def test_says_which_table_shows_what_was_never_counted(self) -> None:
        release, made = released(SOME, APRIL)
        assert judged(SOME, [with_figure(release, "education", 10)], made).untrue == ("received/sector/2026",)

    def test_says_which_table_stands_beside_a_denominator_that_is_untrue_or_tells_what_is_hidden(self) -> None:
        release, made = released(SOME, APRIL)
        (right,) = [each for each in release.tables if each.id == "received/sector/2026"]
        for wrong in (replace(right, totals=(16,)), replace(right, known=(15,))):
            tables = [wrong if each is right else each for each in release.tables]
            assert judged(SOME, [replace(release, tables=tuple(tables))], made).untrue == ("received/sector/2026",)


class TestWorkerAuditor:
    def test_answers_from_a_process_of_its_own(self) -> None:
        release, made = released(SOME, APRIL)
        asked, written = AuditAsked((release,), SOME), WITNESSES.dump_json(made.witnesses)
        verdict = asyncio.run(WorkerAuditor().audit(asked, written.decode()))
        assert verdict.is_clean
        assert not asyncio.run(WorkerAuditor().audit(asked, "[]")).is_clean

    def test_refuses_where_there_is_no_answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(auditor, "WORKER", "services.stats.clients.nothing_here")
        with pytest.raises(AuditFailed):
            asyncio.run(WorkerAuditor().audit(AuditAsked((), ()), "[]"))
