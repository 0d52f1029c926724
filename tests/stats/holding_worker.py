"""A process that starts another one, and neither ends by itself: both hold the lock of the file that is named."""

import fcntl
import os
import sys
import time
from pathlib import Path

from services.stats.clients.forking import answer_one_question


def main() -> None:
    """Lock the file, and say in the one beside it that it is locked by two processes."""
    answer_one_question()
    path = Path(sys.stdin.read())
    with path.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if os.fork():
            path.with_suffix(".ready").touch()
        while True:
            time.sleep(60)


if __name__ == "__main__":
    main()
