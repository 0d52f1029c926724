"""The enumerations of the field: roles, teams, doors, sectors, decisions and outcomes."""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What a signed-in person may be; given by the identity provider, never by this software."""

    GATEWAY_OFFICER = "gateway-officer"
    GATEWAY_SUPERVISOR = "gateway-supervisor"
    IMU_OFFICER = "imu-officer"
    CHANNEL_COORDINATOR = "channel-coordinator"
    CHANNEL_SUPERVISOR = "channel-supervisor"
    PANEL_CHAIR = "panel-chair"
    PANEL_MEMBER = "panel-member"
    BUSINESS_SUPPORT_OFFICER = "business-support-officer"
    FRONT_DOOR_WORKER = "front-door-worker"
    INTAKE_DESK_OFFICER = "intake-desk-officer"
    BOARD_MEMBER = "board-member"
    ANALYST = "analyst"
    OPS_ENGINEER = "ops-engineer"
    DATA_PROTECTION_OFFICER = "data-protection-officer"


ROLE_WORDS: Mapping[Role, str] = {
    Role.GATEWAY_OFFICER: "Gateway officer",
    Role.GATEWAY_SUPERVISOR: "Gateway supervisor",
    Role.IMU_OFFICER: "Intelligence unit officer",
    Role.CHANNEL_COORDINATOR: "Channel coordinator",
    Role.CHANNEL_SUPERVISOR: "Channel supervisor",
    Role.PANEL_CHAIR: "Channel panel chair",
    Role.PANEL_MEMBER: "Channel panel member",
    Role.BUSINESS_SUPPORT_OFFICER: "Business support officer",
    Role.FRONT_DOOR_WORKER: "Social care front door worker",
    Role.INTAKE_DESK_OFFICER: "Intake desk officer",
    Role.BOARD_MEMBER: "Board member",
    Role.ANALYST: "Statistics analyst",
    Role.OPS_ENGINEER: "Operations engineer",
    Role.DATA_PROTECTION_OFFICER: "Data protection officer",
}
"""What people call each role."""


class Team(StrEnum):
    """A recipient that must act on a referral; one line each in the ledger."""

    IMU = "imu"
    GATEWAY = "gateway"
    FRONT_DOOR = "front-door"
    DOVETAIL = "dovetail"
    STATISTICS = "statistics"


class Door(StrEnum):
    """How a referral came in."""

    WEB = "web"
    API = "api"
    EMAIL = "email"


class VersionMaker(StrEnum):
    """Who made a version of a referral: the reading software, an officer of the intake desk, or the referrer."""

    SOFTWARE = "software"
    DESK = "desk"
    REFERRER = "referrer"


class Sector(StrEnum):
    """Source sector as in the Home Office statistics."""

    EDUCATION = "education"
    POLICE = "police"
    LOCAL_AUTHORITY = "local-authority"
    HEALTH = "health"
    PRISON_AND_PROBATION = "prison-and-probation"
    COMMUNITY = "community"
    FRIENDS_AND_FAMILY = "friends-and-family"
    OTHER = "other"
    UNKNOWN = "unknown"


class Gender(StrEnum):
    """Gender as recorded on the form."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    NOT_KNOWN = "not-known"


class Aspect(StrEnum):
    """What a concern is about, by the prompts under "Describe concerns"; the referrer ticks, nobody else."""

    HOW_NOTICED = "how-it-came-to-notice"
    SPECIFIC_EVENT = "specific-event"
    SEVERAL_SIGNS = "several-signs-together"
    TRAVEL = "travel-to-a-conflict-zone"
    CONTACT = "contact-with-a-group-or-person"
    ONLINE = "phone-internet-or-social-media"
    HARM = "desire-to-harm-or-threats"
    INTEREST = "interest-in-hate-crime-extremism-or-terrorism"


class Need(StrEnum):
    """What may affect the person's wellbeing, by the prompts under "Complex needs"; the referrer ticks."""

    VICTIM = "victim-of-crime-abuse-or-bullying"
    MONEY = "work-money-or-housing"
    CITIZENSHIP = "citizenship-asylum-or-immigration"
    RELATIONSHIPS = "personal-emotional-or-family"
    COURT = "court-probation-risky-behaviour-or-substances"
    GRIEVANCE = "grievance-injustice-or-conspiracy"
    LEARNING = "education-development-behaviour-or-mental-health"
    ADDITIONAL = "additional-need-known-or-suspected"
    SAFEGUARDING = "other-safeguarding"


class AgeBand(StrEnum):
    """Age bands of the Home Office tables since 2022/23."""

    UP_TO_10 = "10-and-under"
    FROM_11 = "11-15"
    FROM_16 = "16-17"
    FROM_18 = "18-20"
    FROM_21 = "21-25"
    FROM_26 = "26-30"
    FROM_31 = "31-40"
    FROM_41 = "41-50"
    FROM_51 = "51-and-over"
    UNKNOWN = "unknown"


