"""The ledger, its lines, what was sent and the daily counts, as a desk officer and an operator see them."""

from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, cast
from uuid import UUID

import pytest
from lxml import html

from chassis.actor import Actor
from contracts.vocabulary import Door, LineState, Team
from services.intake import operations, queries
from services.intake.app import service
from services.intake.domain import Original, Reading
from services.intake.domain.reconciliation import Count
from services.intake.queries import lines as lines_of
from services.intake.web import ledgers, naming
from tests.conftest import Installation, Running, RunningOf, eventually
from tests.intake.builders import form, rows
from tests.intake.test_web_desk import as_officer, hidden, problems

DAY = date(2026, 3, 2)
"""Long before the day that intake's own job counts when it starts."""


@pytest.fixture
async def intake(running_of: RunningOf) -> Running:
    """Intake with everything but its mailbox, and a desk officer signed in."""
    made = await running_of(service(), doors=False)
    await as_officer(made)
    return made


async def referral(intake: Running, district: str = "Thanet", **person: Any) -> str:
    """Take in a referral and return its reference."""
    now = datetime.now(UTC)
    original = Original(
        door=Door.API,
        practice=queries.localities_of(intake.runtime).by_district(district, now.date()),
        name="referral.json",
        media_type="application/json",
        body=b"{}",
        keys=(),
        reading=Reading.READ,
        form=form(**person),
    )
    async with intake.runtime.database.transaction(Actor.public()) as session:
        return (await operations.receive(session, original, now=now)).reference


async def change(intake: Running, statement: str, **values: Any) -> None:
    """Change what is kept."""
    await rows(intake.runtime, f"{statement} RETURNING 1", **values)


async def asked(intake: Running, clean: Installation, path: str, **more: Any) -> Any:
    """Return the operations plane's answer."""
    headers = {"Authorization": f"Bearer {clean.vault.ops_token}", "X-Operator": "ida"}
    return await intake.client.request(more.pop("method", "GET"), f"/ops/{path}", headers=headers, **more)


def table(page: str, label: str) -> list[list[str]]:
    """Return the words in the cells of a table, by its region's name."""
    root: Any = html.fromstring(page)
    found = cast("list[Any]", root.xpath(f"//*[@aria-label='{label}']//tbody/tr"))
    return [[" ".join(cell.text_content().split()) for cell in row] for row in found]


def next_page(page: str) -> str:
    """Return where the list goes on, "" at its end."""
    links = cast("list[Any]", html.fromstring(page).xpath("//a[text()='Show the next 50']/@href"))
    return str(links[0]) if links else ""


async def all_published(intake: Running) -> bool:
    """Say whether the relay has nothing left to do."""
    return not await rows(intake.runtime, "SELECT 1 FROM outbox WHERE published_at IS NULL")


