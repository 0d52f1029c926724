"""Work done side by side, on every core, in copies of the process that has it."""

import gc
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, TypeVar

Result = TypeVar("Result")


class _Task:
    """What a child does: it has it, and all that it needs, because it is a copy of whoever started it."""

    function: Callable[[int], Any]


def _take(function: Callable[[int], Any]) -> None:
    _Task.function = function


def _do(place: int) -> Any:
    return _Task.function(place)


def side_by_side(function: Callable[[int], Result], places: Iterable[int]) -> list[Result]:
    """Return what a function gives for each place, in their order; every core does some.

    Raises BrokenProcessPool where a process ends.
    """
    wanted = list(places)
    with ProcessPoolExecutor(min(os.cpu_count() or 1, len(wanted)), get_context("fork"), _take, (function,)) as pool:
        return list(pool.map(_do, wanted))


def answer_one_question() -> None:
    """End this process and its children once the one that started it is gone: nobody would read the answer.

    What it has read is needed until its end, so nothing is searched for what could be let go.
    """
    gc.disable()

    def watch(parent: int) -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.killpg(os.getpid(), signal.SIGKILL)

    if os.getpgrp() == os.getpid():
        threading.Thread(target=watch, args=(os.getppid(),), daemon=True).start()
