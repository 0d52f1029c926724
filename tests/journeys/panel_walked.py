"""A meeting of the panel walked in browsers: its agenda, each of its six cases, its minutes, its packs."""

from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import httpx2
from playwright.sync_api import Browser

from tests.journeys.channel_steps import (
    CHAIR,
    COCHAIR,
    HEALTH,
    POLICE,
    SUPPORT,
    asked_link,
    day,
    guest,
    held_on,
    on_page,
    on_the_day,
)
from tests.journeys.live import wait
from tests.journeys.officers import filled
from tests.journeys.pages import words
from tests.journeys.panel_made import (
    CORRECTED,
    EDUCATION,
    TEACHER,
    TES,
    Desk,
    Evening,
    action,
    desk,
    everybody_answers,
    everybody_in,
    said_of,
)

GROUNDS = "SYNTHETIC: grievance, and nobody whom he trusts."
DISSENT = "SYNTHETIC: the risk is too high for Channel."
APPOINTMENT, REPORT = "SYNTHETIC: offer an appointment.", "SYNTHETIC: send the last report."
KNOWS_THEM, TREATS = "SYNTHETIC: knows the family.", "SYNTHETIC: treats his aunt."
VISIT, LOOKED_AT = "SYNTHETIC: please offer a visit.", "SYNTHETIC: child health looked at it."
SAID = "SYNTHETIC: comes to lessons again."
FORBIDDEN, NOT_FOUND = 403, 404
SHORT = "SYNTHETIC: adopted. Health offers an appointment."


def walked(found: Evening, browser: Browser, pictures: Path | None) -> Evening:
    """Hold the meeting from its agenda to its minutes, and keep what the pages said."""
    live = found.live
    with ExitStack() as room:
        support = room.enter_context(desk(found, browser, SUPPORT, pictures))
        planned_by(support)
        everybody_answers(found)
        on_page(live, SUPPORT, f"{found.meeting}/packs")
        forecast(support)
        with desk(found, browser, HEALTH, pictures) as health:
            before_the_meeting(health)
        with desk(found, browser, POLICE, pictures) as police:
            police.at(found.mine(found.cases.review, "pack"))
            police.looked("pack-police")
        on_the_day(live, found.meeting)
        chair = room.enter_context(desk(found, browser, CHAIR, pictures))
        opened(support)
        _heard(support, chair)
        with desk(found, browser, COCHAIR, pictures) as cochair:
            stepped_out(support, chair, cochair)
        not_adopted(support, chair)
        reviewed(support, chair)
        closed(support, chair)
    afterwards(found, browser, pictures)
    return found


def _heard(support: Desk, chair: Desk) -> None:
    adopted(support, chair)
    dissented(support, chair)
    without_quorum(support, chair)


def planned_by(support: Desk) -> None:
    """The support officer makes the agenda, chooses who is asked to which case, and invites everybody."""
    evening, page = support.evening, support.page
    support.at("/meetings")
    support.looked("calendar")
    support.at(evening.meeting)
    support.looked("due")
    for reference in evening.cases.new:
        page.locator(f"main [name=case][value='{reference}']").check()
    filled(page, reference=evening.cases.review)
    support.press("Put on the agenda")
    support.press("Invite the 12 members who are not invited yet")
    support.at(evening.of(evening.cases.dissent, "attendees"))
    page.get_by_label("Hamid Health").uncheck()
    support.press("Save")
    support.at(evening.of(evening.cases.adopted, "attendees"))
    filled(page, **TES, address=TEACHER)
    support.press("Invite to this case")
    support.looked("attendees")
    support.at(f"/cases/{evening.cases.quorum}/panel/force")
    filled(page, force="Northmere Constabulary")
    support.press("Record this")
    support.at(evening.meeting)
    support.looked("agenda")


def forecast(support: Desk) -> None:
    """The support officer looks at what moves if the panel moves a week, and leaves it as it is."""
    evening = support.evening
    support.at(f"{evening.meeting}/move")
    later = held_on(evening.live, evening.meeting) + timedelta(days=7)
    filled(support.page, **day("held_on", later))
    support.press("Show what moves")
    support.looked("forecast")


def before_the_meeting(health: Desk) -> None:
    """A member reads their packs, and says of one case that they have an interest of their own in it."""
    evening, cases = health.evening, health.evening.cases
    health.at(evening.mine(cases.adopted, "pack"))
    health.looked("pack-too-early")
    on_the_day(evening.live, evening.meeting, before=4)
    health.at(evening.mine(cases.conflict, "conflict"))
    filled(health.page, words=TREATS)
    health.press("Record the conflict of interest")
    health.looked("my-meeting")
    health.at(evening.mine(cases.conflict, "pack"))
    health.looked("pack-conflict")
    health.at(evening.mine(cases.dissent, "pack"))
    health.looked("pack-not-asked")
    health.at(evening.mine(cases.adopted, "pack"))
    health.looked("pack-health")
    with guest(evening.live, cases.adopted, TEACHER) as (_, page):
        evening.told["pack-teacher"] = words(page)


def opened(support: Desk) -> None:
    """The support officer begins the meeting; the first case waits until the last minutes are checked."""
    evening = support.evening
    support.at(f"{evening.meeting}/room")
    support.press("Begin the meeting")
    support.at(evening.slot(evening.cases.adopted))
    support.looked("before-the-minutes")
    support.at(f"{evening.meeting}/room")
    support.press("check them")
    support.looked("last-minutes")
    support.page.locator("main textarea").first.fill(CORRECTED)
    support.press("Record that these minutes were checked")
    support.looked("room")


