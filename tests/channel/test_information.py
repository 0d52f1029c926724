"""Pages of information requests, actions, signposts and what is owed."""

from datetime import timedelta

import pytest

from chassis.actor import Actor
from contracts.channel.police import InformationGathered
from contracts.notify.channel import AskSeen, AskUndelivered
from contracts.vocabulary import AskKind, Role
from services.channel.domain import Command, Obligation
from services.channel.operations import erase_subject
from tests.channel.builders import CORA, NOW, REFERENCE, coordinator, rows
from tests.channel.conftest import Console, hidden, send
from tests.channel.owing_made import (
    CHIDI,
    DUE,
    HAMID,
    INFORMATION,
    ONE,
    answer,
    asked,
    ended,
    keep,
    owing,
    resend,
    staff,
    text_of,
)


@pytest.fixture
def staffed(console: Console) -> Console:
    """Return the console of an area with partners, members, and a service."""
    return staff(console)


class TestEveryPage:
    async def test_is_only_for_those_who_may(self, staffed: Console) -> None:
        subject = await staffed.team.open()
        kept = await keep(staffed.team, subject, owing())
        places = [
            "/owed", INFORMATION, f"{INFORMATION}/request", f"{INFORMATION}/action", f"{INFORMATION}/signpost",
            f"{INFORMATION}/{kept}/again", f"{INFORMATION}/{kept}/done", f"{INFORMATION}/{kept}/cancel",
        ]  # fmt: skip
        for path in (*places, "/mine", f"{ONE}/allocate"):
            assert (path, (await staffed.client.get(path)).status_code) == (path, 303)
        client = await staffed.signed_in(HAMID)
        for path in (*places, f"{ONE}/allocate"):
            assert (path, (await client.get(path)).status_code) == (path, 403)
        await staffed.team.act(subject, Command.ACCEPT)
        client = await staffed.signed_in(CHIDI)
        for path in (*places, "/mine", f"{ONE}/allocate"):
            page = await client.get(path)
            assert (path, page.status_code, page.text.count("<h1"), " style=" in page.text) == (path, 200, 1, False)


