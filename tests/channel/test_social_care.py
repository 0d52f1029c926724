"""What social care did about a concern stands in the case that Channel has of it, and nowhere without a case."""

from uuid import UUID, uuid4

from contracts.notify.channel import SocialCareReported
from contracts.vocabulary import SocialCareDone
from services.channel.domain import Command
from services.channel.domain.chronology import KEPT_INSIDE
from tests.channel.builders import CORA, NOW, REFERENCE
from tests.channel.conftest import Console
from tests.channel.owing_made import ONE, text_of


def said(done: SocialCareDone = SocialCareDone.ASSESSED) -> SocialCareReported:
    return SocialCareReported(
        reference=REFERENCE,
        done=done,
        reported_at=NOW,
        reported_by="Frances Frontdoor (synthetic), Kent County Council",
        report="Strategy meeting held.",
    )


class TestSocialCare:
    async def test_is_read_in_the_case_with_who_said_it(self, console: Console) -> None:
        subject: UUID = await console.team.open()
        for done in (SocialCareDone.ASSESSED, SocialCareDone.REFERRED_ON):
            await console.team.hear(said(done), subject)
        page = text_of(await (await console.signed_in(CORA)).get(ONE))
        assert "Social care has assessed it. Strategy meeting held." in page
        assert "Social care has referred it on." in page
        assert "Frances Frontdoor (synthetic), Kent County Council" in page

    async def test_without_a_case_nothing_is_kept_and_nothing_waits(self, console: Console) -> None:
        await console.team.hear(said(), uuid4())

    def test_does_not_leave_with_the_case(self) -> None:
        assert Command.SOCIAL_CARE_SAID in KEPT_INSIDE
