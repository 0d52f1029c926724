"""What went out by mail: each notice is in the mail folder or a person's task, and repeats are counted."""

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from typing import Any

from chassis.settings import load_secrets
from cli import vault
from cli.state import StateFolder
from services.notify.settings import digest_key

KEPT, REPEATED, PERHAPS = "kept", "repeated", "perhaps repeated"
SET_ASIDE, WAITING = "set aside for a person", "waiting for the next try"
MOST_REPEATS = 2
"""How often notify promises to repeat a mail at most, when it cannot know whether the one before went out."""
NOTICES = """SELECT notice.id, reference, kind, recipient_kind, state, attempts,
    coalesce(tried.recorded, 0) AS recorded, coalesce(tried.sent, 0) AS sent, coalesce(tried.digests, '{}') AS digests
    FROM notice LEFT JOIN (SELECT notice_id, count(*) AS recorded,
        count(*) FILTER (WHERE result IN ('accepted', 'unknown')) AS sent,
        array_agg(digest) FILTER (WHERE result = 'accepted' AND digest IS NOT NULL) AS digests
        FROM attempt GROUP BY notice_id) AS tried ON tried.notice_id = notice.id"""
"""Every notice, how often it was taken to be sent, and which of these ends were recorded."""
ON_THEIR_WAY = "SELECT count(*) AS n FROM notice WHERE state IN ('due', 'sending')"


@dataclass
class Post:
    """What was found: counts, and sentences about mails that are missing or that nobody should have had."""

    counts: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)


def digests_key(folder: StateFolder) -> bytes:
    """Return the key under which notify keeps the digests of mails to addresses that it keeps sealed."""
    return digest_key(load_secrets(vault.secrets_file(folder, "notify")))


def judged(notices: Iterable[Mapping[str, Any]], folder: Path, key: bytes) -> Post:
    """Hold notify's notices (rows of NOTICES) against the mails in the demonstration's folder, one file each.

    Mail is told at least once. Whoever is killed between sending and noting sends again under the same Message-ID,
    which the folder keeps once, as it came first. So a repeat shows where the recorded mail is not the one that is kept
    (each has its own date); every end that nobody recorded may be one more. What went to an address that is kept sealed
    is recorded under `key`.
    """
    mails = {path.stem: path.read_bytes() for path in folder.glob("*.eml")} if folder.exists() else {}
    post, known = Post(), set()
    for notice in notices:
        known.add(str(notice["id"]))
        _judged_alone(notice, mails.get(str(notice["id"])), key, post)
    post.doubled += [f"A mail {name} belongs to no notice." for name in sorted(set(mails) - known)]
    told = Counter(_words(mail) for mail in mails.values())
    post.doubled += [f"{n} mails tell {to} the same: {title}." for (to, title, _), n in told.items() if n > 1]
    return post


def _judged_alone(notice: Mapping[str, Any], mail: bytes | None, key: bytes, post: Post) -> None:
    name = f"{notice['reference']}: its mail {notice['kind']}"
    unrecorded = notice["attempts"] - notice["recorded"]
    if mail is None:
        _judged_absent(name, notice, post)
        return
    post.counts[KEPT] += 1
    its_own = {hashlib.sha256(mail).hexdigest(), hmac.digest(key, mail, "sha256").hex()}
    repeats = len(set(notice["digests"]) - its_own)
    post.counts[REPEATED] += repeats
    post.counts[PERHAPS] += max(repeats, notice["sent"] + unrecorded - 1)
    if repeats > MOST_REPEATS:
        post.doubled.append(f"{name} went out {repeats + 1} times.")


def _judged_absent(name: str, notice: Mapping[str, Any], post: Post) -> None:
    """Note a mail that is not there: as a person's task, or as lost unless the area tells that referrer nothing."""
    if notice["state"] == "undeliverable":
        post.counts[SET_ASIDE] += 1
    elif notice["state"] in {"due", "sending", "failed"}:
        post.counts[WAITING] += 1
    elif notice["state"] != "suppressed" or notice["recipient_kind"] != "referrer":
        post.lost.append(f"{name} is noted as {notice['state']}, and nobody had it.")


def _words(mail: bytes) -> tuple[str, str, str]:
    message = message_from_bytes(mail)
    return str(message["To"]), str(message["Subject"]), str(message.get_payload())
