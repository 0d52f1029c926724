"""What social care did about the concern stands in the history of the referral; nothing follows from it by itself."""

import pytest

from contracts.notify.police import ConcernReported
from contracts.vocabulary import SocialCareDone
from tests.triage.builders import GATEWAY, NOW, rows
from tests.triage.conftest import Console
from tests.triage.test_views import ONE, text_of


class TestSocialCareSaid:
    @pytest.mark.parametrize(
        ("done", "words"),
        [
            (SocialCareDone.ASSESSED, "Assessed."),
            (SocialCareDone.ALREADY_OPEN, "Already open to social care."),
            (SocialCareDone.NO_FURTHER_ACTION, "No further action."),
            (SocialCareDone.REFERRED_ON, "Referred on."),
        ],
    )
    async def test_stands_in_the_history_with_who_says_so(
        self, console: Console, done: SocialCareDone, words: str
    ) -> None:
        subject = await console.desk.open()
        before = await rows(console.desk.runtime, "SELECT state FROM referral")
        said = ConcernReported(
            reference="KM-7F3K-92QM",
            done=done,
            reported_at=NOW,
            reported_by="Frances Frontdoor (synthetic), Kent County Council",
            report="Strategy meeting held.",
        )
        await console.desk.hear(said, subject)
        client = await console.signed_in(GATEWAY)
        page = text_of(await client.get(ONE))
        assert "Social care said what it did" in page
        assert f"{words} Strategy meeting held. (Frances Frontdoor (synthetic), Kent County Council)" in page
        assert await rows(console.desk.runtime, "SELECT state FROM referral") == before
