"""Which new journeys are traced: all of them while few begin, and under load only as many as cost little."""

import time
from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult, TraceIdRatioBased

PER_SECOND = 20.0
"""So many new journeys a second are traced for as long as the load lasts."""
AT_ONCE = 200.0
"""So many may begin at once before the measure holds."""


class Measured(Sampler):
    """Traces a share of the new journeys, and never more a second than `PER_SECOND` once `AT_ONCE` are used up.

    What is left out stands in the audit and in the ledger like everything else: spans explain, they prove nothing.
    """

    def __init__(self, ratio: float) -> None:
        self._share = TraceIdRatioBased(ratio)
        self._left = AT_ONCE
        self._counted_at = time.monotonic()

    def should_sample(
        self, parent_context: Context | None, trace_id: int, name: str, *rest: Any, **more: Any
    ) -> SamplingResult:
        """Decide about a journey that begins here."""
        if self._take():
            return self._share.should_sample(parent_context, trace_id, name, *rest, **more)
        return SamplingResult(Decision.DROP)

    def get_description(self) -> str:
        """Name the sampler."""
        return f"Measured{{{self._share.get_description()}, {PER_SECOND} a second}}"

    def _take(self) -> bool:
        now = time.monotonic()
        self._left = min(AT_ONCE, self._left + (now - self._counted_at) * PER_SECOND)
        self._counted_at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
