"""Postfix as the peer: Debian's package, run beside the system's own, from a configuration and queue of its own."""

import contextlib
import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.frame import NotHere, ended

HOST = "127.0.0.1"
MAILBOX = "prevent@force.test"
SENDER = "referrer@school.example"
PARTIES = ("police.test", "social-care.test", "channel.test")
"""Who the mailbox forwards to: three organisations, so three deliveries of every mail."""

EXTRACTED = Path(__file__).parent.parent / ".postfix"
INSTALLED = Path("/")
OWNERS = ("postfix", "mail")
GROUPS = ("postdrop", "operator", "utmp")
PATIENCE = 20.0
DELIVERY_PATIENCE = 120.0

# Postfix's defaults, but for where it lives, whom it serves and how it routes: three parties at three sinks. Its
# process limit (100) and concurrency (20 deliveries per destination) are the defaults, as is fsync of every queue file.
MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
daemon_directory = {daemons}
command_directory = {commands}
shlib_directory = {libraries}
mail_owner = {owner}
setgid_group = {group}
myhostname = mailbox.force.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
virtual_alias_domains = force.test
virtual_alias_maps = inline:{{ {{ prevent@force.test = {recipients} }} }}
transport_maps = inline:{{ {transports} }}
smtpd_recipient_restrictions = permit_mynetworks, reject
import_environment = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C LD_LIBRARY_PATH
smtputf8_enable = no
alias_maps =
alias_database =
"""
# As Debian's, without the chroot, which needs files of the system's in it.
MASTER = """
{host}:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
"""
PRIVATE = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace")


class NotAccepted(Exception):
    """A mail was not answered with 250: a benchmark of such a run would say nothing."""


@dataclass(frozen=True)
class Programs:
    """Where Postfix's programs are: the root that its package was installed or extracted under."""

    root: Path

    def program(self, name: str) -> str:
        """Return the path of one of its commands, such as smtp-sink."""
        return str(self.root / "usr/sbin" / name)

    @property
    def daemons(self) -> Path:
        """The folder of its daemons."""
        return self.root / "usr/lib/postfix/sbin"

    @property
    def libraries(self) -> Path:
        """The folder of its own libraries."""
        return self.root / "usr/lib/postfix"

    def environment(self) -> dict[str, str]:
        """Return the environment that lets extracted programs find their libraries."""
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LD_LIBRARY_PATH": str(self.libraries)}


def found() -> Programs | None:
    """Return the programs that are installed, or that an earlier run has extracted."""
    for root in (INSTALLED, EXTRACTED):
        if (root / "usr/lib/postfix/sbin/master").is_file():
            return Programs(root)
    return None


def programs() -> Programs:
    """Return Postfix's programs, extracted from Debian's package once where it is not installed; raises NotHere."""
    here = found()
    if here is None:
        _extract()
        here = found()
    if here is None:
        raise NotHere("Debian's package of Postfix holds other files than expected: apt-get install postfix.")
    return here


