"""The auditor finds what is left unprotected, and nothing in what is protected: it shares no code with what hides."""

import asyncio

import pytest

from services.stats.clients import auditor
from services.stats.clients.audit_worker import audit
from services.stats.clients.auditor import WorkerAuditor
from services.stats.domain.auditing import AuditAsked, AuditFailed, Published, Recovered
from services.stats.domain.tables import PublishedRow, PublishedTable

APRIL, MAY, JUNE, QUARTER = "2026-04", "2026-05", "2026-06", "2026-Q1"


def table(
    rows: dict[str, tuple[int | None, ...]], totals: tuple[int | None, ...], periods: tuple[str, ...] = (APRIL,)
) -> PublishedTable:
    """Return a published table of referrals received by sector."""
    published = tuple(PublishedRow(name, counts) for name, counts in rows.items())
    return PublishedTable("received", "sector", "2026", periods, published, totals, totals)


def found(*releases: Published, round_to: int = 1) -> tuple[Recovered, ...]:
    """Return what the auditor finds out."""
    return audit(AuditAsked(releases, round_to)).recovered


class TestAudit:
    def test_finds_one_hidden_cell_of_a_column(self) -> None:
        alone = table({"education": (20,), "health": (None,)}, (22,))
        assert found(Published((alone,))) == (Recovered("received/sector/2026", "health", APRIL, 2),)

    def test_finds_noughts_that_nothing_else_could_be(self) -> None:
        noughts = table({"education": (20,), "health": (None,), "police": (None,)}, (20,))
        assert {each.value for each in found(Published((noughts,)))} == {0}

    def test_finds_nothing_where_two_cells_share_what_is_left(self) -> None:
        assert found(Published((table({"education": (20,), "health": (None,), "police": (None,)}, (23,)),))) == ()

    def test_finds_a_month_by_its_quarter(self) -> None:
        rows: dict[str, tuple[int | None, ...]] = {
            "education": (None, 10, 10, 29),
            "health": (None, 10, 10, 22),
        }
        periods = (APRIL, MAY, JUNE, QUARTER)
        shown = Published((table(rows, (11, 20, 20, 51), periods),))
        assert {each.value for each in found(shown)} == {9, 2}

    def test_finds_what_a_later_release_gives_away(self) -> None:
        first = Published((table({"education": (None,), "health": (None,), "police": (20,)}, (27,)),))
        later = Published((table({"education": (None,), "health": (5,), "police": (20,)}, (27,)),))
        assert found(first) == ()
        assert [each.value for each in found(first, later)] == [2]

    def test_takes_a_restated_month_as_another_figure(self) -> None:
        first = Published((table({"education": (None,), "health": (None,), "police": (20,)}, (27,)),))
        again = table({"education": (None,), "health": (None,), "police": (26,)}, (33,))
        assert found(first, Published((again,), (("received", APRIL),))) == ()

    def test_counts_what_cannot_all_be_true_as_found_out(self) -> None:
        assert found(Published((table({"education": (20,), "health": (None,)}, (10,)),)))

    def test_leaves_room_for_rounding(self) -> None:
        rounded = table({"education": (20,), "health": (None,)}, (25,))
        assert found(Published((rounded,)))
        assert found(Published((rounded,)), round_to=5) == ()


class TestWorkerAuditor:
    def test_answers_from_a_process_of_its_own(self) -> None:
        asked = AuditAsked((Published((table({"education": (20,), "health": (None,)}, (22,)),)),))
        verdict = asyncio.run(WorkerAuditor().audit(asked))
        assert (verdict.tried, verdict.is_clean, verdict.recovered[0].value) == (1, False, 2)

    def test_refuses_where_there_is_no_answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(auditor, "WORKER", "services.stats.clients.nothing_here")
        with pytest.raises(AuditFailed):
            asyncio.run(WorkerAuditor().audit(AuditAsked((Published(()),))))
