"""A mailbox on an IMAP server: one connection, used by one thread; a mail stays there until it is kept here."""

import contextlib
import imaplib
import re
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, Self, TypeVar

from imap_tools.errors import ImapToolsError
from imap_tools.mailbox import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from pydantic import SecretStr

from chassis.errors import ThroughlineError, Unavailable
from services.intake.clients import Grant, Token

KEPT = "$ThroughlineKept"
"""The flag of a mail that is kept, where it is not moved: what people flag or read changes nothing."""
TIMEOUT_SECONDS = 15.0
Answer = TypeVar("Answer")
SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
BROKEN = (OSError, EOFError, imaplib.IMAP4.error, ImapToolsError, ValueError)
"""What the libraries raise for a server that is away, refuses, or says what nobody understands."""


class ImapSettings(Protocol):
    """The settings of the mailbox."""

    mode: str
    smtp_size_limit: int
    imap_host: str
    imap_port: int
    imap_security: Literal["tls", "starttls", "none"]
    imap_authorities: Path | None
    imap_username: str
    imap_password: SecretStr
    imap_password_file: Path | None
    imap_token_url: str
    imap_token_scope: str
    imap_client_id: str
    imap_client_secret_file: Path | None
    imap_refresh_token_file: Path | None
    imap_address: str
    imap_folder: str
    imap_done_folder: str
    imap_seconds: float


class ImapUnusable(ThroughlineError):
    """What is set for the mailbox cannot work."""

    reason: ClassVar[str] = "imap-unusable"


class ImapUnreachable(Unavailable):
    """The mailbox cannot be read at the moment: the server is away, or refuses; `kind` is the error's class."""

    reason: ClassVar[str] = "imap-unreachable"

    def __init__(self, kind: str) -> None:
        """Say so: the server's own words may hold an address."""
        super().__init__(f"The mailbox cannot be read by IMAP at the moment ({kind}).")
        self.kind = kind


def password_of(settings: ImapSettings) -> str:
    """Return the password of the mailbox; raises ImapUnusable without one, or where it would go in the clear."""
    _check_cover(settings)
    password = settings.imap_password.get_secret_value() or _in_file(settings.imap_password_file)
    if not settings.imap_username or not password:
        message = (
            "The mailbox cannot be opened without a name and a password: set THROUGHLINE_IMAP_USERNAME, and put the "
            "password into the file that THROUGHLINE_IMAP_PASSWORD_FILE names."
        )
        raise ImapUnusable(message)
    return password


def grant_of(settings: ImapSettings) -> Grant | None:
    """Return with what tokens for the mailbox are asked for, None where a password opens it; raises ImapUnusable."""
    if not settings.imap_token_url:
        return None
    _check_cover(settings)
    grant = Grant(
        url=settings.imap_token_url,
        client_id=settings.imap_client_id,
        client_secret=_in_file(settings.imap_client_secret_file),
        scope=settings.imap_token_scope,
        refresh_token=_in_file(settings.imap_refresh_token_file),
    )
    lacks_refresh = settings.imap_refresh_token_file is not None and not grant.refresh_token
    if not (settings.imap_username and grant.client_id and grant.client_secret) or lacks_refresh:
        message = (
            "The mailbox cannot be opened with a token: set THROUGHLINE_IMAP_USERNAME and THROUGHLINE_IMAP_CLIENT_ID, "
            "and put the client's secret into the file that THROUGHLINE_IMAP_CLIENT_SECRET_FILE names (a refresh token "
            "into that of THROUGHLINE_IMAP_REFRESH_TOKEN_FILE, if it is set)."
        )
        raise ImapUnusable(message)
    return grant


def _check_cover(settings: ImapSettings) -> None:
    if settings.mode != "real":
        return
    if settings.imap_security == "none":
        message = "The mailbox would be read in the clear: set THROUGHLINE_IMAP_SECURITY to tls or starttls."
        raise ImapUnusable(message)
    if settings.imap_token_url and not settings.imap_token_url.startswith("https://"):
        message = "The token would be asked for in the clear: THROUGHLINE_IMAP_TOKEN_URL must begin with https://."
        raise ImapUnusable(message)


def _in_file(path: Path | None) -> str:
    """Return what a file holds, "" where there is none or it cannot be read."""
    with contextlib.suppress(OSError, ValueError):
        return path.read_text(encoding="utf-8").strip() if path else ""
    return ""


