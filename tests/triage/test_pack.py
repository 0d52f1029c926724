"""The pack that is handed to Channel: complete or refused, without the intelligence unit, and the risk with it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert

from chassis import outbox
from contracts.catalogue import EVENT_BY_TYPE
from contracts.channel.police import InformationGathered, PackAccepted
from contracts.envelope import Event
from contracts.intake.police import ReferralsLinked
from contracts.triage.dovetail import PackOffered, PassedForInformationGathering, Section36ReferralMade
from contracts.vocabulary import ConcernType
from contracts.vocabulary.assessment import Assessment
from contracts.vocabulary.pack import GatheredInformation
from services.triage import models
from services.triage.domain import (
    CHRONICLED,
    DECONFLICTION,
    Body,
    Command,
    NotOffered,
    Obligation,
    PackPart,
    Practice,
    Recipient,
    Record,
    Situation,
    State,
    decide,
    parts_needed,
)
from services.triage.operations import Act, correct, decide_referral
from services.triage.operations.obligations import Answer, Owed, end_obligation, keep_obligation
from services.triage.queries import held
from tests.triage.builders import DUTY, GATEWAY, IMU, NOW, announced, practice, received, rows
from tests.triage.conftest import Console, Desk

EARLIER, LATER = "KM-4B8N-6TWA", "KM-7F3K-92QM"
CANARY = "Zanzibar-only-inside"
GROUNDS = "Contact with a recruiter."
TOLD = (Recipient("Kent Central Referral Unit", "The concern, as social care needs it"),)


def local(**given: Any) -> Practice:
    """Return practice of an area whose police gather and that tells the front door of each referral."""
    return practice(**{"gathers": Body.POLICE, "recipients_of": lambda *_: TOLD, **given})


async def assessed(desk: Desk, subject: UUID) -> Assessment:
    """Keep a complete assessment and say that it is complete."""
    await desk.assess(subject)
    assessment = Assessment(
        instrument="gateway",
        edition="2026",
        name="Gateway assessment",
        number=9,
        completed_at=NOW,
        completed_by=GATEWAY.name,
        finding="clear-evidence",
        summary="The concern stands.",
    )
    async with desk.runtime.database.transaction(GATEWAY) as session:
        row = {
            "subject": subject,
            "number": 9,
            "area": local().area,
            "instrument": "gateway",
            "edition": "2026",
            "sealed_assessment": await session.seal_model(subject, assessment),
            "completed_at": NOW,
            "by_id": GATEWAY.id,
            "by_name": GATEWAY.name,
        }
        await session.execute(insert(models.assessment).values(row))
    return assessment


async def decided(desk: Desk, subject: UUID, command: Command, *, days: int = 0, **record: Any) -> None:
    """Record a decision of a Gateway officer so many days from now."""
    words = Record(**{"rationale": "Because the checks say so.", "concern": ConcernType.UNKNOWN, **record})
    async with desk.runtime.database.transaction(GATEWAY) as session:
        await decide_referral(session, subject, Act(command, NOW + timedelta(days=days), words), local())


async def asked(desk: Desk, subject: UUID, answer: str, *, ended_by: Command = Command.FULFIL) -> None:
    """Ask a school and record what it says, or cancel the request."""
    async with desk.runtime.database.transaction(GATEWAY) as session:
        owed = Owed(Obligation.REQUEST, "Example School", "How does he attend?", NOW + timedelta(days=5))
        asked_for = await keep_obligation(session, await held(session, subject), owed, NOW)
        act = Act(ended_by, NOW, Record(rationale=answer))
        await end_obligation(session, subject, Answer(asked_for, NOW), act, local())


async def ready(desk: Desk, subject: UUID) -> Assessment:
    """Bring a referral to where section 36 can be decided: clear, assessed, gathered by the police."""
    await desk.clear(subject, assessed=False)
    assessment = await assessed(desk, subject)
    await decided(desk, subject, Command.GATHER)
    await asked(desk, subject, "Attends daily.")
    await decided(desk, subject, Command.GATHERED, rationale="Nothing more is known.")
    return assessment


async def sent(desk: Desk, event: type[Event]) -> Any:
    """Return the last announced event of a type, opened with its topic's key."""
    row = (await announced(desk.runtime, event.wire_type))[-1]
    bound_to = f"{row['event_id']}|{row['type']}|{row['subject']}".encode()
    body = outbox.Sealer.topic_keys.unseal(row["topic"], row["key_id"], row["sealed"], bound_to)
    return EVENT_BY_TYPE[row["type"]].model_validate_json(body)


