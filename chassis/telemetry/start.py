"""Switching telemetry on when a process starts and off when it ends."""

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased

from chassis.telemetry.exporting import Delivery, otlp_exporter
from chassis.telemetry.logs import configure_logs
from chassis.telemetry.sampling import Measured
from chassis.telemetry.tracing import use_provider


def configure(
    service: str, *, endpoint: str = "", credential: str = "", sample_ratio: float = 1.0, log_level: str = "INFO"
) -> None:
    """Write logs as JSON lines and, when an endpoint is given, send spans to it; may be called again.

    `endpoint` is the full URL of an OTLP/HTTP receiver ("" sends nothing), `credential` goes there as bearer,
    `sample_ratio` is the share of new journeys that are traced (0 to 1) while few begin (`chassis.telemetry.sampling`),
    `log_level` a name such as INFO.
    """
    configure_logs(service, log_level)
    exporter = otlp_exporter(endpoint, credential) if endpoint else None
    start_tracing(service, exporter, sample_ratio)


def start_tracing(service: str, exporter: SpanExporter | None, sample_ratio: float = 1.0) -> None:
    """Send the spans of this service to the exporter from now on; those of the provider before are sent first."""
    provider = TracerProvider(
        sampler=ParentBased(Measured(sample_ratio)),
        resource=Resource({"service.name": service}),
        shutdown_on_exit=True,
    )
    if exporter is not None:
        provider.add_span_processor(Delivery(exporter))
    use_provider(provider).shutdown()


def shutdown() -> None:
    """Send the spans that wait and stop sending; spans keep having ids."""
    use_provider(TracerProvider(resource=Resource({}), shutdown_on_exit=False)).shutdown()
