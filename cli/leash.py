"""Runs a program that is stopped with a signal as soon as its parent is gone, however the parent ended."""

# Standard library only, and nothing of ours: it is run as a file, before every start of the database.
import ctypes
import os
import signal
import sys

SET_PARENT_DEATH_SIGNAL = 1


def follow_parent(signal_number: int, parent: int) -> None:
    """Ask the kernel to send this process a signal when its parent ends; exit at once if it already has.

    Only Linux can do this; elsewhere the next start finds the leftovers.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(SET_PARENT_DEATH_SIGNAL, signal_number, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)


if __name__ == "__main__":
    follow_parent(getattr(signal, sys.argv[1]), int(sys.argv[2]))
    os.execv(sys.argv[3], sys.argv[3:])  # noqa: S606  the words are the supervisor's, and no shell reads them
