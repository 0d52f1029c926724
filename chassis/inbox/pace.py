"""How long to wait between batches: not at all while little comes, a moment under load, so that more comes at once."""

import math

SETTLES = 0.1
"""Seconds over which what came lately is forgotten."""
BUSY = 8.0
"""So many messages within about `SETTLES` seconds are load."""
PAUSE = 0.03
"""Seconds from the beginning of one batch to that of the next, under load; far below what a person notices."""
ENOUGH = 200
"""A batch of so many has gathered enough: the next may follow at once."""


class Pace:
    """The pace of one consumer: each batch has its fixed cost, whether it brings one message or a hundred."""

    def __init__(self) -> None:
        self._recent = 0.0
        self._began = -math.inf

    def pause(self, count: int, began: float, ended: float) -> float:
        """Return how many seconds to wait after a batch of `count` messages; times by the monotonic clock."""
        self._recent = self._recent * math.exp((self._began - began) / SETTLES) + count
        self._began = began
        if self._recent < BUSY or count >= ENOUGH:
            return 0.0
        return max(0.0, began + PAUSE - ended)
