"""The benchmarks of statistics and of notices once at a tiny scale: they run, and say what they are to say."""

from datetime import timedelta
from uuid import uuid4

import pytest

from bench import notices, statistics
from bench.frame import Settings
from bench.sink import NOTICE
from services.stats.web.routes import PAGES

TINY = Settings(rounds=1, scale=0.004)


class TestStatistics:
    def test_ten_years_are_released_and_every_page_is_visited(self) -> None:
        release, memory, pages = statistics.measure(TINY)
        assert [each.name for each in (release, memory, pages)] == [
            "statistics_release", "statistics_memory", "statistics_pages",
        ]  # fmt: skip
        assert (release.bar, pages.bar, memory.bar) == (1.0, 1.0, None)
        assert "the audit found another list of people that fits everything shown." in release.note
        addresses = [page.title for page in PAGES if page.method == "GET"]
        assert all(f"{title} " in pages.note or f"{title}?" in pages.note for title in addresses)
        assert memory.ours > 50


class TestNotices:
    def test_everything_goes_out_once_beside_a_server_that_says_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(notices, "OF_SILENT", 0.02)
        drained, doubled, overtaken, beside = notices.measure(TINY)
        assert [each.name for each in (drained, doubled, overtaken, beside)] == [
            "notices_drained", "notices_doubled", "notices_overtaken", "notices_beside_silence",
        ]  # fmt: skip
        assert (doubled.ours, overtaken.ours) == (0, 0)
        assert beside.peer == drained.ours
        assert beside.bar == notices.LEAST_SHARE


class TestSilent:
    def test_a_notice_is_told_by_its_message_id(self) -> None:
        own = uuid4()
        for written in (f"<{own}@notify.test>", f"<KM-7F3K-92QM.{own}@notify.test>"):
            found = NOTICE.search(f"From: a\r\nMessage-ID: {written}\r\n\r\nWords".encode())
            assert found is not None
            assert found[1].decode() == str(own)

    def test_the_rate_is_that_of_the_last_one(self) -> None:
        drained = notices.Drained(100, timedelta(seconds=20).total_seconds(), 0, 3, 0)
        assert drained.rate == 5
