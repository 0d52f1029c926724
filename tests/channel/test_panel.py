"""The panel's rules: who has to be in the room, and how it agrees."""

from dataclasses import replace
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from services.channel.domain.panel import (
    Agreement,
    Needs,
    Seat,
    Vote,
    agreed,
    counted,
    may_preside,
    quorum_lacks,
    voters,
)

CHAIR = Seat(UUID(int=1), "Petra", "Sample Council", "local-authority", chairs=True, member_id="chair", account="petra")
COCHAIR = replace(CHAIR, id=UUID(int=2), name="Otto", member_id="cochair", account="otto")
POLICE = Seat(UUID(int=3), "Polly", "Sample Police", "police", force="Sample Police", member_id="police")
AWAY_FORCE = Seat(UUID(int=4), "Nils", "Northmere Police", "police", force="Northmere Police", member_id="away")
HEALTH = Seat(UUID(int=5), "Hamid", "Sample Health", "health", member_id="health")
GUEST = Seat(UUID(int=6), "Gil", "Example School", "education", is_member=False)
NEEDS = Needs("Sample Police")
seats = st.lists(st.sampled_from([CHAIR, COCHAIR, POLICE, AWAY_FORCE, HEALTH, GUEST]), unique=True)
needs = st.builds(
    Needs,
    st.just("Sample Police"),
    st.sampled_from(["", "Sample Police", "Northmere Police"]),
    st.sampled_from([(), ("health",), ("health", "probation")]),
)
votes = st.lists(st.sampled_from(Vote), max_size=14)


class TestQuorum:
    def test_the_chair_and_the_police_of_the_persons_home_suffice(self) -> None:
        assert quorum_lacks([CHAIR, POLICE], "chair", NEEDS) == ()
        assert quorum_lacks([CHAIR, POLICE], "chair", Needs("Sample Police", "Sample Police")) == ()

    def test_says_which_police_are_missing(self) -> None:
        assert "Sample Police is missing" in quorum_lacks([CHAIR, HEALTH], "chair", NEEDS)[0]
        away = Needs("Sample Police", "Northmere Police")
        lacking = quorum_lacks([CHAIR, POLICE], "chair", away)
        assert len(lacking) == 1
        assert "lives in the area of Northmere Police" in lacking[0]
        assert quorum_lacks([CHAIR, POLICE, AWAY_FORCE], "chair", away) == ()

    def test_the_home_force_does_not_stand_in_for_the_areas_own(self) -> None:
        assert quorum_lacks([CHAIR, AWAY_FORCE], "chair", Needs("Sample Police", "Northmere Police")) != ()

    def test_a_force_is_known_however_it_is_typed(self) -> None:
        typed = Needs("Sample Police", " northmere  police")
        assert quorum_lacks([CHAIR, POLICE, AWAY_FORCE], "chair", typed) == ()
        assert quorum_lacks([CHAIR, POLICE], "chair", Needs("Sample Police", "SAMPLE POLICE")) == ()

    def test_who_presides_is_in_the_room(self) -> None:
        assert "presides" in quorum_lacks([COCHAIR, POLICE], "chair", NEEDS)[0]
        assert quorum_lacks([COCHAIR, POLICE], "cochair", NEEDS) == ()
        assert "presides" in quorum_lacks([CHAIR, POLICE], "police", NEEDS)[0]

    def test_the_area_asks_for_more(self) -> None:
        more = replace(NEEDS, also_needed=("health",))
        assert quorum_lacks([CHAIR, POLICE], "chair", more) == ("This area also needs health in the room.",)
        assert quorum_lacks([CHAIR, POLICE, HEALTH], "chair", more) == ()

    def test_guests_do_not_count(self) -> None:
        guest = replace(POLICE, is_member=False)
        assert quorum_lacks([CHAIR, guest], "chair", NEEDS) != ()
        assert not may_preside(replace(CHAIR, is_member=False))

    @given(seats, needs)
    def test_somebody_more_never_ends_a_quorum(self, room: list[Seat], wanted: Needs) -> None:
        lacking = set(quorum_lacks(room, "chair", wanted))
        for more in (CHAIR, COCHAIR, POLICE, AWAY_FORCE, HEALTH, GUEST):
            assert set(quorum_lacks([*room, more], "chair", wanted)) <= lacking

    @given(seats, needs)
    def test_decides_only_with_what_the_statute_wants(self, room: list[Seat], wanted: Needs) -> None:
        if not quorum_lacks(room, "chair", wanted):
            assert CHAIR in room
            assert POLICE in room
            assert AWAY_FORCE in room or wanted.home_force != "Northmere Police"


class TestAgreed:
    def test_unanimous_else_majority_else_the_chair(self) -> None:
        v = Vote
        assert agreed([v.FOR, v.FOR]) is Agreement.UNANIMOUS
        assert agreed([v.FOR, v.FOR, v.AGAINST]) is Agreement.MAJORITY
        assert agreed([v.FOR, v.AGAINST]) is Agreement.CHAIR
        assert agreed([v.FOR, v.ABSTAINED]) is Agreement.CHAIR
        assert agreed([v.FOR, v.AGAINST, v.AGAINST]) is Agreement.LOST
        assert agreed([]) is Agreement.CHAIR

    @given(votes)
    def test_is_unanimous_only_where_nobody_says_otherwise(self, cast: list[Vote]) -> None:
        assert (agreed(cast) is Agreement.UNANIMOUS) == (bool(cast) and set(cast) == {Vote.FOR})

    @given(votes)
    def test_never_calls_a_majority_what_is_half_or_less(self, cast: list[Vote]) -> None:
        found, half = agreed(cast), len(cast) / 2
        if found in (Agreement.UNANIMOUS, Agreement.MAJORITY):
            assert cast.count(Vote.FOR) > half
        assert (found is Agreement.LOST) == (cast.count(Vote.AGAINST) > half)

    @given(votes, st.randoms(use_true_random=False))
    def test_the_order_of_votes_says_nothing(self, cast: list[Vote], chance: object) -> None:
        mixed = list(cast)
        chance.shuffle(mixed)  # type: ignore[attr-defined]
        assert agreed(mixed) is agreed(cast)

    @given(votes)
    def test_a_vote_more_for_it_never_loses_it(self, cast: list[Vote]) -> None:
        if agreed(cast) is not Agreement.LOST:
            assert agreed([*cast, Vote.FOR]) is not Agreement.LOST

    def test_is_said_in_words(self) -> None:
        assert counted([Vote.FOR, Vote.AGAINST]) == "1 for, 1 against"
        assert counted([Vote.FOR, Vote.ABSTAINED]) == "1 for, 0 against, 1 abstained"


class TestVoters:
    def test_guests_speak_and_do_not_vote(self) -> None:
        assert voters([CHAIR, GUEST, HEALTH]) == (CHAIR, HEALTH)

    def test_nobody_votes_twice(self) -> None:
        once = Seat(uuid4(), "Hamid", "Sample Health", "health")
        assert voters([once, once]) == (once,)
