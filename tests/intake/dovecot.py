"""A real Dovecot with a private configuration on ports of its own, for one test module."""

import contextlib
import imaplib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

USER, PASSWORD = "prevent@kent-and-medway.example", "synthetic-password"
CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
mail_location = maildir:{folder}/mail/%u
auth_mechanisms = plain login xoauth2
disable_plaintext_auth = no
first_valid_uid = {uid}
first_valid_gid = {gid}
{users}
ssl = yes
ssl_min_protocol = TLSv1.2
ssl_cert = <{certificate}
ssl_key = <{key}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/tokens.conf
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Done {{
    auto = create
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {safe_port}
  }}
}}
service anvil {{
  chroot =
}}
"""


TOKENS = """
introspection_url = http://127.0.0.1:{port}/introspect
introspection_mode = post
active_attribute = active
active_value = true
username_attribute = username
"""


@dataclass
class Dovecot:
    """The server: `port` for plain text and STARTTLS, `safe_port` for TLS."""

    folder: Path
    port: int
    safe_port: int
    process: "subprocess.Popen[bytes] | None" = None

    @contextlib.contextmanager
    def client(self, folder: str = "INBOX") -> Iterator[imaplib.IMAP4]:
        """Return a client of our own that has signed in and selected a folder."""
        with imaplib.IMAP4("127.0.0.1", self.port, 10) as client:
            client.login(USER, PASSWORD)
            client.select(folder)
            yield client

    def put(self, *raws: bytes) -> None:
        """Put mails into the inbox."""
        with self.client() as client:
            for raw in raws:
                client.append("INBOX", "", "", raw)

    def count(self, criteria: str = "ALL", folder: str = "INBOX") -> int:
        """Return how many mails there are."""
        with self.client(folder) as client:
            found: bytes = client.search(None, criteria)[1][0]
            return len(found.split())

    def empty(self) -> None:
        """Remove every mail."""
        for folder in ("INBOX", "Done"):
            with self.client(folder) as client:
                client.store("1:*", "+FLAGS", "\\Deleted") if int(client.select(folder)[1][0] or b"0") else None
                client.expunge()

    def start(self) -> None:
        """Start and wait until it answers."""
        self.process = subprocess.Popen(
            [shutil.which("dovecot") or "/usr/sbin/dovecot", "-F", "-c", str(self.folder / "dovecot.conf")]
        )
        for _ in range(200):
            with contextlib.suppress(OSError, imaplib.IMAP4.error), self.client():
                return
            time.sleep(0.05)
        raise RuntimeError((self.folder / "dovecot.log").read_text()[-2000:])

    def stop(self) -> None:
        """Stop it, as an outage would."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
            self.process = None


def installed() -> bool:
    """Say whether this machine has Dovecot."""
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin") is not None


@contextlib.contextmanager
def dovecot(certificate: Path, key: Path, *, tokens_at: int) -> Iterator[Dovecot]:
    """Run a Dovecot that asks at a port whether a token is good; its files lie where its own users may read them."""
    folder = Path(tempfile.mkdtemp(prefix="throughline-dovecot-"))
    try:
        server = _prepared(folder, certificate, key)
        (folder / "tokens.conf").write_text(TOKENS.format(port=tokens_at))
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prepared(folder: Path, certificate: Path, key: Path) -> Dovecot:
    root = os.getuid() == 0
    me = pwd.getpwnam("nobody") if root else pwd.getpwuid(os.getuid())
    folder.chmod(0o755)
    for name in ("mail", "home", "run", "state"):
        (folder / name).mkdir(mode=0o755)
    for name in ("mail", "home"):
        if root:
            os.chown(folder / name, me.pw_uid, me.pw_gid)
    for given in (certificate, key):
        shutil.copy(given, folder / given.name)
    users = "" if root else f"default_internal_user = {me.pw_name}\ndefault_login_user = {me.pw_name}"
    server = Dovecot(folder, _free_port(), _free_port())
    (folder / "dovecot.conf").write_text(
        CONFIGURATION.format(
            folder=folder,
            uid=me.pw_uid,
            gid=me.pw_gid,
            users=users,
            password=PASSWORD,
            certificate=folder / certificate.name,
            key=folder / key.name,
            port=server.port,
            safe_port=server.safe_port,
        )
    )
    return server


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