class TestAskPartners:
    async def test_asks_several_at_once_each_its_own_questions(self, staffed: Console) -> None:
        await staffed.team.act(await staffed.team.open(), Command.ACCEPT)
        client = await staffed.signed_in(CORA)
        page = await client.get(f"{INFORMATION}/request")
        assert "Attendance? Friends?" in text_of(page)
        sent = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
        done = await client.post(
            f"{INFORMATION}/request",
            data={
                **sent, "partners": ["school", "health"], "other_name": "Sample College",
                "other_address": "office@college.example", "message": "We look into a concern.",
            },
        )  # fmt: skip
        assert done.headers["location"] == INFORMATION
        found = {each.name: each for each in await asked(staffed.team)}
        assert set(found) == {"Sample schools team", "Hamid Health, Sample Trust", "Sample College"}
        assert found["Sample schools team"].questions == ("Attendance?", "Friends?")
        assert len(found["Sample College"].questions) == 7
        assert (found["Sample College"].address, found["Sample College"].recipient) == ("office@college.example", "")
        assert found["Hamid Health, Sample Trust"].recipient == "health"
        listed = text_of(await client.get(INFORMATION))
        assert listed.count("Request for information: ") >= 3
        assert "Still missing" in listed
        assert "Information asked for" in text_of(await client.get(ONE))

    async def test_asks_what_was_written_by_the_day_that_was_chosen(self, staffed: Console) -> None:
        await staffed.team.act(await staffed.team.open(), Command.ACCEPT)
        day = {"due_on-day": "1", "due_on-month": "12", "due_on-year": "2099"}
        words = {"message": "We ask.", "questions": "One?\n\n- Two?\nOne?\n"}
        client = await staffed.signed_in(CORA)
        await send(client, f"{INFORMATION}/request", partners="gp", **words, **day)
        (sent,) = await asked(staffed.team)
        assert (sent.questions, sent.due_at.year) == (("One?", "Two?"), 2099)
        assert sent.due_at == (await rows(staffed.team.runtime, "SELECT due_at FROM obligation"))[0]["due_at"]

    @pytest.mark.parametrize(
        ("sent", "field"),
        [
            ({"message": "We ask."}, "partners"),
            ({"message": "We ask.", "partners": "nobody"}, "partners"),
            ({"partners": "gp"}, "message"),
            ({"message": "We ask.", "other_name": "Sample College"}, "other_address"),
            ({"message": "We ask.", "other_address": "office@college.example"}, "other_name"),
            ({"message": "We ask.", "other_name": "x", "other_address": "nowhere"}, "other_address"),
            ({"message": "We ask.", "partners": "gp", "questions": "x" * 401}, "questions"),
            ({"message": "We ask.", "partners": "gp", "due_on-day": "1", "due_on-month": "1", "due_on-year": "2020"},
             "due_on"),
        ],
    )  # fmt: skip
    async def test_says_what_to_mend_beside_the_field(self, staffed: Console, sent: dict[str, str], field: str) -> None:
        await staffed.team.act(await staffed.team.open(), Command.ACCEPT)
        page = await send(await staffed.signed_in(CORA), f"{INFORMATION}/request", **sent)
        assert (page.status_code, f'href="#{field}' in page.text) == (422, True)
        assert sent.get("message", "") in page.text
        assert await asked(staffed.team) == []

    async def test_keeps_the_words_where_somebody_else_was_first(self, staffed: Console) -> None:
        subject = await staffed.team.open()
        await staffed.team.act(subject, Command.ACCEPT)
        client = await staffed.signed_in(CORA)
        page = await client.get(f"{INFORMATION}/request")
        sent = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
        await staffed.team.act(subject, Command.NOTE, reason="Rang the school.")
        refused = await client.post(
            f"{INFORMATION}/request", data={**sent, "partners": "gp", "message": "My own words."}
        )
        assert (refused.status_code, "My own words." in refused.text) == (409, True)
        assert "Note, by Cora Synthetic" in text_of(refused)
        assert await asked(staffed.team) == []

    async def test_is_not_offered_before_the_pack_is_accepted(self, staffed: Console) -> None:
        await staffed.team.open()
        page = await (await staffed.signed_in(CORA)).get(f"{INFORMATION}/request")
        assert "This cannot be done now." in page.text
        assert "Who is asked?" not in page.text


class TestAnswers:
    async def test_stand_each_under_its_question(self, staffed: Console) -> None:
        subject = await staffed.team.open()
        kept = await keep(staffed.team, subject, owing())
        await staffed.team.hear(answer(kept, report="Call us."), subject)
        page = text_of(await (await staffed.signed_in(CORA)).get(INFORMATION))
        assert "Attendance? He came every day." in page
        assert "Health? Nothing known." in page
        assert "What else they say Call us." in page
        assert "Hana Sample, nurse" in page
        assert "Still missing" not in page

    async def test_opened_overdue_and_undelivered_are_said(self, staffed: Console) -> None:
        subject = await staffed.team.open()
        seen = await keep(staffed.team, subject, owing())
        lost = await keep(staffed.team, subject, owing(owner="Sample surgery", due_at=NOW - timedelta(days=900)))
        about = {"reference": REFERENCE, "kind": AskKind.INFORMATION}
        await staffed.team.hear(AskSeen(ask_id=seen, seen_at=NOW, **about), subject)
        await staffed.team.hear(AskUndelivered(ask_id=lost, failed_at=NOW, **about), subject)
        client = await staffed.signed_in(CORA)
        page = text_of(await client.get(INFORMATION))
        assert "Sample Health Trust Opened" in page
        assert "Sample surgery Asked Could not be delivered Overdue" in page
        assert "The mail to Sample surgery with the link" in text_of(await client.get(ONE))
        await staffed.team.hear(AskUndelivered(ask_id=lost, failed_at=NOW, reached=True, **about), subject)
        assert "Could not be delivered" not in text_of(await client.get(INFORMATION))
        assert "has gone out after all" in text_of(await client.get(ONE))

    async def test_what_came_by_telephone_needs_every_question(self, staffed: Console) -> None:
        subject = await staffed.team.open()
        kept = await keep(staffed.team, subject, owing())
        client = await staffed.signed_in(CORA)
        path = f"{INFORMATION}/{kept}/done"
        wrong = await send(client, path, **{"answer-0": "Every day."})
        assert wrong.status_code == 422
        assert 'href="#answer-1"' in wrong.text
        assert 'href="#told_by"' in wrong.text
        assert "Every day." in wrong.text
        # What was sent is kept, so that the page is answered from where it stands now.
        both = {"answer-0": "Every day.", "nothing-0": "yes", "nothing-1": "yes", "told_by": "Ada Sample"}
        wrong = await resend(client, wrong, path, **both)
        assert "not both" in wrong.text
        done = await resend(client, wrong, path, **{**both, "nothing-0": ""}, reason="They will ring again.")
        assert done.status_code == 303
        page = text_of(await client.get(INFORMATION))
        assert "Attendance? Every day." in page
        assert "Told by Ada Sample. They will ring again." in page
        assert [each.ask_id for each in await ended(staffed.team)] == [kept]
        assert (await client.get(path)).status_code == 409

    async def test_late_words_stay_in_the_history_alone(self, staffed: Console) -> None:
        subject = await staffed.team.open()
        kept = await keep(staffed.team, subject, owing())
        client = await staffed.signed_in(CORA)
        await send(client, f"{INFORMATION}/{kept}/cancel", reason="Asked the wrong trust.")
        await staffed.team.hear(answer(kept), subject)
        assert "He came every day." not in text_of(await client.get(INFORMATION))
        assert "He came every day." in text_of(await client.get(ONE))

    async def test_are_gone_once_erased(self, staffed: Console) -> None:
        subject = await staffed.team.open()
        kept = await keep(staffed.team, subject, owing())
        await staffed.team.hear(answer(kept), subject)
        async with staffed.team.runtime.database.transaction(Actor.service("channel")) as session:
            await erase_subject(session, subject)
        sealed = "sealed_message, sealed_questions, sealed_report, sealed_answers, sealed_address"
        (row,) = await rows(staffed.team.runtime, f"SELECT {sealed} FROM obligation")
        assert not any(row.values())
        assert (await (await staffed.signed_in(CORA)).get(INFORMATION)).status_code == 200


