"""Somebody who reads figures: a browser that is signed in, and what pages and files say."""

import csv
import io
import re
from dataclasses import dataclass

import httpx2

from chassis.actor import Actor, ActorKind
from chassis.session_store import DatabaseSessions
from chassis.sessions import Limits, Session, SessionKeeper, sign_in
from contracts.vocabulary import Role
from services.stats.app import service
from services.stats.clients.charts import NoCharts
from services.stats.web.views.charts import CHARTS
from tests.conftest import Running, RunningOf
from tests.stats.published_made import AREA

BOARD = Actor(
    ActorKind.PERSON, "beatrice", "Beatrice Board (synthetic)", frozenset({Role.BOARD_MEMBER}), frozenset({AREA}),
    "Board",
)  # fmt: skip
GATEWAY = Actor(
    ActorKind.PERSON, "gabriel", "Gabriel Gateway (synthetic)", frozenset({Role.GATEWAY_OFFICER}), frozenset({AREA}),
    "Police",
)  # fmt: skip
SECTORS = f"/figures/{AREA}?measure=received&by=sector&year=2026"
SECTORS_CSV = f"/releases/{AREA}/1/table.csv?measure=received&by=sector&year=2026"


@dataclass(frozen=True)
class Site:
    """Statistics as it really runs, and the browser of somebody signed in."""

    running: Running
    charts: NoCharts

    async def get(self, path: str) -> httpx2.Response:
        """Open a page."""
        return await self.running.client.get(path)

    async def text(self, path: str) -> str:
        """Return what a page says, without its tags."""
        return words_of((await self.get(path)).text)

    async def become(self, actor: Actor) -> None:
        """Sign somebody in."""
        session = Session()
        sign_in(session, actor)
        runtime = self.running.runtime
        await SessionKeeper(DatabaseSessions(runtime.database), runtime.secrets.session_secret, Limits()).keep(session)
        self.running.client.cookies.set("throughline_stats", session.token)


def words_of(page: str) -> str:
    """Return what a page says, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).strip()


def lines_of(answer: httpx2.Response) -> list[dict[str, str]]:
    """Return the lines of a file of figures."""
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def opened(running_of: RunningOf) -> Site:
    """Return statistics running, with a board member signed in, and a twin in the place of what draws charts."""
    running = await running_of(service())
    made = Site(running, NoCharts())
    running.runtime.state[CHARTS] = made.charts
    await made.become(BOARD)
    return made
