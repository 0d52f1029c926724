"""The pages of statistics: a release made by a button, its tables, its file, and nothing that could be subtracted."""

import csv
import io
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from chassis import clock
from chassis.actor import Actor, ActorKind
from chassis.broker import Message
from chassis.session_store import DatabaseSessions
from chassis.sessions import Limits, Session, SessionKeeper, sign_in
from contracts.channel.statistics import CaseCounted
from contracts.envelope import Event
from contracts.intake.statistics import ReferralCounted
from contracts.triage.statistics import DecisionCounted
from contracts.vocabulary import AgeBand, Door, Gender, Outcome, Role, Sector
from services.stats.app import service
from services.stats.handlers import handlers
from tests.conftest import Running, RunningOf

AREA = "kent-and-medway"
BOARD = Actor(
    ActorKind.PERSON,
    "beatrice",
    "Beatrice Board (synthetic)",
    frozenset({Role.BOARD_MEMBER}),
    frozenset({AREA}),
    "Board",
)


@dataclass(frozen=True)
class Site:
    """Statistics as it really runs, a board member's browser, and the means to move time."""

    running: Running
    clock_file: Path

    async def get(self, path: str) -> httpx2.Response:
        """Open a page."""
        return await self.running.client.get(path)

    async def make_release(self) -> httpx2.Response:
        """Press the button."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', (await self.get("/")).text)
        assert token is not None
        return await self.running.client.post("/releases", data={"csrf_token": token[1], "area": AREA})

    async def count(self, event: Event) -> None:
        """Give an event to its handler as the inbox does."""
        message = Message(uuid4(), event.wire_type, event.topic, uuid4(), AREA, "2026-01", None, None, clock.now())
        found = handlers.find(event.wire_type)
        assert found is not None
        async with self.running.runtime.database.transaction(Actor.service("stats")) as session:
            await found[1](session, event, message)

    def later(self) -> None:
        """Move time on to the middle of the next month, when this one is closed and no other."""
        today = clock.today()
        clock.shift(self.clock_file, (today.replace(day=1) + timedelta(days=31)).replace(day=15) - today)
        clock.configure(self.running.runtime.settings)


@pytest.fixture
async def site(running_of: RunningOf, tmp_path: Path) -> AsyncIterator[Site]:
    """Return statistics running, with a board member signed in."""
    running = await running_of(service(), clock_file=tmp_path / "clock.json")
    session = Session()
    sign_in(session, BOARD)
    runtime = running.runtime
    await SessionKeeper(DatabaseSessions(runtime.database), runtime.secrets.session_secret, Limits()).keep(session)
    running.client.cookies.set("throughline_stats", session.token)
    yield Site(running, tmp_path / "clock.json")
    (tmp_path / "clock.json").unlink(missing_ok=True)
    clock.configure(runtime.settings)


def received(sector: Sector = Sector.EDUCATION, band: AgeBand = AgeBand.FROM_11) -> ReferralCounted:
    return ReferralCounted(
        month=f"{clock.today():%Y-%m}", version=1, door=Door.WEB, sector=sector, age_band=band, gender=Gender.MALE,
        district="Thanet",
    )  # fmt: skip


async def count_some(site: Site) -> None:
    for _ in range(8):
        await site.count(received())
    for _ in range(7):
        await site.count(received(Sector.HEALTH, AgeBand.FROM_16))
    for _ in range(2):
        await site.count(received(Sector.POLICE, AgeBand.FROM_51))
    for _ in range(6):
        await site.count(
            DecisionCounted(month=f"{clock.today():%Y-%m}", version=1, outcome=Outcome.CLOSED, days_since_receipt=3)
        )
    await site.count(
        CaseCounted(month=f"{clock.today():%Y-%m}", version=1, outcome=Outcome.PACK_ACCEPTED, days_since_receipt=9)
    )


class TestReleases:
    async def test_the_running_month_is_not_released_and_the_page_says_how_to_move_time(self, site: Site) -> None:
        await count_some(site)
        page = (await site.get("/")).text
        assert "throughline clock +2months" in page
        assert "Make the release" not in page
        assert "No closed month is waiting" in (await _after(site, await site.make_release()))

    async def test_never_shows_a_live_count(self, site: Site) -> None:
        before = (await site.get("/")).text
        await count_some(site)
        after = (await site.get("/")).text
        plain = [re.sub(r'value="[^"]*"', "", text) for text in (before, after)]
        assert plain[0] == plain[1]

    async def test_a_closed_month_is_released_by_the_button(self, site: Site) -> None:
        await count_some(site)
        site.later()
        made = await site.make_release()
        assert made.headers["location"].endswith(f"/releases/{AREA}/1")
        page = (await site.get(made.headers["location"])).text
        assert "The number for whom the answer is known is hidden" in page
        assert re.findall(r"divide it by ([^:]*):", page) == ["6"], "A hidden number is no divisor."
        assert "a fact that arrives later is counted in no release" in page
        assert "[c]" in page
        assert "11 to 15" in page
        assert "Referrals received, by age band" in page
        assert {"Withdrawn", "Transferred to another force or panel"} <= set(
            re.findall(r'scope="row"[^>]*>([^<]+)<', page)
        )
        assert "Kent and Medway, release 1" in (await site.get("/")).text

    async def test_the_file_holds_what_the_page_holds(self, site: Site) -> None:
        await count_some(site)
        site.later()
        await site.make_release()
        answer = await site.get(f"/releases/{AREA}/1/tables.csv")
        assert answer.headers["content-type"].startswith("text/csv")
        lines = list(csv.DictReader(io.StringIO(answer.text)))
        by_sector = {line["category"]: line["count"] for line in lines if line["table"] == "received-by-sector"}
        assert by_sector["police"] == "[c]"
        assert by_sector["all"] == "17"
        shown = [int(line["count"]) for line in lines if line["count"] != "[c]"]
        assert min(shown) >= 5

    async def test_a_release_that_is_not_there_is_said_so(self, site: Site) -> None:
        for path in (f"/releases/{AREA}/9", f"/releases/{AREA}/x", "/releases/northmere/1"):
            assert (await site.get(path)).status_code == 404

    async def test_another_area_cannot_be_released(self, site: Site) -> None:
        token = re.search(r'name="csrf_token" value="([^"]+)"', (await site.get("/")).text)
        assert token is not None
        answer = await site.running.client.post("/releases", data={"csrf_token": token[1], "area": "northmere"})
        assert answer.status_code == 404


async def _after(site: Site, answer: httpx2.Response) -> str:
    assert answer.status_code == 303
    return (await site.get(answer.headers["location"])).text
