"""The process that hides: JSON in, JSON out; what is done attribute by attribute is done by several at once."""

import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from typing import Any, TypeVar

from pydantic import TypeAdapter

from services.stats.domain.disclosure import CannotHide, protect
from services.stats.domain.hiding import Hidden, HideAsked

Result = TypeVar("Result")

_ASKED, _HIDDEN = TypeAdapter(HideAsked), TypeAdapter(Hidden)


class _Task:
    """What a child does: it has it, and all that it needs, because it is a copy of whoever started it."""

    function: Callable[[int], Any]


def _take(function: Callable[[int], Any]) -> None:
    _Task.function = function


def _do(place: int) -> Any:
    return _Task.function(place)


def side_by_side(function: Callable[[int], Result], places: Iterable[int]) -> list[Result]:
    """Return what a function gives for each place, in their order; every core does some, in copies of this process.

    The last places, districts among them, take longest and are begun first. Raises BrokenProcessPool where one ends.
    """
    wanted = list(places)
    gc.freeze()
    with ProcessPoolExecutor(min(os.cpu_count() or 1, len(wanted)), get_context("fork"), _take, (function,)) as pool:
        begun = {place: pool.submit(_do, place) for place in reversed(wanted)}
        return [begun[place].result() for place in wanted]


def hidden(asked: HideAsked) -> Hidden:
    """Return what may be shown, or why nothing may."""
    try:
        made = protect(asked.people, asked.as_of, asked.rules, asked.earlier, asked.kept, side_by_side)
    except CannotHide as refused:
        return Hidden(None, str(refused))
    return Hidden(made if asked.with_witnesses else replace(made, witnesses=()))


def end_with_whoever_asked() -> None:
    """End this process and its children once the one that started it is gone: nobody would read the answer."""

    def watch(parent: int) -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.killpg(os.getpid(), signal.SIGKILL)

    if os.getpgrp() == os.getpid():
        threading.Thread(target=watch, args=(os.getppid(),), daemon=True).start()


def main() -> None:
    """Answer one question."""
    end_with_whoever_asked()
    asked = _ASKED.validate_json(sys.stdin.buffer.read())
    sys.stdout.buffer.write(_HIDDEN.dump_json(hidden(asked)))


if __name__ == "__main__":
    main()
