"""One complete case of Channel: from the referral to the end after its review of twelve months, by the clock."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.journeys.channel_care import (
    SCHOOL,
    acknowledged,
    by_link,
    calendar_says,
    heard,
    ledger_is_complete,
    moved,
    one_risk_owner,
    page_of,
    reviewed,
    session_reported,
)
from tests.journeys.channel_steps import (
    commissioned,
    consent,
    on_page,
    planned,
    standing,
    today,
    vaf,
)
from tests.journeys.channel_world import BY_PARENT, child
from tests.journeys.live import Live, started, wait
from tests.journeys.looking import WIDE, Look, sign_in
from tests.journeys.steps import COORDINATOR, REASON, case_of, decided

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
CORA = "Cora Coordinator (synthetic)"
ATTENDS = "SYNTHETIC: he comes to school every day."
SPOKE = "SYNTHETIC: they talked about the videos that he watches."
CHIDI, HEAD = "chidi.chair@kent-council.example", "head-of-safeguarding@kent-council.example"
QUIET = "SYNTHETIC: six months on nothing new is known."
REPORT = {name: f"SYNTHETIC: {name}." for name in ("changed", "remains", "holders", "summary")}


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A system of its own: business time moves on by more than a year."""
    with started(tmp_path_factory.mktemp("year")) as running:
        yield running


def checked(live: Live, reference: str, stands: str) -> None:
    """Check what holds at every step: where the case stands, that Cora answers for the risk, and the ledger."""
    assert standing(live, reference) == stands
    assert one_risk_owner(live, reference) == CORA
    ledger_is_complete(live, reference)


def gathered(live: Live, reference: str) -> None:
    """Ask the school, which answers by its link; assess; record the gathering; the police refer the person."""
    ask = f"/cases/{reference}/information/request"
    on_page(live, COORDINATOR, ask, partners="school", message=REASON, questions="How is his attendance?")
    asked = page_of(live, reference, "/information")
    assert "Still missing Education Safeguarding, due" in asked
    assert f"by {CORA} Due" in asked
    by_link(live, reference, SCHOOL, {"report": ATTENDS})
    wait(lambda: ATTENDS in page_of(live, reference, "/information"), 60, "The school's answer")
    assert "Still missing" not in page_of(live, reference, "/information")
    vaf(live, reference)
    case_of(live, reference, "record-gathered", summary=REASON, gathered_by=CORA)
    checked(live, reference, "gathered")
    known = "SELECT gathered FROM referral WHERE reference = $1"
    wait(lambda: live.of("triage", known, reference)[0]["gathered"], 60, "What was gathered")
    decided(live, reference, "refer-section-36", grounds=REASON)
    wait(lambda: standing(live, reference) == "referred-to-panel", 60, "The section 36 referral")
    checked(live, reference, "referred-to-panel")


def supported(live: Live, reference: str) -> None:
    """The panel adopts, the plan is made, a parent consents, and every session is delivered and reported by a link."""
    heard(live, reference, "panel-adopt", grounds=REASON)
    checked(live, reference, "adopted")
    planned(live, reference)
    checked(live, reference, "plan-made")
    consent(live, reference, "consent-given", **BY_PARENT)
    acknowledged(live, reference, "SYNTHETIC: noted.", SCHOOL)
    checked(live, reference, "supported")
    intervention = commissioned(live, reference, 2)
    for number in (1, 2):
        session_reported(live, reference, number, took_place=True, said=f"{SPOKE} {number}")
    on_page(live, COORDINATOR, f"{intervention}/end", reason="SYNTHETIC: delivered.", outcome="SYNTHETIC: he talks.")
    checked(live, reference, "supported")


def reviewed_alive(live: Live, reference: str) -> None:
    """The clock of a plan brings the case before the panel, which goes on after a further assessment."""
    due = review_clock(live, reference)
    moved(live, f"+{(due - today(live)).days - 27}days")
    wait(lambda: reference in calendar_says(live), 90, "That the review is due and on no agenda")
    vaf(live, reference, "not-known")
    told = heard(live, reference, "panel-continue", summary="SYNTHETIC: the support helps.")
    assert "SYNTHETIC: the support helps." in told.page
    assert review_clock(live, reference) > due
    checked(live, reference, "supported")


