"""Partners on the operations plane: an operator makes them known, and nobody sees a secret twice."""

from typing import Any

import pytest

from services.intake.app import service
from tests.conftest import Running, RunningOf
from tests.intake.builders import referral, rows
from tests.intake.partnered import ask, operate, partnered


@pytest.fixture
async def intake(running_of: RunningOf) -> Running:
    """Intake with everything but its mailbox."""
    return await running_of(service(), doors=False)


class TestPartners:
    async def test_are_listed_without_their_secrets(self, intake: Running) -> None:
        _, secret = await partnered(intake, "example-school")
        answer = await operate(intake, "GET", "partners")
        [listed] = answer.json()["partners"]
        assert (listed["client_id"], listed["scopes"]) == ("example-school", ["refer:read", "refer:write"])
        assert secret not in answer.text
        kept = str(await rows(intake.runtime, "SELECT * FROM partner")) + str(
            await rows(intake.runtime, "SELECT * FROM audit_entry")
        )
        assert secret not in kept

    async def test_are_added_with_an_audit_row_that_says_why(self, intake: Running) -> None:
        await partnered(intake, "example-school")
        [row] = await rows(intake.runtime, "SELECT * FROM audit_entry WHERE action = 'partner.added'")
        assert (row.actor_id, row.reason, row.facts["client_id"]) == ("tests", "a test", "example-school")

    @pytest.mark.parametrize(
        ("wrong", "status"),
        [
            ({"client_id": "No Capitals"}, 422),
            ({"client_id": "demo-partner"}, 422),
            ({"areas": ["atlantis"]}, 422),
            ({"areas": []}, 422),
            ({"scopes": ["everything"]}, 422),
            ({"scopes": []}, 422),
            ({"requests_per_minute": 0}, 422),
            ({"organisation": ""}, 422),
            ({"reason": ""}, 422),
            ({"more": 1}, 422),
            ({"client_id": "taken"}, 409),
        ],
    )
    async def test_are_refused_with_what_to_mend(self, intake: Running, wrong: dict[str, Any], status: int) -> None:
        await partnered(intake, "taken")
        terms = {"client_id": "new", "organisation": "Example", "sector": "education", "areas": ["kent-and-medway"]}
        answer = await operate(intake, "POST", "partners", {**terms, "reason": "a test", **wrong})
        assert answer.status_code == status, answer.text
        assert len((await operate(intake, "GET", "partners")).json()["partners"]) == 1

    async def test_that_nobody_knows_can_neither_be_renewed_nor_revoked(self, intake: Running) -> None:
        for decision in ("renew", "revoke"):
            answer = await operate(intake, "POST", f"partners/nobody/{decision}", {"reason": "a test"})
            assert (answer.status_code, answer.json()["title"]) == (404, "partner-unknown")
        await partnered(intake, "gone")
        await operate(intake, "POST", "partners/gone/revoke", {"reason": "a test"})
        assert (await operate(intake, "POST", "partners/gone/renew", {"reason": "a test"})).status_code == 404

    async def test_sign_in_with_a_renewed_secret(self, intake: Running) -> None:
        await partnered(intake, "example-school")
        answer = await operate(intake, "POST", "partners/example-school/renew", {"reason": "lost"})
        granted = await ask(intake.client, ("example-school", answer.json()["client_secret"]))
        assert granted.status_code == 200

    async def test_refer_into_their_own_area_where_no_area_knows_the_district(self, intake: Running) -> None:
        others = [name for name in intake.runtime.areas.names() if name != "kent-and-medway"]
        shown = await partnered(intake, "elsewhere", areas=others[:1])
        token = (await ask(intake.client, shown)).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        for district, areas in (("nowhere", set(others[:1])), ("Thanet", {"kent-and-medway"})):
            answer = await intake.client.post("/api/v1/referrals", json=referral(district=district), headers=headers)
            reference = answer.json()["reference"]
            found = await rows(intake.runtime, "SELECT area FROM referral WHERE reference = :r", r=reference)
            assert {row.area for row in found} == areas

    async def test_are_nobodys_business_without_the_operators_token(self, intake: Running) -> None:
        assert (await intake.client.get("/ops/partners")).status_code == 401
