"""How often somebody may ask: buckets that refill evenly, one for each partner and for each address that must wait."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MOST_REMEMBERED = 10_000
MINUTE = 60.0


@dataclass(frozen=True)
class Allowance:
    """What is left after an attempt: `wait` is 0 where it was allowed, else the seconds until it would be."""

    quota: int
    left: int
    full_in: int
    wait: int

    def headers(self) -> dict[str, str]:
        """Return the fields by which a client can pace itself (draft-ietf-httpapi-ratelimit-headers)."""
        said = {
            "RateLimit-Policy": f'"requests";q={self.quota};w=60',
            "RateLimit": f'"requests";r={self.left};t={self.full_in}',
        }
        return said | {"Retry-After": str(self.wait)} if self.wait else said


class Buckets:
    """One bucket for each key, full at first; the keys that were longest idle are forgotten, which only fills them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Measure time with this clock, in seconds."""
        self._clock = clock
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, per_minute: int, cost: int = 1) -> Allowance:
        """Take `cost` from a key's bucket, which holds a minute's requests; nothing where too little is left.

        What costs more than the whole bucket is allowed once it is full, and empties it.
        """
        now = self._clock()
        level, since = self._held.pop(key, (float(per_minute), now))
        rate = per_minute / MINUTE
        level = min(float(per_minute), level + (now - since) * rate)
        needed = min(cost, per_minute)
        allowed = level >= needed
        level -= needed if allowed else 0
        self._held[key] = (level, now)
        if len(self._held) > MOST_REMEMBERED:
            self._held.popitem(last=False)
        wait = 0 if allowed else math.ceil((needed - level) / rate)
        return Allowance(per_minute, int(level), math.ceil((per_minute - level) / rate), wait)
