"""A person for every silence: immediate danger is mailed, addresses are those of today, and failures are seen to."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from areas.doors import DutyOfficer
from areas.parts import Way
from chassis import telemetry
from chassis.actor import Actor
from chassis.app import Runtime
from contracts.channel.notices import AskEnded
from contracts.intake.referrer import LinkDue, LinkPurpose
from contracts.notify.intake import MessageUnreached
from contracts.notify.police import NoticeUnreached
from contracts.triage.notices import SignpostEnded, TransferCalledBack
from contracts.vocabulary import AskKind, Unreached, WhomToReach
from services.notify import jobs, operations
from services.notify.domain import Kind, Owner, owner_of
from services.notify.domain.owners import OWNERS
from services.notify.jobs import watching
from tests.notify.asks_made import ask, ended
from tests.notify.conftest import MailServer, Site
from tests.notify.desk_made import kept, noticed
from tests.notify.looking import rows, states
from tests.notify.made import (
    AREA,
    DESK,
    NOW,
    REFERENCE,
    REFERRER_ADDRESS,
    VERSION,
    concern,
    duty_page,
    escalation,
    escalation_of_case,
    handle,
    pack_answered,
    signpost,
    transfer,
)
from tests.notify.receiver_made import Receiver, answer, receiving
from tests.notify.test_evidence import announced
from tests.notify.test_sending_ways import OUTWARD
from tests.notify.ways_made import reach_door, with_webhooks

DAY = timedelta(days=1)
CORRECTED = "kent.corrected@kent-council.example"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


class TestImmediateDanger:
    @pytest.mark.parametrize("ways", [(Way.WEBHOOK,), (Way.WEBHOOK, Way.SMTP)])
    async def test_is_mailed_to_people_although_a_system_has_taken_it(
        self, notify: Runtime, receiver: Receiver, mail_server: MailServer, ways: tuple[Way, ...]
    ) -> None:
        reach_door(notify, *ways, webhook=receiver.url)
        with_webhooks(notify, OUTWARD)
        await handle(notify, concern(immediate_danger=True), subject=uuid4())
        await jobs.send_due(notify, NOW)
        assert len(receiver.posted) == len(mail_server.taken) == 1
        [row] = await rows(notify, "SELECT state, ways, way, delivered_at FROM notice JOIN concern USING (subject)")
        assert (row.state, row.ways, row.way, row.delivered_at) == ("sent", ["webhook", "smtp"], "smtp", NOW)

    async def test_is_not_mailed_once_somebody_has_acknowledged_it(
        self, notify: Runtime, receiver: Receiver, mail_server: MailServer
    ) -> None:
        reach_door(notify, Way.WEBHOOK, webhook=receiver.url)
        with_webhooks(notify, OUTWARD)
        receiver.answers = [answer(200, b'{"acknowledged_by": "Duty desk (synthetic)"}')]
        await handle(notify, concern(immediate_danger=True), subject=uuid4())
        await jobs.send_due(notify, NOW)
        assert (await states(notify), mail_server.taken) == (["acknowledged"], [])

    async def test_all_else_goes_by_one_way_alone(
        self, notify: Runtime, receiver: Receiver, mail_server: MailServer
    ) -> None:
        reach_door(notify, Way.WEBHOOK, webhook=receiver.url)
        with_webhooks(notify, OUTWARD)
        await handle(notify, concern(), subject=uuid4())
        await jobs.send_due(notify, NOW)
        assert (await states(notify), mail_server.taken) == (["sent"], [])


def correct(notify: Runtime, **changes: Any) -> None:
    """Let a newer version of the Kent file be in force, in which the front door of Kent is changed so."""
    known = next(file for file in notify.areas.files if file.area.area == AREA)
    doors = tuple(each.model_copy(update=changes) if each.id == "kent-cru" else each for each in known.area.front_doors)
    if not changes:
        doors = tuple(each for each in doors if each.id != "kent-cru")
    newer = known.area.model_copy(update={"version": "2026-11", "valid_from": date(2026, 11, 1), "front_doors": doors})
    notify.areas = replace(notify.areas, files=(*notify.areas.files, replace(known, area=newer)))


class TestCorrectedAddress:
    async def test_counts_at_the_next_attempt_and_both_versions_are_kept(
        self, notify: Runtime, mail_server: MailServer
    ) -> None:
        first = await noticed(notify)
        mail_server.refuse_recipients = {"central.referral.unit@kent-council.example": "550 No such mailbox"}
        await jobs.send_due(notify, NOW)
        correct(notify, email=CORRECTED)
        async with notify.database.transaction(DESK) as session:
            await operations.send_again(session, first, "address-mended", now=NOW)
        await jobs.send_due(notify, NOW)
        assert [envelope.rcpt_tos for envelope in mail_server.taken][-1:] == [[CORRECTED]]
        made = await rows(notify, "SELECT address, area_version FROM attempt ORDER BY ended_at")
        assert [one.area_version for one in made][-1] == "2026-11"
        assert made[-1].address == CORRECTED
        assert (await kept(notify, first)).area_version == VERSION

    async def test_whom_the_newer_version_names_no_longer_is_reached_as_before(
        self, notify: Runtime, mail_server: MailServer
    ) -> None:
        await noticed(notify)
        correct(notify)
        await jobs.send_due(notify, NOW)
        assert len(mail_server.taken) == 1
        [made] = await rows(notify, "SELECT area_version FROM attempt")
        assert made.area_version == VERSION


class TestDutyOfficer:
    async def test_is_called_by_the_second_way_where_the_first_is_not_set_up(
        self, notify: Runtime, mail_server: MailServer
    ) -> None:
        ways = (Way.GOVUK_NOTIFY, Way.SMTP)
        known = next(file for file in notify.areas.files if file.area.area == AREA)
        officers = tuple(each.model_copy(update={"ways": ways}) for each in known.area.duty_officers)
        changed = replace(known, area=known.area.model_copy(update={"duty_officers": officers}))
        notify.areas = replace(notify.areas, files=(changed,))
        await handle(notify, duty_page(), subject=uuid4())
        await jobs.send_due(notify, NOW)
        made = await rows(notify, "SELECT way, result FROM attempt ORDER BY ended_at")
        assert [tuple(one) for one in made] == [("govuk-notify", "not-set-up"), ("smtp", "accepted")]
        assert len(mail_server.taken) == 1

    @pytest.mark.parametrize(
        ("ways", "sentence"),
        [
            (("webhook",), "a duty officer is called by mail; ways may name smtp and govuk-notify only"),
            (("smtp", "smtp"), "ways names the same way twice; the second way must be another one"),
        ],
    )
    def test_an_area_is_told_in_a_sentence_what_cannot_be(self, ways: tuple[str, ...], sentence: str) -> None:
        given = {"id": "one", "name": "One", "organisation": "Two", "cover": "opening-hours", "page": "a@b.example"}
        with pytest.raises(ValueError, match=re.escape(sentence)):
            DutyOfficer.model_validate({**given, "ways": ways})


def link(purpose: LinkPurpose) -> LinkDue:
    reference = REFERENCE if purpose is LinkPurpose.PROGRESS else ""
    return LinkDue(
        due_at=NOW, purpose=purpose, email=REFERRER_ADDRESS, link="https://x.example/y", works_until=date(2026, 12, 19),
        reference=reference, language="en",
    )  # fmt: skip


async def given_up(notify: Runtime, kind: Kind) -> None:
    """Give up every notice of a kind, as after the last attempt."""
    ids = [row.id for row in await rows(notify, f"SELECT id FROM notice WHERE kind = '{kind}'")]
    assert ids
    async with notify.database.transaction(Actor.service("notify")) as session:
        for each in ids:
            await operations.suppress(session, each, "not-needed", now=NOW)


class TestOwners:
    def test_every_kind_has_one(self) -> None:
        assert set(OWNERS) == set(Kind)

    @pytest.mark.parametrize(
        ("event", "kind", "whom"),
        [
            (link(LinkPurpose.PROGRESS), Kind.LINK_PROGRESS, WhomToReach.REFERRER),
            (escalation(), Kind.CLOCK_ESCALATED, WhomToReach.ESCALATION),
        ],
        ids=lambda each: each.wire_type if hasattr(each, "wire_type") else str(each),
    )
    async def test_whoever_had_it_written_is_told(
        self, notify: Runtime, event: Any, kind: Kind, whom: WhomToReach, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        heard = await announced(notify, monkeypatch)
        await handle(notify, event, subject=uuid4())
        await given_up(notify, kind)
        [told] = heard
        assert isinstance(told, NoticeUnreached if kind is Kind.CLOCK_ESCALATED else MessageUnreached)
        assert (told.whom, told.why) == (whom, Unreached.SUPPRESSED)

    async def test_the_intake_desk_of_a_move_and_of_those_above_a_front_door(
        self, notify: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        heard = await announced(notify, monkeypatch)
        subject = uuid4()
        await handle(notify, concern(), subject=subject)
        await handle(notify, concern(2, front_door="medway-front-door"), subject=subject)
        await given_up(notify, Kind.CONCERN_MOVED)
        [told] = heard
        assert isinstance(told, MessageUnreached)
        assert told.whom == WhomToReach.FRONT_DOOR
        assert owner_of(Kind.CLOCK_ESCALATED, "intake") is Owner.INTAKE

    async def test_what_nobody_else_sees_to_raises_the_desks_alarm_until_it_is_held_back(
        self, notify: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, nothing in (("queues", ()), ("silent", 0), ("undelivered", watching.Counted.undelivered)):
            monkeypatch.setattr(watching.Counted, name, nothing)
        heard = await announced(notify, monkeypatch)
        service, force, invited = signpost(), transfer(), ask(AskKind.INVITATION, at=NOW)
        subjects = uuid4(), uuid4(), uuid4()
        for event, subject in zip((service, force, invited), subjects, strict=True):
            await handle(notify, event, subject=subject)
        await jobs.send_due(notify, NOW)
        over = SignpostEnded(reference=REFERENCE, signpost_id=service.signpost_id, ended_at=NOW)
        back = TransferCalledBack(reference=REFERENCE, transfer_id=force.transfer_id, called_back_at=NOW)
        called_off: AskEnded = ended(invited)
        for event, subject in zip((over, back, called_off), subjects, strict=True):
            await handle(notify, event, subject=subject)
        await handle(notify, pack_answered(), subject=uuid4())
        await handle(notify, escalation_of_case("plan"), subject=uuid4())
        await handle(notify, duty_page(), subject=uuid4())
        waiting = "SELECT id, kind FROM notice WHERE state = 'due'"
        alone = {row.kind: row.id for row in await rows(notify, waiting)}
        assert {owner_of(Kind(kind), "channel") for kind in alone if kind != Kind.DUTY_PAGED} == {Owner.DESK}
        await rows(notify, "UPDATE notice SET state = 'undeliverable' WHERE state = 'due' RETURNING id")
        await jobs.watch_queues(notify, NOW)
        figures = telemetry.metrics_text()
        assert re.search(rf"notify_notice_undelivered\w* {len(alone) - 1}", figures)
        assert re.search(r"notify_duty_unreached\w* 1", figures)
        assert heard == []
        async with notify.database.transaction(DESK) as session:
            for kind, notice_id in alone.items():
                if kind != Kind.DUTY_PAGED:
                    await operations.suppress(session, notice_id, "told-otherwise", now=NOW)
        await jobs.watch_queues(notify, NOW)
        assert re.search(r"notify_notice_undelivered\w* 0", telemetry.metrics_text())

    @pytest.mark.parametrize(
        ("event", "words"),
        [
            (signpost(), "The police are told that it was not sent"),
            (pack_answered(), "it is for this desk to tell whoever relies on it"),
        ],
    )
    async def test_the_page_says_who_is_told_and_no_more(self, site: Site, event: Any, words: str) -> None:
        notice_id = await noticed(site.runtime, event, state="undeliverable")
        await site.sign_in(DESK)
        assert words in (await site.get(f"/notices/{notice_id}")).text
