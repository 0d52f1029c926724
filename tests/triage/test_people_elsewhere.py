"""The pages about possible earlier referrals in another area: its duty officer is named, and an answer waited for."""

from uuid import uuid4

import pytest

from services.triage.domain import Practice
from tests.triage.builders import AREA, DUTY, GATEWAY, practice, rows
from tests.triage.conftest import Console, hidden, send
from tests.triage.people_steps import ELSEWHERE, FIRST, abroad, arrives
from tests.triage.test_people_pages import CLOSE, PROPOSE, insist, text_of
from tests.triage.test_views import TYPED


class BothAreas:
    """Local practice of two areas."""

    def under(self, area: str, version: str, now: object) -> Practice:
        """Return the practice of an area."""
        assert (version, bool(now)) == ("2026-01", True)
        return practice(area=area, duty_officer="Nora Northmere (synthetic)" if area == ELSEWHERE else DUTY)


class TestElsewhere:
    async def test_names_the_area_and_its_duty_officer_and_waits_for_an_answer(
        self, console: Console, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(type(console.desk.runtime.clients), "under", BothAreas.under)
        first = await arrives(console.desk, FIRST)
        there = await abroad(console.desk)
        await console.desk.clear(first)
        client = await console.signed_in(GATEWAY)
        text = text_of(await client.get(f"/referrals/{FIRST}"))
        assert "Another area, Northmere, holds a referral that may be about the same person" in text
        assert "Nora Northmere (synthetic)" in text
        assert "KM-2HJK-7MNR" not in text
        assert "nobody has answered" in (await insist(client, FIRST, CLOSE, **TYPED)).text
        place = f"/referrals/{FIRST}/elsewhere?other={there}"
        assert (await send(client, place, answer="linked", reason="")).status_code == 422
        done = await send(client, place, answer="linked", reason="Nora told me on the phone. Synthetic.")
        assert done.status_code == 303, text_of(done)
        assert "Nora told me on the phone. Synthetic." in text_of(await client.get(f"/referrals/{FIRST}"))
        alone = await insist(client, FIRST, CLOSE, **TYPED)
        assert (alone.status_code, "referred in another area too" in text_of(alone)) == (422, True)
        proposed = await insist(client, FIRST, PROPOSE, **TYPED)
        assert proposed.status_code == 303, text_of(proposed)
        assert (await client.get(f"/referrals/{FIRST}/elsewhere?other={uuid4()}")).status_code == 404
        assert AREA != ELSEWHERE

    async def test_takes_no_answer_about_a_referral_that_nobody_found(self, console: Console) -> None:
        await arrives(console.desk, FIRST)
        client = await console.signed_in(GATEWAY)
        page = await client.get(f"/referrals/{FIRST}/same")
        sent = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
        said = {"answer": "linked", "reason": "Made up. Synthetic."}
        answered = await client.post(f"/referrals/{FIRST}/elsewhere?other={uuid4()}", data={**sent, **said})
        assert answered.status_code == 404
        assert not await rows(console.desk.runtime, "SELECT 1 FROM history WHERE command = 'answer-earlier'")
