"""The pack on pages: one click, progress, three files; who may, what is said where there is none, what is audited."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import httpx2
import pytest
from sqlalchemy import text

from chassis.actor import Actor
from chassis.app import Runtime
from services.stats.domain.pack import PackKind, PackOf, PackState
from services.stats.jobs.packs import PACKER, packs
from services.stats.operations.packs import ask_pack
from services.stats.queries.packs import PackFound, pack_file, pack_found
from tests.conftest import RunningOf, eventually
from tests.stats.packed import QUARTER, NoPacker, released
from tests.stats.published_made import AREA, content, publish
from tests.stats.reading import BOARD, GATEWAY, Site, opened

NOW = datetime(2027, 5, 20, 9, tzinfo=UTC)
PACK = f"/packs/{AREA}/3/{QUARTER}"
OF = PackOf(AREA, 3, QUARTER)
FILES = {"pdf": b"%PDF-", "ods": b"PK ods", "csv": b"PK csv"}


@pytest.fixture
async def site(running_of: RunningOf) -> Site:
    """Return statistics with three years released, and a twin in the place of what writes files."""
    site = await opened(running_of)
    site.running.runtime.state[PACKER] = NoPacker()
    for each in released():
        await publish(site.running.runtime, each)
    return site


async def click(site: Site, *, at: str = "/packs", **given: str) -> httpx2.Response:
    """Send the form with the token of the page that it stands on."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', (await site.get(at)).text)
    assert token is not None
    return await site.running.client.post("/packs", data={"csrf_token": token[1], **given})


async def ready(site: Site) -> None:
    """Wait until the job has made the pack."""

    async def is_ready() -> bool:
        return "The document (PDF)" in (await site.get(PACK)).text

    await eventually(is_ready, 60)


async def audited(runtime: Runtime) -> list[tuple[str, str, str]]:
    """Return which actions of packs were audited, of whom, and of which file."""
    async with runtime.database.transaction(Actor.service("stats")) as session:
        rows = await session.rows(
            text("SELECT action, actor_id, facts FROM audit_entry WHERE action LIKE 'pack.%' ORDER BY at, action")
        )
    return [(row.action, row.actor_id, dict(row.facts).get("kind", "")) for row in rows]


class TestOneClick:
    @pytest.mark.parametrize("at", ["/packs", f"/?period={QUARTER}"])
    async def test_makes_the_three_files(self, site: Site, at: str) -> None:
        page = (await site.get(at)).text
        assert "Make the pack for" in page
        answer = await click(site, at=at, area=AREA, quarter=QUARTER)
        assert (answer.status_code, answer.headers["location"]) == (303, PACK)
        await ready(site)
        for kind, content_ in FILES.items():
            fetched = await site.get(f"{PACK}/{kind}")
            assert fetched.content == content_
            ending = "zip" if kind == "csv" else kind
            name = f"throughline-{AREA}-{QUARTER}-release-3-pack.{ending}"
            assert fetched.headers["content-disposition"] == f'attachment; filename="{name}"'

    async def test_is_audited_and_so_is_each_download(self, site: Site) -> None:
        await click(site, area=AREA, quarter=QUARTER)
        await ready(site)
        await site.get(f"{PACK}/pdf")
        assert set(await audited(site.running.runtime)) == {
            ("pack.ask", BOARD.id, ""), ("pack.make", "stats/packs", ""), ("pack.download", BOARD.id, "pdf"),
        }  # fmt: skip

    async def test_is_not_there_for_a_month_or_a_year(self, site: Site) -> None:
        for period in ("2026-07", "2026"):
            assert "Make the pack for" not in (await site.get(f"/?period={period}")).text

    async def test_lists_the_pack_with_its_release(self, site: Site) -> None:
        await click(site, area=AREA, quarter=QUARTER)
        await ready(site)
        said = await site.text("/packs")
        assert "July to September 2026 , release 3 Release 3 Beatrice Board (synthetic)" in said

    async def test_of_an_older_release_says_that_there_is_a_newer_one(self, site: Site) -> None:
        await click(site, area=AREA, quarter=QUARTER)
        await ready(site)
        await publish(site.running.runtime, replace(content(4, "2026"), suppress_below=6))
        assert "as of release 3. Release 4 is the newest" in await site.text(PACK)