class TestLines:
    async def test_are_shown_by_team_and_by_state(self, intake: Running) -> None:
        first, second = await referral(intake), await referral(intake)
        await change(intake, "UPDATE ledger_line SET parked_at = now() WHERE team = 'dovetail'")
        page = (await intake.client.get("/desk/ledger?which=all")).text
        found = table(page, "Ledger lines")
        assert len(found) == 10
        assert {row[0] for row in found[:5]} == {second}
        assert {row[0] for row in found[5:]} == {first}
        parked = table((await intake.client.get("/desk/ledger?which=parked")).text, "Ledger lines")
        assert [row[:2] for row in parked] == [[second, "Dovetail team"], [first, "Dovetail team"]]
        gateway = table((await intake.client.get("/desk/ledger?which=all&team=gateway")).text, "Ledger lines")
        assert {row[1] for row in gateway} == {"Police Gateway"}
        assert "There is no such line" in (await intake.client.get("/desk/ledger?which=erased")).text
        strange = await intake.client.get("/desk/ledger?which=nonsense&team=nobody&after=x~y~z")
        assert strange.status_code == 200

    async def test_go_on_in_the_middle_of_a_referral(self, intake: Running, monkeypatch: pytest.MonkeyPatch) -> None:
        for _ in range(2):
            await referral(intake)
        whole = table((await intake.client.get("/desk/ledger?which=all")).text, "Ledger lines")
        monkeypatch.setattr(ledgers, "SHOWN", 3)
        path, seen = "?which=all", []
        while path:
            page = (await intake.client.get(f"/desk/ledger{path}")).text
            seen += table(page, "Ledger lines")
            path = next_page(page)
        assert [row[:2] for row in seen] == [row[:2] for row in whole]

    async def test_of_a_rare_state_are_found_however_far_back(
        self, intake: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lines_of, "MOST_LOOKED_AT", 2)
        oldest = await referral(intake)
        await change(intake, "UPDATE ledger_line SET waived_at = now() WHERE team = 'imu'")
        for _ in range(4):
            await referral(intake)
        first = (await intake.client.get("/desk/ledger?which=waived")).text
        assert "None of the newest referrals has such a line" in first
        second = (await intake.client.get(f"/desk/ledger{next_page(first)}")).text
        third = (await intake.client.get(f"/desk/ledger{next_page(second)}")).text
        assert [row[0] for row in table(third, "Ledger lines")] == [oldest]
        assert not next_page(third)

    async def test_in_each_state_are_those_that_the_rule_puts_there(self, intake: Running) -> None:
        moments = ("sent", "stored", "delivered", "undelivered", "seen", "acknowledged", "parked", "waived")
        for column in (f"{name}_at" for name in moments):
            reference = await referral(intake)
            only = "team = 'imu' AND referral_id = (SELECT id FROM referral WHERE reference = :reference)"
            await change(intake, f"UPDATE ledger_line SET {column} = now() WHERE {only}", reference=reference)
        await eventually(partial(all_published, intake))
        await change(intake, "UPDATE dispatch SET published_at = NULL WHERE recipient = 'stats'")
        await change(intake, "UPDATE ledger_line SET erased_at = now() WHERE team = 'dovetail'")
        async with intake.runtime.database.transaction(Actor.service("intake")) as session:
            everything = await queries.ledger_lines(session, limit=200)
            assert {each.line.state for each in everything.lines} == set(LineState)
            for state in LineState:
                wanted = [each for each in everything.lines if each.line.state == state]
                found = await queries.ledger_lines(session, state=state, limit=200)
                assert list(found.lines) == wanted, state

    async def test_that_are_late_are_shown_for_one_team(self, intake: Running) -> None:
        await referral(intake)
        await change(intake, "UPDATE ledger_line SET due_at = due_at - interval '2 hours'")
        found = table((await intake.client.get("/desk/ledger?team=gateway")).text, "Late teams")
        assert [row[1] for row in found] == ["Police Gateway"]

    async def test_are_answered_to_operators(self, intake: Running, clean: Installation) -> None:
        reference = await referral(intake)
        answer = (await asked(intake, clean, "lines?which=all&limit=3")).json()
        assert [line["reference"] for line in answer["lines"]] == [reference] * 3
        rest = (await asked(intake, clean, "lines", params={"which": "all", "after": answer["after"]})).json()
        assert (len(rest["lines"]), rest["after"]) == (2, "")
        await change(intake, "UPDATE ledger_line SET due_at = due_at - interval '2 hours', stored_at = now()")
        await change(intake, "UPDATE ledger_line SET acknowledge_by = due_at WHERE team = 'imu'")
        late = (await asked(intake, clean, "lines?which=late")).json()["lines"]
        assert [(line["team"], line["late_for"]) for line in late] == [("imu", "acknowledging")]
        refused = await intake.client.get("/ops/lines")
        assert refused.status_code == 401


class TestDelivered:
    async def test_says_on_the_page_that_a_server_took_it_and_that_nobody_need_have_read_it(
        self, intake: Running
    ) -> None:
        reference = await referral(intake)
        await change(intake, "UPDATE ledger_line SET stored_at = now(), delivered_at = now() WHERE team = 'front-door'")
        page = (await intake.client.get(f"/desk/ledger/{reference}")).text
        [door] = [row for row in table(page, "Ledger lines") if row[0] == naming.TEAMS[Team.FRONT_DOOR]]
        assert door[1] == "Delivered to a server"
        assert "does not say that it reached their mailbox, nor that anybody has read it" in page


class TestProof:
    async def test_shows_what_was_sent_with_digest_and_verdict(self, intake: Running, clean: Installation) -> None:
        reference = await referral(intake)
        await change(intake, "UPDATE dispatch SET published_at = now(), stored_at = now()")
        page = (await intake.client.get(f"/desk/ledger/{reference}")).text
        found = table(page, "What was sent")
        assert {row[1] for row in found} == {"Police triage", "Notices", "Channel", "Prevent statistics"}
        assert all("Matches" in row[3] for row in found)
        answer = (await asked(intake, clean, f"proof/{reference}")).json()
        kept = await rows(
            intake.runtime, "SELECT event_id, digest FROM dispatch WHERE type <> 'intake.day-reconciled.v1'"
        )
        assert {(one["event_id"], one["digest"]) for one in answer["sent"]} == {
            (str(row.event_id), bytes(row.digest).hex()) for row in kept
        }
        assert {one["verdict"] for one in answer["sent"]} == {"matches"}
        reads = await rows(intake.runtime, "SELECT reason FROM audit_entry WHERE action = 'record.read'")
        assert {row.reason for row in reads} == {"intake-desk-ledger", "operations-proof"}

    async def test_holds_no_word_of_the_form(self, intake: Running, clean: Installation) -> None:
        reference = await referral(intake, surname="Canary-Zebedee-7731")
        assert "Zebedee" not in (await intake.client.get(f"/desk/ledger/{reference}")).text
        assert "Zebedee" not in (await asked(intake, clean, f"proof/{reference}")).text

    async def test_of_nobody_is_not_there(self, intake: Running, clean: Installation) -> None:
        assert (await asked(intake, clean, "proof/KM-7F3K-92QM")).status_code == 404


