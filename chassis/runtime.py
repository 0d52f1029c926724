"""What a running service has at hand: settings, secrets, database, keys, bus, areas and its clients."""

from dataclasses import dataclass, field
from typing import Any

from areas import Areas
from chassis.crypto import SubjectKeys, TopicKeys
from chassis.database import Database
from chassis.documents import Fetcher
from chassis.inbox import Inbox
from chassis.relay import Relay
from chassis.settings import Secrets, ServiceSettings
from chassis.transports import Transport


@dataclass
class Runtime:
    """One per process; made by `chassis.app.create_app`, found at `request.app.state.runtime`."""

    settings: ServiceSettings
    secrets: Secrets
    database: Database
    keys: SubjectKeys
    topic_keys: TopicKeys
    bus: Transport
    relay: Relay
    inbox: Inbox
    fetcher: Fetcher
    areas: Areas
    clients: Any = None
    state: dict[str, Any] = field(default_factory=dict)
