"""Which pages of Channel keep what is written on them: each that can be sent does, or has a reason."""

import pytest

from services.channel.web import routes
from services.channel.web.views.begun import KEPT_ON
from tests.channel.builders import rows
from tests.channel.conftest import Console, hidden
from tests.channel.meetings_made import BELLA, HAMID, due, everybody_invited, heard, planned, with_panel

ELSEWHERE = {
    **dict.fromkeys(("assess", "assess_draft", "assess_check", "assess_part"), "an assessment has a draft of its own"),
    **dict.fromkeys(
        ("attendees", "invite_members", "meeting", "minutes", "order_agenda", "packs", "room", "slot", "slot_room"),
        "nobody writes there: something is ticked or pressed",
    ),
    **dict.fromkeys(("plan_meeting", "plan_sessions", "remind"), "a day, a number or an address, typed again at once"),
}
"""The pages that keep nothing, each with its reason."""


class TestSiteMap:
    def test_every_page_with_a_form_keeps_its_words_or_has_a_reason(self) -> None:
        sent = {page.title for page in routes.PAGES if page.method == "POST"}
        assert sent - KEPT_ON - ELSEWHERE.keys() == set()
        assert KEPT_ON - sent == set()

    def test_every_page_that_keeps_words_can_be_gone_on_with(self) -> None:
        assert {page.title for page in routes.PAGES if page.method == "GET"} >= KEPT_ON


class TestMeetingPages:
    @pytest.mark.parametrize("page", ["guests", "conflict", "answer", "minute"])
    async def test_words_are_kept_as_they_are_typed_and_offered_again(self, console: Console, page: str) -> None:
        console.team.practices.given = with_panel()
        await due(console.team, 2222)
        meeting_id = await planned(console.team)
        slot = (await heard(console.team, meeting_id, "KM-7F3K-2222"))[0]
        await everybody_invited(console.team, meeting_id)
        of_case = f"{meeting_id}/cases/{slot.id}"
        path, actor, name = {
            "guests": (f"/meetings/{of_case}/guests", BELLA, "organisation"),
            "conflict": (f"/panel/{of_case}/conflict", HAMID, "words"),
            "answer": (f"/panel/{meeting_id}", HAMID, "reason"),
            "minute": (f"/meetings/{meeting_id}/minutes/{slot.id}", BELLA, "words"),
        }[page]
        client = await console.signed_in(actor)
        shown = await client.get(path)
        assert f'data-kept="{path}?keep=1"' in shown.text
        sent = {"csrf_token": hidden(shown, "csrf_token"), name: "Half a sentence"}
        assert (await client.post(f"{path}?keep=1", data=sent)).status_code == 200
        kept = await rows(console.team.runtime, "SELECT subject, sealed_words FROM begun_work")
        wanted = meeting_id if page == "answer" else slot.subject
        assert [(each["subject"], b"Half" in each["sealed_words"]) for each in kept] == [(wanted, False)]
        assert "You began this on" in (await client.get(path)).text
        assert "Half a sentence" in (await client.get(f"{path}?go-on=1")).text
