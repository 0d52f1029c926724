"""Channel or notify is killed in the middle of a case: no word is lost, and nothing is sent or decided twice."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from email import message_from_bytes, policy
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import pytest
from playwright.sync_api import Error, Page

from chassis.database import locked_key
from cli import vault
from tests.journeys.channel_steps import (
    CHAIR,
    COCHAIR,
    POLICE,
    SUPPORT,
    coming,
    convened,
    guest,
    on_page,
    standing,
    to_the_panel,
)
from tests.journeys.channel_world import child
from tests.journeys.live import Live, signed_in, wait
from tests.journeys.officers import As, filled, pressed, shown
from tests.journeys.pages import answered, tree, words
from tests.journeys.steps import COORDINATOR, REASON
from tests.journeys.test_ends import killed, up

SECOND = "carl.coordinator@medway-council.example"
OWN = "SYNTHETIC: long words of a coordinator whose machine was switched off."
GATHERED = "Record the information gathering as complete"
PARTNERS = ("school", "gp", "mental-health", "childrens-services", "adult-services")
PROBATION = "channel-panel@probation.example"


def steps(live: Live, reference: str) -> list[str]:
    """Return what was done in a case, oldest first."""
    told = (
        "SELECT command FROM history JOIN case_file USING (subject) WHERE reference = $1 ORDER BY history.row_version"
    )
    return [str(row["command"]) for row in live.of("channel", told, reference)]


def replayed(live: Live, reference: str) -> None:
    """Send every event about the person once more, as an operator does after a fault, and wait until it is handled."""
    (row,) = live.of("channel", "SELECT subject FROM case_file WHERE reference = $1", reference)
    again = live.command("replay", "--subject", str(row["subject"]))
    assert again.returncode == 0, again.stderr
    # Events of a person are handled in their order: once the answer to this one is there, the repeats have been too.
    mail = f"after-{reference.lower()}@kent-council.example"
    on_page(
        live,
        COORDINATOR,
        f"/cases/{reference}/information/request",
        other_name="Sample Partner (synthetic)",
        other_address=mail,
        message=REASON,
        questions="Is this the last?",
    )
    wait(lambda: mails(live, reference)[mail], 60, "The mail that comes after the repeats")


def mails(live: Live, reference: str) -> Counter[str]:
    """Return how many mails with links about a case each mailbox has."""
    found: Counter[str] = Counter()
    for path in live.folder.mail.glob("*.eml"):
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        body = message.get_body(("plain",))
        said = body.get_content() if body else ""
        if reference in f"{message['Subject']} {said}" and "/asks/" in said:
            found[str(message["To"])] += 1
    return found


def killed_as_soon_as(live: Live, service: str, condition: Callable[[], object]) -> None:
    """Kill a service in the moment in which something becomes true; return when it is there again."""
    before = live.processes()[service]
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until, "It did not come true within a minute."
    os.kill(before, signal.SIGKILL)
    wait(lambda: live.processes().get(service, before) != before and up(live, service), 90, f"{service} again")


@contextmanager
def holding(live: Live, reference: str) -> Iterator[None]:
    """Hold a case from outside, so that whoever wants to write about it stands still in the middle of that."""
    (row,) = live.of("channel", "SELECT subject FROM case_file WHERE reference = $1", reference)
    loop = asyncio.new_event_loop()
    with ThreadPoolExecutor(1) as aside:

        def run(work: Coroutine[Any, Any, Any]) -> Any:
            return aside.submit(loop.run_until_complete, work).result()

        held = run(asyncpg.connect(live.database_url(vault.database_of("channel"))))
        run(held.execute("SELECT pg_advisory_lock($1)", locked_key(row["subject"])))
        try:
            yield
        finally:
            run(held.close())
            loop.close()


@pytest.mark.browser
@pytest.mark.timeout(600)
class TestWhatACoordinatorWrites:
    def test_is_sent_after_the_restart_and_recorded_once(self, live: Live, as_: As) -> None:
        reference = child(live)
        with as_(COORDINATOR, f"/cases/{reference}/actions/record-gathered", "channel") as page:
            filled(page, summary=OWN, gathered_by="Cora Coordinator (synthetic)")
            killed(live, "channel")
            pressed(page, GATHERED)
            assert standing(live, reference) == "gathered", shown(page)
            assert OWN in shown(page)
        killed(live, "channel")
        replayed(live, reference)
        assert steps(live, reference).count("record-gathered") == 1
        assert standing(live, reference) == "gathered"

    def test_is_offered_again_where_it_was_sent_into_nothing(self, live: Live, as_: As) -> None:
        reference = child(live)
        with as_(COORDINATOR, f"/cases/{reference}/actions/record-gathered", "channel") as page:
            address = page.url
            filled(page, summary=OWN)
            page.get_by_text("Kept as you write").wait_for()
            self.lost(live, page)
            page.goto(address)
            pressed(page, "Go on with it")
            assert page.locator("main [name=summary]").input_value() == OWN
            filled(page, gathered_by="Cora Coordinator (synthetic)")
            pressed(page, GATHERED)
            assert standing(live, reference) == "gathered", shown(page)
        assert steps(live, reference).count("record-gathered") == 1

    def lost(self, live: Live, page: Page) -> None:
        """Press the button in the moment in which nobody is there; return once somebody is again."""
        before = live.processes()["channel"]
        os.kill(before, signal.SIGKILL)
        try:
            page.get_by_role("button", name=GATHERED).click(timeout=5000)
            page.wait_for_load_state()
        except Error:  # What a browser says of a page that does not answer is not ours.
            page.wait_for_timeout(100)
        wait(lambda: live.processes().get("channel", before) != before and up(live, "channel"), 90, "channel again")


@pytest.mark.timeout(900)
class TestWhatIsSent:
    def test_asks_reach_everybody_once_while_notify_is_killed_twice(self, live: Live) -> None:
        reference = child(live)
        ask = f"/cases/{reference}/information/request"
        on_page(live, COORDINATOR, ask, partners=list(PARTNERS), message=REASON, questions="What do you know?")
        known = "SELECT FROM ask WHERE reference = $1"
        killed_as_soon_as(live, "notify", lambda: live.of("notify", known, reference))
        killed_as_soon_as(live, "notify", lambda: mails(live, reference))
        wait(lambda: len(mails(live, reference)) == len(PARTNERS), 90, "A mail for each partner")
        replayed(live, reference)
        # The one more is that which came after the repeats.
        assert list(mails(live, reference).values()) == [1] * (len(PARTNERS) + 1), mails(live, reference)
        owed = "SELECT FROM obligation JOIN case_file USING (subject) WHERE reference = $1"
        assert len(live.of("channel", owed, reference)) == len(PARTNERS) + 1

    def test_packs_are_shared_once_while_channel_is_killed_twice(self, live: Live) -> None:
        reference = child(live)
        to_the_panel(live, reference)
        meeting = convened(live, [reference])
        for person in (POLICE, CHAIR, COCHAIR):
            coming(live, meeting, person)
        self.accepted_by_link(live, meeting)
        self.killed_in_the_middle(live, meeting, reference)
        assert self.shared(live, reference) == Counter(), "What was not finished is not there."
        with ThreadPoolExecutor(1) as aside:
            done = aside.submit(on_page, live, SUPPORT, f"{meeting}/packs")
            killed_as_soon_as(live, "channel", lambda: self.shared(live, reference))
            assert done.exception() is None or isinstance(done.exception(), httpx2.TransportError)
        wait(lambda: mails(live, reference)[PROBATION] == 1, 90, "The pack by its link")
        with signed_in(live, "channel", SUPPORT) as browser:
            page = browser.get(f"{meeting}/packs")
            if tree(page).xpath(".//form[@method='post']//button"):
                answered(browser, page, {})
        replayed(live, reference)
        assert mails(live, reference)[PROBATION] == 1
        assert list(self.shared(live, reference).values()) == [1] * 4

    def killed_in_the_middle(self, live: Live, meeting: str, reference: str) -> None:
        """Kill channel while it shares the packs and has not finished."""
        waiting = """SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
        with (
            signed_in(live, "channel", SUPPORT) as browser,
            ThreadPoolExecutor(1) as aside,
            holding(live, reference),
        ):
            page = browser.get(f"{meeting}/packs")
            done = aside.submit(lambda: answered(browser, page, {}))
            killed_as_soon_as(live, "channel", lambda: live.of("channel", waiting))
            assert isinstance(done.exception(), httpx2.TransportError)

    def shared(self, live: Live, reference: str) -> Counter[str]:
        """Return how many packs of a case each of those invited was given."""
        given = "SELECT invitation_id FROM pack_share JOIN case_file USING (subject) WHERE reference = $1"
        return Counter(str(row["invitation_id"]) for row in live.of("channel", given, reference))

    def accepted_by_link(self, live: Live, meeting: str) -> None:
        """A member without an account says by the link that they come, unless another journey had them say so."""
        accepted = "SELECT FROM invitation WHERE member_id = 'probation' AND state = 'accepted' AND meeting_id = $1"
        if live.of("channel", accepted, UUID(meeting[10:])):
            return
        with guest(live, "PANEL", PROBATION) as (browser, page):
            signed = {"by": "Pam Probation (synthetic)", "role": "Officer", "organisation": "Probation"}
            done = answered(browser, page, {**signed, "answer": "accept", "step": "answer"})
            assert done.is_success, words(done)
        wait(lambda: live.of("channel", accepted, UUID(meeting[10:])), 60, "The acceptance")


