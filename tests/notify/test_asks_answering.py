"""What people outside answer, form by form: said once, kept while it is written, refused with a sentence."""

from datetime import timedelta

import pytest

from chassis import clock
from contracts.notify.channel import AskAnswered, AskSeen
from contracts.vocabulary import AskKind, ChangeTaken
from contracts.vocabulary.asking import AskSection
from tests.notify.asks_made import WHO, WHO_LINE, asked, ended, opened, send
from tests.notify.conftest import Site
from tests.notify.looking import rows
from tests.notify.made import handle
from tests.notify.test_guests import told

ANSWERS = [
    (AskKind.INFORMATION, {"answer-1": "Regular.", "answer-2": "Little."}, "", None, ""),
    (AskKind.ACTION, {"report": "Visited."}, "Visited.", None, ""),
    (AskKind.SIGNPOST, {"report": "Rang."}, "Rang.", None, ""),
    (AskKind.SESSION, {"answer": "yes", "report": "Spoke."}, "Spoke.", True, ""),
    (AskKind.SESSION, {"answer": "no", "report": "He was ill."}, "He was ill.", False, ""),
    (AskKind.INVITATION, {"answer": "accept"}, "", True, ""),
    (AskKind.INVITATION, {"answer": "refuse", "report": "Away."}, "Away.", False, ""),
    (
        AskKind.CONSENT_CHANGE,
        {"answer": "stopped", "report": "Files closed."},
        "We have stopped what the person no longer agrees to. Files closed.",
        None,
        "",
    ),
    (
        AskKind.CONSENT_CHANGE,
        {"answer": "noted"},
        "We have noted the change: there was nothing for us to stop.",
        None,
        "",
    ),
    (AskKind.TRANSFER, {"answer": "accept", "taker": "Tess Taker, chair"}, "", True, "Tess Taker, chair"),
    (AskKind.TRANSFER, {"answer": "refuse", "report": "Lives here no more."}, "Lives here no more.", False, ""),
    (AskKind.TRANSFER, {"answer": "refuse", "report": "No.", "taker": "Tess"}, "No.", False, ""),
]
REFUSED = [
    (AskKind.INFORMATION, {"answer-1": "Regular."}, "Question 2: write what you know, or tick “Nothing known”"),
    (
        AskKind.INFORMATION,
        {"answer-1": "Regular.", "nothing-1": "yes", "nothing-2": "yes"},
        "Question 1: write what you know or tick “Nothing known”, not both",
    ),
    (AskKind.INFORMATION, {"answer-1": "x" * 4001, "nothing-2": "yes"}, "must have 4000 characters or fewer"),
    (AskKind.ACTION, {"report": " "}, "Enter what you did"),
    (AskKind.SIGNPOST, {"report": "x" * 4001}, "must have 4000 characters or fewer"),
    (AskKind.SESSION, {"report": "Spoke."}, "Select whether the session took place"),
    (AskKind.SESSION, {"answer": "yes"}, "Enter what was done, or why it did not take place"),
    (AskKind.INVITATION, {}, "Select whether you accept the invitation"),
    (AskKind.INVITATION, {"answer": "perhaps"}, "Select whether you accept the invitation"),
    (AskKind.INVITATION, {"answer": "refuse"}, "Enter why you do not come"),
    (AskKind.CONSENT_CHANGE, {"report": "Done."}, "Select what you have done about the change"),
    (AskKind.TRANSFER, {"answer": "accept"}, "Enter the name and role of who owns the risk from now on"),
    (AskKind.TRANSFER, {"answer": "refuse"}, "Enter why your panel refuses"),
]


@pytest.mark.parametrize(("kind", "fields", "report", "accepted", "taker"), ANSWERS)
async def test_an_answer_is_told_as_it_was_given(
    site: Site, kind: AskKind, fields: dict[str, str], report: str, accepted: bool | None, taker: str
) -> None:
    path, made, _ = await asked(site, kind)
    await opened(site, path)
    done = await send(site, path, "answer", **WHO, **fields)
    assert (done.status_code, "The Channel team has been told" in done.text) == (200, True)
    assert WHO_LINE not in done.text
    [event] = await told(site, AskAnswered)
    assert (event.ask_id, event.kind, event.answered_by) == (made.ask_id, kind, WHO_LINE)
    assert (event.report, event.accepted, event.taker) == (report, accepted, taker)
    assert [each.question for each in event.answers] == list(made.questions)


@pytest.mark.parametrize(("kind", "fields", "sentence"), REFUSED)
async def test_what_is_missing_is_said_and_nothing_is_lost(
    site: Site, kind: AskKind, fields: dict[str, str], sentence: str
) -> None:
    path, _, _ = await asked(site, kind)
    await opened(site, path)
    answer = await send(site, path, "answer", **WHO, **fields)
    assert (answer.status_code, sentence in answer.text) == (422, True)
    assert WHO["by"] in answer.text
    assert all(each.strip() in answer.text for name, each in fields.items() if name.startswith(("answer-", "report")))
    assert await told(site, AskAnswered) == []