def _extract() -> None:
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise NotHere("Postfix is neither installed here nor to be had from Debian: install postfix.")
    with tempfile.TemporaryDirectory(prefix="throughline-bench-") as folder:
        fetched = subprocess.run(
            ["apt-get", "download", "postfix"],  # noqa: S607  wherever this Debian keeps it
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        package = next(Path(folder).glob("postfix_*.deb"), None)
        if package is None:
            words = " ".join(fetched.stderr.split())[-200:]
            raise NotHere(f"Postfix is not installed here and Debian's package could not be fetched: {words}")
        unfinished = EXTRACTED.with_name(EXTRACTED.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        subprocess.run(["dpkg-deb", "-x", str(package), str(unfinished)], check=True)  # noqa: S607
        unfinished.rename(EXTRACTED)


def version() -> str:
    """Return Postfix's version, or nothing when it is not here."""
    here = found()
    if here is None:
        return ""
    command = [here.program("postconf"), "-d", "-h", "mail_version"]
    told = subprocess.run(command, env=here.environment(), capture_output=True, text=True, check=False)
    return told.stdout.strip()


def free_ports(count: int) -> list[int]:
    """Return ports that nobody uses at this moment."""
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(socket.socket()) for _ in range(count)]
        for listener in listeners:
            listener.bind((HOST, 0))
        return [int(listener.getsockname()[1]) for listener in listeners]


@dataclass(frozen=True)
class Postfix:
    """A running Postfix: where it takes mail, and the ports of the three parties that it forwards to."""

    here: Programs
    port: int
    sinks: tuple[int, ...]
    folder: Path
    pid: int

    @contextlib.contextmanager
    def parties(self, mails: int) -> Iterator[list[subprocess.Popen[bytes]]]:
        """Run the three parties' sinks, each of which ends once it has taken so many mails."""
        with contextlib.ExitStack() as stack:
            yield [stack.enter_context(_sink(self.here, port, "-M", str(mails))) for port in self.sinks]

    def source(self, port: int, recipient: str, count: int, *options: str) -> None:
        """Send so many mails to a port with Postfix's own client, and return when each has been answered 250.

        Raises NotAccepted when one was answered otherwise.
        """
        command = [self.here.program("smtp-source"), "-m", str(count), *options, "-f", SENDER, "-t", recipient]
        done = subprocess.run(
            [*command, f"{HOST}:{port}"], env=self.here.environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise NotAccepted(f"smtp-source was refused: {done.stderr.strip()[-300:]}")


@contextlib.contextmanager
def _sink(here: Programs, port: int, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    user = _first_known(OWNERS, {entry.pw_name for entry in pwd.getpwall()})
    command = [here.program("smtp-sink"), "-u", user, *options, f"{HOST}:{port}", "1024"]
    process = subprocess.Popen(command, env=here.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        answers(port)
        yield process
    finally:
        ended(process)


def answers(port: int) -> None:
    """Wait until somebody listens; raises NotHere when nobody does in time.

    It looks at the kernel's table, since a connection would count as a session.
    """
    until = time.monotonic() + PATIENCE
    wanted = f"{port:04X} 00000000:0000 0A"
    while wanted not in Path("/proc/net/tcp").read_text(encoding="ascii"):
        if time.monotonic() > until:
            raise NotHere(f"Nothing of Postfix's listens on port {port} after {PATIENCE:.0f} seconds.")
        time.sleep(0.01)


@contextlib.contextmanager
def running() -> Iterator[Postfix]:
    """Run a Postfix of our own for the length of the block; nothing of the system's is touched. Raises NotHere."""
    if os.geteuid() != 0:
        raise NotHere("Postfix starts as root only: run this benchmark as root.")
    here = programs()
    port, *sinks = free_ports(1 + len(PARTIES))
    with tempfile.TemporaryDirectory(prefix="throughline-postfix-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        _configure(here, folder, port, sinks)
        command = [str(here.daemons / "master"), "-c", str(folder / "etc"), "-d"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, env=here.environment(), stdout=log, stderr=log)
        try:
            answers(port)
            yield Postfix(here, port, tuple(sinks), folder, process.pid)
        finally:
            ended(process)


def _configure(here: Programs, folder: Path, port: int, sinks: Sequence[int]) -> None:
    owner = _first_known(OWNERS, {entry.pw_name for entry in pwd.getpwall()})
    group = _first_known(GROUPS, {entry.gr_name for entry in grp.getgrall()})
    account = pwd.getpwnam(owner)
    for part in ("etc", "queue", "queue/pid", "queue/public", "data", *(f"queue/{one}" for one in PRIVATE)):
        (folder / part).mkdir()
    for part in ("data", "queue/public", *(f"queue/{one}" for one in PRIVATE)):
        os.chown(folder / part, account.pw_uid, account.pw_gid)
        (folder / part).chmod(0o700)
    facts = {
        "folder": folder,
        "daemons": here.daemons,
        "commands": here.root / "usr/sbin",
        "libraries": here.libraries,
        "owner": owner,
        "group": group,
        "recipients": " ".join(f"front-door@{party}" for party in PARTIES),
        "transports": ", ".join(
            f"{{ {party} = smtp:[{HOST}]:{sink} }}" for party, sink in zip(PARTIES, sinks, strict=True)
        ),
    }
    (folder / "etc/main.cf").write_text(MAIN.format(**facts), encoding="ascii")
    (folder / "etc/master.cf").write_text(MASTER.format(host=HOST, port=port), encoding="ascii")


def _first_known(wanted: Sequence[str], known: set[str]) -> str:
    found_name = next((name for name in wanted if name in known), None)
    if found_name is None:
        raise NotHere(f"Postfix needs one of the accounts {', '.join(wanted)}: apt-get install postfix makes its own.")
    return found_name