@pytest.mark.timeout(600)
class TestTwoCoordinators:
    @pytest.mark.browser
    def test_the_later_one_sees_who_did_what_and_keeps_the_words(self, live: Live, as_: As) -> None:
        reference = child(live)
        with as_(COORDINATOR, f"/cases/{reference}/actions/record-gathered", "channel") as page:
            filled(page, summary=OWN, gathered_by="Cora Coordinator (synthetic)")
            on_page(live, SECOND, f"/cases/{reference}/actions/add-note", reason=REASON)
            with page.expect_response(
                lambda answer: answer.request.method == "POST" and "/actions/" in answer.url
            ) as sent:
                page.get_by_role("button", name=GATHERED).click()
            assert sent.value.status == 409
            page.wait_for_load_state()
            assert "Somebody changed this case after you opened it" in shown(page)
            assert "by Carl Coordinator (synthetic)" in shown(page)
            assert page.locator("main [name=summary]").input_value() == OWN
            assert standing(live, reference) == "accepted"
            pressed(page, GATHERED)
        assert standing(live, reference) == "gathered"
        assert steps(live, reference)[-2:] == ["add-note", "record-gathered"]

    def test_of_two_at_the_same_moment_one_is_recorded(self, live: Live) -> None:
        reference = child(live)
        address = f"/cases/{reference}/actions/record-gathered"
        said = {"summary": OWN, "gathered_by": "Somebody (synthetic)"}
        with signed_in(live, "channel", COORDINATOR) as one, signed_in(live, "channel", SECOND) as other:
            pages = [(browser, browser.get(address)) for browser in (one, other)]
            with ThreadPoolExecutor(2) as both:
                done = list(both.map(lambda each: answered(each[0], each[1], said), pages))
        late: list[Any] = [page for page in done if page.status_code == 409]
        assert len(late) == 1, [page.status_code for page in done]
        assert OWN in late[0].text
        assert steps(live, reference).count("record-gathered") == 1
