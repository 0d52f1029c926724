"""The desk as a signed-in officer uses it."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from lxml import html

from chassis import clock
from chassis.actor import Actor, ActorKind
from chassis.session_store import DatabaseSessions
from chassis.sessions import Limits, Session, SessionKeeper, sign_in
from services.intake.app import service
from services.intake.domain import Found, Outcome, Posted, ShownText
from services.intake.doors import looked_at
from services.intake.operations import receive, record_reading
from services.intake.queries import desk_referral
from services.intake.web import ledgers, places, views
from tests.conftest import Installation, Running, RunningOf
from tests.intake.builders import mail, rows

SAMPLES = Path(views.__file__).parents[3] / "samples" / "web"


@pytest.fixture
async def intake(running_of: RunningOf) -> Running:
    """Intake with everything but its mailbox."""
    return await running_of(service(), doors=False)


def answers() -> dict[str, str]:
    """Return the answers of a synthetic referral by field name."""
    return dict(json.loads((SAMPLES / "girl-of-twelve-medway.json").read_text())["fields"])


def hidden(page: str) -> dict[str, str]:
    """Return what a page's form carries by itself."""
    inputs: Any = html.fromstring(page).xpath("//main//input[@type='hidden']")
    return {one.get("name"): one.get("value") for one in inputs}


async def post(intake: Running, path: str, fields: Mapping[str, str | Sequence[str]]) -> Any:
    """Open a page and send its form with these answers."""
    page = await intake.client.get(path)
    return await intake.client.post(path, data={**fields, **hidden(page.text)})


def problems(page: str) -> list[str]:
    """Return the sentences of the error summary."""
    summary: Any = html.fromstring(page).xpath("//*[contains(@class, 'govuk-error-summary__list')]//li")
    return [" ".join(one.itertext()).strip() for one in summary]