async def linked(desk: Desk) -> tuple[UUID, UUID]:
    """Receive two referrals of one person, the earlier one closed as mistaken, and return both subjects."""
    first = await desk.open(received(reference=EARLIER, received_at=NOW - timedelta(days=200)))
    await desk.clear(first)
    await desk.decide(first, Command.CLOSE, rationale="A misunderstanding in class.")
    second = await desk.open(received(reference=LATER))
    same = ReferralsLinked(
        reference=LATER,
        other_reference=EARLIER,
        answer="linked",
        answered_by="Dana Synthetic",
        answered_at=NOW,
    )
    await desk.hear(same, second)
    return first, second


class TestPartsNeeded:
    def test_names_every_missing_part_and_whose_it_is(self) -> None:
        empty = parts_needed(Situation(State.ASSESSING, DUTY), local())
        assert [each.part for each in empty if each.lacking] == list(PackPart)
        assert [each.part for each in empty if each.for_passing_on] == [PackPart.FORM, PackPart.ASSESSMENT]
        whole = Situation(State.DECIDING, DUTY, form_read=True, assessed=True, gathered=True)
        assert not any(each.lacking for each in parts_needed(whole, local()))

    def test_a_referral_under_section_36_is_refused_with_the_whole_list(self) -> None:
        with pytest.raises(NotOffered) as refusal:
            decide(Command.SECTION_36, Situation(State.ASSESSING, DUTY), Record(grounds="x", rationale="x"), local())
        for words in ("form has not been read", "Gateway assessment is not complete", "Information gathering is not"):
            assert words in str(refusal.value)

    @pytest.mark.parametrize("missing", ["form_read", "assessed", "gathered"])
    def test_each_part_alone_blocks_it(self, missing: str) -> None:
        facts = {"form_read": True, "assessed": True, "gathered": True, missing: False}
        situation = Situation(State.DECIDING, DUTY, **facts)  # type: ignore[arg-type]
        with pytest.raises(NotOffered):
            decide(Command.SECTION_36, situation, Record(grounds="x", rationale="x"), local())

    @pytest.mark.parametrize("missing", ["form_read", "assessed"])
    def test_passing_on_needs_the_form_and_the_assessment(self, missing: str) -> None:
        facts = {"form_read": True, "assessed": True, missing: False}
        situation = Situation(State.ASSESSING, DUTY, **facts)  # type: ignore[arg-type]
        with pytest.raises(NotOffered):
            decide(Command.PASS_ON, situation, Record(rationale="x"), practice())


class TestChronicled:
    def test_names_nothing_of_the_intelligence_unit_nor_of_who_may_see_it(self) -> None:
        inside = {*DECONFLICTION, Command.RESTRICT, Command.UNRESTRICT, Command.NOTE, Command.ANSWER_EARLIER}
        assert not inside & set(CHRONICLED)


