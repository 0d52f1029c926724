"""What intake tells statistics: facts that link to nobody."""

from datetime import date
from typing import Annotated, ClassVar

from contracts.envelope import Event
from contracts.vocabulary.classes import OPERATIONAL, STATISTICAL
from contracts.vocabulary.words import AgeBand, Door, Ethnicity, Gender, Sector

TOPIC = "intake.statistics.v1"


class DayReconciled(Event):
    """Sent when a day's referrals were counted at a recipient, and again when that count says something else.

    `recipient` is the service that must have them, or intake itself; `state` is agrees, open or explained, and nothing
    says how many came in or are missing. `version` counts how often that has changed, and the higher replaces the
    lower; the subject is a random key of its own.
    """

    wire_type: ClassVar[str] = "intake.day-reconciled.v1"
    topic: ClassVar[str] = TOPIC

    day: Annotated[date, OPERATIONAL]
    recipient: Annotated[str, OPERATIONAL]
    state: Annotated[str, OPERATIONAL]
    version: Annotated[int, OPERATIONAL]


class InstitutionCounted(Event):
    """Sent when a referral that names an institution of the area's list has been read for the first time.

    The subject is a random key of its own that is kept nowhere: nothing leads from here to the referral's other facts.
    """

    wire_type: ClassVar[str] = "intake.institution-counted.v1"
    topic: ClassVar[str] = TOPIC

    month: Annotated[str, STATISTICAL]
    institution: Annotated[str, STATISTICAL]


class ReferralCounted(Event):
    """Sent when a referral has been stored, and again when it has been read; the higher version replaces the lower.

    `ethnicity` is given where the area lets the answers about equality go to statistics.
    """

    wire_type: ClassVar[str] = "intake.referral-counted.v1"
    topic: ClassVar[str] = TOPIC

    month: Annotated[str, STATISTICAL]
    version: Annotated[int, OPERATIONAL]
    door: Annotated[Door, STATISTICAL]
    sector: Annotated[Sector, STATISTICAL]
    age_band: Annotated[AgeBand, STATISTICAL]
    gender: Annotated[Gender, STATISTICAL]
    district: Annotated[str, STATISTICAL]
    ethnicity: Annotated[Ethnicity, STATISTICAL] = Ethnicity.NOT_RECORDED
