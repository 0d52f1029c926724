"""What people call teams, doors, the messages that intake sends and the services that take them."""

from collections.abc import Mapping
from types import MappingProxyType

from contracts.catalogue import EVENT_BY_TYPE
from contracts.vocabulary import Door, Team

DOORS: Mapping[Door, str] = MappingProxyType({Door.WEB: "Web form", Door.API: "Partner system", Door.EMAIL: "Email"})
TEAMS: Mapping[Team, str] = MappingProxyType(
    {
        Team.IMU: "Intelligence unit",
        Team.GATEWAY: "Police Gateway",
        Team.FRONT_DOOR: "Social care front door",
        Team.DOVETAIL: "Dovetail team",
        Team.STATISTICS: "Statistics",
    }
)
MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "intake.referral-received.v1": "The referral as it came in",
        "intake.referral-version-added.v1": "A later version of the referral",
        "intake.referrals-linked.v1": "Whether two referrals are about the same person",
        "intake.safeguarding-concern-received.v1": "The safeguarding concern as it came in",
        "intake.safeguarding-concern-updated.v1": "The safeguarding concern, brought up to date",
        "intake.referral-made.v1": "That there is a referral",
        "intake.referrer-message-due.v1": "A message to the referrer",
        "intake.link-due.v1": "A link for the referrer",
        "intake.duty-officer-paged.v1": "A call to the duty officer",
        "intake.referral-counted.v1": "Facts for statistics, which name nobody",
        "intake.day-reconciled.v1": "Whether all that came in on a day has reached everybody",
        "intake.institution-counted.v1": "That an institution of the area’s list made a referral, and in which month",
    }
)
TOPICS: Mapping[str, str] = MappingProxyType(
    {
        EVENT_BY_TYPE[event].topic: words
        for event, words in {
            "intake.referral-received.v1": "What the police are told",
            "intake.safeguarding-concern-received.v1": "What social care is told",
            "intake.referral-made.v1": "What Channel is told",
            "intake.referrer-message-due.v1": "What referrers are told",
            "intake.duty-officer-paged.v1": "Calls to the duty officer",
            "intake.referral-counted.v1": "What statistics are told",
        }.items()
    }
)
"""What people call a topic, of which an event is named here."""
SERVICES: Mapping[str, str] = MappingProxyType(
    {"triage": "Police triage", "notify": "Notices", "channel": "Channel", "stats": "Prevent statistics"}
)
