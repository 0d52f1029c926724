"""Later steps of the Channel pathway: answers by links, meetings of other months, closure and the reviews after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chassis.clock import LONDON
from contracts.vocabulary import day_in_words
from tests.journeys.channel_steps import (
    CHAIR,
    COCHAIR,
    POLICE,
    SUPPORT,
    begun,
    coming,
    convened,
    guest,
    in_the_room,
    on_page,
    on_the_day,
    owed_links,
    panel_decides,
    slot_of,
    today,
)
from tests.journeys.live import BEARERS, Live, signed_in, wait
from tests.journeys.pages import answered, links, tree, words
from tests.journeys.steps import COORDINATOR, REASON, risk_owner

SCHOOL, PROVIDER = "information@education-kent.example", "provider-one@interventions.example"
CHANGE = "consent-change"
ANSWERER = {"by": "Sample Answerer (synthetic)", "role": "lead", "organisation": "Sample Body"}


def moved(live: Live, shift: str) -> None:
    """Move business time; a token that a partner holds is of another day then."""
    done = live.command("clock", shift)
    assert done.returncode == 0, done.stdout
    BEARERS.pop(live.urls["intake"], None)


def one_risk_owner(live: Live, reference: str) -> str:
    """Return who owns the risk of a case: Channel and the police name the same person, and nobody was ever missing."""

    def agreed() -> str:
        here = live.of("channel", "SELECT risk_owner FROM case_file WHERE reference = $1", reference)
        there = risk_owner(live, reference)
        return there if here and here[0]["risk_owner"] == there else ""

    named: str = wait(agreed, 60, f"That Channel and the police name the same risk owner of {reference}")
    for service, table in (("channel", "case_file"), ("triage", "referral")):
        query = f"SELECT h.risk_owner FROM history h JOIN {table} USING (subject) WHERE reference = $1"
        owners = [str(row["risk_owner"]) for row in live.of(service, query, reference)]
        assert owners, f"{service} has no history of {reference}"
        assert all(owners), f"{service} left {reference} without a risk owner: {owners}"
    return named


def ledger_is_complete(live: Live, reference: str) -> None:
    """Whoever must have the referral has stored it, and acknowledged it where the area asks for that."""
    done = live.command("ledger", reference, "--wait", "30")
    assert done.returncode == 0, done.stdout


def by_link(live: Live, reference: str, to: str, answers: Mapping[str, str], saying: str = "", link: str = "") -> str:
    """Somebody outside answers what was mailed to them, every question alike; returns the words of the next page.

    `saying` are words of the mail, or `link` is what it leads to, where several came.
    """
    with guest(live, reference, to, saying, link) as (browser, page):
        questions = [str(each) for each in tree(page).xpath(".//textarea[starts-with(@name, 'answer-')]/@name")]
        said = {**dict.fromkeys(questions, answers["report"]), **answers, **ANSWERER, "step": "answer"}
        done = answered(browser, page, said)
        assert done.is_success, words(done)
        return words(done)


def session_reported(live: Live, reference: str, number: int, *, took_place: bool, said: str) -> None:
    """The provider reports a session by its link, which the mail names by its last day, once that session is past."""
    query = (
        "SELECT s.due_at, s.held_on FROM intervention_session s JOIN case_file USING (subject) "
        "WHERE reference = $1 AND number = $2"
    )
    (row,) = live.of("channel", query, reference, number)
    past = (row["held_on"] - today(live)).days + 1
    if past > 0:
        moved(live, f"+{past}days")
    due = f"by {day_in_words(row['due_at'].astimezone(LONDON).date(), 'en')}"
    by_link(live, reference, PROVIDER, {"answer": "yes" if took_place else "no", "report": said}, due)
    wait(lambda: said in page_of(live, reference, "/interventions"), 60, "The report of the session")


def page_of(live: Live, reference: str, place: str = "", by: str = COORDINATOR) -> str:
    """Return the words of one of a case's pages."""
    with signed_in(live, "channel", by) as browser:
        page = browser.get(f"/cases/{reference}{place}")
        assert page.is_success, words(page)
        return words(page)


@dataclass(frozen=True)
class Heard:
    """A case that the panel has heard: its slot's page before and after, and what a member read in the pack."""

    before: str
    page: str
    pack: str


def heard(live: Live, reference: str, command: str = "", /, said: str = "", **answers: str) -> Heard:
    """The next meeting hears one case, of which a member has read the pack, and ends; its minutes are approved.

    Without a command nothing is decided, and what was said is written down instead.
    """
    meeting = sitting(live, [reference])
    slot = slot_of(live, meeting, reference)
    in_the_room(live, slot)
    with signed_in(live, "channel", CHAIR) as browser:
        before = words(browser.get(slot))
    pack = pack_read(live, meeting)
    if command:
        page = words(panel_decides(live, slot, command, **answers))
    else:
        page = words(on_page(live, SUPPORT, f"{slot}/undecided", words=said))
    ended(live, meeting)
    return Heard(before, page, pack)


