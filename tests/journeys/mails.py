"""What the mails of a demonstration say, as whoever gets them reads them."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage

from tests.journeys.live import Live, wait


def mails_to(live: Live, to: str, about: str) -> list[str]:
    """Return the texts of the mails to an address that name a reference, the oldest first."""
    found = []
    for path in sorted(live.folder.mail.glob("*.eml"), key=lambda each: each.stat().st_mtime_ns):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        body = mail.get_body(("plain",))
        text = f"{mail['Subject']}\n{body.get_content() if body else ''}"
        if to in str(mail["To"]) and about in text:
            found.append(text)
    return found


def mail_to(live: Live, to: str, about: str, saying: str = "") -> str:
    """Return the newest mail to an address about a reference that says so, once it has come."""

    def come() -> str | None:
        return next((text for text in reversed(mails_to(live, to, about)) if saying in text), None)

    return str(wait(come, 60, f"A mail to {to}"))


def link_in(mail: str, path: str) -> str:
    """Return the link of a mail that leads to a page."""
    (link,) = re.findall(rf"https?://\S*{path}\S+", mail)
    return str(link)
