"""What a child of the cage gives up before it opens anything: network, files, processes, memory, time."""

import ctypes
import os
import resource
import signal
import struct
import sysconfig
from dataclasses import dataclass

from services.intake.readers.calls import leave_few_calls

MEMORY = 1 << 30
OPEN_FILES = 16
DIE_WITH_PARENT, NO_NEW_PRIVILEGES = 1, 38
NEW_USER, NEW_NETWORK = 0x1000_0000, 0x4000_0000

# Landlock (Linux 5.13 on): the system calls have the same numbers on every architecture.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
ASK_VERSION, PATH_BENEATH = 1, 1
READ = 1 << 2 | 1 << 3
ALL_OF_VERSION_1 = (1 << 13) - 1
REFER, TRUNCATE = 1 << 13, 1 << 14
VERSION_WITH_REFER, VERSION_WITH_TRUNCATE = 2, 3


@dataclass(frozen=True)
class Confinement:
    """What this machine let an ordinary process give up; the limits on memory, time and writing always hold.

    `calls_cut` by itself cuts off network, processes and writing; the other two stand behind it.
    """

    network_cut: bool
    files_cut: bool
    calls_cut: bool = False

    @property
    def whole(self) -> bool:
        """Say whether a child reaches neither the network nor a file that is not Python's own."""
        return self.files_cut and (self.network_cut or self.calls_cut)


def confine() -> Confinement:
    """Give up everything that reading a file does not need; what the machine does not allow is left and reported.

    Afterwards only Python's own library can be opened, for reading: it loads character sets when a mail names them.
    """
    library = ctypes.CDLL(None, use_errno=True)
    library.prctl(DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    library.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    network_cut = library.unshare(NEW_NETWORK) == 0 or library.unshare(NEW_USER | NEW_NETWORK) == 0
    files_cut = _cut_files(library)
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(limit, (most, most))
    return Confinement(bool(network_cut), files_cut, leave_few_calls(library))


def allow_seconds(seconds: int) -> None:
    """Let this process use so many more seconds of CPU, then be killed; the limit counts the life of the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds, resource.RLIM_INFINITY))


def _cut_files(library: ctypes.CDLL) -> bool:
    version = library.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(ASK_VERSION))
    if version < 1:
        return False
    handled = ALL_OF_VERSION_1 | (REFER if version >= VERSION_WITH_REFER else 0)
    handled |= TRUNCATE if version >= VERSION_WITH_TRUNCATE else 0
    attributes = struct.pack("=Q", handled)
    ruleset = library.syscall(CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    if ruleset < 0:
        return False
    folder = os.open(sysconfig.get_path("stdlib"), os.O_PATH | os.O_CLOEXEC)
    rule = struct.pack("=Qi", READ, folder)
    added = library.syscall(ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(PATH_BENEATH), rule, ctypes.c_uint32(0))
    restricted = library.syscall(RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    os.close(folder)
    os.close(ruleset)
    return bool(added == 0 and restricted == 0)
