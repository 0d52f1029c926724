"""A pathway through Channel on which people write canaries in every field, at the desk, in the room and by links."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import httpx2

from tests.faults.filling import Hand
from tests.journeys.channel_steps import (
    CHAIR,
    COCHAIR,
    HEALTH,
    POLICE,
    SUPPORT,
    asked_link,
    day,
    guest,
    on_the_day,
    slot_of,
    today,
)
from tests.journeys.channel_world import TEAM_SUPERVISOR
from tests.journeys.live import wait
from tests.journeys.pages import links, tree, words
from tests.journeys.steps import COORDINATOR, case_of, decided, ready, state

SECOND = "carl.coordinator@medway-council.example"
SCHOOL = "information@education-kent.example"
PROVIDER = "provider-one@interventions.example"
ELSEWHERE = "channel-panel@southvale-council.example"


@dataclass
class ChannelWalk:
    """Two cases before the panel: one is adopted, supported, closed and reviewed; of the other nothing comes."""

    hand: Hand
    one: str
    other: str
    meetings: list[str] = field(default_factory=list)
    links: set[str] = field(default_factory=set)

    def offered(self) -> None:
        """The police pass both packs on, and Channel accepts them."""
        live = self.hand.live
        for reference in (self.one, self.other):
            ready(live, reference)
            decided(live, reference, "pass-on", rationale=self.hand.plant.value("pass-on.rationale"))
            case_of(live, reference, "accept")
        for reference in (self.one, self.other):
            wait(lambda each=reference: state(live, each) == "handed-over", 60, "The acceptance")

    def asking(self) -> None:
        """A coordinator asks bodies for information, gives actions and signposts."""
        owed = f"/cases/{self.one}/information"
        self._fill(f"{owed}/request", partners=["school", "gp"])
        self._fill(f"{owed}/action", owner="somebody-else")
        self._fill(f"{owed}/action", owner="health", other_name="", other_address="")
        self._fill(f"{owed}/signpost", owner="kent-early-help")

    def answering(self) -> None:
        """One answers by link, with a draft before; one under "My requests", one by telephone; one is asked again."""
        self._by_link(self.hand.mails[0], keeping=True)
        health, gp, school = self._owed("action", "health"), self._owed("information-request", "gp"), self._owed("information-request", "school")
        self._fill(f"/mine/{health}", HEALTH)
        owed = f"/cases/{self.one}/information"
        self._fill(f"{owed}/{gp}/done")
        action = self._owed("action", "")
        self._fill(f"{owed}/{action}/again")
        self._by_link(self.hand.mails[-1])
        self._fill(f"{owed}/{self._owed('signpost', 'kent-early-help')}/cancel")

    def extending(self) -> None:
        school = self._owed('information-request', 'school')
        clock = f"clock=information-request&about={school}"
        self._fill(f"/cases/{self.one}/clocks/extend-clock?{clock}", **day("until", today(self.hand.live) + timedelta(days=40)))
        self._fill(f"/cases/{self.one}/clocks/pause-clock?{clock}", reason="other")

    def assessing(self, answer: str = "present") -> None:
        """A coordinator assesses; another assessment is begun and left."""
        address = f"/cases/{self.one}/assess"
        page = self._part(address)
        while page.url.path.rpartition("/")[2] != "check":
            said = {radio.get("name"): answer for radio in tree(page).xpath(".//input[@type='radio']")}
            page = self._answer(COORDINATOR, page, **said, step="next")
        page = self._answer(COORDINATOR, page)
        assert "Assessment completed" in words(page), words(page)
        self._answer(COORDINATOR, self._part(address), step="later")

    def gathering(self) -> None:
        """The gathering is complete though an answer is missing."""
        case = f"/cases/{self.one}"
        self._fill(f"{case}/actions/add-note")
        self._fill(f"{case}/actions/record-gathered")

    def referring(self) -> None:
        """A supervisor gives the case to another officer, words are begun and left, and the police refer the person."""
        case = f"/cases/{self.one}"
        self._fill(f"{case}/allocate", TEAM_SUPERVISOR, officer=self._officer())
        self._leave(f"{case}/actions/give-back", row_version="0")
        live = self.hand.live
        known = "SELECT gathered FROM referral WHERE reference = $1"
        wait(lambda: live.of("triage", known, self.one)[0]["gathered"], 60, "What was gathered")
        grounds = {name: self.hand.plant.value(f"refer.{name}") for name in ("rationale", "grounds")}
        decided(live, self.one, "refer-section-36", **grounds)
        self._stands("referred-to-panel")
        # The other case comes to the panel by the same way; it needs no second walk of it.
        live.of("channel", "UPDATE case_file SET state = 'referred-to-panel' WHERE reference = $1", self.other)

    def calling(self) -> None:
        """The support officer plans meetings, moves and cancels one, and invites members and a guest to the next."""
        for _ in range(4):
            self.meetings.append(self._planned())
        gone = self.meetings.pop()
        self._fill(f"{gone}/move", SUPPORT, at="11:00", step="move", **day("held_on", self._free()))
        self._fill(f"{gone}/cancel", SUPPORT)

    def inviting(self) -> None:
        """Both cases are put on the agenda; members and a guest answer, one of them with a conflict of interest."""
        meeting = self.meetings[0]
        for reference in (self.one, self.other):
            self._fill(meeting, SUPPORT, reference=reference)
        slot, other = (slot_of(self.hand.live, meeting, each).rpartition("/")[2] for each in (self.one, self.other))
        self._fill(f"{meeting}/cases/{slot}/attendees", SUPPORT, of="guests", sector="education", force="")
        self._by_link(self.hand.mails[-1], answer="accept")
        self._invited(meeting)
        self._by_link("panel@ctpse.example", reference=self._called(meeting), answer="refuse")
        self._fill(meeting.replace("/meetings/", "/panel/"), HEALTH, answer="no")
        self._fill(f"{meeting.replace('/meetings/', '/panel/')}/cases/{other}/conflict", COCHAIR)
        self._fill(f"{meeting}/packs", SUPPORT)

    def adopting(self) -> None:
        """In the first meeting the panel adopts one case by a majority, and decides nothing of the other."""
        meeting = self.meetings[0]
        on_the_day(self.hand.live, meeting)
        self._begun(meeting)
        slot = self._heard(meeting, self.one)
        self._fill(f"/cases/{self.one}/panel/force", SUPPORT, force="Kent Police")
        self._fill(f"{slot}/guest", SUPPORT, sector="education", force="")
        self._fill(f"{slot}/said", SUPPORT)
        self._fill(f"{slot}/conflict", SUPPORT, who=self._who(f"{slot}/conflict"))
        self._fill(f"{slot}/actions", SUPPORT, **self._actions())
        self._decide(slot, "panel-adopt")
        self._fill(f"{self._heard(meeting, self.other)}/undecided", SUPPORT)
        self._minuted(meeting, self.one, self.other)

    def planning(self) -> None:
        """The coordinator writes the plan with two items, says how one stands, and revises the plan."""
        draft = f"/cases/{self.one}/plan/draft"
        self._answer(COORDINATOR, self.hand.page(COORDINATOR, f"/cases/{self.one}/plan"))
        self._fill(f"{draft}/consent", step="save", **day("on", self._in(7)))
        item = next(way for way in links(self.hand.page(COORDINATOR, draft)) if "/plan/draft/items/" in way)
        factor = str(tree(self.hand.page(COORDINATOR, item)).xpath(".//input[@name='factors']/@value")[0])
        self._fill(item, step="save", factors=factor, owner="somebody-else", **day("due_on", self._in(60)))
        self._fill(f"{draft}/reasons", step="save")
        self._fill(draft, step="complete")
        self._fill(f"/cases/{self.one}/plan/items/{item.rpartition('/')[2]}", state="under-way")

    def consenting(self) -> None:
        """Consent is asked for, refused, given for somebody who cannot decide, and withdrawn; holders are told."""
        said = {"by": "best-interests", "capacity": "lacks-capacity", **day("on", self._in(0))}
        self._consent("consent-asked", **said)
        self._consent("consent-refused", **said, risk="no")
        self._consent("consent-given", **said)
        self._revise()
        self._support()
        self._consent("consent-withdrawn", **said, risk="no")
        self._by_link(PROVIDER, answer="stopped")

    def told(self) -> None:
        """Dev only."""
        self._by_link(PROVIDER, answer="stopped")

    def _consent(self, command: str, **said: str) -> None:
        self._fill(f"/cases/{self.one}/consent/{command}", **said)

    def _revise(self) -> None:
        """The plan is revised with a reason."""
        self._answer(COORDINATOR, self.hand.page(COORDINATOR, f"/cases/{self.one}/plan"))
        self._fill(f"/cases/{self.one}/plan/draft", step="complete")

    def _support(self) -> None:
        """An intervention is commissioned, briefed, planned and reported of by the link."""
        case = f"/cases/{self.one}/interventions"
        page = self.hand.page(COORDINATOR, f"{case}/commission")
        cites = str(tree(page).xpath(".//input[@name='cites']/@value")[0])
        chosen = {"provider": "provider-one", "sessions": "9", "cites": cites, **day("finish_on", self._in(3))}
        page = self._answer(COORDINATOR, page, **chosen)
        provided = next(way for way in links(page) if way.endswith("/brief")).removesuffix("/brief")
        self._fill(f"{provided}/brief")
        self._fill(f"{provided}/sessions", count="1", every="1", **day("first", self._in(0)))
        self._by_link(PROVIDER, answer="yes")
        self._fill(f"{provided}/sessions", count="1", every="1", **day("first", self._in(0)))
        self._mailed(self.one, PROVIDER)

    def missing(self) -> None:
        """On the next meeting's day sessions are missing: one is recorded, the rest explained, and it is ended."""
        on_the_day(self.hand.live, self.meetings[1])
        case = f"/cases/{self.one}"
        asked = "SELECT id FROM intervention_session s JOIN case_file c USING (subject) WHERE c.reference = $1 AND s.state = 'planned'"
        sat = self.hand.live.of("channel", asked, self.one)[0]["id"]
        self._fill(f"{case}/sessions/{sat}", state="missed")
        page = self.hand.page(COORDINATOR, f"{case}/interventions")
        why = next(way for way in links(page) if way.endswith("/why"))
        self._fill(why)
        self._fill(why.replace("/why", "/end"))

    def closing(self) -> None:
        """In the second meeting one case is closed and the other not adopted; the minutes before are corrected."""
        meeting = self.meetings[1]
        self._called_in(meeting, self.one, self.other)
        self._begun(meeting)
        self._decide(self._heard(meeting, self.one), "panel-close", outcome="concerns-reduced")
        self._decide(self._heard(meeting, self.other), "panel-not-adopt", reason_kind="another-service-meets-the-need", verdict="signpost", services="kent-early-help")
        self._minuted(meeting, self.one, self.other)
        self._fill(f"/cases/{self.one}/closing-report")

    def reviewing(self) -> None:
        """A review after closure is written, and the panel of the third meeting looks at it and opens the case again."""
        meeting = self.meetings[2]
        page = self.hand.page(COORDINATOR, f"/cases/{self.one}/reviews")
        self._fill(next(way for way in links(page) if f"/cases/{self.one}/reviews/" in way))
        self._called_in(meeting, self.one)
        on_the_day(self.hand.live, meeting)
        self._begun(meeting)
        self._decide(self._heard(meeting, self.one), "panel-review-closed", verdict="reopened")
        self._minuted(meeting, self.one)

    def moving(self) -> None:
        """Both cases are offered to another panel: one offer is called back and one refused, the other is accepted."""
        for reference in (self.one, self.other):
            self._fill(f"/cases/{reference}/transfer", panel="southvale")
            self._fill(f"/cases/{reference}/transfer/back")
            self._fill(f"/cases/{reference}/transfer", panel="southvale")
        self._by_link(ELSEWHERE, answer="refuse", taker="")
        self._by_link(ELSEWHERE, reference=self.other, answer="accept")

    def _called_in(self, meeting: str, *references: str) -> None:
        """Cases are put on the agenda of a meeting, and everybody is invited."""
        for reference in references:
            self._fill(meeting, SUPPORT, reference=reference)
        self._invited(meeting)

    def _in(self, days: int) -> date:
        return today(self.hand.live) + timedelta(days=days)

    def _minuted(self, meeting: str, *references: str) -> None:
        """The meeting ends; the support officer writes the minutes of every case, and the chair approves them."""
        self._press(f"{meeting}/room", "end")
        for reference in references:
            slot = slot_of(self.hand.live, meeting, reference).rpartition("/")[2]
            self._fill(f"{meeting}/minutes/{slot}", SUPPORT)
        self._fill(f"{meeting}/minutes", CHAIR)

    def _begun(self, meeting: str) -> None:
        """The meeting begins; the minutes of the last one are checked where that has not been done."""
        self._press(f"{meeting}/room", "begin")
        if f"{meeting}/last-minutes" in links(self.hand.page(SUPPORT, f"{meeting}/room")):
            self._fill(f"{meeting}/last-minutes", SUPPORT)

    def _heard(self, meeting: str, reference: str) -> str:
        """The meeting goes on to a case, and everybody is let in; returns the address of its slot."""
        slot = slot_of(self.hand.live, meeting, reference)
        self._press(slot, "open")
        page = self.hand.page(SUPPORT, f"{slot}/room")
        self._answer(SUPPORT, page, inside=[str(each) for each in tree(page).xpath(".//input[@name='inside']/@value")])
        return slot

    def _press(self, address: str, do: str) -> None:
        """Press the button of a page that sends this."""
        page = self.hand.page(SUPPORT, address)
        (form,) = tree(page).xpath(".//form[.//input[@name='do'][@value=$do]]", do=do)
        sent = {each.get("name"): each.get("value") for each in form.xpath(".//input[@type='hidden']")}
        done = self.hand.browser(SUPPORT).post(str(page.url), data=sent)
        assert done.is_success, words(done)

    def _decide(self, slot: str, command: str, **said: Any) -> None:
        """The chair records a decision by a majority, with words of dissent and actions."""
        page = self.hand.page(CHAIR, f"{slot}/decisions/{command}")
        names = [str(each) for each in tree(page).xpath(".//input[@type='radio'][starts-with(@name, 'vote-')]/@name")]
        votes = dict.fromkeys(names, "for") | {names[0]: "against"}
        self._fill(f"{slot}/decisions/{command}", CHAIR, agreed="vote", **votes, **self._actions(), **said)

    def _actions(self) -> dict[str, Any]:
        """Return one action of four, for somebody who is typed."""
        by = day("by-0", today(self.hand.live) + timedelta(days=20))
        empty = {f"{name}-{number}": "" for name in ("what", "owner_name", "address") for number in (1, 2, 3)}
        return {"owner-0": "-somebody-else", **by, **empty}

    def _who(self, address: str) -> str:
        return str(tree(self.hand.page(SUPPORT, address)).xpath(".//input[@name='who']/@value")[-1])

    def _planned(self) -> str:
        """Plan a meeting on the next free day; return its address."""
        chosen = {"chair_id": "chair-kent", "cochair_id": "chair-medway", "at": "10:00"}
        on = self._free()
        self._fill("/meetings/plan", SUPPORT, **chosen, **day("held_on", on))
        asked = "SELECT id FROM meeting WHERE held_on = $1 AND area = 'kent-and-medway' AND state = 'planned'"
        return f"/meetings/{self.hand.live.of('channel', asked, on)[0]['id']}"

    def _free(self) -> date:
        """Return the next day on which no meeting is."""
        taken = {row["held_on"] for row in self.hand.live.of("channel", "SELECT held_on FROM meeting")}
        days = (today(self.hand.live) + timedelta(days=each) for each in range(1, 100))
        return next(each for each in days if each not in taken)

    def _invited(self, meeting: str) -> None:
        self._fill(meeting, SUPPORT, of="invitations")
        for person in (POLICE, CHAIR, COCHAIR):
            self._fill(meeting.replace("/meetings/", "/panel/"), person, answer="yes")

    def _called(self, meeting: str) -> str:
        """Return how mails name a meeting."""
        asked = "SELECT reference FROM ask WHERE subject::text = $1 LIMIT 1"
        found = wait(lambda: self.hand.live.of("notify", asked, meeting[10:]), 60, "The invitation")
        return str(found[0]["reference"])

    def _officer(self) -> str:
        self.hand.page(SECOND, "/work")
        page = self.hand.page(TEAM_SUPERVISOR, f"/cases/{self.one}/allocate")
        return str(tree(page).xpath(".//select[@name='officer']//option/@value|.//input[@name='officer']/@value")[-1])

    def _part(self, address: str) -> httpx2.Response:
        """Begin an assessment, and return its first part."""
        page = self._fill(address, instrument="vaf")
        return self.hand.page(COORDINATOR, str(tree(page).xpath(".//a[contains(@class, 'task-list')]/@href")[0]))

    def _owed(self, kind: str, recipient: str) -> str:
        asked = """SELECT o.id FROM obligation o JOIN case_file c USING (subject)
            WHERE c.reference = $1 AND o.kind = $2 AND recipient = $3 AND ended_at IS NULL"""
        return str(self.hand.live.of("channel", asked, self.one, kind, recipient)[0]["id"])

    def _by_link(self, to: str, *, keeping: bool = False, reference: str = "", **said: str) -> None:
        """Somebody outside opens the newest link that was mailed to them, and answers; before that they may keep it."""
        self._mailed(reference or self.one, to)
        with guest(self.hand.live, reference or self.one, to) as (browser, page):
            if keeping:
                self.hand.answer(browser, page, {**said, "step": "save"}, service="notify")
            self.hand.answer(browser, page, {**said, "step": "answer"}, service="notify")

    def _mailed(self, reference: str, to: str) -> None:
        """Wait for the mail with a link that nobody has looked at yet."""
        wait(lambda: asked_link(self.hand.live, reference, to) not in {"", *self.links}, 60, f"A new link to {to}")
        self.links.add(asked_link(self.hand.live, reference, to))

    def _stands(self, standing: str) -> None:
        asked = "SELECT 1 FROM case_file WHERE reference = $1 AND state = $2"
        wait(lambda: self.hand.live.of("channel", asked, self.one, standing), 60, f"The state {standing}")

    def _leave(self, address: str, /, **said: str) -> None:
        """Write on a page that then refuses, and leave it: the words are kept."""
        browser = self.hand.browser(COORDINATOR)
        sent, action = self.hand.ready(self.hand.page(COORDINATOR, address), said)
        assert browser.post(action, data=sent).status_code in (409, 422)

    def _fill(self, address: str, person: str = COORDINATOR, /, of: str = "", **said: Any) -> httpx2.Response:
        return self.hand.fill(person, address, said, of=of)

    def _answer(self, person: str, page: httpx2.Response, /, of: str = "", **said: Any) -> httpx2.Response:
        return self.hand.answer(self.hand.browser(person), page, said, of=of)