class Box:
    """The mailbox, opened."""

    def __init__(self, mailbox: BaseMailBox, settings: ImapSettings) -> None:
        """Take over a connection that has signed in."""
        self._mailbox = mailbox
        self._done_folder = settings.imap_done_folder
        self._can: frozenset[str] = frozenset()

    @classmethod
    def open(cls, settings: ImapSettings, secret: str | Token) -> Self:
        """Connect, sign in with a password or a token, and select the folder. Raises ImapUnreachable."""
        try:
            box = cls(_connected(settings), settings)
            try:
                box._sign_in(settings, secret)
            except BaseException:
                box.close()
                raise
        except BROKEN as error:
            raise _unreachable(error) from None
        return box

    def _sign_in(self, settings: ImapSettings, secret: str | Token) -> None:
        mailbox = self._mailbox
        if isinstance(secret, Token):
            _checked(mailbox.client.authenticate("XOAUTH2", _Bearer(settings.imap_username, secret)))
        else:
            mailbox.login(settings.imap_username, secret, initial_folder=None)
        said = mailbox.client.capability()[1]
        self._can = frozenset(b" ".join(each for each in said if isinstance(each, bytes)).decode().upper().split())
        mailbox.folder.set(settings.imap_folder)
        permanent = repr(mailbox.client.untagged_responses.get("PERMANENTFLAGS", []))
        if not self._done_folder and "\\*" not in permanent and KEPT not in permanent:
            message = "The server takes no flags of ours: name a folder in THROUGHLINE_IMAP_DONE_FOLDER."
            raise imaplib.IMAP4.error(message)

    def waiting(self) -> list[str]:
        """Return the ids of the mails that are not kept yet, oldest first."""
        return self._asked(lambda box: box.uids(f"UNDELETED UNKEYWORD {KEPT}", charset=None))

    def size(self, uid: str) -> int:
        """Return the size of a mail in bytes, 0 where the server does not say."""
        said = self._asked(lambda box: box.client.uid("FETCH", uid, "(RFC822.SIZE)")[1])
        found = (SIZE.search(each) for each in said if isinstance(each, bytes))
        return next((int(size[1]) for size in found if size), 0)

    def raw(self, uid: str) -> bytes | None:
        """Return a mail as it is, without marking it as read; None where it is gone."""
        said = self._asked(lambda box: box.client.uid("FETCH", uid, "(BODY.PEEK[])")[1])
        return next((bytes(each[1]) for each in said if isinstance(each, tuple)), None)

    def done(self, uid: str) -> None:
        """Mark a mail that is kept, or move it to the folder for such; done again it does no harm."""
        self._asked(lambda box: self._moved(box, uid) if self._done_folder else self._flagged(box, uid, KEPT))

    def _moved(self, box: BaseMailBox, uid: str) -> None:
        quoted = box.client._quote(self._done_folder)  # noqa: SLF001  the library has no other way
        if "MOVE" in self._can:
            _checked(box.client.uid("MOVE", uid, quoted))
            return
        _checked(box.client.uid("COPY", uid, quoted))
        self._flagged(box, uid, "\\Deleted")
        if "UIDPLUS" in self._can:
            _checked(box.client.uid("EXPUNGE", uid))

    @staticmethod
    def _flagged(box: BaseMailBox, uid: str, flag: str) -> None:
        _checked(box.client.uid("STORE", uid, "+FLAGS.SILENT", rf"({flag} \Seen)"))

    def wait(self, seconds: float) -> None:
        """Wait until the server says that something has come, at most so many seconds."""
        if "IDLE" in self._can:
            self._asked(lambda box: box.idle.wait(timeout=seconds))
        else:
            time.sleep(seconds)
            self._asked(lambda box: box.client.noop())

    def _asked(self, question: Callable[[BaseMailBox], Answer]) -> Answer:
        try:
            return question(self._mailbox)
        except BROKEN as error:
            raise _unreachable(error) from None

    def close(self) -> None:
        """Give the connection back; whatever goes wrong then does not matter."""
        with contextlib.suppress(*BROKEN):
            self._mailbox.client.shutdown()

    def abandon(self) -> None:
        """End the connection at once, from any thread: who waits for the server hears of it."""
        with contextlib.suppress(*BROKEN):
            self._mailbox.client.sock.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class _Bearer:
    """Answers the server: its first, empty challenge with the token, one that says why not with nothing."""

    username: str
    token: Token

    def __call__(self, challenge: bytes) -> bytes:
        return b"" if challenge else f"user={self.username}\1auth=Bearer {self.token.text}\1\1".encode()


def _connected(settings: ImapSettings) -> BaseMailBox:
    where = settings.imap_host, settings.imap_port
    if settings.imap_security == "none":
        return MailBoxUnencrypted(*where, timeout=TIMEOUT_SECONDS)
    authorities = str(settings.imap_authorities) if settings.imap_authorities else None
    context = ssl.create_default_context(cafile=authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.imap_security == "starttls":
        return MailBoxStartTls(*where, timeout=TIMEOUT_SECONDS, ssl_context=context)
    return MailBox(*where, timeout=TIMEOUT_SECONDS, ssl_context=context)


def _checked(answer: tuple[str, Any]) -> None:
    if answer[0] != "OK":
        raise imaplib.IMAP4.error(answer[0])


def _unreachable(error: BaseException) -> ImapUnreachable:
    return ImapUnreachable(type(error).__name__)
