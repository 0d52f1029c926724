"""Single steps of the Channel pathway, taken through the pages as a person without scripts takes them."""

import contextlib
import re
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx2

from tests.journeys.live import Live, signed_in, wait
from tests.journeys.pages import answered, links, tree, words
from tests.journeys.steps import COORDINATOR, REASON, decided

SUPPORT, CHAIR = "bella.support@kent-council.example", "petra.chair@kent-council.example"
COCHAIR, POLICE = "otto.cochair@medway-council.example", "polly.police@kent-police.example"
HEALTH = "hamid.health@health-trust.example"
CALLED_OFF = "It is not needed any more"
ASKED = re.compile(r"https?://\S*/asks/\S+")


def on_page(live: Live, person: str, address: str, *, of: str = "", **answers: str | list[str]) -> httpx2.Response:
    """Answer one page of Channel; return the page that it leads to, which must not refuse."""
    with signed_in(live, "channel", person) as browser:
        page = answered(browser, looked_at(browser, address), answers, of=of)  # type: ignore[arg-type]
        assert page.is_success, f"{address}: {words(page)[:600]}"
        return page


def looked_at(browser: httpx2.Client, address: str) -> httpx2.Response:
    """Return a page with its form, gone on with where something had been begun on it."""
    page = browser.get(address)
    return browser.get(f"{address}?go-on=1") if "You began this on" in words(page) else page


def day(name: str, on: date) -> dict[str, str]:
    """Return the three fields of a date."""
    return {f"{name}-day": str(on.day), f"{name}-month": str(on.month), f"{name}-year": str(on.year)}


def moment(live: Live) -> datetime:
    """Return the business time of the running system, to the minute."""
    found = re.search(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}", live.command("clock").stdout)
    assert found
    return datetime.fromisoformat(found[0]).replace(tzinfo=UTC)


def today(live: Live) -> date:
    """Return the day that the running system believes it is."""
    return moment(live).date()


def standing(live: Live, reference: str) -> str:
    """Return where a case stands with Channel."""
    found = live.of("channel", "SELECT state FROM case_file WHERE reference = $1", reference)
    return str(found[0]["state"]) if found else ""


def owner(live: Live, reference: str) -> str:
    """Return who owns the risk of a case, as Channel names them."""
    return str(live.of("channel", "SELECT risk_owner FROM case_file WHERE reference = $1", reference)[0]["risk_owner"])


def vaf(live: Live, reference: str, answer: str = "present", by: str = COORDINATOR) -> None:
    """A coordinator writes the assessment part by part, every factor answered alike, and completes it."""
    with signed_in(live, "channel", by) as browser:
        page = answered(browser, browser.get(f"/cases/{reference}/assess"), {"instrument": "vaf"})
        page = browser.get(str(tree(page).xpath(".//a[contains(@class, 'task-list')]/@href")[0]))
        while page.url.path.rpartition("/")[2] != "check":
            said = {radio.get("name"): answer for radio in tree(page).xpath(".//input[@type='radio']")}
            said |= {area.get("name"): REASON for area in tree(page).xpath(".//textarea[@name]")}
            page = answered(browser, page, {**said, "step": "next"})
        page = answered(browser, page, {})
        assert "Assessment completed" in words(page), words(page)


def to_the_panel(live: Live, reference: str) -> None:
    """Channel asks a school, assesses, goes on without the answer, and the police refer the person (s.36(3))."""
    ask = f"/cases/{reference}/information/request"
    on_page(live, COORDINATOR, ask, partners="school", message=REASON, questions="How is his attendance?")
    vaf(live, reference)
    complete = {"summary": REASON, "gathered_by": "Cora Coordinator (synthetic)"}
    with signed_in(live, "channel", COORDINATOR) as browser:
        page = answered(browser, browser.get(f"/cases/{reference}/actions/record-gathered"), complete)
        assert "Say why you go on without" in words(page), words(page)
        answered(browser, page, {**complete, "missing": REASON})
    known = "SELECT gathered FROM referral WHERE reference = $1"
    wait(lambda: live.of("triage", known, reference)[0]["gathered"], 60, "What was gathered")
    decided(live, reference, "refer-section-36", grounds=REASON)
    wait(lambda: standing(live, reference) == "referred-to-panel", 60, "The section 36 referral")


def convened(live: Live, references: Sequence[str], *, invite: bool = True) -> str:
    """The support officer puts cases on the next meeting's agenda and invites the members; returns its address."""
    with signed_in(live, "channel", SUPPORT) as browser:
        meeting: str = wait(lambda: _planned(live, browser), 120, "A meeting in the calendar")
        for reference in references:
            answered(browser, browser.get(meeting), {"reference": reference})
        page = browser.get(meeting)
        assert all(reference in words(page) for reference in references), words(page)
        if invite and "Invite the" in words(page):
            page = answered(browser, page, {}, of="invitations")
            assert "You have invited" in words(page), words(page)
    return meeting


