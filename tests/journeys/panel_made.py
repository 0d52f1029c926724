"""A panel that meets: cases that wait for it, an earlier meeting, members who accept, and people at their consoles."""

import contextlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.journeys.channel_steps import (
    CHAIR,
    COCHAIR,
    HEALTH,
    POLICE,
    SUPPORT,
    begun,
    coming,
    consent,
    convened,
    day,
    guest,
    held_on,
    in_the_room,
    on_page,
    on_the_day,
    panel_decides,
    planned,
    slot_of,
    to_the_panel,
    today,
    vaf,
)
from tests.journeys.channel_world import BY_PARENT, child
from tests.journeys.live import Live, wait
from tests.journeys.looking import WIDE, Look, sign_in
from tests.journeys.officers import pressed, shown
from tests.journeys.pages import answered, words
from tests.journeys.steps import REASON

PROBATION, EDUCATION = "channel-panel@probation.example", "safeguarding@education-kent.example"
HOUSING, TEACHER = "channel-panel@housing-kent.example", "tess.teacher@school.example"
BY_LINK = (
    PROBATION,
    EDUCATION,
    HOUSING,
    "panel@ctpse.example",
    "channel-panel-children@kent-council.example",
    "channel-panel-adults@kent-council.example",
    "youth-justice@kent-council.example",
    "community-safety@districts-kent.example",
)
"""The standing members without an account; the four others of the twelve have one."""
WITH_ACCOUNTS = (CHAIR, COCHAIR, POLICE, HEALTH)
MISHEARD, CORRECTED = "SYNTHETIC: adopted, for what his uncle said.", "SYNTHETIC: it was his aunt who said so."
TES = {"name": "Tess Teacher (synthetic)", "organisation": "Sample School (synthetic)", "sector": "education"}


@dataclass(frozen=True)
class Agenda:
    """The six cases of a meeting, by what becomes of them in it."""

    adopted: str
    dissent: str
    quorum: str
    conflict: str
    elsewhere: str
    review: str

    @property
    def new(self) -> tuple[str, ...]:
        """The cases that no panel has heard yet, in the order in which they are heard."""
        return self.adopted, self.dissent, self.quorum, self.conflict, self.elsewhere


@dataclass
class Evening:
    """A meeting of the panel that was held: its cases, and what the pages said while it was."""

    live: Live
    meeting: str
    last: str
    cases: Agenda
    told: dict[str, str] = field(default_factory=dict)
    kept_out: list[int] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def slot(self, reference: str) -> str:
        """Return the address of a case's slot."""
        return slot_of(self.live, self.meeting, reference)

    def mine(self, reference: str, page: str) -> str:
        """Return the address of a member's own page of a case in the meeting."""
        return f"{self.meeting.replace('/meetings/', '/panel/')}/cases/{self.slot(reference).rpartition('/')[2]}/{page}"

    def of(self, reference: str, page: str) -> str:
        """Return the address of a page of a case in the meeting, for whoever prepares it."""
        return f"{self.meeting}/cases/{self.slot(reference).rpartition('/')[2]}/{page}"


@dataclass
class Desk:
    """Somebody signed in at Channel's console in a browser of their own; `status` is that of the last page opened."""

    page: Page
    look: Look
    evening: Evening
    status: int = 0

    def at(self, address: str) -> str:
        """Open a page; returns its words."""
        answer = self.page.goto(f"{self.evening.live.urls['channel']}{address}")
        self.status = answer.status if answer else 0
        return shown(self.page)

    def press(self, name: str) -> str:
        """Press a button or follow a link; returns the words of the page that it leads to."""
        pressed(self.page, name)
        return shown(self.page)

    def looked(self, name: str) -> str:
        """Look at the page at both widths, and keep its words under a name."""
        self.look.shown(f"//panel/{name}")
        self.evening.told[name] = shown(self.page)
        return self.evening.told[name]


@contextlib.contextmanager
def desk(evening: Evening, browser: Browser, person: str, pictures: Path | None) -> Iterator[Desk]:
    """Sign somebody in; what is wrong with the pages that they look at is noted in the evening."""
    context = browser.new_context(viewport=WIDE)  # type: ignore[arg-type]
    page = sign_in(context, evening.live, "channel", person)
    look = Look(page, pictures, "channel")
    yield Desk(page, look, evening)
    evening.problems += look.problems
    context.close()


