"""Ids that are unguessable and still rise with time, so that what is written together lies together in every index."""

import os
import time
from uuid import UUID

_VERSION, _VARIANT = 0x7 << 76, 0x2 << 62
_RANDOM = ~((0xF << 76) | (0x3 << 62))


def rising_id() -> UUID:
    """Return a UUID of version 7: 48 bits of machine time in milliseconds, then 74 random bits (RFC 9562, section 5.7).

    It tells when it was made: never for statistics, whose facts must not be linked to anybody by their moment.
    """
    moment = (time.time_ns() // 1_000_000) & 0xFFFF_FFFF_FFFF
    value = moment << 80 | int.from_bytes(os.urandom(10), "big")
    return UUID(int=value & _RANDOM | _VERSION | _VARIANT)