def adopted(support: Desk, chair: Desk) -> None:
    """Everybody agrees on the first case; two agencies are given something to do."""
    slot = support.evening.slot(support.evening.cases.adopted)
    everybody_in(support, slot)
    support.press("What each agency says")
    support.page.get_by_label("Sample School (synthetic): Tess").fill(SAID)
    support.press("Save")
    support.looked("heard")
    chair.at(slot)
    chair.press("Panel: adopt the case")
    chair.press("Record the decision")
    chair.looked("adopt-empty")
    filled(chair.page, grounds=GROUNDS, agreed="all")
    action(chair, 0, APPOINTMENT, "health")
    action(chair, 1, REPORT, "probation")
    chair.press("Record the decision")
    chair.looked("adopted")


def dissented(support: Desk, chair: Desk) -> None:
    """The panel votes on the second case, and the police are against it in their own words."""
    evening, page = chair.evening, chair.page
    slot = evening.slot(evening.cases.dissent)
    everybody_in(support, slot)
    chair.at(slot)
    chair.press("Panel: adopt the case")
    filled(page, grounds=GROUNDS, agreed="vote")
    page.get_by_text("in the room may vote").click()
    page.get_by_role("group", name="Kent Police: Polly").get_by_label("Against").check()
    page.get_by_label("Dissent in the words of Polly").fill(DISSENT)
    chair.press("Record the decision")
    chair.looked("dissent")


def without_quorum(support: Desk, chair: Desk) -> None:
    """Nobody has come from the force of where the third person lives, so that nothing can be decided."""
    slot = support.evening.slot(support.evening.cases.quorum)
    everybody_in(support, slot)
    chair.at(slot)
    chair.looked("no-quorum")
    support.press("That nothing is decided")
    support.press("Record that nothing is decided")
    support.at(slot)
    support.looked("undecided")


def stepped_out(support: Desk, chair: Desk, cochair: Desk) -> None:
    """The chair knows the family of the fourth: she steps out, and the co-chair takes over."""
    evening, case = support.evening, support.evening.cases.conflict
    slot = evening.slot(case)
    everybody_in(support, slot)
    support.press("A conflict of interest")
    support.page.get_by_label("Petra Panelchair").check()
    filled(support.page, words=KNOWS_THEM)
    support.press("Record that they step out")
    support.looked("stepped-out")
    for address in (slot, f"/cases/{case}", f"/cases/{case}/chronology", evening.mine(case, "pack")):
        chair.at(address)
        evening.kept_out.append(chair.status)
    cochair.at(f"{evening.meeting}/room")
    cochair.press("Otto Cochair (synthetic) takes over the chair")
    cochair.at(slot)
    cochair.press("Panel: more information is needed")
    filled(cochair.page, reason="SYNTHETIC: ask the hospital what it knows.", agreed="all")
    cochair.press("Record the decision")
    cochair.looked("deferred")


def not_adopted(support: Desk, chair: Desk) -> None:
    """The chair is back; the fifth case is not adopted and goes to a service."""
    evening = support.evening
    chair.at(f"{evening.meeting}/room")
    chair.press("Petra Panelchair (synthetic) takes over the chair")
    slot = evening.slot(evening.cases.elsewhere)
    everybody_in(support, slot)
    chair.at(slot)
    chair.press("Panel: do not adopt the case")
    chosen = {"reason_kind": "another-service-meets-the-need", "verdict": "signpost", "services": "kent-early-help"}
    filled(chair.page, **chosen, reason=GROUNDS, considered=LOOKED_AT, message=VISIT, agreed="all")
    chair.press("Record the decision")
    chair.looked("not-adopted")


def reviewed(support: Desk, chair: Desk) -> None:
    """The last case is a review: the support goes on."""
    evening = support.evening
    slot = evening.slot(evening.cases.review)
    everybody_in(support, slot)
    chair.at(slot)
    chair.looked("review")
    chair.press("Panel: go on with the support")
    filled(chair.page, summary="SYNTHETIC: he goes to school again.", agreed="all")
    chair.press("Record the decision")


def closed(support: Desk, chair: Desk) -> None:
    """The meeting ends; the support officer writes the minutes of one case, and the chair approves them."""
    evening = support.evening
    support.at(f"{evening.meeting}/room")
    support.press("End the meeting")
    support.looked("ended")
    support.at(f"{evening.meeting}/minutes/{evening.slot(evening.cases.adopted).rpartition('/')[2]}")
    filled(support.page, words=SHORT)
    support.press("Save")
    support.looked("minutes")
    chair.at(f"{evening.meeting}/minutes")
    chair.press("Approve the minutes")
    chair.looked("minutes-chair")


def afterwards(evening: Evening, browser: Browser, pictures: Path | None) -> None:
    """Four days later the packs are over: two members try all the same, and the support officer looks who did."""
    assert evening.live.command("clock", "+4days").returncode == 0
    with desk(evening, browser, HEALTH, pictures) as health:
        health.at(evening.mine(evening.cases.adopted, "pack"))
        health.looked("pack-expired")
        assert health.status == FORBIDDEN
    link = asked_link(evening.live, evening.cases.dissent, EDUCATION)
    with httpx2.Client(timeout=60, trust_env=False, follow_redirects=True) as stranger:
        page = stranger.get(link)
        assert page.status_code == NOT_FOUND
        evening.told["pack-expired-link"] = words(page)
    query = "SELECT 1 FROM pack_read WHERE meeting_id::text = $1 AND how = 'link' AND is_refused"
    wait(lambda: said_of(evening, query), 60, "The refusal of the link")
    with desk(evening, browser, SUPPORT, pictures) as support:
        support.at(f"{evening.meeting}/packs")
        support.looked("reads")
