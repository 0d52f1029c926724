"""The system calls that are left to a child of the cage: a filter of the kernel's own, which asks for no privilege."""

import ctypes
import os
import platform
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

SET_SECCOMP, FILTER = 22, 2
ALLOW, REFUSE = 0x7FFF_0000, 0x0005_0001
"""Refused calls fail with EPERM: a library that tries one for good measure goes on without it."""
LOAD, EQUAL, ANY_BIT, RETURN = 0x20, 0x15, 0x45, 0x06
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16
WRITES = os.O_ACCMODE | os.O_CREAT | os.O_TRUNC | os.O_APPEND
IS_A_TERMINAL, CLOSE_ON_EXEC = 0x5401, 0x5451
THIS_PROCESS = 0


@dataclass(frozen=True)
class Machine:
    """A processor's name in the kernel, the calls that it may make, and the three that depend on an argument."""

    audited: int
    calls: tuple[int, ...]
    openat: int
    prlimit: int
    ioctl: int


MACHINES: Mapping[str, Machine] = MappingProxyType(
    {
        "x86_64": Machine(
            0xC000_003E,
            (
                *(0, 1, 3, 5, 8, 9, 10, 11, 12, 13, 14, 15, 17, 19, 20, 24, 25, 28, 35, 39, 60, 63, 72, 79, 96, 97),
                *(98, 99, 102, 104, 107, 108, 131, 186, 202, 204, 217, 219, 228, 229, 230, 231, 262, 273, 318, 324),
                *(332, 334, 439, 4, 6, 21, 89, 201, 7),
            ),
            openat=257,
            prlimit=302,
            ioctl=16,
        ),
        "aarch64": Machine(
            0xC000_00B7,
            (
                *(63, 64, 57, 80, 62, 222, 226, 215, 214, 134, 135, 139, 67, 65, 66, 124, 216, 233, 101, 172, 93, 160),
                *(25, 17, 169, 163, 165, 179, 174, 176, 175, 177, 132, 178, 98, 123, 61, 128, 113, 114, 115, 94, 79),
                *(99, 278, 283, 291, 293, 439, 48, 78, 73),
            ),
            openat=56,
            prlimit=261,
            ioctl=29,
        ),
    }
)
"""In the order of their names: read, write, close, fstat, lseek, mmap, mprotect, munmap, brk, rt_sigaction,
rt_sigprocmask, rt_sigreturn, pread64, readv, writev, sched_yield, mremap, madvise, nanosleep, getpid, exit, uname,
fcntl, getcwd, gettimeofday, getrlimit, getrusage, sysinfo, getuid, getgid, geteuid, getegid, sigaltstack, gettid,
futex, sched_getaffinity, getdents64, restart_syscall, clock_gettime, clock_getres, clock_nanosleep, exit_group,
newfstatat, set_robust_list, getrandom, membarrier, statx, rseq, faccessat2; then what only x86 has: stat, lstat,
access, readlink, time, poll; or its form elsewhere: faccessat, readlinkat, ppoll.
"""

Instruction = tuple[int, str, str, int]
"""Operation, where to go when it holds and when not ("" = on), operand."""


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def leave_few_calls(library: ctypes.CDLL) -> bool:
    """Leave this process the calls that reading needs: no socket, process, signal, and no file to write; say if it did.

    It cannot be taken back. The process must have given up gaining privileges before.
    """
    machine = MACHINES.get(platform.machine())
    if machine is None:
        return False
    program = assembled(instructions(machine))
    held = ctypes.create_string_buffer(program, len(program))
    given = _Filter(len(program) // 8, ctypes.cast(held, ctypes.c_void_p))
    return bool(library.prctl(SET_SECCOMP, FILTER, ctypes.byref(given), 0, 0) == 0)


def instructions(machine: Machine) -> list[Instruction]:
    """Return the filter for a machine: what is not named is refused."""
    return [
        (LOAD, "", "", ARCHITECTURE),
        (EQUAL, "", "refuse", machine.audited),
        (LOAD, "", "", NUMBER),
        *((EQUAL, "allow", "", call) for call in machine.calls),
        (EQUAL, "openat", "", machine.openat),
        (EQUAL, "prlimit", "", machine.prlimit),
        (EQUAL, "ioctl", "refuse", machine.ioctl),
        (LOAD, "ioctl", "", ARGUMENTS + 8),
        (EQUAL, "allow", "", IS_A_TERMINAL),
        (EQUAL, "allow", "refuse", CLOSE_ON_EXEC),
        (LOAD, "openat", "", ARGUMENTS + 16),
        (ANY_BIT, "refuse", "allow", WRITES),
        (LOAD, "prlimit", "", ARGUMENTS),
        (EQUAL, "allow", "refuse", THIS_PROCESS),
        (RETURN, "refuse", "", REFUSE),
        (RETURN, "allow", "", ALLOW),
    ]


def assembled(program: Sequence[Instruction]) -> bytes:
    """Return the bytes of a program; a LOAD or RETURN carries its own label where a jump carries its target."""
    places = {then: place for place, (code, then, _, _) in enumerate(program) if code in {LOAD, RETURN} and then}

    def far(label: str, place: int) -> int:
        return places[label] - place - 1 if label else 0

    return b"".join(
        struct.pack("=HBBI", code, 0, 0, operand)
        if code in {LOAD, RETURN}
        else struct.pack("=HBBI", code, far(then, place), far(otherwise, place), operand)
        for place, (code, then, otherwise, operand) in enumerate(program)
    )