class Ethnicity(StrEnum):
    """The five broad ethnic groups of the census for England and Wales, as the Home Office tables have them."""

    WHITE = "white"
    MIXED = "mixed"
    ASIAN = "asian"
    BLACK = "black"
    OTHER = "other"
    NOT_RECORDED = "not-recorded"


class ConcernType(StrEnum):
    """The type of concern as the Home Office has counted it since 2024 to 2025; an officer chooses, never software."""

    EXTREME_RIGHT_WING = "extreme-right-wing"
    ISLAMIST = "islamist"
    NO_IDEOLOGY = "no-ideology-identified"
    OTHER_SUSCEPTIBILITY = "no-ideology-other-susceptibility"
    VIOLENCE = "fascination-with-violence"
    CONFLICTED = "conflicted-or-multiple"
    INCEL = "incel"
    OTHER = "other-ideology"
    UNKNOWN = "unknown"


class Decision(StrEnum):
    """What the Gateway may decide (domain: police gateway assessment)."""

    CLOSE = "close"
    SIGNPOST = "signpost"
    PLP = "plp"
    PASS_ON = "pass-on"  # noqa: S105  a decision, not a password
    SECTION_36 = "section-36"


class Outcome(StrEnum):
    """Where a referral or a case has got to, in the words that statistics count.

    "reviewed" says that it was looked at again and stands where it stood.
    """

    RECEIVED = "received"
    CLOSED = "closed"
    SIGNPOSTED = "signposted"
    PLP = "plp"
    INFORMATION_GATHERING = "information-gathering"
    SECTION_36_REFERRAL = "section-36-referral"
    PACK_ACCEPTED = "pack-accepted"
    PACK_RETURNED = "pack-returned"
    WITHDRAWN = "withdrawn"
    TRANSFERRED = "transferred"
    DISCUSSED = "discussed"
    ADOPTED = "adopted"
    NOT_ADOPTED = "not-adopted"
    SUPPORTED = "supported"
    CONSENT_REFUSED = "consent-refused"
    CASE_CLOSED = "case-closed"
    REOPENED = "reopened"
    REVIEWED = "reviewed"


class AskKind(StrEnum):
    """What somebody outside is asked for by a link in a mail."""

    INFORMATION = "information-request"
    ACTION = "action"
    SIGNPOST = "signpost"
    SESSION = "session-report"
    INVITATION = "panel-invitation"
    PACK = "panel-pack"
    CONSENT_CHANGE = "consent-change"
    TRANSFER = "panel-transfer"


class ChangeTaken(StrEnum):
    """What somebody who was told of a change of consent has made of it."""

    STOPPED = "stopped"
    GOES_ON = "goes-on"
    NOTED = "noted"


class Unreached(StrEnum):
    """Why somebody who had to be told has not been reached: nobody who told them may think that they know.

    Suppressed is what a person at the delivery desk decided not to send.
    """

    BOUNCED = "bounced"
    GIVEN_UP = "given-up"
    SILENT = "silent"
    SUPPRESSED = "suppressed"


class NoLongerRung(StrEnum):
    """Why nobody need ring a front door any more that had not been reached, or had not answered.

    Sent: a mail has gone out. Read and acknowledged: somebody there has. Moved: another front door has the concern.
    """

    SENT = "sent"
    READ = "read"
    ACKNOWLEDGED = "acknowledged"
    MOVED = "moved"


class SocialCareDone(StrEnum):
    """What social care did about a safeguarding concern."""

    ASSESSED = "assessed"
    ALREADY_OPEN = "already-open"
    NO_FURTHER_ACTION = "no-further-action"
    REFERRED_ON = "referred-on"


class WhomToReach(StrEnum):
    """Who had to be told of a referral."""

    SERVICE = "service"
    FORCE = "force"
    ESCALATION = "escalation"
    REFERRER = "referrer"
    DUTY_OFFICER = "duty-officer"
    FRONT_DOOR = "front-door"


class Stage(StrEnum):
    """Which part of the pathway a statistical fact speaks of."""

    INTAKE = "intake"
    TRIAGE = "triage"
    CHANNEL = "channel"


class ProgressStage(StrEnum):
    """What a referrer may be told, where the area allows that stage to be told."""

    RECEIVED = "received"
    BEING_ASSESSED = "being-assessed"
    PASSED_TO_ANOTHER_SERVICE = "passed-to-another-service"
    SUPPORT_BEING_CONSIDERED = "support-being-considered"
    CLOSED = "closed"


class LineState(StrEnum):
    """How far one ledger line has got."""

    WAITING = "waiting"
    SENT = "sent"
    STORED = "stored"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    SEEN = "seen"
    ACKNOWLEDGED = "acknowledged"
    PARKED = "parked"
    WAIVED = "waived"
    ERASED = "erased"
