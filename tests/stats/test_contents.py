"""What was frozen is taken apart once, and is shown as long as whoever asks may read it and no longer."""

from collections import OrderedDict
from dataclasses import replace

import pytest

from chassis.app import Runtime
from services.stats import operations, queries
from services.stats.domain.releases import DraftAbsent
from services.stats.domain.tables import ReleaseContent
from services.stats.jobs.drafts import drafts
from services.stats.queries import contents
from tests.stats.counted_made import DECEMBER, JOB, KENT, NORTHMERE, many, put, received
from tests.stats.drafted import ANNA, computed, found, opened, sign


async def shelved(stats: Runtime) -> ReleaseContent:
    """Return the newest release as the board reads it."""
    async with stats.database.transaction(JOB) as session:
        shelf = await queries.shelf_of(session, KENT)
    assert shelf is not None
    return shelf.newest.content


class TestContent:
    async def test_of_a_draft_is_taken_apart_once_for_whoever_reads_it_and_then_for_the_board(
        self, stats: Runtime
    ) -> None:
        await put(stats, *many(20, received()))
        draft = await computed(stats)
        assert draft.content is not None
        assert (await found(stats, 1)).content is draft.content
        await sign(stats, 1)
        assert (await found(stats, 1)).content is draft.content
        assert await shelved(stats) is draft.content

    async def test_is_there_once_the_draft_is_computed_and_gone_once_it_is_discarded(self, stats: Runtime) -> None:
        await put(stats, *many(20, received()))
        await opened(stats)
        assert (await found(stats, 1)).content is None
        await drafts(stats, DECEMBER)
        assert (await found(stats, 1)).content is not None
        async with stats.database.transaction(ANNA) as session:
            await operations.discard(session, KENT, 1, "SYNTHETIC: begun too early.", now=DECEMBER)
        gone = await found(stats, 1)
        assert (gone.content, gone.digest, gone.verdict) == (None, "", "")

    async def test_that_somebody_has_read_is_not_there_for_another_area(self, stats: Runtime) -> None:
        await put(stats, *many(20, received()))
        assert (await computed(stats)).content is not None
        async with stats.database.transaction(replace(ANNA, areas=frozenset({NORTHMERE}))) as session:
            with pytest.raises(DraftAbsent):
                await queries.draft_found(session, KENT, 1)

    def test_that_was_not_read_for_longest_makes_room(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(contents, "MOST_KEPT", 2)
        kept: OrderedDict[str, int] = OrderedDict()
        for key in ("first", "second", "first", "third"):
            contents.remembered(kept, key, 1)
        assert list(kept) == ["first", "third"]
