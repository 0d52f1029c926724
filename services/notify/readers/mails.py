"""The demonstration's mail folder, taken apart."""

import email
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default as default_policy
from pathlib import Path
from uuid import UUID

from services.notify.domain import MailAbsent

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NAME = re.compile(rf"{_UUID}|[0-9a-f]{{32}}")
_SHOWN = 200


@dataclass(frozen=True)
class StoredMail:
    """One mail of the demonstration's folder; its `name`, and those of `attached` files, hold nothing personal."""

    name: str
    message_id: str
    recipient: str
    subject: str
    arrived_at: datetime
    body: str
    attached: tuple[str, ...] = ()


def file_name(message_id: str, mail_domain: str) -> str:
    """Return the name of the file for a mail: the id of our own notice, otherwise a digest of the Message-ID.

    A repeat of the same Message-ID is the same file. A referrer's has the reference before the id.
    """
    own = re.fullmatch(rf"<(?:[A-Z0-9-]+\.)?({_UUID})@{re.escape(mail_domain)}>", message_id)
    return own[1] if own else hashlib.sha256(message_id.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def notices_mailed(folder: Path) -> tuple[UUID, ...]:
    """Return the ids of the notices whose mails lie in the folder, by their files' names alone."""
    return tuple(UUID(path.stem) for path in folder.glob("*.eml") if re.fullmatch(_UUID, path.stem))


def stored_mails(folder: Path) -> tuple[StoredMail, ...]:
    """Return the newest mails of the folder, newest first; none while the folder is not there."""
    paths = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    return tuple(_read(path) for path in paths[:_SHOWN])


def stored_mail(folder: Path, name: str) -> StoredMail:
    """Return one mail of the folder; raises MailAbsent."""
    path = folder / f"{name}.eml"
    if not _NAME.fullmatch(name) or not path.is_file():
        raise MailAbsent("The mail folder holds no such mail; go back to the list and choose one.")
    return _read(path)


def _read(path: Path) -> StoredMail:
    message = email.message_from_bytes(path.read_bytes(), policy=default_policy)
    body = message.get_body(("plain",)) if isinstance(message, EmailMessage) else None
    return StoredMail(
        name=path.stem,
        message_id=str(message.get("Message-ID", "")),
        recipient=str(message.get("To", "")),
        subject=str(message.get("Subject", "")),
        arrived_at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
        body=str(body.get_content()) if body is not None else "",
        attached=tuple(each.get_filename() or "" for each in message.walk() if each.get_filename()),
    )