@pytest.mark.parametrize("missing", WHO)
async def test_nobody_answers_without_a_name(site: Site, missing: str) -> None:
    path, _, _ = await asked(site, AskKind.ACTION)
    await opened(site, path)
    answer = await send(site, path, "answer", **{**WHO, missing: " "}, report="Visited.")
    assert (answer.status_code, f"Enter your {missing.replace('by', 'name')}" in answer.text) == (422, True)


async def test_hostile_words_stay_words(site: Site) -> None:
    words = "<script>alert(1)</script>{{ 7 * 7 }}"
    path, _, _ = await asked(
        site, AskKind.ACTION, name=words, title=words, shown=(AskSection(heading=words, words=words),)
    )
    shown = await opened(site, path)
    answer = await send(site, path, "save", report=words, **{**WHO, "by": words})
    for page in (shown, answer):
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7 * 7 }}" in page.text


async def test_pressed_twice_is_told_once(site: Site) -> None:
    path, _, _ = await asked(site, AskKind.INVITATION)
    shown = await opened(site, path)
    token = shown.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    for answer in ("accept", "refuse"):
        sent = {"csrf_token": token, "step": "answer", "answer": answer, "report": "Away.", **WHO}
        await site.client.post(path, data=sent)
    [event] = await told(site, AskAnswered)
    assert event.accepted
    assert "You accepted" in (await site.get(path)).text


