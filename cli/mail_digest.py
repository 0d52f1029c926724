"""`throughline mail-digest`: whether a mail that somebody holds is the one that went out."""

import hashlib
import re
from pathlib import Path
from typing import Annotated

import typer

from cli import console
from cli.errors import BadInput

_FROM = re.compile(rb"^From: ", re.MULTILINE)
"""Our mails begin with this line; servers on the way put theirs before it."""


def digest_of_mail(mail: bytes) -> str:
    """Return the SHA-256 (hex) of a mail as it went out, "" where it has no From line."""
    wire = mail.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    begins = _FROM.search(wire)
    return hashlib.sha256(wire[begins.start() :]).hexdigest() if begins else ""


def mail_digest(file: Annotated[Path, typer.Argument(help="The mail as a file, with its headers.")]) -> None:
    """Show the digest of a mail, to compare with the one on its notice's page.

    Example: throughline mail-digest saved.eml
    """
    try:
        digest = digest_of_mail(file.read_bytes())
    except OSError as error:
        raise BadInput(f"{file} cannot be read ({error.strerror}): name the file of a saved mail.") from None
    if not digest:
        raise BadInput(f"{file} has no From line: save the mail with all its headers.")
    console.say(digest)
