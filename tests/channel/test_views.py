"""The pages of the Channel console."""

import re
from uuid import uuid4

import httpx2
import pytest

from chassis import documents
from chassis.actor import Actor
from contracts.triage.dovetail import PackWithdrawn, WorkHalted, WorkResumed
from contracts.vocabulary import Outcome, Role
from services.channel import queries
from services.channel.domain import STATE_LABELS, Command, State
from services.channel.operations import erase_subject
from tests.channel.builders import (
    CORA,
    NOW,
    POLICE_OWNER,
    coordinator,
    corrected,
    decided,
    made,
    merged,
    parts,
    passed,
    rows,
    separated,
)
from tests.channel.conftest import Console, hidden, send
from tests.filed import SAVED_AS, TOLD_APART, erased_alone, filed_under

ONE = "/cases/KM-7F3K-92QM"
PATHS = ("/awareness", "/cases", ONE, f"{ONE}/actions/accept", f"{ONE}/actions/return", f"{ONE}/actions/give-back")


def text_of(page: httpx2.Response) -> str:
    """Return the page's text without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


class TestEveryPage:
    async def test_asks_to_sign_in(self, console: Console) -> None:
        for path in ("/", *PATHS):
            answer = await console.client.get(path)
            assert (path, answer.status_code) == (path, 303)
            assert "sign-in" in answer.headers["location"]

    async def test_is_closed_to_other_roles(self, console: Console) -> None:
        client = await console.signed_in(coordinator(Role.GATEWAY_OFFICER))
        for path in ("/", *PATHS):
            assert (path, (await client.get(path)).status_code) == (path, 403)

    async def test_has_one_heading_and_a_title(self, console: Console) -> None:
        await console.team.hear(made(), await console.team.open())
        client = await console.signed_in(CORA)
        for path in PATHS:
            page = await client.get(path)
            assert (path, page.status_code, page.text.count("<h1")) == (path, 200, 1)
            assert " - Channel - Throughline</title>" in page.text
            assert " style=" not in page.text


class TestStopped:
    SPEAK_TO = "Inspector Sample (synthetic), 01632 960001"

    def withdrawn(self) -> PackWithdrawn:
        """Return the event by which the police take the pack back."""
        return PackWithdrawn(
            reference="KM-7F3K-92QM",
            offer_id=uuid4(),
            withdrawn_at=NOW,
            speak_to=self.SPEAK_TO,
            risk_owner=POLICE_OWNER,
        )

    async def test_a_pack_that_was_taken_back_says_first_of_all_not_to_act(self, console: Console) -> None:
        subject = await console.team.open()
        client = await console.signed_in(CORA)
        page = await client.get(f"{ONE}/actions/return")
        crossing = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
        await console.team.hear(self.withdrawn(), subject)
        for path in (ONE, f"{ONE}/actions/accept"):
            shown = text_of(await client.get(path))
            assert f"The police took this pack back: do not act. Speak to {self.SPEAK_TO}." in shown
        refused = await client.post(f"{ONE}/actions/return", data={**crossing, "reason": "Mine."})
        assert (refused.status_code, "Mine." in refused.text) == (409, True)
        assert "Do not act yet" in text_of(await client.get("/cases"))
        assert (await send(client, f"{ONE}/actions/confirm-withdrawal")).status_code == 303
        assert f'href="{ONE}"' not in (await client.get("/cases")).text
        assert await rows(console.team.runtime, "SELECT state, risk_owner FROM case_file") == [
            {"state": "stopped", "risk_owner": POLICE_OWNER}
        ]

    async def test_a_case_that_is_to_wait_says_so_until_it_may_go_on(self, console: Console) -> None:
        subject = await console.team.open()
        await console.team.act(subject, Command.ACCEPT)
        halted = WorkHalted(reference="KM-7F3K-92QM", halted_at=NOW, speak_to=self.SPEAK_TO)
        await console.team.hear(halted, subject)
        client = await console.signed_in(CORA)
        says = f"do not act in this case until you have spoken to {self.SPEAK_TO}."
        for path in (ONE, f"{ONE}/actions/give-back"):
            assert says in text_of(await client.get(path))
        await console.team.hear(WorkResumed(reference="KM-7F3K-92QM", resumed_at=NOW), subject)
        assert says not in text_of(await client.get(ONE))

    async def test_is_erased_with_the_person(self, console: Console) -> None:
        subject = await console.team.open()
        await console.team.hear(self.withdrawn(), subject)
        kept = await rows(console.team.runtime, "SELECT sealed_speak_to FROM case_file")
        assert b"Inspector" not in kept[0]["sealed_speak_to"]
        async with console.team.runtime.database.transaction(Actor.service("channel")) as session:
            await erase_subject(session, subject)
        assert await rows(console.team.runtime, "SELECT sealed_speak_to FROM case_file") == [{"sealed_speak_to": None}]


class TestAwareness:
    async def test_shows_no_identity_and_counts_as_seen(self, console: Console) -> None:
        subject = await console.team.open()
        await console.team.hear(made(), subject)
        await console.team.hear(decided(Outcome.INFORMATION_GATHERING), subject)
        client = await console.signed_in(CORA)
        page = await client.get("/awareness")
        assert f'href="{ONE}"' in page.text
        assert "Passed on for information gathering" in page.text
        assert "New to your team" in page.text
        assert "Sample Synthetic" not in page.text
        assert "New to your team" not in (await client.get("/awareness")).text
        assert (await rows(console.team.runtime, "SELECT seen_at FROM awareness"))[0]["seen_at"]

    async def test_shows_a_referral_without_a_case(self, console: Console) -> None:
        await console.team.hear(made(), uuid4())
        page = await (await console.signed_in(CORA)).get("/awareness", params={"after": "nonsense"})
        assert (page.status_code, "KM-7F3K-92QM" in page.text, f'href="{ONE}"' in page.text) == (200, True, False)

    @pytest.mark.parametrize(
        ("outcome", "words"),
        [
            (Outcome.CLOSED, "Closed: no further action"),
            (Outcome.SIGNPOSTED, "Signposted to another service"),
            (Outcome.WITHDRAWN, "Withdrawn"),
            (Outcome.TRANSFERRED, "Transferred to another force"),
            (Outcome.PLP, "Police-led partnership"),
            (Outcome.RECEIVED, "Opened again, not decided yet"),
        ],
    )
    async def test_says_what_the_police_decided(self, console: Console, outcome: Outcome, words: str) -> None:
        subject = uuid4()
        await console.team.hear(made(), subject)
        await console.team.hear(decided(outcome), subject)
        page = text_of(await (await console.signed_in(CORA)).get("/awareness"))
        assert f"{words}, 18 November 2026" in page

    async def test_says_whose_it_also_is_and_what_was_shared_wrongly(self, console: Console) -> None:
        person = uuid4()
        await console.team.hear(made(), await console.team.open())
        await console.team.hear(merged("KM-7F3K-92QM", "KM-2222-2222"), person)
        client = await console.signed_in(CORA)
        for path in ("/awareness", ONE):
            assert "Same person as KM-2222-2222" in text_of(await client.get(path))
        await console.team.hear(separated(("KM-7F3K-92QM",), ("KM-2222-2222",)), person)
        for path in ("/awareness", ONE):
            page = text_of(await client.get(path))
            assert "Same person as" not in page
            assert "Not the same person as KM-2222-2222" in page
            assert "Shared on the wrong belief: A pack about both was given to Channel" in page


class TestPaging:
    async def test_a_page_that_is_just_full_leads_nowhere(
        self, console: Console, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(queries, "PAGE", 2)
        client = await console.signed_in(CORA)
        for number, leads_on in ((2, False), (3, False), (4, True)):
            reference = f"KM-{number}222-2222"
            await console.team.hear(made(reference=reference), await console.team.open(passed(reference=reference)))
            for path in ("/cases", "/awareness"):
                assert ("Show the next" in (await client.get(path)).text) == leads_on


class TestCases:
    async def test_show_no_identity(self, console: Console) -> None:
        await console.team.open(passed(immediate_danger=True))
        page = await (await console.signed_in(CORA)).get("/cases")
        assert "KM-7F3K-92QM" in page.text
        assert "Immediate danger" in page.text
        assert "Sample Synthetic" not in page.text

    async def test_a_changed_mark_begins_at_the_top(self, console: Console) -> None:
        await console.team.hear(made(), await console.team.open())
        client = await console.signed_in(CORA)
        nobody = "00000000-0000-0000-0000-000000000000"
        for at in ("x", "2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00"):
            for path, mark in (("/cases", f"0~{at}~{nobody}"), ("/awareness", f"{at}~{nobody}")):
                page = await client.get(path, params={"after": mark})
                assert (path, at, page.status_code, "KM-7F3K-92QM" in page.text) == (path, at, 200, True)

    async def test_find_leads_to_the_case(self, console: Console) -> None:
        await console.team.open()
        client = await console.signed_in(CORA)
        assert (await client.get("/find", params={"reference": " km7f3k 92qm"})).headers["location"] == ONE
        assert (await client.get("/find")).status_code == 404


class TestCase:
    async def test_shows_the_pack_and_audits_the_read(self, console: Console) -> None:
        subject = await console.team.open()
        page = await (await console.signed_in(CORA)).get(ONE)
        assert "Sample Synthetic" in page.text
        assert "More needs to be known." in page.text
        assert page.text.count('aria-current="step"') == 1
        read = await rows(
            console.team.runtime, "SELECT actor_id, subject FROM audit_entry WHERE action = 'record.read'"
        )
        assert read == [{"actor_id": "cora-synthetic", "subject": subject}]

    async def test_shows_every_part_of_the_pack(self, console: Console) -> None:
        await console.team.open(passed(**parts()))
        page = text_of(await (await console.signed_in(CORA)).get(ONE))
        for words in (
            "Vulnerability Assessment Framework, edition 2015",
            "Clear evidence",
            "Present. Speaks of being singled out.",
            "Example School",
            "Closed: mistaken.",
            "A signpost, with Kent Early Help",
        ):
            assert words in page

    async def test_a_pack_without_parts_says_so(self, console: Console) -> None:
        await console.team.open()
        assert text_of(await (await console.signed_in(CORA)).get(ONE)).count("came with this pack.") == 4

    async def test_says_that_the_police_were_mistaken_wherever_the_case_is_open(self, console: Console) -> None:
        await console.team.hear(corrected(), await console.team.open())
        client = await console.signed_in(CORA)
        for path in (ONE, f"{ONE}/actions/accept"):
            page = text_of(await client.get(path))
            assert "The police were mistaken (a fact was wrong): The poster was not his." in page

    async def test_says_that_the_police_decide_once_gathering_is_reported(self, console: Console) -> None:
        subject = await console.team.open()
        await console.team.act(subject, Command.ACCEPT)
        client = await console.signed_in(CORA)
        said = await send(client, f"{ONE}/actions/record-gathered", summary="Attends daily.", gathered_by="Sample team")
        assert said.status_code == 303
        page = text_of(await client.get(ONE))
        assert "The information has been reported: now the police decide on the section 36(3) referral." in page
        assert "Sample team: Attends daily." in page

    async def test_opening_it_counts_as_seen(self, console: Console) -> None:
        await console.team.hear(made(), await console.team.open())
        client = await console.signed_in(CORA)
        assert (await rows(console.team.runtime, "SELECT seen_at FROM awareness"))[0]["seen_at"] is None
        await client.get(ONE)
        assert (await rows(console.team.runtime, "SELECT seen_at FROM awareness"))[0]["seen_at"]
        assert "New to your team" not in (await client.get("/awareness")).text

    async def test_says_of_nobody_that_the_service_did_it(self, console: Console) -> None:
        await console.team.open()
        shown = text_of(await (await console.signed_in(CORA)).get(ONE))
        assert "The police offered a pack" in shown
        assert "by channel" not in shown

    async def test_says_which_state_each_step_led_from_and_to(self, console: Console) -> None:
        await console.team.open()
        client = await console.signed_in(CORA)
        assert "before; now: " not in text_of(await client.get(ONE))
        await send(client, f"{ONE}/actions/accept")
        assert f"{STATE_LABELS[State.OFFERED]} before; now: {STATE_LABELS[State.ACCEPTED]}." in text_of(
            await client.get(ONE)
        )

    async def test_asks_practice_for_the_persons_district(self, console: Console) -> None:
        await console.team.open()
        await (await console.signed_in(CORA)).get(ONE)
        assert set(console.team.practices.districts) == {"Thanet"}

    async def test_tells_documents_of_the_same_name_apart(self, console: Console) -> None:
        subject = await console.team.open()
        kept = await filed_under(console.team.runtime, "channel", subject)
        client = await console.signed_in(CORA)
        page = text_of(await client.get(ONE))
        for what in TOLD_APART:
            assert what in page
        assert "message.eml" not in page
        saved = [(await client.get(f"{ONE}/documents/{each}")).headers["content-disposition"] for each in kept]
        assert saved == [f'attachment; filename="{name}"' for name in SAVED_AS]
        await erased_alone(console.team.runtime, "channel", kept[0])
        page = text_of(await client.get(ONE))
        assert "Original email" not in page
        assert "Later email from the referrer, 2 of 2" in page

    async def test_hands_out_its_documents_and_no_others(self, console: Console) -> None:
        subject = await console.team.open()
        other = await console.team.open(passed(reference="KM-2222-2222"))
        kept = []
        async with console.team.runtime.database.transaction(Actor.service("channel")) as session:
            for whose in (subject, other):
                reference = await documents.store(
                    session,
                    subject=whose,
                    area="kent-and-medway",
                    name="x.txt",
                    media_type="text/plain",
                    body=b"x",
                    now=NOW,
                )
                kept.append(reference.id)
        client = await console.signed_in(CORA)
        assert (await client.get(f"{ONE}/documents/{kept[0]}")).content == b"x"
        assert (await client.get(f"{ONE}/documents/{kept[1]}")).status_code == 404
        assert (await client.get(f"{ONE}/documents/nothing")).status_code == 404


class TestAct:
    async def test_accepts(self, console: Console) -> None:
        await console.team.open()
        client = await console.signed_in(CORA)
        answer = await send(client, f"{ONE}/actions/accept")
        assert answer.headers["location"] == ONE
        page = await client.get(ONE)
        assert f"You are named as risk owner; {POLICE_OWNER} stays responsible until the police have" in page.text
        assert "Accepted, information being gathered" in page.text

    async def test_asks_for_the_reason(self, console: Console) -> None:
        await console.team.open()
        client = await console.signed_in(CORA)
        page = await send(client, f"{ONE}/actions/return")
        assert (page.status_code, 'href="#reason"' in page.text) == (422, True)
        assert (await send(client, f"{ONE}/actions/return", reason="Not ours.")).status_code == 303

    async def test_asks_what_was_gathered_and_by_whom(self, console: Console) -> None:
        await console.team.act(await console.team.open(), Command.ACCEPT)
        client = await console.signed_in(CORA)
        page = await send(client, f"{ONE}/actions/record-gathered", summary="My own long words.")
        assert (page.status_code, 'href="#gathered_by"' in page.text) == (422, True)
        assert "My own long words." in page.text

    async def test_a_double_click_answers_once(self, console: Console) -> None:
        await console.team.open()
        client = await console.signed_in(CORA)
        page = await client.get(f"{ONE}/actions/accept")
        fields = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
        answers = [(await client.post(f"{ONE}/actions/accept", data=fields)).status_code for _ in range(2)]
        assert answers == [303, 409]
        assert len((await console.team.announced())["channel.pack-accepted.v1"]) == 1

    async def test_says_who_changed_what_and_keeps_the_words(self, console: Console) -> None:
        subject = await console.team.open()
        client = await console.signed_in(CORA)
        page = await client.get(f"{ONE}/actions/return")
        fields = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
        await console.team.act(subject, Command.ACCEPT)
        refused = await client.post(f"{ONE}/actions/return", data={**fields, "reason": "My own long words."})
        assert refused.status_code == 409
        assert "Pack accepted, by Cora Synthetic" in text_of(refused)
        assert "My own long words." in refused.text
        assert "This cannot be done now." in refused.text

    async def test_knows_only_the_actions_of_the_table(self, console: Console) -> None:
        await console.team.open()
        client = await console.signed_in(CORA)
        assert (await client.get(f"{ONE}/actions/open")).status_code == 404
        refused = await client.get(f"{ONE}/actions/refer-section-36")
        assert "In this area the police decide" in refused.text


class TestWhoWasLater:
    async def test_keeps_their_words_in_the_fields_that_they_were_typed_in(self, console: Console) -> None:
        subject = await console.team.open()
        await console.team.act(subject, Command.ACCEPT)
        client = await console.signed_in(CORA)
        path = f"{ONE}/actions/record-gathered"
        page = await client.get(path)
        fields = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
        await console.team.act(subject, Command.GATHERED, summary="Known to nobody.", gathered_by="Carl Synthetic")
        late = await client.post(path, data={**fields, "summary": "My own words.", "gathered_by": "Cora Synthetic"})
        assert late.status_code == 409
        assert "This cannot be done now." in late.text
        assert re.search(r'<textarea[^>]* name="summary"[^>]*>My own words.</textarea>', late.text)
        assert 'value="Cora Synthetic"' in late.text