def _planned(live: Live, browser: httpx2.Client) -> str:
    """Return the address of the next meeting whose day is not past, nothing before the calendar has one."""
    ways = (way for way in links(browser.get("/meetings")) if re.fullmatch(r"/meetings/[0-9a-f-]{36}", way))
    day = today(live)
    ahead = (way for way in ways if held_on(live, way) >= day)
    return next((way for way in ahead if "State Planned" in words(browser.get(way))), "")


def planned_on(live: Live, held_on: date, *, at: str) -> str:
    """The support officer puts a meeting into the calendar; returns its address."""
    wanted = {**day("held_on", held_on), "at": at, "place": "County Hall"}
    return on_page(live, SUPPORT, "/meetings/plan", **wanted).url.path


def coming(live: Live, meeting: str, person: str) -> None:
    """A member with an account says that they come, and agrees to the confidentiality statement."""
    page = on_page(live, person, meeting.replace("/meetings/", "/panel/"), answer="yes")
    assert "You have accepted" in words(page), words(page)


def held_on(live: Live, meeting: str) -> date:
    """Return the day of a meeting."""
    found: date = live.of("channel", "SELECT held_on FROM meeting WHERE id::text = $1", meeting[10:])[0]["held_on"]
    return found


def on_the_day(live: Live, meeting: str, before: int = 0) -> None:
    """Move business time to the day of a meeting, or so many days before it."""
    ahead = (held_on(live, meeting) - timedelta(days=before) - today(live)).days
    if ahead > 0:
        assert live.command("clock", f"+{ahead}days").returncode == 0
        wait(lambda: _followed(live), 120, "A meeting in the calendar after this one")
        # Whoever is told of a clock changes the case: a form that was opened before would have to be sent again.
        late = "SELECT 1 FROM clock WHERE stopped_at IS NULL AND paused_at IS NULL AND escalate_at <= $1 LIMIT 1"
        now = moment(live)
        wait(lambda: not live.of("channel", late, now), 120, "Whoever is to be told of clocks that ran out meanwhile")


def _followed(live: Live) -> bool:
    """Say whether every area whose panel met has a meeting ahead: the calendar is filled up once a turn."""
    query = "SELECT area FROM meeting GROUP BY area HAVING max(held_on) <= $1"
    return not live.of("channel", query, today(live))


def begun(live: Live, meeting: str) -> None:
    """The support officer begins the meeting; the chair of the area presides."""
    on_page(live, SUPPORT, f"{meeting}/room", do="begin")


def slot_of(live: Live, meeting: str, reference: str) -> str:
    """Return the address of a case's slot in a meeting."""
    asked = "SELECT s.id FROM slot s JOIN case_file c USING (subject) WHERE reference = $1 AND meeting_id::text = $2"
    return f"/cases/{reference}/slots/{live.of('channel', asked, reference, meeting[10:])[0]['id']}"


def in_the_room(live: Live, slot: str, *without: str) -> None:
    """The support officer goes on to a case and lets everybody in who is asked, but for some organisations."""
    on_page(live, SUPPORT, slot, do="open")
    with signed_in(live, "channel", SUPPORT) as browser:
        page = browser.get(f"{slot}/room")
        people = {
            box.get("value"): " ".join(box.getparent().itertext())
            for box in tree(page).xpath(".//input[@name='inside']")
        }
        inside = [each for each, said in people.items() if not any(name in said for name in without)]
        answered(browser, page, {"inside": inside})  # type: ignore[dict-item]


def panel_decides(live: Live, slot: str, command: str, **answers: str) -> httpx2.Response:
    """The chair records what the panel decided about a case; returns the slot's page."""
    return on_page(live, CHAIR, f"{slot}/decisions/{command}", **{"agreed": "all", **answers})


def planned(live: Live, reference: str) -> None:
    """The coordinator writes the plan: how consent is asked for, one item, and why the other factors have none."""
    case = f"/cases/{reference}"
    with signed_in(live, "channel", COORDINATOR) as browser:
        page = browser.get(f"{case}/plan/draft")
        if not page.is_success:
            page = answered(browser, browser.get(f"{case}/plan"), {})
        item = next(way for way in links(page) if "/plan/draft/items/" in way)
        asked = {"how": REASON, "by_whom": "Cora Coordinator (synthetic)", **day("on", today(live) + timedelta(days=7))}
        answered(browser, browser.get(f"{case}/plan/draft/consent"), {**asked, "step": "save"})
        page = browser.get(item)
        factor = str(tree(page).xpath(".//input[@type='checkbox']/@value")[0])
        answered(
            browser, page, {**_item(page, factor), **day("due_on", today(live) + timedelta(days=60)), "step": "save"}
        )
        page = browser.get(f"{case}/plan/draft/reasons")
        why = {area.get("name"): REASON for area in tree(page).xpath(".//textarea[@name]")}
        answered(browser, page, {**why, "step": "save"})
        page = answered(browser, browser.get(f"{case}/plan/draft"), {"step": "complete"})
        assert standing(live, reference) == "plan-made", words(page)


