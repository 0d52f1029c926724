"""Local practice as data: one immutable, dated file per area and version, read and checked at start."""

from areas.doors import DutyOfficer, FrontDoor, OpeningHours
from areas.loader import AreaFileError, Areas, UnknownArea, load, parse_area
from areas.model import (
    Area,
    Audience,
    Body,
    Clocks,
    DovetailTeam,
    Instrument,
    Recipient,
    Retention,
    SignpostService,
    Telling,
)
from areas.pathway import Panel

__all__ = [
    "Area",
    "AreaFileError",
    "Areas",
    "Audience",
    "Body",
    "Clocks",
    "DovetailTeam",
    "DutyOfficer",
    "FrontDoor",
    "Instrument",
    "OpeningHours",
    "Panel",
    "Recipient",
    "Retention",
    "SignpostService",
    "Telling",
    "UnknownArea",
    "load",
    "parse_area",
]