def review_clock(live: Live, reference: str) -> date:
    """Return the day until which the panel looks at the plan again."""
    query = "SELECT due_at FROM clock JOIN case_file USING (subject) WHERE reference = $1 AND name = 'plan-review'"
    found: datetime = live.of("channel", query, reference)[0]["due_at"]
    return found.date()


def closed(live: Live, reference: str) -> None:
    """Assessed once more, the case is closed by the panel, and the coordinator writes the closing report."""
    vaf(live, reference, "not-known")
    heard(live, reference, "panel-close", outcome="concerns-reduced", reason=REASON)
    checked(live, reference, "closing")
    on_page(live, COORDINATOR, f"/cases/{reference}/closing-report", **REPORT)
    checked(live, reference, "closed")
    assert page_of(live, reference, "/reviews").count("To come") == 2


def reviewed_after_closure(live: Live, reference: str) -> None:
    """Nobody makes the review of six months until it is told by name; that of twelve comes before the panel in time."""
    moved(live, "+6months")
    moved(live, "+7days")
    for name, address in (("Chidi Chair (synthetic)", CHIDI), ("Sample Headofsafeguarding (synthetic)", HEAD)):
        told = rf"Review after closure ran out on [^:]+:00: {re.escape(name)}, Kent County Council, is told"
        wait(lambda: re.search(told, page_of(live, reference)), 90, f"That {name} is told")  # noqa: B023
        wait(lambda: escalation_mailed(live, reference, address), 60, f"The mail to {address}")  # noqa: B023
    assert "Overdue" in page_of(live, reference, "/reviews")
    reviewed(live, reference, QUIET)
    briefed = heard(live, reference, "panel-review-closed", summary=REASON, verdict="no-concern")
    assert QUIET in briefed.pack
    checked(live, reference, "closed")
    with_one_to_come = page_of(live, reference, "/reviews")
    assert with_one_to_come.count("To come") == 1
    assert "The Channel team" in with_one_to_come
    assert "1 of the reviews after closure are still to come" in page_of(live, reference)
    moved(live, "+5months")
    wait(lambda: reference in calendar_says(live), 90, "That the last review is due and on no agenda")
    reviewed(live, reference, f"{QUIET} A year.")
    briefed = heard(live, reference, "panel-review-closed", summary=REASON, verdict="no-concern")
    assert f"{QUIET} A year." in briefed.pack
    case_of(live, reference, "end-case", reason="SYNTHETIC: nothing is left to look at.")
    checked(live, reference, "ended")


def escalation_mailed(live: Live, reference: str, to: str) -> bool:
    """Say whether somebody whom the area names was mailed that nobody has made the review after closure."""
    mails = (mail.read_text(errors="replace") for mail in live.folder.mail.glob("*.eml"))
    return any(f"To: {to}" in mail and reference in mail and "review after a closure ran out" in mail for mail in mails)


class TestAWholeCase:
    def test_is_never_without_an_owner_from_the_referral_to_the_end(
        self, live: Live, browser: Browser, pictures: Path | None
    ) -> None:
        reference = child(live)
        checked(live, reference, "accepted")
        for chapter in (gathered, supported, reviewed_alive, closed, reviewed_after_closure):
            chapter(live, reference)
        chronology = page_of(live, reference, "/chronology")
        for words_of in (ATTENDS, SPOKE, QUIET, REPORT["summary"]):
            assert words_of in chronology, words_of
        context = browser.new_context(viewport=WIDE)  # type: ignore[arg-type]
        look = Look(sign_in(context, live, "channel", COORDINATOR), pictures, "channel-year")
        for place in ("", "/chronology", "/reviews", "/information", "/assessments/picture"):
            look.at(f"{live.urls['channel']}/cases/{reference}{place}")
        context.close()
        assert not look.problems, "\n".join(look.problems)
