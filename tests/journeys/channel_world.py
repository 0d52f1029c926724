"""Cases of Channel at the stages that have pages of their own, and which of its pages who reaches from there."""

from collections.abc import Sequence
from datetime import date, timedelta

from chassis.clock import is_working_day
from tests.journeys.channel_steps import (
    CHAIR,
    COCHAIR,
    POLICE,
    SUPPORT,
    begun,
    coming,
    commissioned,
    consent,
    convened,
    in_the_room,
    looked_at,
    on_page,
    on_the_day,
    panel_decides,
    planned,
    planned_on,
    slot_of,
    to_the_panel,
    today,
    vaf,
)
from tests.journeys.crawling import reachable
from tests.journeys.live import Live, signed_in, wait
from tests.journeys.pages import answered
from tests.journeys.steps import COORDINATOR, REASON, case_of, decided, ready, referred, state

TEAM_SUPERVISOR = "chidi.chair@kent-council.example"
BY_PARENT = {
    "by": "parent",
    "name": "Sample Parent (synthetic)",
    "relationship": "mother",
    "asked_by": "Cora Coordinator (synthetic)",
    "how": REASON,
}
SOON = 10
"""In how many days a panel may meet that is brought together now."""
Visits = list[tuple[str, Sequence[str]]]


def child(live: Live, born: date | None = None) -> str:
    """Refer somebody (of twelve if no birthday is given) whose case Channel has accepted; returns the reference."""
    born = born or today(live).replace(day=1) - timedelta(days=12 * 365)
    reference = referred(live, date_of_birth=born.isoformat(), district="Thanet")
    ready(live, reference)
    decided(live, reference, "pass-on")
    case_of(live, reference, "accept")
    wait(lambda: state(live, reference) == "handed-over", 60, "The acceptance")
    return reference


def _free_day(live: Live) -> date:
    """Return a working day soon on which no panel meets yet: that of the calendar may be months away by now."""
    taken = {row["held_on"] for row in live.of("channel", "SELECT held_on FROM meeting")}
    days = (today(live) + timedelta(days=ahead) for ahead in range(SOON, SOON + 60))
    return next(each for each in days if is_working_day(each) and each not in taken)


def in_channel(live: Live) -> Visits:
    """Bring two cases to the panel, one of them on to support; return which pages of Channel who opens.

    Business time stands on the day of the meeting from then on.
    """
    supported, heard = child(live), child(live)
    for reference in (supported, heard):
        to_the_panel(live, reference)
    planned_on(live, _free_day(live), at="10:00")
    meeting = convened(live, [supported, heard])
    for person in (POLICE, CHAIR, COCHAIR):
        coming(live, meeting, person)
    on_page(live, SUPPORT, f"{meeting}/packs")
    on_the_day(live, meeting)
    begun(live, meeting)
    slot = slot_of(live, meeting, supported)
    in_the_room(live, slot)
    panel_decides(live, slot, "panel-adopt", grounds=REASON)
    planned(live, supported)
    consent(live, supported, "consent-given", **BY_PARENT)
    intervention = commissioned(live, supported)
    vaf(live, supported, "not-known")
    with signed_in(live, "channel", COORDINATOR) as browser:
        # A revision that is begun, a clock's page and words that wait: what lists and drafts lead to.
        answered(browser, looked_at(browser, f"/cases/{supported}/plan"), {})
        answered(browser, browser.get(f"/cases/{heard}/assess"), {"instrument": "vaf"})
        answered(browser, browser.get(f"/cases/{supported}/actions/give-back"), {"reason": ""})
    action = f"/cases/{heard}/information/action"
    on_page(live, COORDINATOR, action, owner="police-kent", message=REASON)
    other = slot_of(live, meeting, heard)
    in_the_room(live, other)
    coming_next = next_meeting(live)
    case, on = f"/cases/{supported}", "on-day=1&on-month=12&on-year=2026"
    starts = {
        COORDINATOR: ["/", case, f"{case}/as-at?{on}", f"{case}/closing-report", f"{case}/transfer/back",
                      f"/find?reference={supported}", f"/cases/{heard}", f"{intervention}/sessions",
                      f"{case}/plan/draft/reasons"],
        SUPPORT: [meeting, f"{coming_next}/move", f"{coming_next}/cancel", f"{meeting}/last-minutes", other,
                  f"{meeting}/cases/{other.rpartition('/')[2]}/guests"],
        CHAIR: [other, f"{meeting}/minutes", "/panel"],
        POLICE: ["/panel", "/mine", meeting.replace("/meetings/", "/panel/")],
        TEAM_SUPERVISOR: [f"/cases/{heard}", f"{case}/allocate", "/cases", "/awareness"],
    }  # fmt: skip
    found: list[tuple[str, Sequence[str]]] = []
    for person, begins in starts.items():
        known = [each for _, group in found for each in group]
        found.append((person, reachable(live, "channel", person, begins, known)))
    return found


def next_meeting(live: Live) -> str:
    """Return the address of the next meeting of this panel that has not begun."""
    query = (
        "SELECT id FROM meeting WHERE state = 'planned' AND area = 'kent-and-medway' AND held_on > $1 "
        "ORDER BY held_on LIMIT 1"
    )
    return f"/meetings/{live.of('channel', query, today(live))[0]['id']}"
