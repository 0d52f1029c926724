"""The SMTP conversation: aiosmtpd's, without what it works out anew for each of them."""

import re
from typing import AnyStr

from aiosmtpd.smtp import SMTP

LINE_LIMIT = 1024 * 1024

_PLAIN_ADDRESS = re.compile(r"<([A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)>(?= |\Z)")
_COMMANDS = tuple(name for name in dir(SMTP) if name.startswith(("smtp_", "auth_")))


class Mailbox(SMTP):
    """An SMTP conversation; long lines are taken because senders that break the limit exist and carry referrals."""

    line_length_limit = LINE_LIMIT

    def __dir__(self) -> tuple[str, ...]:
        """Name the commands, for which the library searches all of its attributes at every connection."""
        return _COMMANDS

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """Return the address and what follows it; the library's grammar is asked where it is not a plain one."""
        found = _PLAIN_ADDRESS.match(arg)
        return (found[1], arg[found.end() :].lstrip()) if found else super()._getaddr(arg)

    async def push(self, status: AnyStr) -> None:
        """Answer; a mail that is too large is told the limit and what to do, where the library says only that it is."""
        if isinstance(status, str) and status.startswith("552 "):
            size = f"{(self.data_size_limit or 0) / 2**20:.3g} MB"
            sentence = f"552 5.3.4 The mail is larger than {size}: send it with fewer attachments, or use the web form"
            await super().push(sentence)
        else:
            await super().push(status)