async def counted(intake: Running, **given: Any) -> UUID:
    """Keep a count with a difference and return its line."""
    values = {"day": DAY, "area": "kent-and-medway", "measure": "intake.police.v1", "recipient": "triage"}
    numbers = {"expected": 2, "published": 2, "receipted": 2, "held": 1}
    count = Count(**{**values, **numbers, **given})
    now = datetime.now(UTC)
    async with intake.runtime.database.transaction(Actor.job("intake", "reconcile")) as session:
        await operations.keep_counts(session, [count], now=now)
    [row] = await rows(
        intake.runtime,
        "SELECT id FROM reconciliation WHERE day = :day AND area = :area",
        day=count.day,
        area=count.area,
    )
    return cast("UUID", row.id)


class TestReconciliation:
    async def test_is_empty_before_the_first_count(self, intake: Running) -> None:
        page = (await intake.client.get("/desk/reconciliation?day=2020-01-31")).text
        assert "Nothing has been counted for this day yet" in page

    async def test_says_what_is_wrong_with_a_day(self, intake: Running) -> None:
        answer = await intake.client.get("/desk/reconciliation?day-day=31&day-month=2&day-year=2026")
        assert answer.status_code == 422
        assert problems(answer.text) == ["Day must be a real date, such as 27 3 2026"]

    async def test_shows_what_is_open_and_names_the_referrals(self, intake: Running) -> None:
        reference = await referral(intake)
        [row] = await rows(intake.runtime, "SELECT id FROM referral")
        line = await counted(intake, missing=(row.id,))
        await counted(intake, day=DAY - timedelta(days=1), held=2)
        page = (await intake.client.get("/desk/reconciliation")).text
        [opened] = table(page, "Open differences")
        assert opened[1] == "What the police are told, held by Police triage intake.police.v1"
        assert {each[6] for each in table(page, "Counts")} == {"Agrees"}
        parts = f"day-day={DAY.day}&day-month={DAY.month}&day-year={DAY.year}"
        of_day = (await intake.client.get(f"/desk/reconciliation?{parts}")).text
        assert [each[2:] for each in table(of_day, "Counts")] == [["2", "2", "2", "1", "Open"]]
        assert reference in (await intake.client.get(f"/desk/reconciliation/{line}")).text

    async def test_is_explained_once_with_a_reason(self, intake: Running) -> None:
        line = await counted(intake, missing=(UUID(int=7),))
        path = f"/desk/reconciliation/{line}"
        page = (await intake.client.get(path)).text
        nothing = await intake.client.post(path, data={**hidden(page), "reason": " "})
        assert (nothing.status_code, problems(nothing.text)) == (
            422,
            ["Enter what the difference is and what was done about it"],
        )
        sent = await intake.client.post(path, data={**hidden(page), "reason": "Triage was restored and replayed."})
        assert sent.headers["location"] == "/desk/reconciliation"
        after = (await intake.client.get(path)).text
        assert "Triage was restored and replayed." in after
        assert "Sample Officer (synthetic)" in after
        again = await intake.client.post(path, data={**hidden(page), "reason": "Another word."})
        assert again.status_code == 409

    async def test_of_another_area_is_not_there(self, intake: Running, clean: Installation) -> None:
        line = await counted(intake, area="northmere", missing=(UUID(int=7),))
        assert (await intake.client.get(f"/desk/reconciliation/{line}")).status_code == 404
        assert table((await intake.client.get("/desk/reconciliation")).text, "Open differences") == []
        answer = (await asked(intake, clean, "reconciliation?state=open")).json()
        assert [(each["area"], each["lacking"]) for each in answer["lines"]] == [("northmere", 1)]

    async def test_is_explained_by_an_operator(self, intake: Running, clean: Installation) -> None:
        line = await counted(intake, missing=(UUID(int=7),))
        wrong = await asked(intake, clean, f"reconciliation/{line}", method="POST", json={"reason": ""})
        assert (wrong.status_code, wrong.json()["title"]) == (422, "explanation-unreadable")
        done = await asked(intake, clean, f"reconciliation/{line}", method="POST", json={"reason": "It was a drill."})
        assert (done.json()["state"], done.json()["explained_by"]) == ("explained", "ida")
        unknown = await asked(
            intake, clean, f"reconciliation/{UUID(int=9)}", method="POST", json={"reason": "It was a drill."}
        )
        assert unknown.status_code == 404


def test_every_team_and_state_has_words() -> None:
    assert naming.TEAMS.keys() == set(Team)
    assert ledgers.STATES.keys() == ledgers.COLOURS.keys() == set(LineState)