class TestDesk:
    async def test_comes_first_after_signing_in_and_once(self, intake: Running) -> None:
        await as_officer(intake)
        assert (await intake.client.get("/")).headers["location"] == "/desk"
        assert (await intake.client.get("/")).status_code == 200

    async def test_does_not_make_people_invent_what_the_original_does_not_say(self, intake: Running) -> None:
        reference = await unread_mail(intake)
        await as_officer(intake)
        unknown = {"referrer.forename": "", "referrer.surname": "", "referrer.sector": "unknown"}
        fields = {**keyed(), **unknown, "sharing_acknowledged": "not-known"}
        page = (await intake.client.get(f"/desk/referrals/{reference}")).text
        assert "The mail as it came" in page
        assert "A synthetic &lt;b&gt;mail." in page
        answer = await post(intake, f"/desk/referrals/{reference}", fields)
        assert answer.headers["location"] == "/desk", problems(answer.text)
        assert "Not known" in (await intake.client.get(f"/desk/referrals/{reference}")).text
        [version] = await rows(intake.runtime, "SELECT made_by FROM referral_version WHERE version = 3")
        assert version.made_by == "desk"
        assert await rows(intake.runtime, "SELECT 1 FROM audit_entry WHERE action = 'referral.keyed'")

    async def test_fills_in_what_was_found_and_leaves_empty_what_a_person_emptied(self, intake: Running) -> None:
        reference = await unread_mail(intake)
        await as_officer(intake)
        page: Any = html.fromstring((await intake.client.get(f"/desk/referrals/{reference}")).text)
        shown = {one.get("name"): one.get("value") for one in page.xpath("//form//input[@type!='radio' or @checked]")}
        assert (shown["referrer.sector"], shown["referrer.organisation"]) == ("local-authority", "Found School")
        assert [shown[f"person.date_of_birth-{part}"] for part in ("day", "month", "year")] == ["3", "7", "2011"]
        assert page.xpath("//select/option[@selected]/@value") == ["Isle of Sample"]
        answer = await post(intake, f"/desk/referrals/{reference}", keyed() | {"person.nationality": "Kept"})
        assert answer.headers["location"] == "/desk", problems(answer.text)
        async with intake.runtime.database.transaction(Actor.service("intake")) as session:
            made = (await desk_referral(session, reference)).form
        assert made is not None
        assert (made.person.nationality, made.person.district, made.referrer.organisation) == ("Kept", "", "")

    async def test_is_closed_to_the_public(self, intake: Running) -> None:
        for path in ("/desk", "/desk/ledger", "/desk/referrals/KM-2222-2222"):
            assert (await intake.client.get(path)).status_code == 303

    async def test_lists_what_waits_and_completes_it(self, intake: Running) -> None:
        reference = await unread_mail(intake)
        await as_officer(intake)
        listed = (await intake.client.get("/desk")).text
        assert reference in listed
        assert "The form could not be read in full" in listed
        page = await intake.client.get(f"/desk/referrals/{reference}")
        [missing] = sheet(page.text)["Person making this referral: last name"]
        assert missing == "Missing"
        answer = await post(intake, f"/desk/referrals/{reference}", keyed())
        assert answer.headers["location"] == "/desk", problems(answer.text)
        [row] = await rows(intake.runtime, "SELECT * FROM referral WHERE reference = :r", r=reference)
        assert (row.reading, row.version) == ("completed", 3)
        again = await post(intake, f"/desk/referrals/{reference}", keyed())
        assert again.status_code == 403
        other = await intake.client.get(f"/desk/referrals/{await unread_mail(intake)}")
        late = await intake.client.post(f"/desk/referrals/{reference}", data={**keyed(), **hidden(other.text)})
        assert late.status_code == 409
        read = await rows(
            intake.runtime, "SELECT * FROM audit_entry WHERE action = 'record.read' AND actor_kind = 'person'"
        )
        assert read

    async def test_hands_the_original_over_as_a_recorded_download(self, intake: Running) -> None:
        await unread_mail(intake)
        await as_officer(intake)
        [document] = await rows(intake.runtime, "SELECT id FROM document")
        answer = await intake.client.get(f"/desk/documents/{document.id}")
        assert answer.headers["content-disposition"].startswith("attachment")
        assert b"A synthetic <b>mail." in answer.content
        read = await rows(intake.runtime, "SELECT * FROM audit_entry WHERE reason = 'intake-desk-original'")
        assert len(read) == 1

    async def test_knows_no_original_under_a_name_that_is_no_id(self, intake: Running) -> None:
        await as_officer(intake)
        for name in ("foo", "0193f7c2", "%00", "0193f7c2-0000-7000-8000-000000000000"):
            assert (await intake.client.get(f"/desk/documents/{name}")).status_code == 404, name

    async def test_says_how_many_originals_wait_and_pages_on(
        self, intake: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(places, "SHOWN", 2)
        references = [await unread_mail(intake) for _ in range(3)]
        await as_officer(intake)
        first = await intake.client.get("/desk")
        assert "<strong>3</strong> originals wait" in first.text
        second = await intake.client.get(f"/desk{next_page(first.text)}")
        assert [listed(first.text), listed(second.text)] == [references[:2], references[2:]]
        assert not next_page(second.text)
        assert listed((await intake.client.get("/desk?after=2026-01-01~x")).text) == references[:2]

    async def test_says_how_many_teams_are_late_and_pages_on(
        self, intake: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ledgers, "SHOWN", 2)
        reference = await unread_mail(intake)
        await rows(intake.runtime, "UPDATE ledger_line SET due_at = due_at - interval '2 minutes' RETURNING 1")
        await as_officer(intake)
        first = await intake.client.get("/desk/ledger")
        assert "<strong>3</strong> not stored" in first.text
        assert "<strong>0</strong> stored, but not acknowledged" in first.text
        second = await intake.client.get(f"/desk/ledger{next_page(first.text)}")
        assert [listed(first.text), listed(second.text)] == [[reference] * 2, [reference]]
        assert not next_page(second.text)
        for strange in ("x", "True~2026-01-01~KM-7F3K-92QM~imu", "False~0001-01-01T00:00:00%2B14:00~KM-7F3K-92QM~imu"):
            again = await intake.client.get(f"/desk/ledger?after={strange}")
            assert listed(again.text) == [reference] * 2
        await rows(intake.runtime, "UPDATE ledger_line SET stored_at = due_at RETURNING 1")
        gone = await intake.client.get(f"/desk/ledger?after=True~9999-01-01T00:00:00%2B00:00~{reference}~imu")
        assert "No team is late." in gone.text

    async def test_refuses_a_completion_with_answers_missing(self, intake: Running) -> None:
        reference = await unread_mail(intake)
        await as_officer(intake)
        answer = await post(intake, f"/desk/referrals/{reference}", {**keyed(), "person.surname": " "})
        assert (answer.status_code, problems(answer.text)) == (422, ["Enter the person’s last name"])

    async def test_shows_a_ledger(self, intake: Running) -> None:
        reference = await unread_mail(intake)
        await as_officer(intake)
        page = (
            await intake.client.get(
                f"/desk/ledger?reference={reference.lower().replace('-', ' ')}", follow_redirects=True
            )
        ).text
        assert "Police Gateway" in page
        assert broken_times(page) == []
        assert broken_times((await intake.client.get("/desk/ledger?which=all")).text) == []
        [read] = await rows(intake.runtime, "SELECT * FROM audit_entry WHERE reason = 'intake-desk-ledger'")
        [row] = await rows(intake.runtime, "SELECT id FROM referral")
        assert (read.action, read.subject) == ("record.read", row.id)
        for wrong in ("/desk/ledger?reference=foo", "/desk/ledger?reference=%21", "/desk/ledger/KM-2222-2222"):
            answer = await intake.client.get(wrong)
            assert answer.status_code == 404
            assert problems(answer.text) == ["That is no reference: check each character, as in KM-7F3K-92QM."]
        unknown = await intake.client.get("/desk/ledger/KM-7F3K-92QM")
        assert unknown.status_code == 404
        assert problems(unknown.text) == ["There is no referral with that reference here: check each character."]


def broken_times(page: str) -> list[str]:
    """Return the times in tables that may break over lines."""
    words = cast("list[Any]", html.fromstring(page).xpath("//main//table//text()"))
    times = [each for each in words if re.search(r"\d at \d+:\d\d[ap]m", each)]
    assert times
    return [each for each in times if each.getparent().get("class") != "throughline-unbroken"]


def listed(page: str) -> list[str]:
    """Return the references in the rows of a list."""
    return [one.text_content() for one in cast("list[Any]", html.fromstring(page).xpath("//tbody//th"))]


def sheet(page: str) -> dict[str, list[str]]:
    """Return the labels of the fields beside the original, each with its tags."""
    fields = cast("list[Any]", html.fromstring(page).xpath("//div[@class='throughline-keyed']"))
    return {
        " ".join(one.xpath("(.//label|.//legend)[1]")[0].text_content().split()): [
            tag.text_content() for tag in one.xpath(".//*[contains(@class, 'throughline-badge')]")
        ]
        for one in fields
    }


def next_page(page: str) -> str:
    """Return the query of the link to the next page, "" where there is none."""
    links = cast("list[Any]", html.fromstring(page).xpath("//a[text()='Show the next 50']/@href"))
    return str(links[0]) if links else ""


def keyed() -> dict[str, str]:
    """Return what an officer keys from the original."""
    names = (
        "person.forenames",
        "person.surname",
        "person.date_of_birth-day",
        "person.date_of_birth-month",
        "person.date_of_birth-year",
        "concerns.narrative",
        "concerns.immediate_danger",
        "referrer.forename",
        "referrer.surname",
        "referrer.sector",
    )
    return {name: answers()[name] for name in names} | {"sharing_acknowledged": "yes"}


async def unread_mail(intake: Running) -> str:
    """Put a mail on the desk whose form lacks the referrer's last name; return its reference."""
    raw = mail("A synthetic <b>mail.").as_bytes()
    original = looked_at(intake.runtime, raw, Posted(envelope_sender="referrer@school.example")).original
    async with intake.runtime.database.transaction(Actor.public()) as session:
        receipt = await receive(session, original, now=clock.now())
    [row] = await rows(intake.runtime, "SELECT id FROM referral WHERE reference = :r", r=receipt.reference)
    found = Found(
        {
            "person.surname": "Found",
            "person.date_of_birth": "3 July 2011",
            "person.district": "Isle of Sample",
            "person.nationality": "Kept",
            "referrer.organisation": "Found School",
            "referrer.sector": "Local authority",
        },
        ("referrer.surname",),
        texts=(ShownText("", "Subject: Prevent referral\n\nA synthetic <b>mail."),),
    )
    outcome = Outcome(None, "The form could not be read in full.", found)
    async with intake.runtime.database.transaction(Actor.job("intake", "reading")) as session:
        key = b"k" * 32
        await record_reading(session, row.id, outcome, original.practice, likeness_key=key, now=clock.now())
    return receipt.reference


async def as_officer(intake: Running, name: str = "Sample Officer (synthetic)", number: int = 1) -> None:
    """Sign a desk officer in, as the identity provider's answer does."""
    actor = Actor(
        ActorKind.PERSON,
        f"desk-{number}",
        name,
        frozenset({"intake-desk-officer"}),
        frozenset({"kent-and-medway"}),
    )
    keeper = SessionKeeper(DatabaseSessions(intake.runtime.database), intake.runtime.secrets.session_secret, Limits())
    session = Session()
    sign_in(session, actor)
    await keeper.keep(session)
    intake.client.cookies.set("throughline_intake", session.token)


class TestOperationsPlane:
    async def test_shows_a_ledger_and_the_newest_to_the_operator_only(
        self, intake: Running, clean: Installation
    ) -> None:
        reference = await unread_mail(intake)
        headers = {"authorization": f"Bearer {clean.vault.ops_token}", "x-operator": "tester"}
        found = (await intake.client.get(f"/ops/ledger/{reference}", headers=headers)).json()
        assert (found["reference"], len(found["lines"])) == (reference, 5)
        assert {"team", "service", "required", "state", "sent_at", "stored_at", "waived_at", "erased_at"} <= set(
            found["lines"][0]
        )
        required = {line["team"] for line in found["lines"] if line["acknowledge_by"]}
        assert required == {"imu", "gateway", "front-door"}
        [row] = await rows(intake.runtime, "SELECT id FROM referral")
        [read] = await rows(intake.runtime, "SELECT * FROM audit_entry WHERE reason = 'operations-ledger'")
        assert (read.action, read.subject) == ("record.read", row.id)
        newest = (await intake.client.get("/ops/ledger?limit=10", headers=headers)).json()
        assert [each["reference"] for each in newest["ledgers"]] == [reference]
        assert (await intake.client.get(f"/ops/ledger/{reference}")).status_code == 401
        assert (await intake.client.get("/ops/ledger/KM-2222-2222", headers=headers)).status_code == 404
