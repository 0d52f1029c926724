"""The pages on which two analysts make a release: nobody alone, nothing before it is computed, no word lost."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from chassis import clock
from chassis.actor import Actor
from chassis.session_store import DatabaseSessions
from chassis.sessions import Limits, Session, SessionKeeper, sign_in
from contracts.vocabulary import Role
from services.stats.app import service
from tests.conftest import Running, RunningOf, eventually
from tests.stats.counted_made import KENT, decided, many, put, received
from tests.stats.drafted import ANNA, ARNO
from tests.stats.trusting import trusted

DRAFT = f"/drafts/{KENT}/1"


@dataclass(frozen=True)
class Desk:
    """Statistics as it really runs, its job too, and the browsers of several people."""

    running: Running
    tokens: dict[str, str]

    async def get(self, path: str, by: Actor = ANNA) -> httpx2.Response:
        """Open a page as somebody."""
        self.running.client.cookies.set("throughline_stats", self.tokens[by.id])
        return await self.running.client.get(path)

    async def post(self, path: str, by: Actor = ANNA, *, at: str = "/releases", **given: str) -> httpx2.Response:
        """Send a form as somebody, with the token of the page that it stands on."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', (await self.get(at, by)).text)
        assert token is not None
        return await self.running.client.post(path, data={"csrf_token": token[1], **given})

    async def drafted(self, draft: str = DRAFT) -> None:
        """Begin a draft as Anna and wait until the job has computed it."""
        answer = await self.post("/releases", area=KENT, kind="regular")
        assert answer.headers["location"].endswith(draft), answer.text

        async def is_ready() -> bool:
            return "It waits for a second person" in (await self.get(draft)).text

        await eventually(is_ready, 60)


BOARD = Actor(
    ANNA.kind, "beatrice", "Beatrice Board (synthetic)", frozenset({Role.BOARD_MEMBER}), frozenset({KENT}), "Board"
)


@pytest.fixture
async def desk(running_of: RunningOf, tmp_path: Path) -> AsyncIterator[Desk]:
    """Return statistics with facts of the month before, and three people signed in."""
    running = await running_of(service(), clock_file=tmp_path / "clock.json")
    runtime = trusted(running.runtime)
    tokens = {}
    for person in (ANNA, ARNO, BOARD):
        session = Session()
        sign_in(session, person)
        await SessionKeeper(DatabaseSessions(runtime.database), runtime.secrets.session_secret, Limits()).keep(session)
        tokens[person.id] = session.token
    today = clock.today()
    month = f"{today:%Y-%m}"
    await put(runtime, *many(40, received(month)), *many(12, received(month, sector="health")))
    await put(runtime, *many(3, received(month, sector="police")), *many(20, decided("closed", month)))
    clock.shift(tmp_path / "clock.json", (today.replace(day=1) + timedelta(days=31)).replace(day=15) - today)
    clock.configure(runtime.settings)
    yield Desk(running, tokens)
    (tmp_path / "clock.json").unlink(missing_ok=True)
    clock.configure(runtime.settings)


class TestReleases:
    async def test_offers_a_draft_to_an_analyst_and_not_to_the_board(self, desk: Desk) -> None:
        assert "Draft the release" in (await desk.get("/releases")).text
        assert "Draft the release" not in (await desk.get("/releases", BOARD)).text

    async def test_the_board_cannot_make_one(self, desk: Desk) -> None:
        token = re.search(r'name="csrf_token" value="([^"]+)"', (await desk.get("/", BOARD)).text)
        assert token is not None
        answer = await desk.running.client.post("/releases", data={"csrf_token": token[1], "area": KENT})
        assert answer.status_code == 403
        assert (await desk.get(DRAFT, BOARD)).status_code == 403

    async def test_another_area_cannot_be_drafted(self, desk: Desk) -> None:
        assert (await desk.post("/releases", area="northmere", kind="regular")).status_code == 404

    async def test_never_shows_a_live_count(self, desk: Desk) -> None:
        before = (await desk.get("/releases")).text
        await put(desk.running.runtime, *many(9, received(f"{clock.today():%Y-%m}")))
        after = (await desk.get("/releases")).text
        plain = [re.sub(r'value="[^"]*"', "", text) for text in (before, after)]
        assert plain[0] == plain[1]


class TestDraft:
    async def test_shows_how_far_it_is_its_figures_and_what_is_hidden(self, desk: Desk) -> None:
        await desk.drafted()
        page = (await desk.get(DRAFT)).text
        assert "Counts below 5 are hidden" in page
        assert "Referrals received, by sector" in page
        table = (await desk.get(f"{DRAFT}/table?table=received/sector/{_year()}")).text
        assert "Education" in table
        assert "[c]" in table

    async def test_a_table_that_is_not_there_is_said_so(self, desk: Desk) -> None:
        await desk.drafted()
        assert (await desk.get(f"{DRAFT}/table?table=received/shoe-size/2026")).status_code == 404
        for path in (f"/drafts/{KENT}/9", f"/drafts/{KENT}/x", "/drafts/northmere/1"):
            assert (await desk.get(path)).status_code == 404

    async def test_a_second_draft_is_refused_with_a_sentence(self, desk: Desk) -> None:
        await desk.drafted()
        answer = await desk.post("/releases", at=DRAFT, area=KENT, kind="regular")
        assert "has a draft already" in (await desk.get(answer.headers["location"])).text


