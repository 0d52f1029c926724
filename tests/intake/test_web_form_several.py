"""Several referrals that one browser has begun: none is sent, or answered, by a page of another, and none is lost."""

from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from chassis import sheltered_sessions
from chassis.errors import Unavailable
from chassis.session_store import DatabaseSessions
from contracts.intake.referrer import LinkDue
from services.intake.app import service
from services.intake.settings import IntakeSettings
from services.intake.web.form import visit
from services.intake.web.form.steps import BIRTH
from tests.conftest import Running, RunningOf
from tests.intake.builders import rows
from tests.intake.test_web_desk import as_officer
from tests.intake.test_web_form_saving import ADDRESS, links, path_of
from tests.intake.test_web_views import CANARY, PAGE, answers, fill_in, hidden, post, problems

__all__ = ["links"]

DECLARED = {"sharing_acknowledged": "yes"}
FIRST, SECOND = "Hallworthy", CANARY


@pytest.fixture
async def intake(running_of: RunningOf, tmp_path: Path) -> Running:
    """Intake as it goes on in an outage, without its doors."""
    return await running_of(service(IntakeSettings(service="intake", spool_directory=tmp_path)), doors=False)


@dataclass
class Sessions:
    """The rows of sessions, which can be out of reach while all else is there."""

    away: bool = False


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> Sessions:
    """Let a test take the sessions away, and bring them back."""
    known = Sessions()

    def guarded(name: str) -> None:
        ask = getattr(DatabaseSessions, name)

        async def asked(*given: Any) -> Any:
            if known.away:
                raise Unavailable("away")
            return await ask(*given)

        monkeypatch.setattr(DatabaseSessions, name, asked)

    for name in ("read", "write", "rewrite", "touch"):
        guarded(name)
    monkeypatch.setattr(sheltered_sessions, "AWAY_SECONDS", 0.0)
    return known


def of(surname: str) -> dict[str, str]:
    """Return the answers about a synthetic person of this name."""
    return answers() | {"person.surname": surname}


async def two(intake: Running, sessions: Sessions) -> Any:
    """Fill in one referral, and in an outage, that is over then, another one; return the first one's last page."""
    await as_officer(intake)
    await fill_in(intake, of(FIRST))
    page = await intake.client.get("/referral/declaration")
    sessions.away = True
    await fill_in(intake, of(SECOND))
    sessions.away = False
    return hidden(page.text)


async def send(intake: Running, fields: dict[str, str] | None = None) -> str:
    """Send a referral, from its own last page or from that of these hidden fields; return what was sent, in words."""
    if fields is None:
        fields = hidden((await intake.client.get("/referral/declaration")).text)
    answer = await intake.client.post("/referral/declaration", data=fields | DECLARED)
    assert answer.headers["location"] == "/referral/receipt"
    return unescape((await intake.client.get("/referral/copy")).text)


async def others(intake: Running) -> list[dict[str, str]]:
    """Return what the buttons send that lead to the other referrals, by the task list."""
    root: Any = html.fromstring((await intake.client.get("/referral")).text)
    forms = root.xpath("//main//form[@action='/referral']")
    return [{one.get("name"): one.get("value") for one in each.xpath(".//input")} for each in forms]


async def go_on(intake: Running) -> None:
    """Go on with the only other referral."""
    [other] = await others(intake)
    assert (await intake.client.post("/referral", data=other)).headers["location"] == "/referral"


async def shown(intake: Running) -> str:
    """Return the page of the name as it stands."""
    return unescape((await intake.client.get(f"{PAGE}name")).text)


