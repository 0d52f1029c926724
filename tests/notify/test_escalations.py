"""A clock that ran out is told to the person whom the area names for that step, without a word about anybody."""

from uuid import uuid4

import pytest

from chassis.app import Runtime
from services.notify import jobs
from services.notify.domain import clock_in_words
from tests.notify.conftest import MailServer, Site
from tests.notify.looking import rows, states
from tests.notify.made import CANARIES, DESK, NOW, REFERENCE, escalation, escalation_of_case, handle


@pytest.mark.parametrize(
    ("step", "address"), [(1, "gateway-supervisor@ctpse.example"), (2, "head-of-prevent@ctpse.example")]
)
async def test_is_mailed_to_the_person_of_the_step(
    notify: Runtime, mail_server: MailServer, step: int, address: str
) -> None:
    await handle(notify, escalation(step=step), subject=uuid4())
    await jobs.send_due(notify, NOW)
    [mail] = mail_server.messages()
    assert (mail["To"], mail["Subject"]) == (address, f"{REFERENCE}: time has run out")
    words = mail.get_payload()
    assert "the Gateway assessment" in words
    assert not [canary for canary in CANARIES if canary in words]


async def test_of_a_case_is_mailed_to_the_person_whom_channel_names(notify: Runtime, mail_server: MailServer) -> None:
    told = escalation_of_case("closing-report")
    await handle(notify, told, subject=uuid4())
    await jobs.send_due(notify, NOW)
    [mail] = mail_server.messages()
    assert mail["To"] == "chidi.chair@kent-council.example"
    assert "the closing report" in mail.get_payload()
    assert "police" not in mail.get_payload()


async def test_a_step_that_the_area_does_not_have_waits_for_a_person(notify: Runtime, mail_server: MailServer) -> None:
    await handle(notify, escalation(step=9), subject=uuid4())
    await jobs.send_due(notify, NOW)
    assert (await states(notify), mail_server.taken) == (["undeliverable"], [])


async def test_repeated_as_an_event_is_told_once_and_each_step_by_itself(notify: Runtime) -> None:
    subject, event = uuid4(), uuid4()
    for _ in range(2):
        await handle(notify, escalation(), subject=subject, event_id=event)
    await handle(notify, escalation(step=2), subject=subject)
    assert sorted(row.recipient_key for row in await rows(notify, "SELECT recipient_key FROM notice")) == ["1", "2"]


@pytest.mark.parametrize("clock", ["conflict-review", "investigation-review", "Canaryforename", "<b>"])
async def test_says_nothing_of_what_the_intelligence_unit_found_or_of_what_it_does_not_know(clock: str) -> None:
    assert clock_in_words(clock) == "a review"


async def test_the_desk_sees_who_is_told(site: Site) -> None:
    await handle(site.runtime, escalation(), subject=uuid4())
    await site.sign_in(DESK)
    desk = (await site.get("/desk")).text
    assert "Time has run out" in desk
    assert "Sample Supervisor-Gateway (synthetic)" in desk