class TestDraft:
    async def test_is_kept_and_found_again_by_the_same_link(self, site: Site) -> None:
        path, _, _ = await asked(site)
        await opened(site, path)
        kept = await send(site, path, "save", **{"answer-1": "Half an answer.", "nothing-2": "yes"}, by="Ada")
        assert "Your words are kept." in kept.text
        site.client.cookies.clear()
        assert "Half an answer." not in (await site.get(path)).text
        shown = await opened(site, path)
        assert "Half an answer." in shown.text
        assert 'value="Ada"' in shown.text

    async def test_is_kept_where_the_time_in_the_browser_ran_out(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path, _, _ = await asked(site, AskKind.ACTION)
        await opened(site, path)
        moved = clock.now() + timedelta(minutes=31)
        monkeypatch.setattr(clock, "now", lambda: moved)
        answer = await send(site, path, "answer", report="Written slowly.", **WHO)
        assert "Your words are kept: have a code mailed, and you can send them." in answer.text
        assert await told(site, AskAnswered) == []
        assert "Written slowly." in (await opened(site, path)).text

    async def test_stays_where_the_same_is_asked_of_the_same_mailbox_again(self, site: Site) -> None:
        path, made, subject = await asked(site)
        await opened(site, path)
        await send(site, path, "save", **{"answer-1": "Half an answer."})
        later = {"made_at": made.made_at + timedelta(hours=1), "due_at": made.due_at + timedelta(days=7)}
        await handle(site.runtime, made.model_copy(update=later), subject=subject)
        assert "Half an answer." in (await opened(site, path)).text

    @pytest.mark.parametrize("given", [{"recipient": "gp"}, {"recipient": "", "address": "other@school.example"}])
    async def test_goes_where_somebody_else_is_asked(self, site: Site, given: dict[str, str]) -> None:
        path, made, subject = await asked(site)
        await opened(site, path)
        await send(site, path, "save", **{"answer-1": "Half an answer."})
        later = {"made_at": made.made_at + timedelta(hours=1), **given}
        await handle(site.runtime, made.model_copy(update=later), subject=subject)
        assert "Half an answer." not in (await opened(site, path)).text

    async def test_goes_with_the_answer(self, site: Site) -> None:
        path, _, _ = await asked(site, AskKind.ACTION)
        await opened(site, path)
        await send(site, path, "save", report="Half.")
        await send(site, path, "answer", report="Whole.", **WHO)
        assert await rows(site.runtime, "SELECT 1 FROM ask WHERE draft_sealed IS NOT NULL") == []


async def test_what_is_ended_while_somebody_writes_gives_the_words_back(site: Site) -> None:
    path, made, subject = await asked(site)
    shown = await opened(site, path)
    token = shown.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    await handle(site.runtime, ended(made), subject=subject)
    words = {"answer-1": "Regular, made up.", "report": "Written in vain, made up."}
    answer = await site.client.post(path, data={"csrf_token": token, "step": "answer", **WHO, **words})
    assert answer.status_code == 404
    assert "What you had written was not sent" in answer.text
    assert all(each in answer.text for each in words.values())
    assert await told(site, AskAnswered) == []


async def test_what_is_asked_anew_while_somebody_writes_gives_the_words_back(site: Site) -> None:
    path, made, subject = await asked(site)
    shown = await opened(site, path)
    token = shown.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    again = made.model_copy(update={"made_at": made.made_at + timedelta(minutes=1), "questions": ("A new question?",)})
    await handle(site.runtime, again, subject=subject)
    words = {"answer-1": "Regular, made up.", "report": "Written in vain, made up."}
    answer = await site.client.post(path, data={"csrf_token": token, "step": "answer", **WHO, **words})
    assert "What you had written was not sent" in answer.text
    assert all(each in answer.text for each in words.values())
    assert "A new question?" not in answer.text
    assert await told(site, AskAnswered) == []


async def test_what_is_to_be_mended_is_told_in_the_order_of_the_page(site: Site) -> None:
    path, _, _ = await asked(site, AskKind.TRANSFER)
    await opened(site, path)
    answer = (await send(site, path, "answer")).text
    said = ("Select whether your panel accepts", "Enter your name", "Enter your role", "Enter your organisation")
    assert [answer.index(each) for each in said] == sorted(answer.index(each) for each in said)


async def test_a_report_under_its_questions_needs_no_more_words(site: Site) -> None:
    path, _, _ = await asked(site, AskKind.SESSION, questions=("What was done?",))
    shown = await opened(site, path)
    assert "Anything else that the team should know" in shown.text
    await send(site, path, "answer", answer="yes", **WHO, **{"answer-1": "Spoke of school."})
    [event] = await told(site, AskAnswered)
    assert (event.accepted, event.report) == (True, "")
    assert [(each.question, each.words) for each in event.answers] == [("What was done?", "Spoke of school.")]


class TestConsentChange:
    async def test_where_consent_ends_whoever_is_told_says_if_they_have_stopped(self, site: Site) -> None:
        path, _, _ = await asked(site, AskKind.CONSENT_CHANGE, stops=True)
        shown = (await opened(site, path)).text
        offered = ("We have stopped what", "We go on under another basis.", "there was nothing for us to stop.")
        assert [shown.index(each) for each in offered] == sorted(shown.index(each) for each in offered)
        lacking = await send(site, path, "answer", answer="goes-on", **WHO)
        assert (lacking.status_code, "Enter on which basis you go on" in lacking.text) == (422, True)
        await send(site, path, "answer", answer="goes-on", report="Our own duty of care.", **WHO)
        [event] = await told(site, AskAnswered)
        assert (event.taken, event.report) == (
            ChangeTaken.GOES_ON,
            "We go on under another basis. Our own duty of care.",
        )

    async def test_where_consent_is_given_nobody_is_asked_to_stop(self, site: Site) -> None:
        path, _, _ = await asked(site, AskKind.CONSENT_CHANGE, stops=False)
        shown = await opened(site, path)
        assert "We have stopped" not in shown.text
        assert "another basis" not in shown.text
        wrong = await send(site, path, "answer", answer="stopped", **WHO)
        assert (wrong.status_code, "Select what you have done about the change" in wrong.text) == (422, True)
        await send(site, path, "answer", answer="goes-on", **WHO)
        [event] = await told(site, AskAnswered)
        assert (event.taken, event.report) == (ChangeTaken.GOES_ON, "We go on as agreed.")


class TestInvitation:
    async def test_shows_what_is_agreed_to(self, site: Site) -> None:
        path, _, _ = await asked(site, AskKind.INVITATION)
        shown = await opened(site, path)
        assert "Confidentiality statement" in shown.text
        assert "Yes, and I agree to the confidentiality statement" in shown.text

    async def test_shows_the_statement_of_the_panel_where_it_has_one(self, site: Site) -> None:
        own = AskSection(heading="Confidentiality statement, version 2", words="We keep it to ourselves.")
        path, _, _ = await asked(site, AskKind.INVITATION, shown=(own,))
        shown = await opened(site, path)
        assert shown.text.count("Confidentiality statement") == 1


class TestBrief:
    BRIEF = AskSection(heading="Your brief, version 1", words="Meet weekly. A canarybrief.")

    async def test_is_acknowledged_by_a_button_and_words_are_kept(self, site: Site) -> None:
        path, made, _ = await asked(site, AskKind.SESSION, shown=(self.BRIEF,))
        shown = await opened(site, path)
        assert "I have read the brief" in shown.text
        assert [each.acknowledged for each in await told(site, AskSeen)] == [False]
        said = await send(site, path, "acknowledge", report="Half a report.", **WHO)
        assert "Half a report." in said.text
        assert "You have said that you have read the brief." in said.text
        await send(site, path, "acknowledge", report="Half a report.", **WHO)
        seen = await told(site, AskSeen)
        assert [(each.ask_id, each.acknowledged) for each in seen] == [(made.ask_id, False), (made.ask_id, True)]
        assert await told(site, AskAnswered) == []

    async def test_is_not_acknowledged_by_who_has_not_opened_it(self, site: Site) -> None:
        path, _, _ = await asked(site, AskKind.SESSION, shown=(self.BRIEF,))
        await send(site, path, "acknowledge", **WHO)
        assert await told(site, AskSeen) == []

    async def test_where_none_is_shown_none_is_asked_for(self, site: Site) -> None:
        path, _, _ = await asked(site, AskKind.SESSION)
        assert "I have read the brief" not in (await opened(site, path)).text
