"""Holes in a partition's numbering: a batch that was lost on the way comes again, what the bus has lost does not."""

from typing import ClassVar

from chassis import telemetry

Place = tuple[str, int, int]

log = telemetry.logger(__name__)
_holes = telemetry.counter("throughline.bus.hole", "1", "Places where the bus lacks messages that it should hold")


class Holes:
    """What a group has seen of its partitions' holes, over all its memberships."""

    reason: ClassVar[str] = "hole-on-the-bus"

    def __init__(self, group: str) -> None:
        """Know of none."""
        self._group = group
        self._seen: set[Place] = set()
        self._told: set[Place] = set()

    def is_real(self, topic: str, partition: int, expected: int, came: int) -> bool:
        """Say whether the bus itself lacks what was expected: it came short there before; told and counted once."""
        hole = (topic, partition, expected)
        if hole not in self._seen:
            self._seen.add(hole)
            return False
        if hole not in self._told:
            self._told.add(hole)
            _holes.add(topic=topic, partition=partition)
            facts = {"reason": self.reason, "consumer": self._group, "topic": topic, "partition": partition}
            facts |= {"offset": expected, "count": came - expected}
            log.warning("The bus has lost messages; the consumer goes on behind them.", extra={"facts": facts})
        return True
