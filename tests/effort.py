"""What a call costs itself: not what the rest of a long test process costs while it runs.

A collection of garbage walks through everything that thousands of tests left in memory; it took seconds in a call that
needs a third of one, and none in a service.
"""

import contextlib
import gc
import time
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass
class Effort:
    """The CPU seconds of a block, once it has ended."""

    seconds: float = 0.0


@contextlib.contextmanager
def effort() -> Iterator[Effort]:
    """Give the CPU seconds of the block, without collections of garbage."""
    spent, collecting = Effort(), gc.isenabled()
    gc.disable()
    began = time.process_time()
    try:
        yield spent
    finally:
        spent.seconds = time.process_time() - began
        if collecting:
            gc.enable()
