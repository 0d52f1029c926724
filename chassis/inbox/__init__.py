"""The inbox: every event handled once and in order, whatever the bus repeats, loses for a while or mixes up."""

from chassis.inbox.inbox import Inbox
from chassis.inbox.parked import ParkedNotWaiting, discard, retry

__all__ = ["Inbox", "ParkedNotWaiting", "discard", "retry"]
