"""A closure that is sent back stands again where it was proposed, with the clocks of that stage."""

from typing import Any
from uuid import UUID

import pytest

from contracts.notify.police import SignpostReported
from contracts.triage.notices import SignpostEnded
from contracts.vocabulary import Role
from services.triage import queries
from services.triage.domain import Body, Command, Record
from services.triage.operations import Act, Answer, cancel, decide_referral, fulfil
from tests.triage.builders import CLOSURE, GATEWAY, NOW, officer, practice, rows
from tests.triage.conftest import Console, Desk
from tests.triage.test_operations import opened_events

LOCAL = practice(gathers=Body.POLICE, every_closure_signed_off=True)
SUPERVISOR = officer(Role.GATEWAY_SUPERVISOR, name="Sita Synthetic")
SIGNPOST = {"service": "kent-early-help", "message": "Please offer support."}


async def decided(desk: Desk, subject: UUID, command: Command, actor: Any = GATEWAY, **words: Any) -> None:
    """Record a decision where every closure is signed off."""
    async with desk.runtime.database.transaction(actor) as session:
        await decide_referral(session, subject, Act(command, NOW, Record(**{**CLOSURE, **words})), LOCAL)


async def reported(desk: Desk, subject: UUID) -> None:
    """Let the service that was signposted to say what it did."""
    made = (await rows(desk.runtime, "SELECT id FROM obligation"))[0]["id"]
    said = {"signpost_id": made, "reported_at": NOW, "reported_by": "Kent Early Help", "report": "We met."}
    await desk.hear(SignpostReported(reference="KM-7F3K-92QM", **said), subject)


async def stands(desk: Desk) -> tuple[str, list[str]]:
    """Return the state and the clocks that run."""
    state = (await rows(desk.runtime, "SELECT state FROM referral"))[0]["state"]
    running = await rows(desk.runtime, "SELECT name FROM clock WHERE stopped_at IS NULL ORDER BY name")
    return state, [row["name"] for row in running]


class TestSendingBack:
    @pytest.mark.parametrize("came_from", ["assessing", "deciding", "plp", "signposted"])
    async def test_returns_to_where_it_was_proposed_with_its_clocks(self, desk: Desk, came_from: str) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        if came_from == "deciding":
            await desk.gather(subject)
        if came_from == "plp":
            await decided(desk, subject, Command.PLP)
        if came_from == "signposted":
            await decided(desk, subject, Command.SIGNPOST, **SIGNPOST)
            await reported(desk, subject)
        before = await stands(desk)
        assert (before[0], len(before[1])) == (came_from, 1)
        review = (await rows(desk.runtime, "SELECT due_at FROM clock WHERE stopped_at IS NULL"))[0]
        await decided(desk, subject, Command.PROPOSE)
        assert (await stands(desk))[0] == "closing"
        async with desk.runtime.database.transaction(SUPERVISOR) as session:
            proposal = (await queries.held(session, subject)).situation.proposal
        assert proposal
        assert proposal.came_from == came_from
        await decided(desk, subject, Command.SEND_BACK, SUPERVISOR)
        assert await stands(desk) == before
        assert (await rows(desk.runtime, "SELECT due_at FROM clock WHERE stopped_at IS NULL"))[0] == review

    async def test_of_the_second_proposal_returns_to_the_second_place(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        for came_from in ("assessing", "plp"):
            if came_from == "plp":
                await decided(desk, subject, Command.PLP)
            await decided(desk, subject, Command.PROPOSE)
            await decided(desk, subject, Command.SEND_BACK, SUPERVISOR)
            assert (await stands(desk))[0] == came_from


class TestEndingASignpost:
    @pytest.mark.parametrize("command", [Command.CANCEL, Command.FULFIL])
    async def test_tells_the_service_that_no_answer_is_needed(self, desk: Desk, command: Command) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await decided(desk, subject, Command.SIGNPOST, **SIGNPOST)
        made = (await rows(desk.runtime, "SELECT id FROM obligation"))[0]["id"]
        act = Act(command, NOW, Record(rationale="They telephoned."))
        async with desk.runtime.database.transaction(GATEWAY) as session:
            end = cancel if command is Command.CANCEL else fulfil
            await end(session, subject, Answer(made, NOW), act, LOCAL)
        [told] = await opened_events(desk, SignpostEnded.wire_type)
        assert isinstance(told, SignpostEnded)
        assert told.signpost_id == made
        await reported(desk, subject)
        lines = await rows(desk.runtime, "SELECT command FROM history ORDER BY id DESC LIMIT 1")
        assert lines == [{"command": "signpost-reported"}]

    async def test_that_was_reported_needs_no_telling(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await decided(desk, subject, Command.SIGNPOST, **SIGNPOST)
        await reported(desk, subject)
        assert await opened_events(desk, SignpostEnded.wire_type) == []


class TestWaiting:
    async def test_a_closure_waits_with_whoever_may_sign_it_off(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject)
        await decided(console.desk, subject, Command.PROPOSE, SUPERVISOR)
        await decided(console.desk, subject, Command.SEND_BACK)
        await decided(console.desk, subject, Command.PROPOSE, GATEWAY)
        waits = "Closures that wait for a supervisor’s sign-off"
        page = await (await console.signed_in(SUPERVISOR)).get("/work")
        assert waits in page.text
        assert "Closures I proposed" not in page.text
        page = await (await console.signed_in(GATEWAY)).get("/work")
        assert waits not in page.text
        assert page.text.count(">KM-7F3K-92QM<") == 1, "It is said twice."
        proposer = officer(Role.GATEWAY_SUPERVISOR, name="Sunil Synthetic")
        await decided(console.desk, subject, Command.SEND_BACK)
        await decided(console.desk, subject, Command.PROPOSE, proposer)
        assert waits not in (await (await console.signed_in(proposer)).get("/work")).text