class TestRefusals:
    @pytest.mark.parametrize("quarter", ["2027-Q1", "2026", "2026-07", "' OR 1", "x" * 40, ""])
    async def test_what_is_no_released_quarter_is_said(self, site: Site, quarter: str) -> None:
        answer = await click(site, area=AREA, quarter=quarter)
        assert answer.status_code == 422
        assert "quarter" in answer.text

    async def test_another_area_is_not_there(self, site: Site) -> None:
        assert (await click(site, area="northmere", quarter=QUARTER)).status_code == 404
        assert (await site.get(f"/packs/northmere/3/{QUARTER}")).status_code == 404

    @pytest.mark.parametrize("path", ["", "/pdf", "/exe", "/../3"])
    async def test_a_pack_that_nobody_asked_for_is_not_there(self, site: Site, path: str) -> None:
        assert (await site.get(f"{PACK}{path}")).status_code == 404

    async def test_whoever_may_not_read_releases_may_not_make_packs(self, site: Site) -> None:
        await click(site, area=AREA, quarter=QUARTER)
        await ready(site)
        await site.become(GATEWAY)
        for path in ("/packs", PACK, f"{PACK}/pdf"):
            assert (await site.get(path)).status_code == 403

    async def test_an_area_without_a_whole_quarter_says_what_to_do(self, running_of: RunningOf) -> None:
        site = await opened(running_of)
        await publish(site.running.runtime, content(1, "2026", 2))
        said = await site.text("/packs")
        assert "No quarter of Kent and Medway is released yet" in said
        assert "Make the pack for" not in said


class TestJob:
    async def test_says_how_far_it_is_and_fails_in_a_sentence(self, stats: Runtime) -> None:
        await _published(stats)
        stats.state[PACKER] = NoPacker(fails=True)
        await _ask(stats)
        assert (await _found(stats)).state is PackState.MAKING
        await packs(stats, NOW)
        found = await _found(stats)
        assert (found.state, found.step, found.progress) == (PackState.FAILED, "Setting the pages of the document", 75)
        assert "ask for it once more" in found.words

    async def test_does_not_write_again_what_would_say_the_same(self, stats: Runtime) -> None:
        await _published(stats)
        packer = stats.state[PACKER] = NoPacker()
        for _ in range(2):
            await _ask(stats)
            await packs(stats, NOW)
        assert len(packer.asked) == 1
        assert (await _found(stats)).state is PackState.READY

    async def test_writes_real_files_in_a_process_of_its_own(self, stats: Runtime) -> None:
        await _published(stats)
        await _ask(stats)
        await packs(stats, NOW)
        async with stats.database.transaction(BOARD) as session:
            begins = {kind: (await pack_file(session, OF, kind))[:4] for kind in PackKind}
        assert begins == {PackKind.PDF: b"%PDF", PackKind.ODS: b"PK\x03\x04", PackKind.CSV: b"PK\x03\x04"}

    async def test_asked_for_twice_at_once_is_made_once(self, stats: Runtime) -> None:
        await _published(stats)
        packer = stats.state[PACKER] = NoPacker()
        for _ in range(2):
            await _ask(stats)
        await packs(stats, NOW)
        assert len(packer.asked) == 1

    async def test_keeps_to_the_release_that_was_asked_for(self, stats: Runtime) -> None:
        await _published(stats)
        packer = stats.state[PACKER] = NoPacker()
        await _ask(stats)
        await publish(stats, replace(content(4, "2026"), suppress_below=6))
        await packs(stats, NOW)
        assert [each.release for each in packer.asked] == [3]


async def _published(stats: Runtime) -> None:
    for each in released():
        await publish(stats, each)


async def _ask(stats: Runtime) -> None:
    async with stats.database.transaction(BOARD) as session:
        await ask_pack(session, OF, now=NOW)


async def _found(stats: Runtime) -> PackFound:
    async with stats.database.transaction(BOARD) as session:
        return await pack_found(session, OF)
