"""What Channel asks of people outside: a link that shows nothing, a one-time code that opens it, every look kept."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from chassis import clock
from chassis.actor import Actor
from chassis.database import Session
from contracts.notify.channel import AskAnswered, AskSeen
from contracts.vocabulary import AskKind
from services.notify import operations
from services.notify.domain import (
    A_DAY,
    CODES_WITHIN,
    MOST_CODES,
    MOST_CODES_A_DAY,
    MOST_TRIES,
    MOST_WRONG_A_DAY,
    LinkTo,
    code_digest,
    link_token,
)
from services.notify.settings import code_key, link_key
from services.notify.web.guests import visitor
from tests.notify.asks_made import CANARY, WHO, WHO_LINE, ask, asked, code_mailed, later, link, opened, send
from tests.notify.conftest import Site
from tests.notify.looking import rows, run
from tests.notify.made import CANARIES, handle
from tests.notify.test_guests import told


def wrong_for(code: str) -> str:
    """Return six digits that are not the code."""
    return f"{(int(code) + 1) % 1_000_000:06}"


class TestOpening:
    async def test_is_opened_with_the_code_and_answered_once(self, site: Site) -> None:
        path, made, subject = await asked(site)
        closed = await site.get(path)
        assert closed.status_code == 200
        assert not [canary for canary in (*CANARIES, "Sample Recipient", "attendance") if canary in closed.text]
        shown = await opened(site, path)
        assert CANARY in shown.text
        assert "How is the attendance?" in shown.text
        words = {"answer-1": "Regular.", "nothing-2": "yes", "report": "Rings on Mondays."}
        done = await send(site, path, "answer", **WHO, **words)
        assert "Thank you. The Channel team has been told." in done.text
        assert "This has been answered" in done.text
        [answered] = await told(site, AskAnswered)
        assert (answered.ask_id, answered.answered_by, answered.report) == (made.ask_id, WHO_LINE, "Rings on Mondays.")
        assert [(each.words, each.nothing_known) for each in answered.answers] == [("Regular.", False), ("", True)]
        await site.get(path)
        [seen] = await told(site, AskSeen)
        assert (seen.ask_id, seen.kind, seen.refused, seen.acknowledged) == (made.ask_id, made.kind, False, False)
        assert len(await rows(site.runtime, "SELECT 1 FROM ask_look WHERE NOT refused")) > 1, "each look is kept"
        audited = await rows(site.runtime, "SELECT actor_id, action, subject FROM audit_entry ORDER BY id")
        assert ("public", "record.read", subject) in {(row.actor_id, row.action, row.subject) for row in audited}
        assert {"ask.receive", "ask.code", "ask.enter", "ask.answer"} <= {row.action for row in audited}

    async def test_nothing_that_is_sealed_is_opened_before_the_code(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path, _, _ = await asked(site)
        unsealed: list[str] = []
        unseal = Session.unseal

        async def counted(self: Session, subject: UUID, sealed: bytes) -> bytes:
            unsealed.append("once")
            return await unseal(self, subject, sealed)

        monkeypatch.setattr(Session, "unseal", counted)
        assert (await site.get(path)).status_code == 200
        assert (await send(site, path, "enter", code="123456")).status_code == 422
        assert (await send(site, path, "answer", report="Never opened here.", **WHO)).status_code == 422
        assert unsealed == []
        assert await rows(site.runtime, "SELECT 1 FROM audit_entry WHERE action = 'record.read'") == []
        monkeypatch.undo()
        assert CANARY in (await opened(site, path)).text
        assert len(await rows(site.runtime, "SELECT 1 FROM audit_entry WHERE action = 'record.read'")) == 1

    async def test_closed_again_after_half_an_hour(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        path, made, _ = await asked(site)
        assert CANARY in (await opened(site, path)).text
        moved = clock.now() + timedelta(minutes=31)
        monkeypatch.setattr(clock, "now", lambda: moved)
        assert CANARY not in (await site.get(path)).text
        assert made.title not in (await site.get(path)).text

    async def test_is_open_in_that_browser_alone(self, site: Site) -> None:
        path, _, _ = await asked(site)
        before = site.client.cookies.get("throughline_notify")
        await opened(site, path)
        assert site.client.cookies.get("throughline_notify") != before, "a planted cookie would be open too"
        site.client.cookies.clear()
        assert CANARY not in (await site.get(path)).text

    async def test_opens_nothing_else(self, site: Site) -> None:
        path, _, _ = await asked(site)
        other, _, _ = await asked(site)
        await opened(site, path)
        assert CANARY not in (await site.get(other)).text

    async def test_what_is_asked_anew_needs_a_code_again(self, site: Site) -> None:
        path, made, subject = await asked(site)
        await opened(site, path)
        again = made.model_copy(update={"made_at": made.made_at + timedelta(hours=1), "recipient": "gp"})
        await handle(site.runtime, again, subject=subject)
        assert CANARY not in (await site.get(path)).text


class TestCode:
    async def test_wrong_opens_nothing_and_is_used_up_after_five_tries(self, site: Site) -> None:
        path, _, _ = await asked(site)
        await send(site, path, "code")
        code = await code_mailed(site)
        for _ in range(MOST_TRIES - 1):
            answer = await send(site, path, "enter", code=wrong_for(code))
            assert answer.status_code == 422
            assert "That is not the code in the newest mail" in answer.text
        spent = await send(site, path, "enter", code=wrong_for(code))
        assert "it was tried too often" in spent.text
        assert "Enter the code" not in spent.text
        answer = await send(site, path, "enter", code=code)
        assert "That code does not work any more" in answer.text
        assert CANARY not in answer.text
        assert await told(site, AskSeen) == []

    async def test_is_over_after_a_quarter_of_an_hour(self, site: Site) -> None:
        path, made, _ = await asked(site)
        await send(site, path, "code")
        code = await code_mailed(site)
        await later(site, made, timedelta(minutes=15))
        answer = await send(site, path, "enter", code=code)
        assert (answer.status_code, CANARY in answer.text) == (422, False)

    async def test_works_once(self, site: Site) -> None:
        path, _, _ = await asked(site)
        await send(site, path, "code")
        code = await code_mailed(site)
        assert CANARY in (await send(site, path, "enter", code=f" {code[:3]} {code[3:]} ")).text
        site.client.cookies.clear()
        assert CANARY not in (await send(site, path, "enter", code=code)).text

    async def test_only_the_newest_works(self, site: Site) -> None:
        path, _, _ = await asked(site)
        await send(site, path, "code")
        first = await code_mailed(site)
        await send(site, path, "code")
        second = await code_mailed(site)
        if first != second:
            assert CANARY not in (await send(site, path, "enter", code=first)).text
        assert CANARY in (await send(site, path, "enter", code=second)).text

    async def test_of_another_ask_opens_nothing(self, site: Site) -> None:
        path, _, _ = await asked(site)
        other, _, _ = await asked(site)
        await send(site, path, "code")
        code = await code_mailed(site)
        await send(site, other, "code")
        if code != await code_mailed(site):
            assert CANARY not in (await send(site, other, "enter", code=code)).text

    async def test_is_mailed_five_times_an_hour_at_most(self, site: Site) -> None:
        path, made, _ = await asked(site)
        for _ in range(MOST_CODES):
            assert (await site.post(path, path, step="code")).status_code == 303
        answer = await site.post(path, path, step="code")
        assert answer.status_code == 429
        assert "Five codes were mailed within the hour" in answer.text
        assert len(await rows(site.runtime, "SELECT 1 FROM notice WHERE kind = 'ask-code'")) == MOST_CODES
        await later(site, made, timedelta(hours=1))
        assert (await site.post(path, path, step="code")).status_code == 303

    async def test_wrong_too_often_within_a_day_none_is_mailed_until_a_day_later_and_the_last_one_still_opens(
        self, site: Site
    ) -> None:
        path, made, _ = await asked(site)
        for _ in range(MOST_WRONG_A_DAY // MOST_TRIES - 1):
            await site.post(path, path, step="code")
            await run(site.runtime, f"UPDATE ask_code SET tries = {MOST_TRIES}")
        await later(site, made, CODES_WITHIN)
        await site.post(path, path, step="code")
        await run(site.runtime, "UPDATE ask_code SET tries = 4 WHERE tries = 0")
        await site.post(path, path, step="code")
        code = await code_mailed(site)
        await send(site, path, "enter", code=wrong_for(code))
        withheld = await site.post(path, path, step="code")
        assert withheld.status_code == 429
        assert "Wrong codes were entered too often within a day" in withheld.text
        audited = await rows(site.runtime, "SELECT action, facts->>'result' AS result FROM audit_entry")
        assert ("ask.withhold", "barred") in {(row.action, row.result) for row in audited}
        await send(site, path, "enter", code=code)
        assert CANARY in (await site.get(path)).text
        await later(site, made, A_DAY)
        assert (await site.post(path, path, step="code")).status_code == 303

    async def test_is_mailed_twenty_times_a_day_at_most(self, site: Site) -> None:
        path, made, _ = await asked(site)
        for number in range(MOST_CODES_A_DAY):
            if number % MOST_CODES == 0:
                await later(site, made, CODES_WITHIN)
            assert (await site.post(path, path, step="code")).status_code == 303
        await later(site, made, CODES_WITHIN)
        answer = await site.post(path, path, step="code")
        assert answer.status_code == 429
        assert "Twenty codes were mailed within a day: try again tomorrow, or ring the Channel team" in answer.text
        assert len(await rows(site.runtime, "SELECT 1 FROM ask_code")) == MOST_CODES_A_DAY
        assert len(await rows(site.runtime, "SELECT 1 FROM audit_entry WHERE action = 'ask.withhold'")) == 1
        await later(site, made, A_DAY)
        assert (await site.post(path, path, step="code")).status_code == 303

    async def test_is_kept_as_a_keyed_digest_alone(self, site: Site) -> None:
        path, made, _ = await asked(site)
        await send(site, path, "code")
        code = await code_mailed(site)
        [kept] = await rows(site.runtime, "SELECT digest, to_jsonb(ask_code)::text AS row FROM ask_code")
        assert kept.digest == code_digest(code_key(site.runtime.secrets), made.ask_id, code)
        notices = await rows(site.runtime, "SELECT body, link_sealed FROM notice WHERE kind = 'ask-code'")
        assert [(code in (row.body or ""), row.link_sealed) for row in notices] == [(False, None)]

    @pytest.mark.parametrize(
        "typed", ["", " ", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "'; DROP TABLE ask;--", "0" * 41]
    )
    async def test_of_any_other_shape_opens_nothing(self, site: Site, typed: str) -> None:
        path, _, _ = await asked(site)
        await send(site, path, "code")
        answer = await send(site, path, "enter", code=typed)
        assert (answer.status_code, CANARY in answer.text) == (422, False)

    async def test_without_one_nothing_is_answered(self, site: Site) -> None:
        path, _, _ = await asked(site)
        words = {"answer-1": "Regular.", "nothing-2": "yes"}
        answer = await send(site, path, "answer", **WHO, **words)
        assert CANARY not in answer.text
        await send(site, path, "save", **WHO, **words)
        assert await told(site, AskAnswered) == []
        assert await rows(site.runtime, "SELECT 1 FROM ask WHERE draft_sealed IS NOT NULL") == []


class TestStrangers:
    async def test_a_made_up_link_opens_nothing(self, site: Site) -> None:
        stray = link_token(link_key(site.runtime.secrets), LinkTo.ASK, uuid4())
        assert (await site.get(f"/asks/{stray}")).status_code == 404
        path, made, _ = await asked(site)
        as_signpost = link_token(link_key(site.runtime.secrets), LinkTo.SIGNPOST, made.ask_id)
        assert (await site.get(f"/asks/{as_signpost}")).status_code == 404
        assert (await site.get(path.replace("/asks/", "/signpost-links/"))).status_code == 404

    async def test_a_form_that_is_not_ours_is_refused(self, site: Site) -> None:
        path, _, _ = await asked(site)
        for token in ("", "forged"):
            answer = await site.client.post(path, data={"csrf_token": token, "step": "code"})
            assert answer.status_code == 403
        assert await rows(site.runtime, "SELECT 1 FROM ask_code") == []

    async def test_whoever_sends_too_much_waits(self, site: Site) -> None:
        path, _, _ = await asked(site)
        await opened(site, path)
        restraint = site.runtime.clients.restraint
        while restraint.allows("visit", visitor("127.0.0.1"), uuid4()):
            pass
        answer = await send(site, path, "answer", **WHO, **{"answer-1": "A long answer."})
        assert answer.status_code == 429
        assert "A long answer." in answer.text
        assert await told(site, AskAnswered) == []

    async def test_an_unknown_step_changes_nothing(self, site: Site) -> None:
        path, _, _ = await asked(site)
        assert (await send(site, path, "purge")).status_code == 200
        assert await rows(site.runtime, "SELECT 1 FROM ask_code") == []


class TestEvent:
    async def test_repeated_makes_one_ask_and_one_notice(self, site: Site) -> None:
        made, subject, event = ask(), uuid4(), uuid4()
        for _ in range(2):
            await handle(site.runtime, made, subject=subject, event_id=event)
        assert len(await rows(site.runtime, "SELECT 1 FROM ask")) == 1
        assert len(await rows(site.runtime, "SELECT 1 FROM notice")) == 1

    async def test_repeated_after_the_answer_brings_nothing_back(self, site: Site) -> None:
        made, subject, event = ask(), uuid4(), uuid4()
        await handle(site.runtime, made, subject=subject, event_id=event)
        await opened(site, link(site, made))
        await send(site, link(site, made), "answer", **WHO, **{"nothing-1": "yes", "nothing-2": "yes"})
        await handle(site.runtime, made, subject=subject, event_id=event)
        assert "This has been answered" in (await site.get(link(site, made))).text

    async def test_an_older_one_that_comes_late_changes_nothing(self, site: Site) -> None:
        path, made, subject = await asked(site)
        older = made.model_copy(update={"made_at": made.made_at - timedelta(hours=1), "title": "An older title"})
        await handle(site.runtime, older, subject=subject)
        assert made.title in (await opened(site, path)).text


async def test_nothing_of_it_is_kept_in_the_clear_and_erasing_takes_the_rest(site: Site) -> None:
    path, _, subject = await asked(site, recipient="", address="canary.helper@school.example")
    await opened(site, path)
    await send(site, path, "save", report="A canarydraft.", **WHO)
    await send(site, path, "answer", **WHO, **{"answer-1": "A canaryanswer.", "nothing-2": "yes"})
    secret = ("canary", "Ada Helper", "Cora Coordinator", "Sample Recipient", "attendance")
    for table in ("ask", "ask_code", "ask_look", "ask_answer", "notice", "attempt", "audit_entry"):
        kept = await rows(site.runtime, f"SELECT to_jsonb({table})::text AS row FROM {table}")
        assert not [row for row in kept if any(word in row.row for word in secret)], table
    async with site.runtime.database.transaction(Actor.service("notify")) as session:
        await operations.erase_subject(session, subject)
    sealed = ("asked_sealed", "content_sealed", "draft_sealed")
    [left] = await rows(site.runtime, f"SELECT {', '.join(sealed)} FROM ask")
    assert [getattr(left, name) for name in sealed] == [None] * 3
    [answer] = await rows(site.runtime, "SELECT by_sealed, words_sealed FROM ask_answer")
    assert (answer.by_sealed, answer.words_sealed) == (None, None)
    assert await rows(site.runtime, "SELECT 1 FROM ask_code") == []
    assert await rows(site.runtime, "SELECT 1 FROM notice") == []
    await run(site.runtime, "UPDATE ask SET answered_at = NULL")
    gone = await site.get(path)
    assert "Nothing is needed from you any more" in gone.text


async def test_a_pack_is_read_by_its_link_and_marked(site: Site) -> None:
    path, made, _ = await asked(site, AskKind.PACK)
    shown = await opened(site, path)
    assert CANARY in shown.text
    assert shown.text.count("Read by Sample Recipient (synthetic), NHS Kent and Medway, ") == 2
    assert "Do not copy." in shown.text
    assert "Send the answer" not in shown.text
    await site.get(path)
    seen = await told(site, AskSeen)
    assert [(each.ask_id, each.kind, each.refused) for each in seen] == [(made.ask_id, AskKind.PACK, False)]
    reads = "SELECT 1 FROM audit_entry WHERE action = 'record.read'"
    assert len(await rows(site.runtime, reads)) == len(await rows(site.runtime, "SELECT 1 FROM ask_look")) == 2
    await run(site.runtime, "UPDATE ask SET made_at = made_at - interval '3 days'")
    await run(site.runtime, "UPDATE ask_look SET at = at - interval '1 day'")
    for _ in range(2):
        await site.get(path)
    assert len(await told(site, AskSeen)) == 2, "once on each day"
    other, _, _ = await asked(site)
    await site.post(other, path, step="answer", report="An answer to what asks nothing.", **WHO)
    assert await told(site, AskAnswered) == []
