"""Ends the brokers when the program that started them is gone, however it ended."""

# Standard library only: it is run as a file. Its standard input is a pipe from the program; "+123" takes a process
# under guard and "-123" lets it go. (A parent-death signal would come already when the thread that forked ends.)
import contextlib
import os
import signal
import sys


def main() -> None:
    """Follow the list until the pipe ends, then kill whatever is still on it."""
    guarded: set[int] = set()
    for line in sys.stdin:
        pid = int(line[1:])
        if line[0] == "+":
            guarded.add(pid)
        else:
            guarded.discard(pid)
    for pid in guarded:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
