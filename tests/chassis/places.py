"""A service without a domain, for tests of what the chassis does for any service."""

from dataclasses import dataclass

from sqlalchemy import MetaData

from chassis.app import Runtime, Service
from chassis.broker import Handlers
from chassis.database import Database

BARE = Service("triage", "Triage", MetaData(), Handlers(), (), {})


@dataclass(frozen=True)
class Place:
    """A service's database, and its addresses for the role that runs and the role that owns."""

    runtime: Runtime
    database: Database
    url: str
    owner_url: str
