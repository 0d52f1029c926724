"""What is written on any page of a referral is kept for its writer alone, until it is recorded or discarded."""

import re
from typing import Any

import httpx2
import pytest

from chassis.actor import Actor
from contracts.vocabulary import Role
from contracts.vocabulary.reference import check_character
from services.triage.domain import Command
from services.triage.operations import erase_subject
from services.triage.web import routes
from services.triage.web.views.begun import KEPT_ON
from tests.triage.builders import GATEWAY, IMU, officer, received, rows
from tests.triage.conftest import Console, hidden, send
from tests.triage.test_console import seen, text_of

ONE = "/referrals/KM-7F3K-92QM"
TWO = f"KM-2222-222{check_character('KM', '2222222')}"
SUPERVISOR = officer(Role.GATEWAY_SUPERVISOR, name="Sita Synthetic")
OTHER = officer(Role.GATEWAY_OFFICER, name="Omar Synthetic")
WORDS = "Words that took me an hour."
ELSEWHERE = {
    **dict.fromkeys(("assess", "assess_draft", "assess_check", "assess_part"), "an assessment has a draft of its own"),
    "older_version": "it is about many referrals: none of their keys would seal the words",
    **dict.fromkeys(("choose_decision", "take", "search"), "nobody writes there"),
}
"""The pages that keep nothing, each with its reason."""
BEGUN = "SELECT officer_id, command, address, sealed_words FROM begun_work"
CASES: tuple[tuple[Actor, str, dict[str, str]], ...] = (
    (GATEWAY, f"{ONE}/note", {"rationale": WORDS}),
    (GATEWAY, f"{ONE}/correction", {"rationale": WORDS}),
    (GATEWAY, f"{ONE}/same?other={TWO}", {"reason": WORDS}),
    (GATEWAY, f"{ONE}/same", {"reason": WORDS}),
    (GATEWAY, f"{ONE}/clocks/extend-clock?clock=partnership-review&about=00000000-0000-0000-0000-000000000000",
     {"rationale": WORDS}),
    (SUPERVISOR, f"{ONE}/restriction", {"rationale": WORDS}),
    (SUPERVISOR, f"{ONE}/allocate", {"rationale": WORDS}),
    (IMU, f"{ONE}/deconfliction", {"rationale": WORDS}),
    (GATEWAY, f"{ONE}/obligations/action", {"message": WORDS}),
    (GATEWAY, f"{ONE}/partnership/review", {"rationale": WORDS}),
)  # fmt: skip


async def form_of(client: httpx2.AsyncClient, path: str) -> tuple[str, str]:
    """Return the address at which a page keeps what is written, and the token of its form."""
    page = await client.get(path)
    found = re.search(r'data-kept="([^"]+)"', page.text)
    assert found, text_of(page)
    return found[1].replace("&amp;", "&"), hidden(page, "csrf_token")


async def led(console: Console) -> None:
    """Receive a referral that the police lead, and another one."""
    subject = await console.desk.open()
    await console.desk.open(received(reference=TWO))
    await console.desk.clear(subject)
    await console.desk.decide(subject, Command.PLP)


class TestSiteMap:
    def test_every_page_with_a_form_keeps_its_words_or_has_a_reason(self) -> None:
        sent = {page.title for page in routes.PAGES if page.method == "POST"}
        assert sent - KEPT_ON - ELSEWHERE.keys() == set()
        assert (KEPT_ON | ELSEWHERE.keys()) - sent == set()


