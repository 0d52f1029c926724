"""What time brings about in Channel: sessions that are missing, consent refused with a risk, and the 18th birthday."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import pytest

from tests.journeys.channel_care import (
    CHANGE,
    SCHOOL,
    acknowledged,
    by_link,
    calendar_says,
    heard,
    moved,
    one_risk_owner,
    page_of,
    panel_adopts,
    session_reported,
)
from tests.journeys.channel_steps import (
    commissioned,
    consent,
    owed_links,
    planned,
    standing,
    to_the_panel,
    today,
)
from tests.journeys.channel_world import BY_PARENT, child
from tests.journeys.live import Live, signed_in, started, wait
from tests.journeys.pages import answered, links, tree, words
from tests.journeys.steps import COORDINATOR, GATEWAY, REASON, decided, state

pytestmark = pytest.mark.timeout(900)
CORA, GWEN = "Cora Coordinator (synthetic)", "Gwen Gateway (synthetic)"
REFUSES = {**BY_PARENT, "reason": "SYNTHETIC: she wants no visits.", "risk": "yes"}
HIMSELF = {
    "by": "self",
    "name": "Sample Person (synthetic)",
    "capacity": "has-capacity",
    "asked_by": CORA,
    "how": REASON,
}
STOPPED = "SYNTHETIC: stopped, and the notes are locked away."
AHEAD = 75
"""In how many days somebody turns 18 who is referred: after the next meeting of the panel, whenever that is."""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A system of its own, whose time these tests move on."""
    with started(tmp_path_factory.mktemp("alarms")) as running:
        yield running


@pytest.fixture(scope="module")
def cases(live: Live) -> Mapping[str, str]:
    """Three cases that the panel adopted, with a plan; a parent has consented for who turns 18 soon."""
    found = {"short": child(live), "refused": child(live), "of-age": child(live, eighteen(today(live)))}
    for reference in found.values():
        to_the_panel(live, reference)
    panel_adopts(live, list(found.values()))
    for reference in found.values():
        planned(live, reference)
    assert "A parent or guardian: the person is under 18." in page_of(live, found["of-age"], "/consent")
    consent(live, found["of-age"], "consent-given", **BY_PARENT)
    return found


def eighteen(on: date) -> date:
    """Return the birth date of somebody who turns 18 some weeks after a day."""
    birthday = (on + timedelta(days=AHEAD)).replace(day=15)
    return birthday.replace(year=birthday.year - 18)


def runs(live: Live, reference: str, name: str) -> bool:
    """Say whether a clock of a case runs."""
    query = (
        "SELECT 1 FROM clock JOIN case_file USING (subject) WHERE reference = $1 AND name = $2 AND stopped_at IS NULL"
    )
    return bool(live.of("channel", query, reference, name))


class TestSessionsMissing:
    def test_of_seven_commissioned_and_one_delivered_reach_the_coordinator_and_the_panel(
        self, live: Live, cases: Mapping[str, str]
    ) -> None:
        reference = cases["short"]
        consent(live, reference, "consent-given", **BY_PARENT)
        commissioned(live, reference, 7)
        session_reported(live, reference, 1, took_place=True, said="SYNTHETIC: they met once.")
        assert "Sessions are missing" not in page_of(live, reference)
        moved(live, "+60days")
        wait(lambda: "Sessions are missing" in page_of(live, reference), 120, "The alarm on the case")
        missing = page_of(live, reference, "/interventions")
        assert "6 planned sessions should have taken place and nobody has reported" in missing, missing
        for place in ("/work", "/due", "/interventions"):
            assert reference in self.seen(live, COORDINATOR, place), place
        assert "Sessions of an intervention are missing" in page_of(live, reference, "/chronology")
        due = calendar_says(live)
        assert reference in due
        assert "sessions are missing" in due[due.index(reference) :]
        told = heard(live, reference, "", said="SYNTHETIC: the provider comes to the next meeting.")
        assert "Sessions are missing: the coordinator was told" in told.pack
        assert "Sample Intervention Provider One (synthetic)" in told.before
        assert "Sessions are missing" in told.before
        assert one_risk_owner(live, reference) == CORA

    def seen(self, live: Live, person: str, place: str) -> str:
        with signed_in(live, "channel", person) as browser:
            return words(browser.get(place))