class TestRemind:
    async def test_mails_once_more_and_clears_what_was_lost(self, staffed: Console) -> None:
        subject = await staffed.team.open()
        kept = await keep(staffed.team, subject, owing(recipient="", address="wrong@college.example"))
        lost = AskUndelivered(reference=REFERENCE, kind=AskKind.INFORMATION, ask_id=kept, failed_at=NOW)
        await staffed.team.hear(lost, subject)
        client = await staffed.signed_in(CORA)
        assert (await send(client, f"{INFORMATION}/{kept}/again", address="nowhere")).status_code == 422
        await send(client, f"{INFORMATION}/{kept}/again", address="right@college.example")
        first, second = await asked(staffed.team)
        assert (second.ask_id, second.address, second.questions) == (kept, "right@college.example", first.questions)
        assert second.expires_at >= first.expires_at
        page = text_of(await client.get(INFORMATION))
        assert "Could not be delivered" not in page
        assert "right@college.example" in page
        assert "Reminded" in page

    async def test_an_answer_that_crosses_with_it_ends_the_link_once_more(self, staffed: Console) -> None:
        subject = await staffed.team.open()
        kept = await keep(staffed.team, subject, owing())
        await send(await staffed.signed_in(CORA), f"{INFORMATION}/{kept}/again")
        await staffed.team.hear(answer(kept, answered_at=NOW - timedelta(days=900)), subject)
        assert [each.ask_id for each in await ended(staffed.team)] == [kept]
        second = await keep(staffed.team, subject, owing())
        await staffed.team.hear(answer(second), subject)
        assert [each.ask_id for each in await ended(staffed.team)] == [kept]

    async def test_where_no_mail_leads_it_says_so(self, staffed: Console) -> None:
        kept = await keep(staffed.team, await staffed.team.open(), owing(Obligation.ACTION, recipient=""))
        client = await staffed.signed_in(CORA)
        page = await send(client, f"{INFORMATION}/{kept}/again")
        assert (page.status_code, "Enter an email address of Sample Health Trust" in page.text) == (422, True)


