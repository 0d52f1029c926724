"""How much anybody may cause: mails to one address, and visits from one."""

import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from types import MappingProxyType
from uuid import UUID

MOST_IN_AN_HOUR: Mapping[str, int] = MappingProxyType({"link": 10, "receipt": 20, "visit": 300})
"""So many within an hour: mails that anybody can cause to one address, whatever browser or forged From asks, and what
one network address sends to pages that need no account (a whole office may stand behind it)."""
HOUR = 3600.0
MOST_ADDRESSES = 20_000


class Restraint:
    """Keeps strangers from filling mailboxes and trying links through us; each notify remembers its own last hour.

    Addresses are remembered as keyed digests in memory only. What follows a plus in them leads to the same mailbox.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Measure time with this clock, in seconds."""
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._sent: OrderedDict[bytes, dict[UUID, float]] = OrderedDict()

    def allows(self, group: str, address: str, notice: UUID) -> bool:
        """Say whether a notice may go to an address, and count it; one that is tried again counts once."""
        name, _, domain = address.strip().casefold().rpartition("@")
        written = f"{group} {name.partition('+')[0]}@{domain}".encode("utf-8", "replace")
        digest, now = hashlib.blake2b(written, key=self._key).digest(), self._clock()
        sent = {each: at for each, at in self._sent.pop(digest, {}).items() if now - at < HOUR}
        allowed = notice in sent or len(sent) < MOST_IN_AN_HOUR[group]
        if allowed:
            sent.setdefault(notice, now)
        self._sent[digest] = sent
        if len(self._sent) > MOST_ADDRESSES:
            self._sent.popitem(last=False)
        return allowed
