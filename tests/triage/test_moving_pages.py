"""The pages on which a supervisor moves referrals to the practice in force."""

from dataclasses import replace

import pytest
from httpx2 import AsyncClient, Response

from chassis.actor import Actor
from chassis.app import Service
from services.triage import operations
from services.triage.app import service
from services.triage.domain import Body, Command
from tests.triage.builders import AREA, GATEWAY, IMU, NOW, VERSION, received, rows
from tests.triage.conftest import Console, hidden, send
from tests.triage.test_console import text_of
from tests.triage.test_moving import NEWER, OTHERWISE, SUPERVISOR, WHY, Versions

ONE = "/referrals/KM-7F3K-92QM/practice"
ALL = f"/practice/{AREA}/{VERSION}"


@pytest.fixture
def quiet() -> Service:
    """Triage in an area that has agreed a newer version, without its clock."""
    return replace(service(Versions(decides=Body.LOCAL_AUTHORITY)), jobs=())


async def version_of(console: Console, reference: str = "KM-7F3K-92QM") -> str:
    statement = "SELECT area_version FROM referral WHERE reference = :reference"
    found = await rows(console.desk.runtime, statement, reference=reference)
    return str(found[0]["area_version"])


class TestOne:
    async def test_shows_what_changes_and_moves_once_it_was_checked(self, console: Console) -> None:
        await console.desk.open()
        client = await console.signed_in(SUPERVISOR)
        assert f'href="{ONE}"' in (await client.get("/referrals/KM-7F3K-92QM")).text
        asked = await client.get(ONE)
        text = text_of(asked)
        assert (asked.status_code, asked.text.count("<h1")) == (200, 1)
        assert f"version {NEWER} is in force" in text
        assert "Who decides on section 36(3) The police The local authority" in text
        assert "Assessment:" in text
        assert "The risk stays with" in text
        check = await send(client, ONE, step="check", rationale=WHY)
        assert (check.status_code, await version_of(console)) == (200, VERSION)
        assert "Check before you record this" in check.text
        assert WHY in check.text
        done = await client.post(
            ONE,
            data={
                "csrf_token": hidden(check, "csrf_token"),
                "row_version": hidden(check, "row_version"),
                "rationale": hidden(check, "rationale"),
                "step": "commit",
            },
        )
        assert (done.status_code, await version_of(console)) == (303, NEWER)
        page = text_of(await client.get("/referrals/KM-7F3K-92QM"))
        assert f"From version {VERSION} to version {NEWER}" in page
        assert WHY in page
        assert "nothing to move to" in text_of(await client.get(ONE))

    async def test_says_of_each_decision_under_which_version_it_was_made(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject)
        await console.desk.decide(subject, Command.PLP)
        client = await console.signed_in(SUPERVISOR)
        assert "Decided under version" not in (await client.get("/referrals/KM-7F3K-92QM")).text
        assert (await send(client, ONE, step="commit", rationale=WHY)).status_code == 303
        page = text_of(await client.get("/referrals/KM-7F3K-92QM"))
        assert page.count(f"Decided under version {VERSION} of the area’s practice.") == 1

    async def test_is_for_supervisors(self, console: Console) -> None:
        await console.desk.open()
        for actor in (GATEWAY, IMU):
            client = await console.signed_in(actor)
            for address in (ONE, "/practice", ALL):
                assert (await client.get(address)).status_code == 403

    async def test_keeps_words_and_asks_for_them(self, console: Console) -> None:
        await console.desk.open()
        client = await console.signed_in(SUPERVISOR)
        lacking = await send(client, ONE, step="check", rationale=" ")
        assert (lacking.status_code, "Say why it moves" in lacking.text) == (422, True)
        marked = await send(client, ONE, step="check", rationale="OFFICIAL-SENSITIVE handling code 3 applies.")
        assert marked.status_code in {200, 422}
        assert "handling code 3 applies." in marked.text
        changed = await send(client, ONE, step="change", rationale=WHY)
        assert WHY in changed.text

    async def test_says_why_it_cannot_move_and_who_was_first(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject)
        client = await console.signed_in(SUPERVISOR)
        first = await send(client, ONE, step="commit", rationale=WHY, row_version="1")
        assert first.status_code == 409
        assert "clear to proceed" in first.text
        assert WHY in first.text
        await console.desk.decide(subject, Command.PASS_ON)
        refusal = await send(client, ONE, step="commit", rationale=WHY)
        assert refusal.status_code == 422
        assert "Channel goes by version 2026-01 for this referral" in text_of(refusal)
        assert await version_of(console) == VERSION