def prepared(live: Live) -> Evening:
    """Hold an earlier meeting on one case, and bring five more to the next one."""
    review = _to_the_panel(live)
    last = adopted_before(live, review)
    with ThreadPoolExecutor(2) as pool:
        new = list(pool.map(lambda _: _to_the_panel(live), range(5)))
    query = "SELECT id FROM meeting WHERE state = 'planned' ORDER BY held_on LIMIT 1"
    found = wait(lambda: live.of("channel", query), 60, "The next meeting")
    return Evening(live, f"/meetings/{found[0]['id']}", last, Agenda(*(*new, review)))


def _to_the_panel(live: Live) -> str:
    reference = child(live)
    to_the_panel(live, reference)
    return reference


def adopted_before(live: Live, reference: str) -> str:
    """Hold a meeting that adopts a case, and approve its minutes; the case is supported, and assessed again.

    Returns the address of the meeting. Its minutes hold a mistake for the next meeting to correct.
    """
    meeting = convened(live, [reference])
    on_the_day(live, meeting)
    begun(live, meeting)
    slot = slot_of(live, meeting, reference)
    in_the_room(live, slot)
    panel_decides(live, slot, "panel-adopt", grounds=REASON)
    on_page(live, SUPPORT, f"{meeting}/room", do="end")
    on_page(live, SUPPORT, f"{meeting}/minutes/{slot.rpartition('/')[2]}", words=MISHEARD)
    on_page(live, CHAIR, f"{meeting}/minutes")
    planned(live, reference)
    consent(live, reference, "consent-given", **BY_PARENT)
    vaf(live, reference, "not-known")
    return meeting


def everybody_answers(evening: Evening) -> None:
    """All twelve members and the teacher answer their invitations; housing does not come."""
    live = evening.live
    for person in WITH_ACCOUNTS:
        coming(live, evening.meeting, person)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda to: _answers(evening, to), (*BY_LINK, TEACHER)))
    query = "SELECT count(*) FROM invitation WHERE meeting_id::text = $1 AND state = 'invited'"
    wait(lambda: live.of("channel", query, evening.meeting[10:])[0]["count"] == 0, 60, "Every answer")


def _answers(evening: Evening, to: str) -> None:
    live = evening.live
    reference = evening.cases.adopted if to == TEACHER else f"PANEL-{held_on(live, evening.meeting)}"
    said = {"answer": "refuse", "report": "SYNTHETIC: on leave."} if to == HOUSING else {"answer": "accept"}
    who = {"by": "Sample Member (synthetic)", "role": "Member", "organisation": "Sample (synthetic)"}
    with guest(live, reference, to) as (browser, page):
        done = answered(browser, page, {**said, **who, "step": "answer"})
        assert "this link is used up" in words(done), words(done)


def everybody_in(support: Desk, slot: str, *without: str) -> None:
    """The minute-taker goes on to a case and ticks everybody who came."""
    support.at(slot)
    support.press("Go on to this case")
    for box in support.page.locator("main [name=inside]").all():
        name = " ".join(support.page.locator(f"label[for='{box.get_attribute('id')}']").all_inner_texts())
        box.set_checked(not any(each in name for each in ("Panelhousing", *without)))
    support.press("Save")


def action(chair: Desk, number: int, what: str, owner: str) -> None:
    """Write one action that follows from a decision: two weeks for whoever does it."""
    page = chair.page
    more = page.locator("details", has_text="More actions").first
    if number and more.get_attribute("open") is None:
        more.locator("summary").first.click()
    by = day(f"by-{number}", today(chair.evening.live) + timedelta(days=14))
    for name, value in {f"what-{number}": what, **by}.items():
        page.locator(f"main [name='{name}']").fill(value)
    page.locator(f"main [name='owner-{number}']").select_option(owner)


def said_of(evening: Evening, query: str, *values: object) -> Sequence[dict[str, object]]:
    """Return what Channel's database says of the meeting, whose id is the query's first value."""
    return evening.live.of("channel", query, evening.meeting[10:], *values)
