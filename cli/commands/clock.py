"""`throughline clock`: the business time of a demonstration, moved for all services or for one."""

import time
from datetime import UTC, datetime
from pathlib import Path

from chassis.clock import LOOK_EVERY_SECONDS, BusinessClock, parse_shift, shift
from cli.errors import BadInput
from cli.state import StateFolder, read_stamp
from contracts.catalogue import SERVICES


def run(change: str, state: Path, service: str) -> datetime:
    """Apply "+6months", "-2days" or "reset" (nothing for "") and return the business time that results.

    "reset" takes a service's own shift back when one is named, and every shift otherwise. Once this returns, every
    running service goes by the new time.

    Raises BadInput on a real system, whose time is the machine's, and for a change that cannot be understood.
    """
    folder = StateFolder(state.absolute())
    stamp = read_stamp(folder)
    if stamp is None or stamp.purpose != "demo":
        message = f"{state} is not a demonstration, and no other time can be moved: name another with --state DIR."
        raise BadInput(message)
    if service and service not in SERVICES:
        message = f"{service!r} is no service: name one of {', '.join(SERVICES)}."
        raise BadInput(message)
    before = BusinessClock(folder.clock, service).now()
    if change == "reset" and not service:
        folder.clock.unlink(missing_ok=True)
    elif change:
        try:
            everybody = BusinessClock(folder.clock).now()
            shift(folder.clock, everybody - before if change == "reset" else parse_shift(change, before), service)
        except ValueError as error:
            raise BadInput(str(error)) from error
    if change:
        time.sleep(LOOK_EVERY_SECONDS)
    return BusinessClock(folder.clock, service).now().astimezone(UTC)
