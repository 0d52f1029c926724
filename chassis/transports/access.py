"""Who may write and who may read each topic: made from the contracts, the same for every transport."""

from dataclasses import dataclass

from contracts.catalogue import PARTITIONS, TOPICS, receipt_topics


@dataclass(frozen=True)
class Access:
    """Who may write and who may read one topic."""

    topic: str
    partitions: int
    writers: tuple[str, ...]
    readers: tuple[str, ...]


def access_of_contracts() -> tuple[Access, ...]:
    """Return every topic of the contracts with its writers and readers, receipts included."""
    events = tuple(Access(topic.name, PARTITIONS, (topic.publisher,), topic.consumers) for topic in TOPICS)
    receipts = tuple(Access(topic.name, PARTITIONS, topic.publishers, (topic.consumer,)) for topic in receipt_topics())
    return events + receipts
