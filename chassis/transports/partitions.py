"""Which partition a key belongs to: the same answer for every transport and every release."""

import hashlib
from uuid import UUID


def partition_of(key: UUID, partitions: int) -> int:
    """Return the partition of a key, from 0 to `partitions` - 1."""
    return int.from_bytes(hashlib.blake2b(key.bytes, digest_size=4).digest(), "big") % partitions