def _item(page: httpx2.Response, factor: str) -> dict[str, str]:
    """Return an answer to every field of a plan item that is not a date."""
    boxes = {box.get("name") for box in tree(page).xpath(".//input[@type='checkbox']")}
    areas = {area.get("name"): REASON for area in tree(page).xpath(".//textarea[@name]")}
    choices = {
        each.get("name"): str(each.xpath(".//option/@value")[1]) for each in tree(page).xpath(".//select[@name]")
    }
    return {**areas, **choices, **dict.fromkeys(boxes, factor)}


def consent(live: Live, reference: str, command: str, **answers: str) -> httpx2.Response:
    """The coordinator records what was said about consent; returns the page that it leads to."""
    return on_page(live, COORDINATOR, f"/cases/{reference}/consent/{command}", **answers)


def asked_link(live: Live, reference: str, to: str, saying: str = "") -> str:
    """Return the link of the newest mail to somebody outside about a case that says this, nothing before it came.

    Mails go side by side: that something is not needed any more may come after what is asked next.
    """
    found = [
        match[0]
        for mail in sorted(live.folder.mail.glob("*.eml"), key=lambda each: each.stat().st_mtime)
        if reference in (text := plain(mail)) and f"To: {to}" in text and saying in text and CALLED_OFF not in text
        for match in [ASKED.search(text)]
        if match
    ]
    return found[-1] if found else ""


def owed_links(live: Live, reference: str, to: str, kind: str) -> list[str]:
    """Return the links by which somebody outside answers what a case asks of them, none before all mails came.

    `kind` is what sort of thing is asked, each time of them too: mails of others may come later, for they are reminded.
    """
    query = (
        "SELECT o.id, o.made_at FROM obligation o JOIN case_file USING (subject) "
        "WHERE reference = $1 AND kind = $2 AND o.ended_at IS NULL ORDER BY o.made_at"
    )
    asked = live.of("channel", query, reference, kind)
    found = [link for ask in asked for link in _links_of(live, ask["id"], to)]
    return found if len(found) == len({ask["made_at"] for ask in asked}) else []


def _links_of(live: Live, ask: UUID, to: str) -> list[str]:
    """Return the link of what is asked, once it was mailed to somebody."""
    sent = live.of("notify", "SELECT id FROM notice WHERE about_id = $1 AND state = 'sent'", ask)
    mails = [live.folder.mail / f"{each['id']}.eml" for each in sent]
    texts = [plain(mail) for mail in mails if mail.exists()]
    return [found[0] for text in texts if f"To: {to}" in text and (found := ASKED.search(text))][:1]


def plain(mail: Path) -> str:
    """Return a mail as people read it."""
    return mail.read_text(errors="replace").replace("=\n", "").replace("=3D", "=")


@contextlib.contextmanager
def guest(
    live: Live, reference: str, to: str, saying: str = "", link: str = ""
) -> Iterator[tuple[httpx2.Client, httpx2.Response]]:
    """Open the newest link that was mailed to somebody with the code that is mailed to them; yields what they see."""
    with httpx2.Client(timeout=60, trust_env=False, follow_redirects=True) as browser:

        def asking() -> httpx2.Response | None:
            # The link of an earlier mail is used up: the one that is waited for comes later.
            newest = link or asked_link(live, reference, to, saying)
            page = browser.get(newest) if newest else None
            return page if page is not None and tree(page).xpath(".//form[@method='post']") else None

        page = wait(asking, 60, "The mail with a link that can be answered")
        before = set(live.folder.mail.glob("*.eml"))
        page = answered(browser, page, {"step": "code"})
        assert page.is_success, words(page)
        code = wait(lambda: code_mailed(live, to, before), 60, "The mail with the code")
        page = answered(browser, page, {"code": code})
        assert page.is_success, words(page)
        yield browser, page


def code_mailed(live: Live, to: str, before: Collection[Path]) -> str:
    """Return the code that was mailed to somebody after those mails, nothing before it came."""
    for mail in live.folder.mail.glob("*.eml"):
        text = "" if mail in before else mail.read_text(errors="replace")
        found = re.search(r"^(\d{6})\s*$", text, re.MULTILINE)
        if found and f"To: {to}" in text:
            return found[1]
    return ""


def commissioned(live: Live, reference: str, sessions: int = 7, *, first_in: int = 7) -> str:
    """The coordinator commissions an intervention, writes its brief and plans its sessions; returns its address."""
    case = f"/cases/{reference}/interventions"
    with signed_in(live, "channel", COORDINATOR) as browser:
        page = looked_at(browser, f"{case}/commission")
        cites = str(tree(page).xpath(".//input[@name='cites']/@value")[0])
        asked = {"provider": "provider-one", "sessions": str(sessions), "cites": cites, "purpose": REASON}
        page = answered(browser, page, {**asked, **day("finish_on", today(live) + timedelta(days=120))})
        assert page.is_success, words(page)
        brief = next(way for way in links(page) if way.endswith("/brief"))
        answered(browser, browser.get(brief), {"words": REASON})
        planning = brief.replace("/brief", "/sessions")
        first = day("first", today(live) + timedelta(days=first_in))
        page = answered(browser, browser.get(planning), {**first, "count": str(sessions), "every": "7"})
        assert page.is_success, words(page)
    return brief.removesuffix("/brief")
