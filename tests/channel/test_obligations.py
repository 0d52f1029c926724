"""What others owe: how it is asked for, what comes back, and how it ends."""

from datetime import timedelta

import pytest

from contracts.vocabulary import AskKind
from services.channel import queries
from services.channel.domain import Obligation
from services.channel.operations.obligations import SOMEBODY_TYPED
from tests.channel.builders import CORA, rows
from tests.channel.conftest import Team
from tests.channel.owing_made import DUE, asked, keep, owing


class TestKeepObligation:
    @pytest.mark.parametrize(
        ("kind", "sent_as"),
        [
            (Obligation.REQUEST, AskKind.INFORMATION),
            (Obligation.ACTION, AskKind.ACTION),
            (Obligation.SIGNPOST, AskKind.SIGNPOST),
            (Obligation.CHANGE, AskKind.CONSENT_CHANGE),
        ],
    )
    async def test_asks_by_a_link_that_says_whom_it_is_about(
        self, team: Team, kind: Obligation, sent_as: AskKind
    ) -> None:
        kept = await keep(team, await team.open(), owing(kind))
        (sent,) = await asked(team)
        assert (sent.ask_id, sent.kind, sent.recipient, sent.due_at) == (kept, sent_as, "health-trust", DUE)
        assert sent.expires_at == DUE + timedelta(days=30)
        assert sent.questions == ("Attendance?", "Health?")
        assert [each.words for each in sent.shown] == [
            "Sample Synthetic, born 27 April 2009, Thanet",
            "We look into a concern about this person.",
        ]
        assert "Sample Synthetic" not in sent.title

    async def test_mails_an_address_that_was_typed(self, team: Team) -> None:
        await keep(team, await team.open(), owing(recipient="", address=" office@school.example "))
        (sent,) = await asked(team)
        assert (sent.recipient, sent.address) == ("", "office@school.example")

    async def test_keeps_a_name_that_was_typed_under_seal(self, team: Team) -> None:
        subject, school = await team.open(), "St Sample's School (synthetic)"
        kept = await keep(team, subject, owing(owner=school, recipient="", address="office@school.example"))
        assert [row["owner"] for row in await rows(team.runtime, "SELECT owner FROM obligation")] == [SOMEBODY_TYPED]
        async with team.runtime.database.transaction(CORA) as session:
            assert (await queries.obligation(session, subject, kept)).owner == school
            assert [each.owner for each in await queries.missing(session, subject)] == [school]

    @pytest.mark.parametrize("given", [{"owner_id": "carl-synthetic"}, {"recipient": "", "address": " "}])
    async def test_sends_nothing_to_officers_and_to_whom_no_mail_leads(self, team: Team, given: dict[str, str]) -> None:
        await keep(team, await team.open(), owing(Obligation.ACTION, **given))
        assert await asked(team) == []
        assert [row["name"] for row in await rows(team.runtime, "SELECT name FROM clock WHERE name = 'action'")]