class TestPack:
    async def test_carries_every_part(self, desk: Desk) -> None:
        _, second = await linked(desk)
        assessment = await ready(desk, second)
        await decided(desk, second, Command.SECTION_36, days=1, grounds=GROUNDS)
        pack = await sent(desk, Section36ReferralMade)
        assert isinstance(pack, PackOffered)
        assert pack.assessment == assessment
        assert [(each.body, each.asked, each.answer) for each in pack.gathered] == [
            ("Example School", "How does he attend?", "Attends daily."),
            ("Police: Gita Synthetic", "", "Nothing more is known."),
        ]
        told = [(line.reference, line.what.split("\n")[0]) for line in pack.chronology]
        assert told[0] == (EARLIER, "Referral received")
        assert (EARLIER, "Closed: no further action") in told
        assert told[-1] == (LATER, "Referred to the panel under section 36")
        assert any("A misunderstanding in class." in line.what for line in pack.chronology)
        assert [line.at for line in pack.chronology] == sorted(line.at for line in pack.chronology)
        shared = {(each.what, each.shared_with) for each in pack.shared}
        assert {
            (f"The concern, as social care needs it ({EARLIER})", "Kent Central Referral Unit"),
            (f"The concern, as social care needs it ({LATER})", "Kent Central Referral Unit"),
            (f"A question about the person ({LATER})", "Example School"),
        } == shared

    async def test_holds_nothing_of_the_intelligence_unit(self, desk: Desk) -> None:
        _, second = await linked(desk)
        await desk.hold(second, Command.MORE_TIME, CANARY)
        await ready(desk, second)
        await decided(desk, second, Command.SECTION_36, grounds=GROUNDS)
        pack = await sent(desk, Section36ReferralMade)
        assert CANARY not in pack.model_dump_json()
        assert IMU.name not in pack.model_dump_json()

    async def test_of_a_restricted_referral_it_says_only_that_it_is_there(self, desk: Desk) -> None:
        first, second = await linked(desk)
        async with desk.runtime.database.transaction(GATEWAY) as session:
            table = models.referral
            await session.execute(table.update().where(table.c.subject == first).values(restricted=True))
        await ready(desk, second)
        await decided(desk, second, Command.SECTION_36, grounds=GROUNDS)
        pack = await sent(desk, Section36ReferralMade)
        assert [line.what for line in pack.chronology if line.reference == EARLIER] == [
            "A referral whose record is restricted: ask the police about it"
        ]
        assert "misunderstanding" not in pack.model_dump_json()

    async def test_says_how_a_signpost_of_an_earlier_referral_ended(self, desk: Desk) -> None:
        first, second = await linked(desk)
        async with desk.runtime.database.transaction(GATEWAY) as session:
            owed = Owed(
                Obligation.SIGNPOST, "Kent Early Help", "Please call.", NOW + timedelta(days=5), "kent-early-help"
            )
            made = await keep_obligation(session, await held(session, first), owed, NOW)
            act = Act(Command.FULFIL, NOW, Record(rationale="They met him twice."))
            await end_obligation(session, first, Answer(made, NOW), act, local())
        await ready(desk, second)
        await decided(desk, second, Command.SECTION_36, grounds=GROUNDS)
        pack = await sent(desk, Section36ReferralMade)
        ended = [(line.what, line.by) for line in pack.chronology if line.what.startswith("The signpost ended")]
        assert ended == [("The signpost ended\n\nThey met him twice.", "Kent Early Help")]
        assert (f"A signpost ({EARLIER})", "Kent Early Help") in [(each.what, each.shared_with) for each in pack.shared]

    async def test_a_cancelled_request_is_no_answer(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject, assessed=False)
        await assessed(desk, subject)
        await decided(desk, subject, Command.GATHER)
        await asked(desk, subject, "The school has closed.", ended_by=Command.CANCEL)
        await decided(desk, subject, Command.GATHERED)
        await decided(desk, subject, Command.SECTION_36, grounds=GROUNDS)
        pack = await sent(desk, Section36ReferralMade)
        assert pack.gathered[0].answer == "No answer; the request was cancelled. The school has closed."

    async def test_tells_of_what_channel_gathered_and_of_the_pack_before(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject, assessed=False)
        await assessed(desk, subject)
        await desk.decide(subject, Command.PASS_ON)
        assert (await sent(desk, PassedForInformationGathering)).shared == ()
        await desk.hear(PackAccepted(reference=LATER, accepted_at=NOW, risk_owner="Cora Synthetic"), subject)
        school = GatheredInformation(body="Sample School", asked="Attendance?", answer="Every day.", at=NOW)
        told = InformationGathered(
            reference=LATER,
            gathered_at=NOW,
            gathered_by="Sample team",
            summary="Nothing known.",
            gathered=(school,),
            gone_on_without="The surgery is closed.",
        )
        await desk.hear(told, subject)
        wrong = Act(Command.CORRECT, NOW, Record(reason="wrong-person", rationale="It is his cousin."))
        async with desk.runtime.database.transaction(GATEWAY) as session:
            await correct(session, subject, wrong, practice())
        await decided(desk, subject, Command.SECTION_36, days=1, grounds=GROUNDS)
        pack = await sent(desk, Section36ReferralMade)
        assert [(each.body, each.asked, each.answer) for each in pack.gathered] == [
            ("Sample School", "Attendance?", "Every day."),
            ("Channel", "", "Sample team: Nothing known.\n\nGone on without: The surgery is closed."),
        ]
        given = [(each.what, each.shared_with) for each in pack.shared]
        assert (f"A pack with identity ({LATER})", "Channel") in given
        assert (f"A correction ({LATER})", "Channel") in given

    async def test_channel_owes_the_police_a_decision_clock_once_it_has_gathered(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.PASS_ON)
        await desk.hear(PackAccepted(reference=LATER, accepted_at=NOW, risk_owner="Cora Synthetic"), subject)
        told = InformationGathered(
            reference=LATER, gathered_at=NOW, gathered_by="Sample team", summary="Nothing known."
        )
        await desk.hear(told, subject)
        running = await rows(desk.runtime, "SELECT name FROM clock WHERE stopped_at IS NULL")
        assert [row["name"] for row in running] == ["section-36-decision"]


