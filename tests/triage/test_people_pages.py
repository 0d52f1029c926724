"""The pages about earlier referrals: the answer that no closure can do without, the person's page, the separation."""

import re
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import text

from chassis.actor import Actor
from contracts.vocabulary import Role
from services.triage import queries
from services.triage.domain import Command
from tests.triage.builders import GATEWAY, IMU, announced, officer, rows
from tests.triage.conftest import Console, hidden, send
from tests.triage.people_steps import ELSEWHERE, FIRST, SECOND, THIRD, answer, arrives, three
from tests.triage.test_views import TYPED

CLOSE, PROPOSE, SIGN_OFF = "close", "propose-closure", "sign-closure-off"
SUPERVISOR = officer(Role.GATEWAY_SUPERVISOR, name="Sita Synthetic")


def text_of(page: httpx2.Response) -> str:
    """Return the page's text without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


async def person_of(console: Console, subject: UUID) -> UUID:
    async with console.desk.runtime.database.transaction(GATEWAY) as session:
        found = await queries.person_of(session, subject)
    assert found
    return found


async def state_of(console: Console, subject: UUID) -> str:
    [row] = await rows(console.desk.runtime, "SELECT state FROM referral WHERE subject = :s", s=subject)
    return str(row["state"])


async def reply(client: httpx2.AsyncClient, one: str, other: str, said: str, reason: str = "Synthetic.") -> None:
    sent = await send(client, f"/referrals/{one}/same?other={other}", other=other, answer=said, reason=reason)
    assert sent.status_code == 303, text_of(sent)


async def insist(client: httpx2.AsyncClient, reference: str, command: str, **fields: str) -> httpx2.Response:
    """Send a decision that its page offers no form for, as from a page that was opened before."""
    page = await client.get(f"/referrals/{reference}/same")
    fields |= {name: hidden(page, name) for name in ("csrf_token", "row_version")}
    return await client.post(f"/referrals/{reference}/decision/{command}", data={**fields, "step": "commit"})


class TestThirdReferral:
    async def test_is_not_closed_until_each_earlier_one_is_answered_and_then_by_two(self, console: Console) -> None:
        """The pattern that a public inquiry found: three referrals in sixteen months, the name written otherwise."""
        _, _, third = await three(console.desk)
        await console.desk.clear(third)
        client = await console.signed_in(GATEWAY)
        place = f"/referrals/{THIRD}/decision/{CLOSE}"
        assert "There are 2 possible earlier referrals of this person that nobody has answered" in text_of(
            await client.get(place)
        )
        refused = await insist(client, THIRD, CLOSE, **TYPED)
        assert refused.status_code == 422
        assert "nobody has answered" in refused.text
        await reply(client, THIRD, FIRST, "linked")
        assert "nobody has answered" in (await insist(client, THIRD, CLOSE, **TYPED)).text
        await reply(client, THIRD, SECOND, "linked")
        refused = await insist(client, THIRD, CLOSE, **TYPED)
        assert "This person has been referred 3 times: propose the closure" in text_of(refused)
        assert await state_of(console, third) == "assessing"
        proposed = await send(client, f"/referrals/{THIRD}/decision/{PROPOSE}", **TYPED, step="commit")
        assert proposed.status_code == 303, text_of(proposed)
        supervisor = await console.signed_in(SUPERVISOR)
        signed = await send(
            supervisor, f"/referrals/{THIRD}/decision/{SIGN_OFF}", rationale="Looked at all three.", step="commit"
        )
        assert signed.status_code == 303, text_of(signed)
        assert await state_of(console, third) == "closed"

    @pytest.mark.parametrize("command", [SIGN_OFF, "send-closure-back"])
    async def test_second_person_reads_the_proposal_and_does_not_take_the_referral_over(
        self, console: Console, command: str
    ) -> None:
        first = await arrives(console.desk, FIRST)
        await arrives(console.desk, SECOND, 1, forenames="Muhammad")
        await answer(console.desk, FIRST, SECOND, "linked")
        await console.desk.clear(first)
        await console.desk.decide(first, Command.PROPOSE, alternatives="A signpost, which the school did not want.")
        supervisor = await console.signed_in(SUPERVISOR)
        place = f"/referrals/{FIRST}/decision/{command}"
        missing = await send(supervisor, place, step="check")
        for page in (await supervisor.get(place), missing):
            words = text_of(page)
            assert f"Proposed by {GATEWAY.name}" in words
            assert "Why it is closed Mistaken" in words
            assert "A signpost, which the school did not want." in words
        assert missing.status_code == 422
        done = await send(supervisor, place, rationale="Looked at both. Synthetic.", step="commit")
        assert done.status_code == 303, text_of(done)
        [row] = await rows(console.desk.runtime, "SELECT officer_id FROM referral WHERE subject = :s", s=first)
        assert row["officer_id"] == GATEWAY.id

    async def test_that_nobody_can_tell_lets_it_be_closed_by_two(self, console: Console) -> None:
        first = await arrives(console.desk, FIRST)
        await arrives(console.desk, SECOND, 1, forenames="Muhammad")
        await console.desk.clear(first)
        client = await console.signed_in(GATEWAY)
        await reply(client, FIRST, SECOND, "cannot-tell", "The school cannot say. Synthetic.")
        alone = await insist(client, FIRST, CLOSE, **TYPED)
        assert alone.status_code == 422
        assert "Nobody could tell whether this person has been referred before" in text_of(alone)
        proposed = await send(client, f"/referrals/{FIRST}/decision/{PROPOSE}", **TYPED, step="commit")
        assert proposed.status_code == 303, text_of(proposed)
        supervisor = await console.signed_in(SUPERVISOR)
        done = await insist(supervisor, FIRST, SIGN_OFF, rationale="Looked at both. Synthetic.")
        assert done.status_code == 303, text_of(done)
        assert await state_of(console, first) == "closed"

    async def test_of_whom_somebody_can_tell_at_last_is_closed_by_one_again(self, console: Console) -> None:
        first = await arrives(console.desk, FIRST)
        await arrives(console.desk, SECOND, 1, forenames="Muhammad")
        await console.desk.clear(first)
        client = await console.signed_in(GATEWAY)
        for said in ("cannot-tell", "separate"):
            await reply(client, FIRST, SECOND, said)
        closed = await send(client, f"/referrals/{FIRST}/decision/{CLOSE}", **TYPED, step="commit")
        assert closed.status_code == 303, text_of(closed)

    async def test_that_arrives_while_a_closure_waits_stops_its_sign_off(self, console: Console) -> None:
        first = await arrives(console.desk, FIRST)
        await arrives(console.desk, SECOND, 1, forenames="Muhammad")
        await answer(console.desk, FIRST, SECOND, "linked")
        await console.desk.clear(first)
        await console.desk.decide(first, Command.PROPOSE)
        await arrives(console.desk, THIRD, 2, surname="Sample-Khan")
        supervisor = await console.signed_in(SUPERVISOR)
        place = f"/referrals/{FIRST}/decision/{SIGN_OFF}"
        assert "nobody has answered" in text_of(await supervisor.get(place))
        refused = await insist(supervisor, FIRST, SIGN_OFF, rationale="Looked at. Synthetic.")
        assert refused.status_code == 422
        assert await state_of(console, first) == "closing"


class TestSame:
    async def test_shows_what_agrees_in_signs_and_words(self, console: Console) -> None:
        await three(console.desk)
        client = await console.signed_in(GATEWAY)
        page = await client.get(f"/referrals/{THIRD}/same?other={FIRST}")
        text = text_of(page)
        assert "= Agrees" in text
        assert "? Not known" in text
        assert "decides nothing" in text
        assert not re.search(r"\d+(\.\d+)? ?(%|per cent|points)", text)
        assert page.text.count("<h1") == 1
        for answer_label in ("Yes, the same person", "No, not the same person", "Nobody can tell"):
            assert answer_label in text

    async def test_keeps_what_was_typed_when_something_is_missing(self, console: Console) -> None:
        await three(console.desk)
        client = await console.signed_in(GATEWAY)
        place = f"/referrals/{THIRD}/same?other={FIRST}"
        lacking = await send(client, place, other=FIRST, answer="", reason="His mother told us. Synthetic.")
        assert lacking.status_code == 422
        assert "Choose whether they are about the same person" in lacking.text
        assert "His mother told us. Synthetic." in lacking.text
        marked = await send(client, place, other=FIRST, answer="linked", reason="SECRET: from a log.")
        assert marked.status_code == 422

    async def test_tells_who_changed_it_meanwhile_and_keeps_the_words(self, console: Console) -> None:
        await three(console.desk)
        client = await console.signed_in(GATEWAY)
        place = f"/referrals/{THIRD}/same?other={FIRST}"
        page = await client.get(place)
        await answer(console.desk, THIRD, SECOND, "separate", officer(Role.GATEWAY_OFFICER, name="Hamid Synthetic"))
        fields = dict(re.findall(r'name="(csrf_token|row_version)" value="([^"]*)"', page.text))
        sent = {**fields, "other": FIRST, "answer": "linked", "reason": "His mother told us. Synthetic."}
        changed = await client.post(place, data=sent)
        assert changed.status_code == 409
        assert "by Hamid Synthetic" in changed.text
        assert "His mother told us. Synthetic." in changed.text

    async def test_leads_to_the_separation_where_both_are_one_person_by_now(self, console: Console) -> None:
        first, *_ = await three(console.desk)
        await answer(console.desk, FIRST, SECOND, "linked")
        client = await console.signed_in(GATEWAY)
        place = f"/referrals/{FIRST}/same?other={SECOND}"
        wrong = await send(client, place, other=SECOND, answer="separate", reason="Another boy. Synthetic.")
        assert wrong.status_code == 422
        assert "separate them on the person" in wrong.text
        assert f"/people/{await person_of(console, first)}/separate" in wrong.text


class TestReferralPage:
    async def test_says_how_often_and_gives_the_strongest_reasons(self, console: Console) -> None:
        first, *_ = await three(console.desk)
        await answer(console.desk, FIRST, SECOND, "linked")
        client = await console.signed_in(GATEWAY)
        text = text_of(await client.get(f"/referrals/{SECOND}"))
        assert "This person has been referred twice: KM-4B8N-6TWA , and this one." in text
        assert f"possibly the same as {THIRD} . Agrees: surname" in text
        assert f"/people/{await person_of(console, first)}" in (await client.get(f"/referrals/{SECOND}")).text

    async def test_says_that_they_are_still_being_looked_for(self, console: Console) -> None:
        await arrives(console.desk, FIRST)
        async with console.desk.runtime.database.transaction(Actor.service("triage")) as session:
            await session.execute(text("UPDATE person_referral SET waiting = true"))
        page = text_of(await (await console.signed_in(GATEWAY)).get(f"/referrals/{FIRST}"))
        assert "They are still being looked for" in page
        assert "None was found" not in page

    async def test_says_that_none_was_found(self, console: Console) -> None:
        await arrives(console.desk, FIRST)
        client = await console.signed_in(IMU)
        assert "None was found. The search runs again" in text_of(await client.get(f"/referrals/{FIRST}"))


class TestPerson:
    async def test_holds_every_referral_in_one_chronology_newest_first(self, console: Console) -> None:
        first, _, third = await three(console.desk)
        await console.desk.clear(third)
        await console.desk.decide(third, Command.SIGNPOST, service="kent-early-help", message="Please look. Synthetic.")
        await answer(console.desk, FIRST, SECOND, "linked")
        await answer(console.desk, THIRD, SECOND, "linked")
        client = await console.signed_in(GATEWAY)
        page = await client.get(f"/people/{await person_of(console, first)}")
        text = text_of(page)
        assert page.text.count("<h1") == 1
        assert "This person has been referred 3 times." in text
        for words in ("Muhammad Samplekhan", "Mohammed Sample-Khan", "Signpost", "Kent Early Help", "Outcome so far"):
            assert words in text
        assert text.count("The concern") == 3
        order = [text.rindex(f"{each}: Referral received") for each in (THIRD, SECOND, FIRST)]
        assert len(set(order)) == 3
        assert text.index("Answered whether it is the same person") < min(order)
        read = await rows(
            console.desk.runtime, "SELECT subject FROM audit_entry WHERE reason = 'person-page' ORDER BY subject"
        )
        assert len({row["subject"] for row in read}) == 3

    async def test_is_not_for_other_areas_nor_other_roles(self, console: Console) -> None:
        first = await arrives(console.desk, FIRST)
        place = f"/people/{await person_of(console, first)}"
        away = officer(Role.GATEWAY_OFFICER, name="Nora Synthetic", areas=frozenset({ELSEWHERE}))
        assert (await (await console.signed_in(away)).get(place)).status_code == 404
        assert (await (await console.signed_in(officer(Role.BOARD_MEMBER))).get(place)).status_code == 403
        client = await console.signed_in(GATEWAY)
        assert (await client.get(f"/people/{uuid4()}")).status_code == 404
        assert (await client.get("/people/nobody")).status_code == 404

    async def test_shows_nothing_but_the_reference_of_a_restricted_referral(self, console: Console) -> None:
        first, second, _ = await three(console.desk)
        await answer(console.desk, FIRST, SECOND, "linked")
        await restrict(console, second)
        client = await console.signed_in(officer(Role.GATEWAY_OFFICER, name="Hamid Synthetic"))
        text = text_of(await client.get(f"/people/{await person_of(console, first)}"))
        assert f"{SECOND} Restricted" in text
        assert "Muhammad" not in text
        assert "Muhammad" in text_of(
            await (await console.signed_in(SUPERVISOR)).get(f"/people/{await person_of(console, first)}")
        )

    async def test_says_what_was_said_of_a_restricted_one_only_to_who_may_see_both(self, console: Console) -> None:
        first, second, _ = await three(console.desk)
        client = await console.signed_in(SUPERVISOR)
        await reply(client, FIRST, SECOND, "linked", "Canarylinked.")
        await reply(client, FIRST, THIRD, "linked", "Opensaid.")
        place = f"/people/{await person_of(console, first)}"
        await restrict(console, second)
        pages = (f"/referrals/{FIRST}", f"/referrals/{FIRST}/print", place)
        client = await console.signed_in(officer(Role.GATEWAY_OFFICER, name="Hamid Synthetic"))
        for path in pages:
            text = text_of(await client.get(path))
            assert "Opensaid." in text, path
            assert "Canarylinked." not in text, path
        assert "only those who may see it read the words" in text_of(await client.get(pages[0]))
        client = await console.signed_in(SUPERVISOR)
        for path in pages:
            assert "Canarylinked." in text_of(await client.get(path)), path

    async def test_of_whom_a_part_is_restricted_says_who_may_separate_and_gives_the_words_back(
        self, console: Console
    ) -> None:
        first, second, _ = await three(console.desk)
        await answer(console.desk, FIRST, SECOND, "linked")
        place = f"/people/{await person_of(console, first)}/separate"
        client = await console.signed_in(GATEWAY)
        sent = {"csrf_token": hidden(await client.get(place), "csrf_token"), "leaving": FIRST, "reason": "Long words."}
        await restrict(console, second)
        told = f"restricted, and you may not see it: {SECOND}. A Gateway supervisor separates them"
        page = await client.get(place)
        assert told in text_of(page)
        assert ">Separate</button>" not in page.text
        refused = await client.post(place, data=sent)
        assert refused.status_code == 403
        assert told in text_of(refused)
        assert "Long words." in refused.text
        denied = await rows(console.desk.runtime, "SELECT actor_id FROM audit_entry WHERE action = 'referral.denied'")
        assert [row["actor_id"] for row in denied] == [GATEWAY.id]
        supervisor = await console.signed_in(SUPERVISOR)
        assert told not in text_of(await supervisor.get(place))
        assert (await send(supervisor, place, leaving=FIRST, reason="Another boy.")).status_code == 303

    async def test_that_is_restricted_is_not_answered_by_others_and_their_words_come_back(
        self, console: Console
    ) -> None:
        _, second, _ = await three(console.desk)
        client = await console.signed_in(GATEWAY)
        place = f"/referrals/{FIRST}/same"
        page = await client.get(place)
        sent = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
        await restrict(console, second)
        assert "It is restricted: a Gateway supervisor answers" in text_of(await client.get(f"/referrals/{FIRST}"))
        answered = {**sent, "other": SECOND, "answer": "separate", "reason": "Long words."}
        refused = await client.post(place, data=answered)
        assert refused.status_code == 403
        assert "Long words." in refused.text
        assert "ask a Gateway supervisor" in text_of(refused)
        assert not await rows(console.desk.runtime, "SELECT 1 FROM sameness")


async def restrict(console: Console, subject: UUID) -> None:
    """Mark a referral as restricted, with nobody on its list."""
    async with console.desk.runtime.database.transaction(Actor.service("triage")) as session:
        await session.execute(text("UPDATE referral SET restricted = true WHERE subject = :s"), {"s": subject})


class TestSeparation:
    async def test_lists_what_was_shared_meanwhile_and_undoes_the_merge(self, console: Console) -> None:
        first, _, third = await three(console.desk)
        await answer(console.desk, FIRST, SECOND, "linked")
        await answer(console.desk, THIRD, FIRST, "linked")
        await console.desk.clear(third)
        await console.desk.decide(third, Command.SIGNPOST, service="kent-early-help", message="Please look. Synthetic.")
        client = await console.signed_in(GATEWAY)
        place = f"/people/{await person_of(console, first)}/separate"
        page = await client.get(place)
        assert f"{THIRD}, signpost, to Kent Early Help" in text_of(page)
        lacking = await send(client, place, reason="Another boy of that name. Synthetic.")
        assert lacking.status_code == 422
        assert "Choose which referrals are about somebody else" in lacking.text
        assert "Another boy of that name. Synthetic." in lacking.text
        done = await send(client, place, leaving=THIRD, reason="Another boy of that name. Synthetic.")
        assert done.status_code == 303, text_of(done)
        assert await person_of(console, third) != await person_of(console, first)
        assert len(await announced(console.desk.runtime, "triage.people-separated.v1")) == 1
        text = text_of(await client.get(f"/people/{await person_of(console, first)}"))
        assert "Undone" in text
        assert "Another boy of that name. Synthetic." in text

    async def test_does_not_let_whoever_separates_close_alone(self, console: Console) -> None:
        _, _, third = await three(console.desk)
        await console.desk.clear(third)
        client = await console.signed_in(GATEWAY)
        await reply(client, THIRD, FIRST, "linked")
        await reply(client, THIRD, SECOND, "linked")
        parted = {"leaving": THIRD, "reason": "Another boy. Synthetic."}
        place = f"/people/{await person_of(console, third)}/separate"
        assert (await send(client, place, **parted)).status_code == 303
        refused = await insist(client, THIRD, CLOSE, **TYPED)
        assert "This was once said to be the same person as in another referral: propose" in text_of(refused)
        assert await state_of(console, third) == "assessing"
        assert (await insist(client, THIRD, PROPOSE, **TYPED)).status_code == 303

    async def test_is_not_for_other_roles(self, console: Console) -> None:
        first, *_ = await three(console.desk)
        client = await console.signed_in(officer(Role.BOARD_MEMBER))
        assert (await client.get(f"/people/{await person_of(console, first)}/separate")).status_code == 403