class TestKept:
    @pytest.mark.parametrize(("who", "path", "words"), CASES, ids=[path for _, path, _ in CASES])
    async def test_is_offered_again_on_its_page(
        self, console: Console, who: Actor, path: str, words: dict[str, str]
    ) -> None:
        await led(console)
        client = await seen(console, who) if who is not IMU else await console.signed_in(who)
        keep, token = await form_of(client, path)
        kept = await client.post(keep, data={**words, "csrf_token": token})
        assert kept.json() == {"words": "Kept as you write"}
        page = await client.get(path)
        assert "You began this on" in page.text
        assert WORDS not in page.text
        again = re.search(r'href="([^"]*go-on=1)"', page.text)
        assert again
        assert WORDS in (await client.get(again[1].replace("&amp;", "&"))).text
        assert f'href="{path.replace("&", "&amp;")}"' in (await client.get("/work")).text

    async def test_survives_every_refusal_and_ends_when_it_is_recorded(self, console: Console) -> None:
        await console.desk.open()
        client = await console.signed_in(GATEWAY)
        page = await client.get(f"{ONE}/correction")
        token = hidden(page, "csrf_token")
        # The form was cut short: whatever the view says of it, the words are there.
        assert (
            await client.post(f"{ONE}/correction", data={"csrf_token": token, "rationale": WORDS})
        ).status_code == 422
        assert WORDS in (await client.get(f"{ONE}/correction?go-on=1")).text
        done = {"reason": "wrong-fact", "rationale": WORDS, "step": "commit"}
        assert (await send(client, f"{ONE}/correction", **done)).status_code == 303
        assert not await rows(console.desk.runtime, BEGUN)

    async def test_is_discarded_when_asked(self, console: Console) -> None:
        await console.desk.open()
        client = await console.signed_in(GATEWAY)
        await send(client, f"{ONE}/note", rationale="")
        keep, token = await form_of(client, f"{ONE}/note")
        await client.post(keep, data={"rationale": WORDS, "csrf_token": token})
        address = re.search(r'<form method="post" action="([^"]*discard=1)"', (await client.get(f"{ONE}/note")).text)
        assert address
        gone = await client.post(address[1], data={"csrf_token": token})
        assert (gone.status_code, gone.headers["location"]) == (303, f"{ONE}/note")
        assert not await rows(console.desk.runtime, BEGUN)

    async def test_holds_no_words_in_its_address(self, console: Console) -> None:
        await console.desk.open()
        client = await console.signed_in(GATEWAY)
        _, token = await form_of(client, f"{ONE}/same")
        typed = {"csrf_token": token, "reason": WORDS}
        assert (await client.post(f"{ONE}/same?other=Jane+Example", data=typed)).status_code == 422
        assert not await rows(console.desk.runtime, BEGUN)
        assert (await client.post(f"{ONE}/same?colour=Jane", data=typed)).status_code == 422
        assert [each["address"] for each in await rows(console.desk.runtime, BEGUN)] == [f"{ONE}/same"]

    async def test_leaves_out_what_looks_like_intelligence_material(self, console: Console) -> None:
        await console.desk.open()
        client = await console.signed_in(GATEWAY)
        keep, token = await form_of(client, f"{ONE}/note")
        answer = await client.post(keep, data={"rationale": "Graded E41 by them.", "csrf_token": token})
        assert "Not everything is kept" in answer.json()["words"]
        assert not await rows(console.desk.runtime, BEGUN)


class TestWhoReads:
    async def test_the_units_words_are_its_writers_alone(self, console: Console) -> None:
        await console.desk.open()
        client = await console.signed_in(IMU)
        keep, token = await form_of(client, f"{ONE}/deconfliction")
        words = {"outcome": "record-conflict", "rationale": "Graded E41, synthetic."}
        assert (await client.post(keep, data={**words, "csrf_token": token})).json() == {"words": "Kept as you write"}
        [row] = await rows(console.desk.runtime, BEGUN)
        # Neither the words nor what was going to be recorded stand there to be read.
        assert (row["command"], row["address"]) == ("deconflict", f"{ONE}/deconfliction")
        assert b"E41" not in row["sealed_words"]
        assert b"conflict" not in row["sealed_words"]
        for person in (SUPERVISOR, GATEWAY, officer(Role.IMU_OFFICER, name="Ilse Synthetic")):
            client = await console.signed_in(person)
            for path in (f"{ONE}/deconfliction?go-on=1", ONE, "/work", f"{ONE}/print"):
                assert "E41" not in (await client.get(path)).text
        gated = await (await console.signed_in(SUPERVISOR)).get(ONE)
        assert "Begun by others" not in gated.text

    @pytest.mark.parametrize("suffix", ["keep=1", "discard=1"])
    async def test_keeps_nothing_for_whoever_may_not_open_the_page(self, console: Console, suffix: str) -> None:
        await console.desk.open()
        client = await console.signed_in(GATEWAY)
        _, token = await form_of(client, f"{ONE}/note")
        for path in (f"{ONE}/deconfliction", f"{ONE}/restriction", f"{ONE}/allocate"):
            sent = await client.post(f"{path}?{suffix}", data={"rationale": WORDS, "csrf_token": token})
            assert sent.status_code == 403
        assert not await rows(console.desk.runtime, BEGUN)

    async def test_goes_with_every_person_that_the_page_names(self, console: Console) -> None:
        await console.desk.open()
        second = await console.desk.open(received(reference=TWO))
        client = await console.signed_in(GATEWAY)
        for path, field in ((f"{ONE}/same?other={TWO}", "reason"), (f"{ONE}/note", "rationale")):
            keep, token = await form_of(client, path)
            await client.post(keep, data={field: WORDS, "csrf_token": token})
        async with console.desk.runtime.database.transaction(GATEWAY) as session:
            await erase_subject(session, second)
        assert [each["address"] for each in await rows(console.desk.runtime, BEGUN)] == [f"{ONE}/note"]