def panel_adopts(live: Live, references: Sequence[str]) -> None:
    """The next meeting of the panel adopts cases, one after the other."""
    meeting = sitting(live, references)
    for reference in references:
        slot = slot_of(live, meeting, reference)
        in_the_room(live, slot)
        panel_decides(live, slot, "panel-adopt", grounds=REASON)
    ended(live, meeting)


def sitting(live: Live, references: Sequence[str]) -> str:
    """Bring the next meeting with some cases to its day, packs shared and the last minutes checked, and begin it."""
    meeting = convened(live, references)
    for person in (POLICE, CHAIR, COCHAIR):
        coming(live, meeting, person)
    on_page(live, SUPPORT, f"{meeting}/packs")
    on_the_day(live, meeting)
    begun(live, meeting)
    with signed_in(live, "channel", SUPPORT) as browser:
        if f"{meeting}/last-minutes" in links(browser.get(f"{meeting}/room")):
            answered(browser, browser.get(f"{meeting}/last-minutes"), {})
    return meeting


def ended(live: Live, meeting: str) -> None:
    """The support officer ends the meeting once the next has its date, and the chair approves the minutes."""
    with signed_in(live, "channel", SUPPORT) as browser:
        wait(
            lambda: "No date is fixed" not in words(browser.get(f"{meeting}/room")), 90, "The date of the next meeting"
        )
    on_page(live, SUPPORT, f"{meeting}/room", do="end")
    on_page(live, CHAIR, f"{meeting}/minutes")


def calendar_says(live: Live) -> str:
    """Return what the calendar of the panel says is due and on no agenda."""
    with signed_in(live, "channel", SUPPORT) as browser:
        return words(browser.get("/meetings")).partition("Due and on no agenda")[2]


def pack_read(live: Live, meeting: str, person: str = POLICE) -> str:
    """A member opens the one pack that they have of a meeting; returns its words."""
    with signed_in(live, "channel", person) as browser:
        (way,) = {each for each in links(browser.get(meeting.replace("/meetings/", "/panel/"))) if "/pack" in each}
        page = browser.get(way)
        assert page.is_success, words(page)
        return words(page)


def reviewed(live: Live, reference: str, findings: str) -> None:
    """The coordinator records what the review after closure found that is next."""
    case = f"/cases/{reference}/reviews"
    with signed_in(live, "channel", COORDINATOR) as browser:
        way = next(each for each in links(browser.get(case)) if each.startswith(f"{case}/"))
    on_page(live, COORDINATOR, way, findings=findings)


def acknowledged(live: Live, reference: str, said: str, *outside: str) -> None:
    """Everybody who was told of a change of consent says so: those outside by their links, members in the console."""
    answer = {"answer": "stopped" if "stop" in said else "noted", "report": said}
    for to in outside:
        wait(lambda each=to: owed_links(live, reference, each, CHANGE), 60, f"Every mail to {to}")  # type: ignore[misc]

    def done() -> bool:
        for to in outside:
            for link in owed_links(live, reference, to, CHANGE):
                by_link(live, reference, to, answer, link=link)
        _acknowledged_inside(live, reference, answer)
        return not waiting_for(live, reference)

    wait(done, 60, f"That everybody acknowledged the change of {reference}")
    assert "Everybody has acknowledged it." in page_of(live, reference, "/consent")


def _acknowledged_inside(live: Live, reference: str, answer: Mapping[str, str]) -> None:
    """Everybody with an account answers what stands on their own page by now."""
    for person in (POLICE, CHAIR, COCHAIR, COORDINATOR):
        with signed_in(live, "channel", person) as browser:
            of_it = f".//a[starts-with(@href, '/mine/')][contains(., '{reference}')]/@href"
            for way in tree(browser.get("/mine")).xpath(of_it):
                page = browser.get(str(way))
                chosen = {"taken": answer["answer"]} if tree(page).xpath(".//input[@name='taken']") else {}
                done = answered(browser, page, {"reason": answer["report"], **chosen})
                assert done.is_success, words(done)


def waiting_for(live: Live, reference: str) -> list[str]:
    """Return who has not acknowledged a change of consent yet, and of when it is."""
    query = (
        "SELECT owner || ', ' || made_at AS owner FROM obligation JOIN case_file USING (subject) "
        "WHERE reference = $1 AND kind = 'consent-change' AND ended_at IS NULL"
    )
    return [str(row["owner"]) for row in live.of("channel", query, reference)]
