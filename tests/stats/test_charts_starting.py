"""Starting the process that draws charts is one thing, drawing is another: each has its own time."""

import subprocess
from dataclasses import replace
from typing import Any

import pytest

from services.stats.clients import charts as charts_client
from services.stats.clients.charts import ChartNotDrawn, WorkerCharts
from services.stats.domain.charting import Chart, ChartKind, Point
from tests.stats import slow_charts_worker

CHART = Chart(ChartKind.BARS, "0", "Words.", (Point("place", "", 7),))


def test_one_that_does_not_start_is_ended_and_not_started_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts_client, "WORKER", "http.server")
    begun: list[Any] = []
    popen = subprocess.Popen

    def noting(*given: Any, **more: Any) -> Any:
        begun.append(given)
        return popen(*given, **more)

    monkeypatch.setattr(subprocess, "Popen", noting)
    made = WorkerCharts(start_seconds=0.3)
    with pytest.raises(ChartNotDrawn):
        made.svg("a", CHART)
    assert not made.running
    assert len(begun) == 1


def test_its_start_is_waited_for_longer_than_a_chart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts_client, "WORKER", slow_charts_worker.__name__)
    made = WorkerCharts(patience_seconds=0.8 * slow_charts_worker.START_SECONDS)
    assert made.svg("quick", CHART) == b"<svg/>"
    made.close()


def test_one_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts_client, "WORKER", slow_charts_worker.__name__)
    made = WorkerCharts(patience_seconds=0.3)
    with pytest.raises(ChartNotDrawn):
        made.svg("slow", replace(CHART, title="600"))
    assert not made.running