class TestLeft:
    async def begun(self, console: Console) -> str:
        """Let an officer begin to close a referral and write an assessment; return the way to discard the first."""
        await console.desk.clear(await console.desk.open())
        client = await console.signed_in(OTHER)
        await send(client, f"{ONE}/decision/close", step="check", rationale=WORDS)
        page = await (await console.signed_in(SUPERVISOR)).get(ONE)
        assert "Begun by others and not recorded" in page.text
        assert WORDS not in page.text
        found = re.search(rf'href="({ONE}/begun/[^"]+)"', page.text)
        assert found
        return found[1]

    async def test_is_discarded_by_a_supervisor_with_a_reason_in_the_history(self, console: Console) -> None:
        way = await self.begun(console)
        client = console.client
        asked = await client.get(way)
        assert "Omar Synthetic began “Close: no further action”" in asked.text
        assert WORDS not in asked.text
        assert (await send(client, way, rationale=" ")).status_code == 422
        assert (await send(client, way, rationale="He has left the force.")).status_code == 303
        assert not await rows(console.desk.runtime, BEGUN)
        said = text_of(await client.get(ONE))
        assert "Begun work was discarded by Sita Synthetic" in said
        assert "Close: no further action, begun by Omar Synthetic: He has left the force." in said
        assert (await client.get(way)).status_code == 404

    async def test_is_no_other_officers(self, console: Console) -> None:
        way = await self.begun(console)
        client = await console.signed_in(GATEWAY)
        assert (await client.get(way)).status_code == 403
        assert "Begun by others" not in (await client.get(ONE)).text

    async def test_an_assessment_can_be_discarded_too(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject, assessed=False)
        client = await console.signed_in(OTHER)
        assert (await send(client, f"{ONE}/assess", instrument="gateway")).status_code == 303
        client = await console.signed_in(SUPERVISOR)
        found = re.search(rf'href="({ONE}/begun/[^"]+)"', (await client.get(ONE)).text)
        assert found
        assert (await send(client, found[1], rationale="He has left the force.")).status_code == 303
        assert not await rows(console.desk.runtime, "SELECT 1 AS one FROM assessment_draft")


class TestAction:
    async def test_of_a_known_officer_is_found_by_id_in_their_work(self, console: Console) -> None:
        await led(console)
        client = await seen(console, OTHER, GATEWAY)
        day: dict[str, Any] = {"review_on-day": "1", "review_on-month": "12", "review_on-year": "2099"}
        path = f"{ONE}/obligations/action"
        for step, status in (("check", 200), ("commit", 303)):
            answer = await send(client, path, step=step, officer=OTHER.id, message="Visit.", **day)
            assert answer.status_code == status
        renamed = officer(Role.GATEWAY_OFFICER, name="Omar Synthetic")
        client = await console.signed_in(renamed)
        assert "What I am to do myself" in (await client.get("/work")).text
        [owed] = await rows(console.desk.runtime, "SELECT owner, owner_id FROM obligation")
        assert (owed["owner"], owed["owner_id"]) == ("Omar Synthetic", OTHER.id)

    async def test_asks_for_a_person_known_or_named(self, console: Console) -> None:
        await led(console)
        client = await seen(console, GATEWAY)
        path = f"{ONE}/obligations/action"
        for chosen, sentence in (("", "Choose who does it"), ("x", "Choose who does it"),
                                 ("somebody-else", "Enter the name of who does it")):  # fmt: skip
            page = await send(client, path, step="check", officer=chosen, message="Visit.")
            assert (chosen, page.status_code, sentence in page.text) == (chosen, 422, True)


class TestWords:
    async def test_a_mistyped_clock_is_not_there(self, console: Console) -> None:
        await console.desk.open()
        client = await console.signed_in(GATEWAY)
        nobody, one = "00000000-0000-0000-0000-000000000000", "00000000-0000-4000-8000-000000000001"
        mistyped = ("", "?clock=x&about=y", f"?clock=transfer-answer&about={nobody}", f"?clock=assessment&about={one}")
        for query in mistyped:
            page = await client.get(f"{ONE}/clocks/extend-clock{query}")
            assert (query, page.status_code) == (query, 404)
            assert "There is no such clock" in page.text
            assert "Somebody else was first" not in page.text

    async def test_what_is_not_possible_is_folded(self, console: Console) -> None:
        await console.desk.clear(await console.desk.open())
        page = await (await console.signed_in(GATEWAY)).get(f"{ONE}/decision")
        number = re.search(r"<summary[^>]*>.*Not possible now, and why \((\d+)\)", page.text)
        assert number
        folded = page.text[page.text.index("<details") : page.text.index("</details>")]
        assert folded.count("summary-list__key") == int(number[1])
        assert "Gateway supervisor only." in folded

    async def test_the_concern_stands_on_the_page_once(self, console: Console) -> None:
        await console.desk.open()
        page = await (await console.signed_in(GATEWAY)).get(ONE)
        assert page.text.count("A synthetic concern.") == 1
        assert "Its second paragraph." in page.text
