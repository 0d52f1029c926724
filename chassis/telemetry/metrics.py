"""Figures for a scraper: counters, histograms and gauges by name, written out in the Prometheus text format."""

import threading
from collections.abc import Callable, Iterable, Mapping

from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    Gauge,
    Histogram,
    HistogramDataPoint,
    InMemoryMetricReader,
    Metric,
    MetricsData,
    NumberDataPoint,
    Sum,
)
from opentelemetry.util.types import AttributeValue

from chassis.telemetry.allowed import Scalar, keep

Reading = float | Iterable[tuple[float, dict[str, Scalar]]]

_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

# One meter for the process: it holds figures in memory only and opens nothing.
_reader = InMemoryMetricReader()
_provider = MeterProvider(metric_readers=[_reader], shutdown_on_exit=False)
_meter = _provider.get_meter("throughline")
_readings: dict[str, Callable[[], Reading]] = {}
_lock = threading.Lock()


class Counter:
    """A figure that only grows."""

    def __init__(self, name: str, unit: str, description: str) -> None:
        self._instrument = _meter.create_counter(name, unit, description)

    def add(self, amount: float = 1, **attributes: Scalar) -> None:
        """Add the amount under the attributes; attributes that are not allowed are left out."""
        self._instrument.add(amount, _attributes(attributes))


class Distribution:
    """How often which size was seen."""

    def __init__(self, name: str, unit: str, description: str) -> None:
        bounds = _SECONDS if unit == "s" else None
        self._instrument = _meter.create_histogram(name, unit, description, explicit_bucket_boundaries_advisory=bounds)

    def record(self, value: float, **attributes: Scalar) -> None:
        """Note one value in the unit of the histogram."""
        self._instrument.record(value, _attributes(attributes))


def counter(name: str, unit: str = "1", description: str = "") -> Counter:
    """Return a counter named like `triage.case.opened`; asking again for the same name adds to the same figure."""
    return Counter(name, unit, description)


def histogram(name: str, unit: str = "s", description: str = "") -> Distribution:
    """Return a histogram named like `web.request.duration`."""
    return Distribution(name, unit, description)


def gauge(name: str, callback: Callable[[], Reading], unit: str = "1", description: str = "") -> None:
    """Offer a figure read when somebody asks: a number, or (number, attributes) pairs. The last callback counts."""
    with _lock:
        known = name in _readings
        _readings[name] = callback
    if not known:
        _meter.create_observable_gauge(name, [lambda _options: _observe(name, _options)], unit, description)


def metrics_text() -> str:
    """Return every figure of this process in the Prometheus text format 0.0.4."""
    with _lock:
        data = _reader.get_metrics_data()
    if not isinstance(data, MetricsData):
        return ""
    metrics = [
        metric
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    ]  # fmt: skip
    return "".join(f"{line}\n" for metric in metrics for line in _lines(metric))


def _observe(name: str, _options: CallbackOptions) -> list[Observation]:
    try:
        reading = _readings[name]()
    except Exception:  # noqa: BLE001 - one broken figure must not take the others away from the scraper
        return []
    if isinstance(reading, int | float):
        return [Observation(reading)]
    return [Observation(value, _attributes(attributes)) for value, attributes in reading]


def _attributes(attributes: dict[str, Scalar]) -> dict[str, AttributeValue]:
    return dict(keep(attributes).facts)


def _lines(metric: Metric) -> list[str]:
    data = metric.data
    name = _identifier(metric.name)
    if isinstance(data, Histogram):
        points = [line for point in data.data_points for line in _buckets(name, point)]
        return [*_heading(name, "histogram", metric.description), *points]
    if isinstance(data, Sum | Gauge):
        kind = "counter" if isinstance(data, Sum) else "gauge"
        name = f"{name}_total" if kind == "counter" else name
        numbers = [point for point in data.data_points if isinstance(point, NumberDataPoint)]
        values = [f"{name}{_labels(point.attributes)} {point.value}" for point in numbers]
        return [*_heading(name, kind, metric.description), *values]
    return []


def _heading(name: str, kind: str, description: str | None) -> list[str]:
    words = (description or name).replace("\\", "\\\\").replace("\n", " ")
    return [f"# HELP {name} {words}", f"# TYPE {name} {kind}"]


def _buckets(name: str, point: object) -> list[str]:
    if not isinstance(point, HistogramDataPoint):
        return []
    lines: list[str] = []
    seen = 0
    for bound, count in zip([*map(str, point.explicit_bounds), "+Inf"], point.bucket_counts, strict=True):
        seen += count
        lines.append(f"{name}_bucket{_labels(point.attributes, le=bound)} {seen}")
    labels = _labels(point.attributes)
    return [*lines, f"{name}_sum{labels} {point.sum}", f"{name}_count{labels} {point.count}"]


def _labels(attributes: Mapping[str, object] | None, **more: str) -> str:
    pairs = {**{_identifier(key): str(value) for key, value in (attributes or {}).items()}, **more}
    if not pairs:
        return ""
    escaped = (f'{key}="{_escape(value)}"' for key, value in sorted(pairs.items()))
    return "{" + ",".join(escaped) + "}"


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")


def _identifier(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name)
