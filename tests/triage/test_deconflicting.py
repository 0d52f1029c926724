"""What the intelligence unit records: only the outcome leaves it, and a conflict stops the pathway."""

import json
import logging
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from chassis.actor import Actor
from contracts.channel.police import PackAccepted
from contracts.vocabulary import Role
from services.triage import queries
from services.triage.domain import Command, NotInThisState, Record
from services.triage.operations import Act, alarm_overdue, record_deconfliction
from services.triage.web.routes import PAGES
from tests.triage.builders import DUTY, GATEWAY, IMU, NOW, officer, practice, received, rows
from tests.triage.clockwork import escalate, told
from tests.triage.conftest import Console, Desk, hidden, send
from tests.triage.test_operations import opened_events

REFERENCE = "KM-7F3K-92QM"
ONE = f"/referrals/{REFERENCE}"
SUPERVISOR = officer(Role.GATEWAY_SUPERVISOR, name="Sita Synthetic")
OTHER_IMU = officer(Role.IMU_OFFICER, name="Ines Synthetic")
CANARY = "kestrelnote"
CONTACT = "Inspector Sample (synthetic), 01632 960001"
OWNER = "Detective Sample (synthetic), Counter Terrorism"


def text_of(page: httpx2.Response) -> str:
    """Return the page's text without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


async def record(desk: Desk, subject: UUID, command: Command, actor: Actor = IMU, **words: Any) -> None:
    """Record an outcome with the canary as its note."""
    act = Act(command, NOW, Record(**{"rationale": f"{CANARY} {command}", **words}))
    async with desk.runtime.database.transaction(actor) as session:
        await record_deconfliction(session, subject, act, practice())


async def conflict(desk: Desk, subject: UUID) -> None:
    """Record a conflict, naming whom to speak to."""
    await record(desk, subject, Command.CONFLICT, contact=CONTACT)


def addresses(subject: UUID) -> list[str]:
    """Return every address of the console that shows something, filled in for one referral."""
    path = {"reference": REFERENCE, "subject": str(subject)}
    commands = [command.value for command in Command]
    found = []
    for page in PAGES:
        if page.method == "GET":
            wanted = re.findall(r"\{(\w+)\}", page.path)
            values = commands if "command" in wanted else [""]
            for value in values:
                filled = {**dict.fromkeys(wanted, "1"), **path, **({"command": value} if value else {})}
                found.append(page.path.format(**{name: filled[name] for name in wanted}))
    return found


class TestOnlyTheOutcomeLeaves:
    @pytest.mark.parametrize("actor", [GATEWAY, SUPERVISOR], ids=["officer", "supervisor"])
    async def test_no_page_of_the_gateway_shows_a_note(
        self, console: Console, actor: Actor, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        subject = await console.desk.open()
        await record(console.desk, subject, Command.MORE_TIME)
        await conflict(console.desk, subject)
        await record(console.desk, subject, Command.OFFER_PURSUIT, officer=OWNER)
        await record(console.desk, subject, Command.PURSUE, risk_owner=OWNER)
        await record(console.desk, subject, Command.CLEAR)
        await console.desk.assess(subject)
        await console.desk.decide(subject, Command.PASS_ON)
        client = await console.signed_in(actor)
        statuses = {}
        for address in addresses(subject):
            page = await client.get(address)
            statuses[address] = page.status_code
            assert CANARY not in page.text, address
            assert page.status_code < 500, address
        assert statuses[ONE] == statuses[f"{ONE}/print"] == 200
        for record_of_log in caplog.records:
            assert CANARY not in f"{record_of_log.getMessage()} {vars(record_of_log)}"

    async def test_what_changed_meanwhile_shows_no_note(self, console: Console) -> None:
        subject = await console.desk.open()
        client = await console.signed_in(GATEWAY)
        page = await client.get(f"{ONE}/correction")
        sent = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
        await conflict(console.desk, subject)
        words = {"reason": "wrong-fact", "rationale": "Mine.", "step": "commit"}
        late = await client.post(f"{ONE}/correction", data={**sent, **words})
        assert (late.status_code, "Recorded: conflict, by Imran Synthetic" in text_of(late)) == (409, True)
        assert CANARY not in late.text

    async def test_nothing_that_is_kept_in_clear_or_sent_holds_it(self, desk: Desk) -> None:
        subject = await desk.open()
        for command in (Command.MORE_TIME, Command.CONFLICT, Command.OFFER_PURSUIT, Command.PURSUE, Command.CLEAR):
            await record(desk, subject, command, contact=CONTACT, risk_owner=OWNER, officer=OWNER)
        for table in ("audit_entry", "history", "outbox", "receipt_out", "referral", "deconfliction", "clock"):
            kept = json.dumps(await rows(desk.runtime, f"SELECT * FROM {table}"), default=repr)
            assert CANARY not in kept, table
            assert "960001" not in kept, table
        notes = await rows(desk.runtime, "SELECT sealed_note FROM history WHERE command = 'record-conflict'")
        assert notes == [{"sealed_note": None}]

    async def test_the_history_of_a_person_of_the_gateway_opens_none(self, desk: Desk) -> None:
        subject = await desk.open()
        await conflict(desk, subject)
        for actor, notes in ((GATEWAY, [""]), (SUPERVISOR, [""]), (OTHER_IMU, [f"{CANARY} record-conflict"])):
            async with desk.runtime.database.transaction(actor) as session:
                view = await queries.referral_view(session, await queries.held(session, subject))
            assert [each.note for each in view.deconflictions] == notes
            assert [each.contact for each in view.deconflictions] == [CONTACT]
            assert CANARY not in "".join(entry.note for entry in view.timeline)

    async def test_a_service_is_given_none_either(self, desk: Desk) -> None:
        subject = await desk.open()
        await conflict(desk, subject)
        async with desk.runtime.database.transaction(Actor.service("triage")) as session:
            view = await queries.referral_view(session, await queries.held(session, subject))
        assert [each.note for each in view.deconflictions] == [""]

    async def test_the_unit_reads_its_own_note(self, console: Console) -> None:
        subject = await console.desk.open()
        await conflict(console.desk, subject)
        page = text_of(await (await console.signed_in(OTHER_IMU)).get(ONE))
        assert f"Note, for the intelligence unit only {CANARY} record-conflict" in page

    async def test_everybody_else_sees_outcome_officer_and_whom_to_speak_to(self, console: Console) -> None:
        subject = await console.desk.open()
        await conflict(console.desk, subject)
        page = text_of(await (await console.signed_in(GATEWAY)).get(ONE))
        assert "Recorded: conflict" in page
        assert "By Imran Synthetic" in page
        assert f"Speak to {CONTACT}" in page
        assert f"recorded a conflict, which stops the pathway: speak to {CONTACT}." in page

    async def test_without_a_contact_it_is_the_officer_who_recorded_it(self, desk: Desk) -> None:
        subject = await desk.open()
        await record(desk, subject, Command.CONFLICT)
        async with desk.runtime.database.transaction(GATEWAY) as session:
            hold = (await queries.held(session, subject)).situation.hold
        assert hold
        assert hold.speak_to == IMU.name

    async def test_the_contact_may_hold_no_intelligence_either(self, console: Console) -> None:
        await console.desk.open()
        client = await console.signed_in(IMU)
        words = {"outcome": "record-conflict", "rationale": "My long note.", "contact": "See intel log 4411"}
        page = await send(client, f"{ONE}/deconfliction", **words)
        assert page.status_code == 422
        assert "“intel log” looks like intelligence material" in page.text
        assert "My long note." in page.text


class TestConflict:
    async def test_stops_every_decision(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await conflict(desk, subject)
        for command in (Command.CLOSE, Command.PASS_ON, Command.SECTION_36, Command.PLP, Command.TRANSFER):
            with pytest.raises(NotInThisState):
                await desk.decide(subject, command)
        running = await rows(desk.runtime, "SELECT name FROM clock WHERE stopped_at IS NULL")
        assert [row["name"] for row in running] == ["conflict-review"]

    async def test_clear_brings_it_back_to_assessment(self, desk: Desk) -> None:
        subject = await desk.open()
        await conflict(desk, subject)
        await record(desk, subject, Command.CLEAR)
        assert await rows(desk.runtime, "SELECT state, risk_owner FROM referral") == [
            {"state": "assessing", "risk_owner": DUTY}
        ]
        running = await rows(desk.runtime, "SELECT name FROM clock WHERE stopped_at IS NULL")
        assert [row["name"] for row in running] == ["assessment"]

    async def test_stands_in_the_queue_of_the_unit_until_it_is_clear(self, console: Console) -> None:
        subject = await console.desk.open()
        client = await console.signed_in(IMU)
        await conflict(console.desk, subject)
        assert f'href="{ONE}"' in (await client.get("/imu")).text
        await record(console.desk, subject, Command.OFFER_PURSUIT, officer=OWNER)
        assert f'href="{ONE}"' in (await client.get("/imu")).text
        await record(console.desk, subject, Command.PURSUE, risk_owner=OWNER)
        assert f'href="{ONE}"' in (await client.get("/imu")).text
        await record(console.desk, subject, Command.CLEAR)
        assert f'href="{ONE}"' not in (await client.get("/imu")).text

    async def test_stands_in_the_queue_of_the_unit_also_while_channel_has_the_case(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject)
        await console.desk.decide(subject, Command.PASS_ON)
        accepted = PackAccepted(reference=REFERENCE, accepted_at=NOW, risk_owner="Cora Synthetic")
        await console.desk.hear(accepted, subject)
        client = await console.signed_in(IMU)
        assert f'href="{ONE}"' not in (await client.get("/imu")).text
        await conflict(console.desk, subject)
        queue = text_of(await client.get("/imu"))
        assert "Handed over to Channel Conflict recorded" in queue
        assert f'href="{ONE}"' in (await client.get("/imu")).text
        gateway = await (await console.signed_in(GATEWAY)).get("/gateway?view=channel")
        assert "Conflict recorded" in text_of(gateway)
        await record(console.desk, subject, Command.CLEAR)
        client = await console.signed_in(IMU)
        assert f'href="{ONE}"' not in (await client.get("/imu")).text


class TestPursue:
    OFFER = {"rationale": f"{CANARY} because of it", "officer": OWNER}  # noqa: RUF012
    WORDS = {"rationale": f"{CANARY} by telephone at 14:00", "risk_owner": OWNER}  # noqa: RUF012
    ACCEPTED = f"{ONE}/investigation/accepted"

    async def give(self, client: httpx2.AsyncClient, address: str, words: dict[str, str]) -> None:
        """Fill a page in, check it, and commit."""
        checked = await send(client, address, step="check", **words)
        assert (checked.status_code, "Check before you record this" in checked.text) == (200, True)
        sent = {name: hidden(checked, name) for name in ("csrf_token", "row_version", *words)}
        assert (await client.post(address, data={**sent, "step": "commit"})).status_code == 303

    async def stands(self, console: Console) -> tuple[str, str, list[str]]:
        """Return where the referral stands, who owns the risk, and which clocks run."""
        row = (await rows(console.desk.runtime, "SELECT state, risk_owner FROM referral"))[0]
        running = await rows(console.desk.runtime, "SELECT name FROM clock WHERE stopped_at IS NULL")
        return row["state"], row["risk_owner"], [each["name"] for each in running]

    @pytest.mark.parametrize("actor", [IMU, SUPERVISOR], ids=["unit", "supervisor"])
    async def test_moves_the_risk_with_the_recorded_acceptance_and_not_before(
        self, console: Console, actor: Actor
    ) -> None:
        subject = await console.desk.open()
        await conflict(console.desk, subject)
        client = await console.signed_in(actor)
        await self.give(client, f"{ONE}/investigation", self.OFFER)
        assert await self.stands(console) == ("offered-to-investigation", DUTY, ["conflict-review"])
        assert f'value="{OWNER}"' in (await client.get(self.ACCEPTED)).text
        await self.give(client, self.ACCEPTED, self.WORDS)
        assert await self.stands(console) == ("pursue", OWNER, ["investigation-review"])
        kept = await rows(console.desk.runtime, "SELECT command, by_name, at FROM history ORDER BY id DESC LIMIT 1")
        assert (kept[0]["command"], kept[0]["by_name"]) == ("hand-to-investigation", actor.name)
        page = text_of(await (await console.signed_in(IMU)).get(f"{ONE}/deconfliction"))
        assert "The investigating officer owns the risk until a decision names another" in page

    @pytest.mark.parametrize("way", ["refused", "back"])
    async def test_leaves_the_risk_and_the_conflict_where_they_were(self, console: Console, way: str) -> None:
        subject = await console.desk.open()
        await conflict(console.desk, subject)
        client = await console.signed_in(IMU)
        await self.give(client, f"{ONE}/investigation", self.OFFER)
        await self.give(client, f"{ONE}/investigation/{way}", {"rationale": "They have no officer."})
        assert await self.stands(console) == ("conflict", DUTY, ["conflict-review"])

    async def test_waits_for_the_unit_while_it_is_offered(self, console: Console) -> None:
        subject = await console.desk.open()
        await conflict(console.desk, subject)
        await record(console.desk, subject, Command.OFFER_PURSUIT, officer=OWNER)
        with pytest.raises(NotInThisState):
            await record(console.desk, subject, Command.CLEAR)
        page = text_of(await (await console.signed_in(GATEWAY)).get(ONE))
        assert "Offered to the investigation, waiting for acceptance" in page
        assert f"Speak to {OWNER}" in page
        assert CANARY not in page

    async def test_asks_to_whom_it_is_offered_and_who_accepted(self, console: Console) -> None:
        subject = await console.desk.open()
        await conflict(console.desk, subject)
        client = await console.signed_in(IMU)
        page = await send(client, f"{ONE}/investigation", step="commit", rationale="Mine.")
        assert (page.status_code, page.text.count("govuk-error-message")) == (422, 1)
        assert "Mine." in page.text
        assert (await self.stands(console))[0] == "conflict"
        await self.give(client, f"{ONE}/investigation", self.OFFER)
        page = await send(client, self.ACCEPTED, step="commit", rationale="Mine.", risk_owner=" ")
        assert (page.status_code, "Mine." in page.text) == (422, True)
        assert (await self.stands(console))[:2] == ("offered-to-investigation", DUTY)

    @pytest.mark.parametrize("way", ["", "/accepted", "/refused", "/back"])
    async def test_is_possible_only_in_a_conflict_and_not_for_a_gateway_officer(
        self, console: Console, way: str
    ) -> None:
        await console.desk.open()
        client = await console.signed_in(IMU)
        page = await client.get(f"{ONE}/investigation{way}")
        assert "This cannot be recorded now." in page.text
        page = await client.get(f"{ONE}/deconfliction")
        sent = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
        words = {**sent, **self.OFFER, **self.WORDS, "step": "commit"}
        assert (await client.post(f"{ONE}/investigation{way}", data=words)).status_code == 422
        assert (await (await console.signed_in(GATEWAY)).get(f"{ONE}/investigation{way}")).status_code == 403

    async def test_nobody_outside_the_police_is_told(self, desk: Desk) -> None:
        subject = await desk.open(received(immediate_danger=True))
        await conflict(desk, subject)
        await record(desk, subject, Command.OFFER_PURSUIT, officer=OWNER)
        await record(desk, subject, Command.PURSUE, risk_owner=OWNER)
        await record(desk, subject, Command.CLEAR)
        assert not await rows(desk.runtime, "SELECT type FROM outbox")
        told = await rows(desk.runtime, "SELECT body FROM receipt_out")
        assert not any(word in str(row["body"]) for row in told for word in ("conflict", "pursue", "investigation"))

    async def test_a_clock_that_ran_out_tells_of_no_conflict_outside(self, desk: Desk) -> None:
        subject = await desk.open()
        for command in (Command.CONFLICT, Command.OFFER_PURSUIT, Command.PURSUE):
            await record(desk, subject, command, risk_owner=OWNER, officer=OWNER)
            late = (await running_clock(desk))["due_at"] + timedelta(days=1)
            await escalate(desk, late, told())
            async with desk.runtime.database.transaction(Actor.service("triage")) as session:
                overdue = await alarm_overdue(session, late)
            assert {each.name for each in overdue} == {"deconfliction"}
        sent = await opened_events(desk, "triage.clock-escalated.v1")
        assert {getattr(each, "clock", "") for each in sent} == {"deconfliction"}


async def running_clock(desk: Desk) -> Any:
    """Return the one clock that runs."""
    return (await rows(desk.runtime, "SELECT * FROM clock WHERE stopped_at IS NULL"))[0]


class TestMarks:
    async def test_no_decision_takes_intelligence_material_and_nothing_is_lost(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject)
        client = await console.signed_in(GATEWAY)
        words = {"rationale": "He was seen, graded B24, at the place.", "risk_owner": DUTY}
        for step in ("check", "commit"):
            page = await send(client, f"{ONE}/decision/lead-partnership", step=step, **words)
            assert page.status_code == 422
            assert "“graded B24” looks like intelligence material" in page.text
            assert "He was seen, graded B24, at the place." in page.text
        assert not await rows(console.desk.runtime, "SELECT 1 FROM decision")

    async def test_what_a_decision_does_not_ask_for_is_not_kept(self, console: Console) -> None:
        await console.desk.clear(await console.desk.open())
        client = await console.signed_in(GATEWAY)
        # A page that asks for no reason offers none to choose from: nobody looks at what is sent as one.
        sent = {"rationale": "He agrees.", "risk_owner": DUTY, "reason": "Graded B24", "service": "x", "finding": "y"}
        sent["concern"] = "unknown"
        assert (await send(client, f"{ONE}/decision/lead-partnership", step="commit", **sent)).status_code == 303
        assert await rows(console.desk.runtime, "SELECT reason, review_on FROM decision") == [
            {"reason": "", "review_on": None}
        ]
        page = text_of(await client.get(ONE))
        assert "B24" not in page
        assert "What was found about the concern itself" not in page

    async def test_pages_say_so_beside_the_field(self, console: Console) -> None:
        await console.desk.clear(await console.desk.open())
        client = await console.signed_in(GATEWAY)
        for path in ("note", "correction", "decision/lead-partnership"):
            assert re.search("Never write intelligence", (await client.get(f"{ONE}/{path}")).text), path