class TestActions:
    async def test_are_anybodys(self, staffed: Console) -> None:
        subject = await staffed.team.open()
        await staffed.team.act(subject, Command.ACCEPT)
        client = await staffed.signed_in(CHIDI)
        await client.get("/work")
        path, does = f"{INFORMATION}/action", {"message": "Ring the family."}
        wrong = await send(client, path, owner="nobody", **does)
        assert wrong.status_code == 422
        wrong = await resend(client, wrong, path, owner="somebody-else", **does)
        assert wrong.status_code == 422
        assert (await resend(client, wrong, path, owner="officer:chidi-supervisor", **does)).status_code == 303
        for owner in ("education",):
            assert (await send(client, path, owner=owner, **does)).status_code == 303
        other = {"other_name": "Ada Sample", "other_address": "ada@school.example"}
        assert (await send(client, path, owner="somebody-else", **other, **does)).status_code == 303
        found = {each.name: (each.recipient, each.address) for each in await asked(staffed.team)}
        assert found == {
            "Sample Education, Sample Schools": ("education", ""),
            "Ada Sample": ("", "ada@school.example"),
        }
        mine = text_of(await client.get("/mine"))
        assert "Action" in mine
        owned = await rows(staffed.team.runtime, "SELECT id FROM obligation WHERE owner_id = 'chidi-supervisor'")
        assert "What was done?" in (await client.get(f"{INFORMATION}/{owned[0]['id']}/done")).text

    async def test_chairs_and_support_give_them_too(self, staffed: Console) -> None:
        await staffed.team.act(await staffed.team.open(), Command.ACCEPT)
        client = await staffed.signed_in(coordinator(Role.BUSINESS_SUPPORT_OFFICER, name="Bella Support"))
        done = await send(client, f"{INFORMATION}/action", owner="gp", message="Send the letter.")
        assert done.status_code == 303

    async def test_signposts_stay_open_until_the_service_reports(self, staffed: Console) -> None:
        subject = await staffed.team.open()
        await staffed.team.act(subject, Command.ACCEPT)
        client = await staffed.signed_in(CORA)
        path = f"{INFORMATION}/signpost"
        wrong = await send(client, path, owner="nowhere")
        assert wrong.status_code == 422
        await resend(client, wrong, path, owner="early-help", message="Help with school would be welcome.")
        (sent,) = await asked(staffed.team)
        assert (sent.kind, sent.recipient, sent.due_at) == (AskKind.SIGNPOST, "early-help", DUE)
        report = answer(sent.ask_id, kind=AskKind.SIGNPOST, answers=(), report="A worker was found.")
        await staffed.team.hear(report, subject)
        assert "What they say A worker was found." in text_of(await client.get(INFORMATION))


class TestMissing:
    async def test_gathering_is_complete_only_with_a_reason_to_go_on(self, staffed: Console) -> None:
        subject = await staffed.team.open()
        await staffed.team.act(subject, Command.ACCEPT)
        answered = await keep(staffed.team, subject, owing(owner="Sample schools team"))
        await staffed.team.hear(answer(answered), subject)
        await keep(staffed.team, subject, owing(owner="Sample surgery"))
        client = await staffed.signed_in(CORA)
        path, said = f"{ONE}/actions/record-gathered", {"summary": "Attends daily.", "gathered_by": "Sample team"}
        assert "Sample surgery, due" in text_of(await client.get(path))
        page = await send(client, path, **said)
        assert (page.status_code, 'href="#missing"' in page.text) == (422, True)
        assert "Say why you go on without an answer from Sample surgery" in page.text
        await resend(client, page, path, **said, missing="The surgery is closed until Monday.")
        assert "Gone on without: The surgery is closed until Monday." in text_of(await client.get(ONE))
        (told,) = (await staffed.team.announced())["channel.information-gathered.v1"]
        assert isinstance(told, InformationGathered)
        assert told.gone_on_without == "The surgery is closed until Monday."
        assert [(each.body, each.asked, each.answer) for each in told.gathered] == [
            ("Sample schools team", "Attendance?", "He came every day."),
            ("Sample schools team", "Health?", "Nothing known."),
        ]

    async def test_nobody_is_asked_why_where_nothing_is_missing(self, staffed: Console) -> None:
        await staffed.team.act(await staffed.team.open(), Command.ACCEPT)
        page = await (await staffed.signed_in(CORA)).get(f"{ONE}/actions/record-gathered")
        assert "without these answers" not in page.text