class TestSignOff:
    async def test_makes_it_public(self, desk: Desk) -> None:
        await desk.drafted()
        assert (await desk.get(f"/releases/{KENT}/1", BOARD)).status_code == 404
        answer = await desk.post(f"{DRAFT}/sign-off", ARNO, at=DRAFT, statement="SYNTHETIC: read.")
        assert answer.headers["location"].endswith(f"/releases/{KENT}/1")
        assert (await desk.get(f"/releases/{KENT}/1", BOARD)).status_code == 200
        listed = (await desk.get("/releases", BOARD)).text
        assert "Anna Analyst" in listed
        assert "Arno Analyst" in listed
        assert "SYNTHETIC: read." in (await desk.get(DRAFT)).text

    async def test_whoever_drafted_is_told_who_must_sign(self, desk: Desk) -> None:
        await desk.drafted()
        assert "somebody else must sign it off" in (await desk.get(DRAFT)).text
        answer = await desk.post(f"{DRAFT}/sign-off", at=DRAFT, statement="SYNTHETIC: my own work.")
        assert answer.status_code == 409
        assert "somebody else must sign it off" in answer.text
        assert "SYNTHETIC: my own work." in answer.text

    async def test_an_empty_statement_is_said_beside_the_field(self, desk: Desk) -> None:
        await desk.drafted()
        answer = await desk.post(f"{DRAFT}/sign-off", ARNO, at=DRAFT, statement=" ")
        assert answer.status_code == 422
        assert "Say in a sentence what you have looked at" in answer.text


class TestDiscard:
    async def test_asks_why_and_lets_the_months_wait_again(self, desk: Desk) -> None:
        await desk.drafted()
        answer = await desk.post(f"{DRAFT}/discard", at=DRAFT, reason="")
        assert "Say in a sentence why" in answer.text
        await desk.post(f"{DRAFT}/discard", at=DRAFT, reason="SYNTHETIC: begun too early.")
        assert "Draft the release" in (await desk.get("/releases")).text
        assert "SYNTHETIC: begun too early." in (await desk.get(DRAFT)).text

    async def test_leaves_nothing_to_read_that_a_later_release_could_be_subtracted_from(self, desk: Desk) -> None:
        await desk.drafted()
        before = (await desk.get(DRAFT)).text
        assert "Totals, " in before
        assert (await desk.get(f"{DRAFT}/table?table=received/{_year()}")).status_code == 200
        await desk.post(f"{DRAFT}/discard", at=DRAFT, reason="SYNTHETIC: begun too early.")
        after = (await desk.get(DRAFT)).text
        assert "SYNTHETIC: begun too early." in after
        assert "What was computed is not shown any more" in after
        assert not any(each in after for each in ("Totals, ", "Digest of the frozen text", "The audit tried"))
        assert (await desk.get(f"{DRAFT}/table?table=received/{_year()}")).status_code == 404

    async def test_the_draft_that_comes_instead_is_shown_with_its_own_figures(self, desk: Desk) -> None:
        table, instead = f"table?table=received/{_year()}", f"/drafts/{KENT}/2"
        await desk.drafted()
        assert ">55<" in (await desk.get(f"{DRAFT}/{table}")).text
        await desk.post(f"{DRAFT}/discard", at=DRAFT, reason="SYNTHETIC: begun too early.")
        await put(desk.running.runtime, *many(9, received(_month_before())))
        await desk.drafted(instead)
        for by in (ANNA, ARNO):
            page = (await desk.get(f"{instead}/{table}", by)).text
            assert ">64<" in page
            assert ">55<" not in page
            assert (await desk.get(f"{DRAFT}/{table}", by)).status_code == 404


class TestProof:
    async def test_is_made_by_itself_and_again_when_somebody_asks(self, desk: Desk) -> None:
        await desk.drafted()
        await desk.post(f"{DRAFT}/sign-off", ARNO, at=DRAFT, statement="SYNTHETIC: read.")
        release = f"/releases/{KENT}/1"

        async def proved() -> bool:
            page = (await desk.get(release)).text
            return "the log gives the same text." in page and "being computed now" not in page

        await eventually(proved, 60)
        assert "Compute it again now" not in (await desk.get(release, BOARD)).text
        await desk.post(f"{release}/prove", at=release)
        await eventually(proved, 60)


class TestCorrection:
    async def test_is_offered_once_something_is_released(self, desk: Desk) -> None:
        assert "nothing to correct" in (await desk.get(f"/drafts/{KENT}/correction")).text
        await desk.drafted()
        await desk.post(f"{DRAFT}/sign-off", ARNO, at=DRAFT, statement="SYNTHETIC: read.")
        page = f"/drafts/{KENT}/correction"
        answer = await desk.post("/releases", at=page, area=KENT, kind="correction", first="", last="2026-01")
        assert answer.status_code == 422
        assert "Choose the first month" in answer.text
        assert "Choose the last month" not in answer.text
        answer = await desk.post("/releases", at=page, area=KENT, kind="correction", first="", last="")
        for name in ("first", "last"):
            assert f'<a href="#{name}">Choose the {name} month that the correction states again</a>' in answer.text
        month = _month_before()
        answer = await desk.post("/releases", at=page, area=KENT, kind="correction", first=month, last=month)
        assert answer.headers["location"].endswith(f"/drafts/{KENT}/2")
        assert "Draft of correction 2" in (await desk.get(f"/drafts/{KENT}/2")).text


def _month_before() -> str:
    return f"{clock.today().replace(day=1) - timedelta(days=1):%Y-%m}"


def _year() -> str:
    year, month = map(int, _month_before().split("-"))
    return str(year if month >= 4 else year - 1)
