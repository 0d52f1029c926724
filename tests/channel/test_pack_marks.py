"""A pack is looked through for words that mark intelligence material when it is made, and once more when it is read."""

from dataclasses import replace
from uuid import UUID

from contracts.channel.notices import AskMade
from contracts.vocabulary import AskKind
from services.channel import queries
from services.channel.domain import Command
from services.channel.domain.sharing import HELD_BACK, PackPart
from services.channel.operations.convening import MeetingAct
from services.channel.operations.packs import open_pack, share_packs
from services.channel.queries import Attendee, SlotView
from tests.channel.builders import NOW, referred
from tests.channel.conftest import Console, Team
from tests.channel.meetings_made import (
    BELLA,
    DAY,
    HAMID,
    accepted,
    everybody_invited,
    heard,
    midnight,
    planned,
    version,
    with_panel,
)

MARKED = "The officer writes: UK EYES ONLY, from a source."
CASE = "KM-7F3K-2222"


async def _shared(team: Team, grounds: str) -> tuple[UUID, SlotView, list[Attendee]]:
    """Share the packs of a meeting about one case with one member with an account and one without."""
    team.practices.given = with_panel()
    subject = await team.open(referred(reference=CASE, grounds=grounds))
    await team.act(subject, Command.ACCEPT, risk_owner="Cora Synthetic")
    meeting_id = await planned(team)
    (slot,) = await heard(team, meeting_id, CASE)
    everybody = await everybody_invited(team, meeting_id)
    chosen = [each for each in everybody if each.member_id in ("member-4", "member-5")]
    for each in chosen:
        await accepted(team, each)
    act = MeetingAct(NOW, await version(team, meeting_id))
    async with team.runtime.database.transaction(BELLA) as session:
        await share_packs(session, meeting_id, act, team.practices.given)
        return meeting_id, slot, [each for each in await queries.invitations(session, meeting_id) if each.accepted]


async def _by_link(team: Team) -> dict[str, str]:
    """Return what the pack that was mailed shows, by its headings."""
    made = (await team.announced())["channel.ask-made.v1"]
    (pack,) = [each for each in made if isinstance(each, AskMade) and each.kind is AskKind.PACK]
    return {each.heading: each.words for each in pack.shown}


class TestMarks:
    async def test_a_part_with_marked_words_is_held_back_from_everybody_and_named(self, console: Console) -> None:
        team = console.team
        meeting_id, slot, invited = await _shared(team, MARKED)
        sent = await _by_link(team)
        assert sent["Reason in Channel (section 36(3))"] == HELD_BACK
        assert "EYES" not in " ".join(sent.values())
        assert sum(words == HELD_BACK for words in sent.values()) == 1
        (member,) = [each for each in invited if each.account]
        async with team.runtime.database.transaction(replace(HAMID, id=member.account)) as session:
            read = await open_pack(session, slot.id, member, team.practices.given, midnight(DAY))
        shown = {each.part: each.words for each in read.sections}
        assert shown[PackPart.GROUNDS] == HELD_BACK
        page = await (await console.signed_in(BELLA)).get(f"/meetings/{meeting_id}/packs")
        assert f"intelligence material: {CASE}, reason in channel (section 36(3))." in page.text
        assert "EYES" not in page.text

    async def test_words_that_mark_nothing_are_shown(self, console: Console) -> None:
        meeting_id, _, _ = await _shared(console.team, "Contact with a recruiter.")
        assert (await _by_link(console.team))["Reason in Channel (section 36(3))"] == "Contact with a recruiter."
        page = await (await console.signed_in(BELLA)).get(f"/meetings/{meeting_id}/packs")
        assert "Held back" not in page.text
