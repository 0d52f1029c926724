"""Tables of a year: small figures and their partners, withheld periods, left-out tables, later releases."""

from contracts.vocabulary import Sector
from services.stats.domain.disclosure import protect
from services.stats.domain.measures import MEASURES
from services.stats.domain.people import People
from services.stats.domain.rules import Rules
from tests.stats.people_made import YEAR, count, judged, people_of, referral, released, table

MONTHS = YEAR[:3]
AS_OF = dict.fromkeys(MONTHS, 1)
SECTORS = "received/sector/2026"


def received(as_of: dict[str, int], **sectors: tuple[int, ...]) -> People:
    """Return so many referrals of each sector, month by month from April 2026."""
    return people_of(
        [
            referral(sector, ("received", YEAR[place]))
            for sector, line in sectors.items()
            for place, number in enumerate(line)
            for _ in range(number)
        ],
        as_of,
    )


class TestProtect:
    def test_shows_totals_and_hides_small_figures(self) -> None:
        _, made = released(received(AS_OF, education=(20, 30, 40), health=(2, 9, 10), police=(7, 8, 12)), AS_OF)
        sector = table(made.tables, SECTORS)
        totals = table(made.tables, "received/2026")
        assert sector is not None
        assert totals is not None
        assert totals.rows[0].counts == sector.totals == (29, 47, 62, 138)
        assert sector.count("health", MONTHS[0]) is None
        assert sector.count("education", MONTHS[0]) == 20

    def test_withholds_what_has_too_small_a_total(self) -> None:
        _, made = released(received(AS_OF, education=(1, 30, 40), health=(1, 19, 10)), AS_OF)
        sector = table(made.tables, SECTORS)
        assert sector is not None
        assert sector.total(MONTHS[0]) is None
        assert sector.count("education", MONTHS[0]) is None
        assert sector.known[0] is None

    def test_protects_a_month_without_anything(self) -> None:
        people = received(AS_OF, education=(0, 30, 40), health=(0, 19, 10))
        release, made = released(people, AS_OF)
        totals = table(made.tables, "received/2026")
        assert totals is not None
        # One other month must be hidden too: the quarter less the others would say nought.
        assert sum(each is None for each in totals.totals) >= 2
        assert judged(people, [release], made).is_clean

    def test_names_the_tables_that_show_nothing_whether_there_was_somebody_or_not(self) -> None:
        """Else whoever reads the list would know of which there was nobody."""
        _, some = released(received(AS_OF, education=(1, 0, 1)), AS_OF)
        _, none = released((), AS_OF)
        assert some.tables == none.tables == ()
        assert some.left_out == none.left_out
        assert len(set(some.left_out)) == len(some.left_out)

    def test_shows_what_it_showed_before(self) -> None:
        as_of = {YEAR[0]: 1, YEAR[1]: 1, YEAR[2]: 2}
        figures = {"education": (20, 30, 40), "health": (2, 9, 10), "police": (7, 8, 12), "other": (9, 9, 9)}
        early = dict.fromkeys(YEAR[:2], 1)
        people = received(as_of, **figures)
        first, before = released(received(early, **{name: line[:2] for name, line in figures.items()}), early)
        second, after = released(people, as_of, [first])
        for sector in Sector:
            for month in YEAR[:2]:
                assert count(before, SECTORS, sector, month) == count(after, SECTORS, sector, month)
        assert judged(people, [first, second], after).is_clean

    def test_keeps_back_a_whole_table_when_told_so(self) -> None:
        people = received(AS_OF, education=(20, 30, 40), health=(20, 30, 40))
        made = protect(people, AS_OF, Rules(3, districts=("North",)), kept=(SECTORS,))
        _, without = released(people, AS_OF)
        assert SECTORS in set(made.left_out) - set(without.left_out)

    def test_knows_the_denominator_without_the_unknown(self) -> None:
        _, made = released(received(AS_OF, education=(20, 30, 40), unknown=(6, 7, 8)), AS_OF)
        sector = table(made.tables, SECTORS)
        assert sector is not None
        for period, known in zip(sector.periods, sector.known, strict=True):
            hidden = sector.count("unknown", period)
            assert known == (None if hidden is None else (sector.total(period) or 0) - hidden)

    def test_hides_what_fewer_referrals_than_the_threshold_stand_behind(self) -> None:
        """One case with a review in each month is one case, however often it counts in a quarter."""
        reviews = [("reviews", month, "in-time") for month in MONTHS]
        one = referral("education", ("received", YEAR[0]), *reviews)
        many = [referral("education", ("received", YEAR[0])) for _ in range(9)]
        _, made = released(people_of([one, *many], AS_OF), AS_OF)
        assert count(made, "reviews/2026", "all", "2026-Q1") is None

    def test_rounds_as_the_area_does(self) -> None:
        made = protect(received(AS_OF, education=(21, 33, 42)), AS_OF, Rules(5, 5, ("North",)))
        totals = table(made.tables, "received/2026")
        assert totals is not None
        assert totals.totals == (20, 35, 40, 95)

    def test_has_every_table_once(self) -> None:
        _, made = released(received(AS_OF, education=(20, 30, 40), health=(20, 30, 40)), AS_OF)
        every = sum((not each.of) + len(each.attributes) for each in MEASURES.values())
        assert len({*made.left_out, *(each.id for each in made.tables)}) == every