class TestPage:
    async def test_shows_what_is_there_and_how_to_mend_what_is_not(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject, assessed=False)
        client = await console.signed_in(GATEWAY)
        page = await client.get(f"/referrals/{LATER}/pack")
        assert (page.status_code, page.text.count("<h1")) == (200, 1)
        assert page.text.count("Missing</strong>") == 2
        assert f'href="/referrals/{LATER}/assess"' in page.text
        assert f'href="/referrals/{LATER}/decision/pass-on"' in page.text
        await assessed(console.desk, subject)
        page = await client.get(f"/referrals/{LATER}/pack")
        assert page.text.count("Missing</strong>") == 1
        assert "The concern stands." in page.text
        read = await rows(console.desk.runtime, "SELECT 1 FROM audit_entry WHERE action = 'record.read'")
        assert len(read) == 2

    async def test_reading_what_it_tells_of_an_earlier_referral_is_a_read_of_that_one(self, console: Console) -> None:
        first, second = await linked(console.desk)
        client = await console.signed_in(GATEWAY)
        reads = "SELECT subject FROM audit_entry WHERE action = 'record.read' AND reason = 'pack'"
        assert "A misunderstanding in class." in (await client.get(f"/referrals/{LATER}/pack")).text
        assert {row["subject"] for row in await rows(console.desk.runtime, reads)} == {first, second}
        await rows(
            console.desk.runtime, "UPDATE referral SET restricted = true WHERE subject = :it RETURNING 1", it=first
        )
        assert "A misunderstanding" not in (await client.get(f"/referrals/{LATER}/pack")).text
        assert [row["subject"] for row in await rows(console.desk.runtime, reads)].count(first) == 1

    async def test_stands_on_the_page_of_the_decision(self, console: Console) -> None:
        await console.desk.clear(await console.desk.open(), assessed=False)
        client = await console.signed_in(GATEWAY)
        page = (await client.get(f"/referrals/{LATER}/decision/refer-section-36")).text
        assert page.count("Missing</strong>") == 2
        assert f'href="/referrals/{LATER}/pack"' in page
        assert "/pack" not in (await client.get(f"/referrals/{LATER}/decision/close")).text

    async def test_is_for_the_gateway(self, console: Console) -> None:
        await console.desk.open()
        assert (await console.client.get(f"/referrals/{LATER}/pack")).status_code == 303
        assert (await (await console.signed_in(IMU)).get(f"/referrals/{LATER}/pack")).status_code == 403

    async def test_shows_nothing_of_the_intelligence_unit(self, console: Console) -> None:
        await console.desk.hold(await console.desk.open(), Command.MORE_TIME, CANARY)
        page = await (await console.signed_in(GATEWAY)).get(f"/referrals/{LATER}/pack")
        assert CANARY not in page.text