class TestTypedInAnOutage:
    async def test_is_not_sent_by_a_page_of_what_was_there_before(self, intake: Running, sessions: Sessions) -> None:
        of_the_first = await two(intake, sessions)
        copy = await send(intake, of_the_first)
        assert (FIRST in copy, SECOND in copy) == (True, False)
        await go_on(intake)
        assert SECOND in await send(intake)
        assert await others(intake) == []
        assert len(await rows(intake.runtime, "SELECT 1 FROM referral")) == 2

    async def test_leaves_a_saved_form_where_it_was(
        self, intake: Running, sessions: Sessions, links: list[LinkDue]
    ) -> None:
        await as_officer(intake)
        await fill_in(intake, of(FIRST))
        await post(intake, "/referral/save", {"email": ADDRESS})
        sessions.away = True
        await fill_in(intake, of(SECOND))
        sessions.away = False
        assert SECOND in await send(intake)
        assert (await intake.client.get(path_of(links[0]))).status_code == 200
        await go_on(intake)
        assert FIRST in await send(intake)
        assert (await intake.client.get(path_of(links[0]))).status_code == 404
        assert len(await rows(intake.runtime, "SELECT 1 FROM referral")) == 2

    async def test_and_sent_in_it_leaves_what_was_there_before(self, intake: Running, sessions: Sessions) -> None:
        await as_officer(intake)
        await fill_in(intake, of(FIRST))
        sessions.away = True
        await fill_in(intake, of(SECOND))
        assert SECOND in await send(intake)
        sessions.away = False
        assert FIRST in await shown(intake)
        assert FIRST in await send(intake)

    async def test_takes_no_answer_from_a_page_of_what_was_there_before(
        self, intake: Running, sessions: Sessions
    ) -> None:
        await as_officer(intake)
        await fill_in(intake, of(FIRST))
        open_before = hidden(await shown(intake)) | {"person.forenames": "Changed", "person.surname": FIRST}
        sessions.away = True
        await fill_in(intake, of(SECOND))
        early = await intake.client.post(f"{PAGE}name", data=open_before)
        assert early.status_code == 503
        assert "Changed" not in await shown(intake)
        sessions.away = False
        assert SECOND in await shown(intake)
        await intake.client.post(f"{PAGE}name", data=open_before)
        page = await shown(intake)
        assert ("Changed" in page, FIRST in page) == (True, True)
        await go_on(intake)
        page = await shown(intake)
        assert ("Changed" in page, SECOND in page) == (False, True)

    async def test_and_refused_stands_on_its_own_page_only(self, intake: Running, sessions: Sessions) -> None:
        await as_officer(intake)
        await post(intake, f"{PAGE}{BIRTH}", {"person.approximate_age": "no number"})
        sessions.away = True
        await post(intake, f"{PAGE}{BIRTH}", {"person.approximate_age": "not one either"})
        sessions.away = False
        assert "not one either" in (await intake.client.get(f"{PAGE}{BIRTH}")).text
        await go_on(intake)
        assert "no number" in (page := (await intake.client.get(f"{PAGE}{BIRTH}")).text)
        assert problems(page)


class TestSeveral:
    async def test_a_page_sent_twice_or_gone_back_to_begins_one_referral(self, intake: Running) -> None:
        first = hidden(await shown(intake))
        for surname in (FIRST, FIRST, SECOND):
            await intake.client.post(
                f"{PAGE}name", data=first | {"person.forenames": "Sample", "person.surname": surname}
            )
        assert SECOND in await shown(intake)
        assert await others(intake) == []

    async def test_a_saved_form_that_is_opened_stands_beside_what_was_begun(
        self, intake: Running, links: list[LinkDue]
    ) -> None:
        await fill_in(intake, of(FIRST))
        await post(intake, "/referral/save", {"email": ADDRESS})
        intake.client.cookies.clear()
        await fill_in(intake, of(SECOND))
        assert "takes the place" not in (await intake.client.get(path_of(links[0]))).text
        await post(intake, path_of(links[0]), {}, do="open")
        assert FIRST in await shown(intake)
        assert SECOND in (await intake.client.get("/referral")).text
        await go_on(intake)
        assert SECOND in await send(intake)
        await go_on(intake)
        assert FIRST in await send(intake)

    async def test_a_page_of_what_was_sent_begins_another(self, intake: Running) -> None:
        await fill_in(intake, of(FIRST))
        page = hidden(await shown(intake))
        await send(intake)
        await intake.client.post(f"{PAGE}name", data=page | {"person.forenames": "Sample", "person.surname": SECOND})
        assert SECOND in await shown(intake)
        await fill_in(intake, of(SECOND))
        assert SECOND in await send(intake)
        assert len(await rows(intake.runtime, "SELECT 1 FROM referral")) == 2

    async def test_are_so_many_at_most(self, intake: Running) -> None:
        await fill_in(intake, of(FIRST))
        page = hidden(await shown(intake))
        for number in range(visit.MOST_FORMS + 2):
            given = {"form_token": f"of-nothing-{number}", "person.forenames": "Sample", "person.surname": SECOND}
            await intake.client.post(f"{PAGE}name", data=page | given)
        assert len(await others(intake)) == visit.MOST_FORMS - 1
