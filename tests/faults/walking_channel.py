"""A pathway through Channel on which people write canaries in every field, at the desk, in the room and by links."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import httpx2

from tests.faults.canaries import Plant
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
    held_on,
    slot_of,
    today,
)
from tests.journeys.channel_world import TEAM_SUPERVISOR
from tests.journeys.live import Live, wait
from tests.journeys.pages import links, tree, words
from tests.journeys.steps import COORDINATOR, GATEWAY, case_of, decided, ready, recorded, state

SECOND = "carl.coordinator@medway-council.example"
PROVIDER = "provider-one@interventions.example"
ELSEWHERE = "channel-panel@southvale-council.example"
MEMBER = "panel@ctpse.example"
WITHOUT_CONSENT = {"by": "best-interests", "capacity": "lacks-capacity"}


def walked_in_channel(live: Live, one: str, other: str, plant: Plant) -> Hand:
    """Take two referrals the whole Channel way; returns whoever wrote there, with what they wrote where.

    One is adopted, supported, closed, reviewed, opened again and offered elsewhere; of the other nothing comes, and
    another panel takes it. Business time goes on by some days, and is put back.
    """
    try:
        with Hand(live, plant) as hand:
            walk = ChannelWalk(hand, one, other, today(live))
            for step in (walk.offered, walk.asking, walk.answering, walk.assessing, walk.gathering, walk.referring):
                step()
            for step in (walk.calling, walk.inviting, walk.adopting, walk.planning, walk.consenting, walk.missing):
                step()
            for step in (walk.closing, walk.reviewing, walk.moving):
                step()
            return hand
    finally:
        assert live.command("clock", "reset").returncode == 0


@dataclass
class ChannelWalk:
    """Two cases before the panel, on a day that goes on from meeting to meeting."""

    hand: Hand
    one: str
    other: str
    on: date
    meetings: list[str] = field(default_factory=list)
    opened: set[str] = field(default_factory=set)

    @property
    def case(self) -> str:
        """The address of the first case."""
        return f"/cases/{self.one}"

    def offered(self) -> None:
        """The police pass both packs on, and Channel accepts them."""
        live = self.hand.live
        for reference in (self.one, self.other):
            ready(live, reference)
            decided(live, reference, "pass-on", rationale=self.hand.plant.value("pass-on.rationale"))
            case_of(live, reference, "accept")
        for each in (self.one, self.other):
            wait(lambda each=each: state(live, each) == "handed-over", 60, "The acceptance")  # type: ignore[misc]

    def asking(self) -> None:
        """A coordinator asks bodies for information, gives actions and signposts."""
        owed = f"{self.case}/information"
        self._fill(f"{owed}/request", partners=["school", "gp"])
        self._fill(f"{owed}/action", owner="somebody-else")
        self._fill(f"{owed}/action", owner="health", other_name="", other_address="")
        self._fill(f"{owed}/signpost", owner="kent-early-help")

    def answering(self) -> None:
        """One answers by link, kept before; one under “My requests”, one by telephone; one is asked again."""
        owed = f"{self.case}/information"
        self._by_link(self.hand.mails[0], steps=("save", "answer"))
        self._fill(f"/mine/{self._owed('action', 'health')}", HEALTH)
        self._fill(f"{owed}/{self._owed('information-request', 'gp')}/done")
        self._fill(f"{owed}/{self._owed('action', '')}/again")
        self._by_link(self.hand.mails[-1])
        self._fill(f"{owed}/{self._owed('signpost', 'kent-early-help')}/cancel")
        clock = f"clock=information-request&about={self._owed('information-request', 'school')}"
        self._fill(f"{self.case}/clocks/extend-clock?{clock}", **day("until", self._in(40)))
        self._fill(f"{self.case}/clocks/pause-clock?{clock}", reason="other")

    def assessing(self) -> None:
        """A coordinator assesses; another assessment is begun and left."""
        page = self._part()
        while page.url.path.rpartition("/")[2] != "check":
            said = {radio.get("name"): "present" for radio in tree(page).xpath(".//input[@type='radio']")}
            page = self._answer(page, **said, step="next")
        page = self._answer(page)
        assert "Assessment completed" in words(page), words(page)
        self._answer(self._part(), step="later")

    def gathering(self) -> None:
        """The gathering is complete though an answer is missing; a supervisor moves the case and drops a draft."""
        self._fill(f"{self.case}/actions/add-note")
        self._fill(f"{self.case}/actions/record-gathered")
        self.hand.page(SECOND, "/work")
        page = self.hand.page(TEAM_SUPERVISOR, f"{self.case}/allocate")
        carl = "[contains(., 'Carl')]"
        (officer,) = tree(page).xpath(f".//option{carl}/@value|.//input[@id = //label{carl}/@for]/@value")
        self._fill(f"{self.case}/allocate", TEAM_SUPERVISOR, officer=officer)
        draft = "SELECT d.id FROM assessment_draft d JOIN case_file USING (subject) WHERE reference = $1"
        self._fill(f"{self.case}/begun/{self.hand.live.of('channel', draft, self.one)[0]['id']}", TEAM_SUPERVISOR)
        self._answer(self._part(), step="later")

    def referring(self) -> None:
        """Words are begun and left; the police correct a fact and refer the person."""
        live = self.hand.live
        corrected = {"reason": "wrong-fact", "rationale": self.hand.plant.value("correction")}
        recorded(live, self.one, "correction", GATEWAY, **corrected)
        self._leave(f"{self.case}/actions/give-back", row_version="0")
        known = "SELECT gathered FROM referral WHERE reference = $1"
        wait(lambda: live.of("triage", known, self.one)[0]["gathered"], 60, "What was gathered")
        grounds = {name: self.hand.plant.value(f"refer.{name}") for name in ("rationale", "grounds")}
        decided(live, self.one, "refer-section-36", **grounds)
        stands = "SELECT 1 FROM case_file WHERE reference = $1 AND state = 'referred-to-panel'"
        wait(lambda: live.of("channel", stands, self.one), 60, "The section 36 referral")
        heard = "SELECT 1 FROM correction JOIN case_file USING (subject) WHERE reference = $1"
        wait(lambda: live.of("channel", heard, self.one), 60, "The correction")
        # The other case would come to the panel by the same pages, which nobody needs to fill in twice.
        live.of("channel", "UPDATE case_file SET state = 'referred-to-panel' WHERE reference = $1", self.other)

    def calling(self) -> None:
        """The support officer plans three meetings and one after them, and one more that is moved and cancelled."""
        self.meetings += [self._planned() for _ in range(4)]
        gone = self._planned()
        self._fill(f"{gone}/move", SUPPORT, at="11:00", step="move", **day("held_on", self._free()))
        self._fill(f"{gone}/cancel", SUPPORT)

    def inviting(self) -> None:
        """Both cases are put on an agenda; members and a guest answer, one of them with a conflict of interest."""
        meeting = self.meetings[0]
        for reference in (self.one, self.other):
            self._fill(meeting, SUPPORT, reference=reference)
        slot, other = (slot_of(self.hand.live, meeting, each).rpartition("/")[2] for each in (self.one, self.other))
        self._fill(f"{meeting}/cases/{slot}/attendees", SUPPORT, of="guests", sector="education", force="")
        self._by_link(self.hand.mails[-1], answer="accept")
        self._invited(meeting)
        # A member is named in the area file, and answers for themselves and of no case: their name is no secret.
        known: dict[str, Any] = {
            "by": "Sample Panelctpse (synthetic)",
            "role": "Member",
            "organisation": "CTP South East",
        }
        why = self.hand.plant.value("/panel/{meeting_id} by a link")
        self._by_link(MEMBER, reference=self._called(meeting), answer="refuse", report=why, **known)
        self._fill(meeting.replace("/meetings/", "/panel/"), HEALTH, answer="no")
        self._fill(f"{meeting.replace('/meetings/', '/panel/')}/cases/{other}/conflict", COCHAIR)
        self._fill(f"{meeting}/packs", SUPPORT)

    def adopting(self) -> None:
        """In the first meeting the panel adopts one case by a majority, and decides nothing of the other."""
        meeting = self.meetings[0]
        self._begun(meeting)
        slot = self._heard(meeting, self.one)
        self._fill(f"{self.case}/panel/force", SUPPORT, force="Kent Police")
        self._fill(f"{slot}/guest", SUPPORT, sector="education", force="")
        self._fill(f"{slot}/said", SUPPORT)
        who = tree(self.hand.page(SUPPORT, f"{slot}/conflict")).xpath(".//input[@name='who']/@value")[-1]
        self._fill(f"{slot}/conflict", SUPPORT, who=who)
        self._fill(f"{slot}/actions", SUPPORT, **self._actions())
        self._decide(slot, "panel-adopt")
        self._fill(f"{self._heard(meeting, self.other)}/undecided", SUPPORT)
        self._minuted(meeting, self.one, self.other)

    def planning(self) -> None:
        """The coordinator writes the plan and says how an item of it stands."""
        draft = f"{self.case}/plan/draft"
        self._answer(self.hand.page(COORDINATOR, f"{self.case}/plan"))
        self._fill(f"{draft}/consent", step="save", **day("on", self._in(7)))
        item = next(way for way in links(self.hand.page(COORDINATOR, draft)) if "/plan/draft/items/" in way)
        factor = str(tree(self.hand.page(COORDINATOR, item)).xpath(".//input[@name='factors']/@value")[0])
        self._fill(item, step="save", factors=factor, owner="somebody-else", **day("due_on", self._in(60)))
        self._fill(f"{draft}/reasons", step="save")
        self._fill(draft, step="complete")
        self._fill(f"{self.case}/plan/items/{item.rpartition('/')[2]}", state="under-way")

    def consenting(self) -> None:
        """Consent is asked for, refused, given for somebody who cannot decide, and withdrawn; holders are told."""
        for command in ("consent-asked", "consent-refused", "consent-given"):
            self._consent(command)
        self._answer(self.hand.page(COORDINATOR, f"{self.case}/plan"))
        self._fill(f"{self.case}/plan/draft", step="complete")
        self._support()
        self._consent("consent-withdrawn")
        self._by_link(PROVIDER, answer="stopped")
        self._answer(self.hand.page(COORDINATOR, f"{self.case}/plan"))

    def missing(self) -> None:
        """On the next meeting's day a session was missed, it is explained why, and the intervention ends."""
        self._until(self.meetings[1])
        asked = """SELECT s.id FROM intervention_session s JOIN case_file c USING (subject)
            WHERE c.reference = $1 AND s.state = 'planned'"""
        self._fill(f"{self.case}/sessions/{self.hand.live.of('channel', asked, self.one)[0]['id']}", state="missed")
        page = self.hand.page(COORDINATOR, f"{self.case}/interventions")
        why = next(way for way in links(page) if way.endswith("/why"))
        self._fill(why)
        self._fill(why.replace("/why", "/end"))

    def closing(self) -> None:
        """In the second meeting one case is closed and the other not adopted; the minutes before are corrected."""
        meeting = self.meetings[1]
        self._called_in(meeting, self.one, self.other)
        self._begun(meeting)
        self._decide(self._heard(meeting, self.one), "panel-close", outcome="consent-withdrawn")
        why = {"reason_kind": "another-service-meets-the-need", "verdict": "signpost", "services": "kent-early-help"}
        self._decide(self._heard(meeting, self.other), "panel-not-adopt", **why)
        self._minuted(meeting, self.one, self.other)
        self._fill(f"{self.case}/closing-report")

    def reviewing(self) -> None:
        """A review after closure is written, and the panel of the third meeting opens the case again."""
        meeting = self.meetings[2]
        page = self.hand.page(COORDINATOR, f"{self.case}/reviews")
        self._fill(next(way for way in links(page) if f"{self.case}/reviews/" in way))
        self._called_in(meeting, self.one)
        self._begun(meeting)
        self._decide(self._heard(meeting, self.one), "panel-review-closed", verdict="reopened")
        self._minuted(meeting, self.one)

    def moving(self) -> None:
        """Both cases are offered to another panel: of one the offer is called back, then refused; one is taken."""
        self._fill(f"{self.case}/transfer", panel="southvale")
        self._mailed(self.one, ELSEWHERE)
        self._fill(f"{self.case}/transfer/back")
        self._fill(f"{self.case}/transfer", panel="southvale")
        self._by_link(ELSEWHERE, answer="refuse", taker="")
        self._fill(f"/cases/{self.other}/transfer", panel="southvale")
        # Whoever takes the risk is named as every risk owner is: by office, for everybody who works the case.
        self._by_link(ELSEWHERE, reference=self.other, answer="accept", taker="Sid Southvale (synthetic), Chair")
        self._fill(f"{self.case}/transfer", panel="southvale")
        self._by_link(ELSEWHERE, steps=("save",))

    def _consent(self, command: str) -> None:
        risk = {"risk": "no"} if command in ("consent-refused", "consent-withdrawn") else {}
        self._fill(f"{self.case}/consent/{command}", **WITHOUT_CONSENT, **risk, **day("on", self.on))

    def _support(self) -> None:
        """An intervention is commissioned, briefed and planned; of one session a report comes, another waits."""
        page = self.hand.page(COORDINATOR, f"{self.case}/interventions/commission")
        cites = str(tree(page).xpath(".//input[@name='cites']/@value")[0])
        chosen = {"provider": "provider-one", "sessions": "9", "cites": cites, **day("finish_on", self._in(3))}
        page = self._answer(page, **chosen)
        provided = next(way for way in links(page) if way.endswith("/brief")).removesuffix("/brief")
        self._fill(f"{provided}/brief")
        self._fill(f"{provided}/sessions", count="1", every="1", **day("first", self.on))
        self._by_link(PROVIDER, answer="yes")
        self._fill(f"{provided}/sessions", count="1", every="1", **day("first", self.on))
        self._mailed(self.one, PROVIDER)

    def _part(self) -> httpx2.Response:
        """Begin an assessment, and return its first part."""
        page = self._fill(f"{self.case}/assess", instrument="vaf")
        return self.hand.page(COORDINATOR, str(tree(page).xpath(".//a[contains(@class, 'task-list')]/@href")[0]))

    def _owed(self, kind: str, recipient: str) -> str:
        asked = """SELECT o.id FROM obligation o JOIN case_file c USING (subject)
            WHERE c.reference = $1 AND o.kind = $2 AND recipient = $3 AND ended_at IS NULL"""
        return str(self.hand.live.of("channel", asked, self.one, kind, recipient)[0]["id"])

    def _planned(self) -> str:
        """Plan a meeting on the next free day; return its address."""
        on, chairs = self._free(), {"chair_id": "chair-kent", "cochair_id": "chair-medway"}
        self._fill(
            "/meetings/plan", SUPPORT, **chairs, at="10:00", place="SYNTHETIC: County Hall", **day("held_on", on)
        )
        asked = "SELECT id FROM meeting WHERE held_on = $1 AND area = 'kent-and-medway' AND state = 'planned'"
        return f"/meetings/{self.hand.live.of('channel', asked, on)[0]['id']}"

    def _free(self) -> date:
        """Return the next day on which no meeting is."""
        taken = {row["held_on"] for row in self.hand.live.of("channel", "SELECT held_on FROM meeting")}
        return next(each for each in map(self._in, range(1, 100)) if each not in taken)

    def _called_in(self, meeting: str, *references: str) -> None:
        """Cases are put on the agenda of a meeting, and everybody is invited."""
        for reference in references:
            self._fill(meeting, SUPPORT, reference=reference)
        self._invited(meeting)

    def _invited(self, meeting: str) -> None:
        self._fill(meeting, SUPPORT, of="invitations")
        for person in (POLICE, CHAIR, COCHAIR):
            self._fill(meeting.replace("/meetings/", "/panel/"), person, answer="yes")

    def _called(self, meeting: str) -> str:
        """Return how mails name a meeting."""
        asked = "SELECT reference FROM ask WHERE subject::text = $1 LIMIT 1"
        found = wait(lambda: self.hand.live.of("notify", asked, meeting.rpartition("/")[2]), 60, "The invitation")
        return str(found[0]["reference"])

    def _begun(self, meeting: str) -> None:
        """The meeting begins on its day; the minutes of the last one are checked where that has not been done."""
        self._until(meeting)
        self._press(f"{meeting}/room", "begin")
        if f"{meeting}/last-minutes" in links(self.hand.page(SUPPORT, f"{meeting}/room")):
            self._fill(f"{meeting}/last-minutes", SUPPORT)

    def _heard(self, meeting: str, reference: str) -> str:
        """The meeting goes on to a case, and everybody is let in; returns the address of its slot."""
        slot = slot_of(self.hand.live, meeting, reference)
        self._press(slot, "open")
        page = self.hand.page(SUPPORT, f"{slot}/room")
        everybody = [str(each) for each in tree(page).xpath(".//input[@name='inside']/@value")]
        self._answer(page, SUPPORT, inside=everybody)
        return slot

    def _press(self, address: str, do: str) -> None:
        """Press the button of a page that sends this."""
        page = self.hand.page(SUPPORT, address)
        (form,) = tree(page).xpath(".//form[.//input[@name='do'][@value=$do]]", do=do)
        sent = {each.get("name"): each.get("value") for each in form.xpath(".//input[@type='hidden']")}
        done = self.hand.browser(SUPPORT).post(str(page.url), data=sent)
        assert done.is_success, words(done)

    def _decide(self, slot: str, command: str, **said: Any) -> None:
        """The chair records a decision by a majority, with words of dissent and an action."""
        page = self.hand.page(CHAIR, f"{slot}/decisions/{command}")
        names = [str(each) for each in tree(page).xpath(".//input[starts-with(@name, 'vote-')]/@name")]
        votes = dict.fromkeys(names, "for") | {names[0]: "against"}
        self._fill(f"{slot}/decisions/{command}", CHAIR, agreed="vote", **votes, **self._actions(), **said)

    def _actions(self) -> dict[str, Any]:
        """Return one action of four, for somebody whose name is typed."""
        empty = {f"{name}-{number}": "" for name in ("what", "owner_name", "address") for number in (1, 2, 3)}
        return {"owner-0": "-somebody-else", **day("by-0", self._in(20)), **empty}

    def _minuted(self, meeting: str, *references: str) -> None:
        """The meeting ends; the support officer writes the minutes of every case, and the chair approves them."""
        self._press(f"{meeting}/room", "end")
        for reference in references:
            slot = slot_of(self.hand.live, meeting, reference).rpartition("/")[2]
            self._fill(f"{meeting}/minutes/{slot}", SUPPORT)
        self._fill(f"{meeting}/minutes", CHAIR)

    def _by_link(self, to: str, *, steps: Sequence[str] = ("answer",), reference: str = "", **said: str) -> None:
        """Somebody outside opens the newest link that was mailed to them, and keeps words or sends the answer."""
        self._mailed(reference or self.one, to)
        with guest(self.hand.live, reference or self.one, to) as (browser, page):
            for step in steps:
                self.hand.answer(browser, page, {**said, "step": step}, service="notify")

    def _mailed(self, reference: str, to: str) -> None:
        """Wait for the mail with a link that nobody has looked at yet."""
        wait(lambda: asked_link(self.hand.live, reference, to) not in {"", *self.opened}, 60, f"A new link to {to}")
        self.opened.add(asked_link(self.hand.live, reference, to))

    def _until(self, meeting: str) -> None:
        """Let business time come to the day of a meeting."""
        held = held_on(self.hand.live, meeting)
        if held != self.on:
            assert self.hand.live.command("clock", f"+{(held - self.on).days}days").returncode == 0
            self.on = held

    def _in(self, days: int) -> date:
        return self.on + timedelta(days=days)

    def _leave(self, address: str, /, **said: str) -> None:
        """Write on a page that then refuses, and leave it: the words are kept."""
        sent, action = self.hand.ready(self.hand.page(COORDINATOR, address), said)
        refused = self.hand.browser(COORDINATOR).post(action, data=sent)
        assert refused.status_code == httpx2.codes.CONFLICT, words(refused)

    def _fill(self, address: str, person: str = COORDINATOR, /, of: str = "", **said: Any) -> httpx2.Response:
        return self.hand.fill(person, address, said, of=of)

    def _answer(self, page: httpx2.Response, person: str = COORDINATOR, /, **said: Any) -> httpx2.Response:
        return self.hand.answer(self.hand.browser(person), page, said)