class TestRefusedWithARisk:
    def test_is_offered_for_a_partnership_and_the_risk_moves_when_the_police_accept_it(
        self, live: Live, cases: Mapping[str, str]
    ) -> None:
        reference = cases["refused"]
        page = consent(live, reference, "consent-refused", **REFUSES)
        assert "There is a risk and no consent: offer the case to the police" in words(page)
        assert standing(live, reference) == "no-consent"
        running = (
            "SELECT due_at FROM clock JOIN case_file USING (subject) WHERE reference = $1 AND name = 'reassessment'"
        )
        assert live.of("channel", f"{running} AND stopped_at IS NULL", reference)
        assert "Further assessment" in page_of(live, reference, "/reviews")
        (link,) = wait(lambda: owed_links(live, reference, SCHOOL, CHANGE), 60, "The mail to the school")
        by_link(live, reference, SCHOOL, {"answer": "stopped", "report": STOPPED}, link=link)
        wait(lambda: STOPPED in page_of(live, reference, "/consent"), 60, "What the school has stopped")
        self.given_back(live, reference)
        assert standing(live, reference) == "given-back"
        wait(lambda: state(live, reference) == "given-back", 60, "The offer to the police")
        assert one_risk_owner(live, reference) == CORA
        decided(live, reference, "take-back", GATEWAY)
        assert state(live, reference) == "plp"
        wait(lambda: standing(live, reference) == "taken-back", 60, "That the police have it")
        assert one_risk_owner(live, reference) == GWEN
        acknowledged(live, reference, STOPPED)
        shown = page_of(live, reference, "/consent")
        assert shown.count(STOPPED) >= 4, shown

    def given_back(self, live: Live, reference: str) -> None:
        """Follow the way that the page of consent offers, and send the reason that stands there."""
        with signed_in(live, "channel", COORDINATOR) as browser:
            ways = links(browser.get(f"/cases/{reference}/consent"))
            page = browser.get(next(way for way in ways if "give-back" in way))
            reason = str(tree(page).xpath("string(.//textarea[@name='reason'])")).strip()
            assert reason.startswith("Consent to support was refused and there is a risk")
            assert answered(browser, page, {"reason": reason}).is_success


class TestTurning18:
    def test_asks_the_person_tells_who_has_the_data_and_counts_no_parent(
        self, live: Live, cases: Mapping[str, str]
    ) -> None:
        reference = cases["of-age"]
        self.until_the_birthday(live, reference)
        wait(lambda: "lapsed" in page_of(live, reference, "/consent").lower(), 120, "That the consent lapsed")
        shown = page_of(live, reference, "/consent")
        assert "The person: they are 18 or over, so nobody else can decide for them." in shown
        assert reference in self.seen(live, "/work")
        asked = (
            "SELECT due_at FROM clock JOIN case_file USING (subject) WHERE reference = $1 AND name = 'consent-at-18'"
        )
        assert live.of("channel", f"{asked} AND stopped_at IS NULL", reference)
        refused = page_of(live, reference, "/interventions")
        assert "Support needs consent: it has lapsed, so ask the person first" in refused
        with pytest.raises(AssertionError, match="only they can decide"):
            consent(live, reference, "consent-given", **BY_PARENT)
        acknowledged(live, reference, STOPPED, SCHOOL)
        consent(live, reference, "consent-given", **HIMSELF)
        assert not runs(live, reference, "consent-at-18")
        assert standing(live, reference) == "supported"
        assert one_risk_owner(live, reference) == CORA

    def until_the_birthday(self, live: Live, reference: str) -> None:
        query = "SELECT turns_18_in FROM case_file WHERE reference = $1"
        month = live.of("channel", query, reference)[0]["turns_18_in"]
        days = (month.replace(day=15) - today(live)).days if month else 0
        if days > 0:
            moved(live, f"+{days}days")

    def seen(self, live: Live, place: str) -> str:
        with signed_in(live, "channel", COORDINATOR) as browser:
            return words(browser.get(place))