class TestMany:
    async def test_moves_those_that_can_in_one_confirmed_batch(self, console: Console) -> None:
        await console.desk.open()
        passed = await console.desk.open(received(reference="KM-2222-2222"))
        await console.desk.clear(passed)
        await console.desk.decide(passed, Command.PASS_ON)
        ended = await console.desk.open(received(reference="KM-3333-3333", form=OTHERWISE))
        await console.desk.clear(ended)
        await console.desk.decide(ended, Command.CLOSE)
        client = await console.signed_in(SUPERVISOR)
        assert 'href="/practice"' in (await client.get("/workload")).text
        counted = await client.get("/practice")
        assert f'href="{ALL}"' in counted.text
        assert f"Kent and Medway {NEWER} 2" in text_of(counted)
        listed = await client.get(ALL)
        assert (listed.status_code, listed.text.count("<h1")) == (200, 1)
        assert "KM-3333-3333" not in listed.text
        assert "It does not move now." in listed.text
        lacking = await send(client, ALL, step="check")
        assert (lacking.status_code, "Say why they move" in lacking.text) == (422, True)
        check = await send(client, ALL, step="check", rationale=WHY)
        assert "Move this referral" in check.text
        done = await commit(client, check)
        assert (done.status_code, done.headers["location"]) == (303, "/practice")
        assert await version_of(console) == NEWER
        assert await version_of(console, "KM-2222-2222") == VERSION
        assert await version_of(console, "KM-3333-3333") == VERSION
        assert "One referral moved." in (await client.get("/practice")).text

    async def test_counts_no_referral_of_an_erased_person(
        self, console: Console, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("services.triage.queries.MOST_OLDER_COUNTED", 1)
        subject = await console.desk.open()
        client = await console.signed_in(SUPERVISOR)
        assert f"{NEWER} 1 or more" in text_of(await client.get("/practice"))
        async with console.desk.runtime.database.transaction(Actor.service("triage")) as session:
            await operations.erase_subject(session, subject)
        assert "No open referral is under an older version." in (await client.get("/practice")).text
        assert "KM-7F3K-92QM" not in (await client.get(ALL)).text

    async def test_leaves_what_changed_meanwhile_and_says_so(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.open(received(reference="KM-2222-2222"))
        client = await console.signed_in(SUPERVISOR)
        check = await send(client, ALL, step="check", rationale=WHY)
        await console.desk.clear(subject, assessed=False)
        done = await commit(client, check)
        assert done.status_code == 409
        assert "KM-7F3K-92QM: Somebody changed this referral" in text_of(done).replace(" :", ":")
        assert (await version_of(console), await version_of(console, "KM-2222-2222")) == (VERSION, NEWER)

    @pytest.mark.parametrize(
        "hostile", ["KM-7F3K-92QM:9" + "9" * 5000, "KM-7F3K-92QM:²", "KM-7F3K-92QM", "'; --:1", ":"]
    )
    async def test_moves_nothing_that_it_did_not_show(self, console: Console, hostile: str) -> None:
        await console.desk.open()
        client = await console.signed_in(SUPERVISOR)
        page = await send(client, ALL, step="commit", rationale=WHY, referral=hostile)
        assert (page.status_code, await version_of(console)) == (409, VERSION)
        assert "These did not move" in page.text
        nothing = await send(client, ALL, step="commit", rationale=WHY)
        assert (nothing.status_code, "Check before you record this" in nothing.text) == (200, True)

    @pytest.mark.parametrize("address", [f"/practice/{AREA}/{NEWER}", "/practice/elsewhere/2026-01", f"{ALL}x"])
    async def test_says_so_where_there_is_no_such_version(self, console: Console, address: str) -> None:
        client = await console.signed_in(SUPERVISOR)
        page = await client.get(address)
        assert page.status_code == 404
        assert "start from the list" in page.text

    async def test_goes_on_with_the_next_page(self, console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("services.triage.queries.moving.MOVED_AT_ONCE", 1)
        await console.desk.open()
        await console.desk.open(received(reference="KM-2222-2222", received_at=NOW))
        client = await console.signed_in(SUPERVISOR)
        first = await client.get(f"{ALL}?after=nonsense")
        assert ("KM-7F3K-92QM" in first.text, "KM-2222-2222" in first.text) == (True, False)
        more = first.text.split(f'href="{ALL}?after=')[1].split('"')[0]
        second = await client.get(f"{ALL}?after={more}")
        assert ("KM-7F3K-92QM" in second.text, "KM-2222-2222" in second.text) == (False, True)


class TestWithoutAnAssessment:
    """A referral that was decided before assessments were kept counts as assessed in its row alone."""

    async def test_says_on_the_page_what_to_do_first(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject, assessed=False)
        await rows(console.desk.runtime, "UPDATE referral SET assessed = true RETURNING subject")
        client = await console.signed_in(GATEWAY)
        address = "/referrals/KM-7F3K-92QM/decision/pass-on"
        assert "complete one first" in (await client.get(address)).text
        page = await post_unasked(client, address, step="commit", rationale="They gather here.", concern="unknown")
        assert (page.status_code, "complete one first" in page.text) == (422, True)
        await console.desk.assess(subject)
        assert (
            await send(client, address, step="commit", rationale="They gather here.", concern="unknown")
        ).status_code == 303

    async def test_lets_one_be_completed_that_channel_has(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject, assessed=False)
        await rows(
            console.desk.runtime,
            "UPDATE referral SET assessed = true, gathered = true, state = 'handed-over' RETURNING subject",
        )
        client = await console.signed_in(GATEWAY)
        refer = "/referrals/KM-7F3K-92QM/decision/refer-section-36"
        words = {"grounds": "Named contact with a recruiter.", "rationale": "The checks say so.", "concern": "unknown"}
        page = await post_unasked(client, refer, step="commit", **words)
        assert (page.status_code, "complete one first" in page.text) == (422, True)
        await console.desk.assess(subject)
        assert (await send(client, refer, step="commit", **words)).status_code == 303


async def post_unasked(client: AsyncClient, address: str, **fields: str) -> Response:
    """Send a form that the page does not show, as a browser with an older page does."""
    note = await client.get("/referrals/KM-7F3K-92QM/note")
    row = {name: hidden(note, name) for name in ("csrf_token", "row_version")}
    return await client.post(address, data={**row, **fields})


async def commit(client: AsyncClient, check: Response) -> Response:
    """Send the check page as a browser does."""
    values = [part.split('"')[0] for part in check.text.split('name="referral" value="')[1:]]
    fields = {"csrf_token": hidden(check, "csrf_token"), "rationale": hidden(check, "rationale"), "step": "commit"}
    return await client.post(ALL, data={**fields, "referral": values})
