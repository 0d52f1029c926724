"""What became of the concern at its front door stands in the history of the referral; nothing follows by itself."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.errors import NotYet
from contracts.notify.police import NoticeUnreached
from contracts.vocabulary import NoLongerRung, Unreached, WhomToReach
from tests.triage.builders import GATEWAY, NOW, received, rows
from tests.triage.conftest import Console
from tests.triage.test_views import ONE, text_of

DOOR = "The front door of social care (Kent Central Referral Unit)"
TOGETHER = "The intake desk sees it too: agree with the desk who rings them."


def told(subject: UUID, why: Unreached = Unreached.BOUNCED, **given: Any) -> NoticeUnreached:
    """Return what notify tells of the Kent front door."""
    values: dict[str, Any] = {
        "reference": "KM-7F3K-92QM",
        "whom": WhomToReach.FRONT_DOOR,
        "about_id": subject,
        "why": why,
        "noted_at": NOW,
        "front_door": "kent-cru",
        "version": 1,
    }
    return NoticeUnreached(**(values | given))


def over(subject: UUID, why: NoLongerRung | None, **given: Any) -> NoticeUnreached:
    """Return that nobody need ring it any more."""
    return told(subject, reached=True, no_longer=why, **given)


async def heard(console: Console, *events: NoticeUnreached, subject: UUID) -> str:
    """Let triage hear; return the page of the referral."""
    for event in events:
        await console.desk.hear(event, subject)
    client = await console.signed_in(GATEWAY)
    return text_of(await client.get(ONE))


class TestFrontDoor:
    @pytest.mark.parametrize(
        ("why", "sentence"),
        [
            (Unreached.BOUNCED, f"could not be told of the concern: the mail came back on {{at}}. {TOGETHER}"),
            (Unreached.GIVEN_UP, f"could not be told of the concern: the mail was given up on {{at}}. {TOGETHER}"),
            (Unreached.SUPPRESSED, "the delivery desk held the mail back on {at}. Ask the desk why before"),
            (Unreached.SILENT, "has not acknowledged the concern, which has waited there since 20 November 2026 at"),
        ],
    )
    async def test_that_does_not_know_of_the_concern_is_named_in_the_history_with_since_when(
        self, console: Console, why: Unreached, sentence: str
    ) -> None:
        subject = await console.desk.open()
        before = await rows(console.desk.runtime, "SELECT state, risk_owner FROM referral")
        since = NOW.replace(month=11, day=20)
        page = await heard(console, told(subject, why, since=since), subject=subject)
        assert "Somebody who had to be told could not be reached" in page
        assert f"{DOOR} " in page
        assert sentence.format(at=f"{NOW.day} {NOW:%B %Y} at {NOW:%H:%M}") in page
        assert await rows(console.desk.runtime, "SELECT state, risk_owner FROM referral") == before

    @pytest.mark.parametrize(
        ("why", "sentence"),
        [
            (NoLongerRung.SENT, f"A mail about the concern has gone out to the {DOOR[4:]} after all, on"),
            (NoLongerRung.READ, f"Somebody at the {DOOR[4:]} has read the concern, on"),
            (NoLongerRung.ACKNOWLEDGED, f"{DOOR} has acknowledged the concern, on"),
            (NoLongerRung.MOVED, "The concern went to another front door on"),
            (None, f"Nobody need ring the {DOOR[4:]} for the concern any more, since"),
        ],
    )
    async def test_that_was_told_after_all_is_said_too_and_what_was_said_before_stays(
        self, console: Console, why: NoLongerRung | None, sentence: str
    ) -> None:
        subject = await console.desk.open()
        page = await heard(console, told(subject), over(subject, why), subject=subject)
        assert sentence in page
        assert "Somebody who was not reached need not be rung any more" in page
        assert page.count(f"{DOOR} could not be told of the concern") == 1

    async def test_that_missed_what_is_new_is_told_apart_from_one_that_knows_nothing(self, console: Console) -> None:
        subject = await console.desk.open()
        page = await heard(console, told(subject, version=3), subject=subject)
        assert f"{DOOR} could not be told of version 3 of the concern" in page

    async def test_that_the_area_names_no_more_is_called_by_what_it_is(self, console: Console) -> None:
        subject = await console.desk.open()
        page = await heard(console, told(subject, front_door="closed-long-ago"), subject=subject)
        assert "The front door of social care could not be told of the concern" in page
        assert "closed-long-ago" not in page

    async def test_waits_while_the_referral_itself_has_not_come(self, console: Console) -> None:
        subject = uuid4()
        with pytest.raises(NotYet):
            await console.desk.hear(told(subject), subject)
        await console.desk.hear(received(), subject)
        assert f"{DOOR} could not be told" in await heard(console, told(subject), subject=subject)
