"""Every topic and every event, once: who publishes, who listens, which class describes it."""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.channel import notices as channel_notices
from contracts.channel import police as channel_police
from contracts.channel import referrer as channel_referrer
from contracts.channel import statistics as channel_statistics
from contracts.envelope import Event
from contracts.intake import awareness, duty, police, referrer, social_care, statistics
from contracts.notify import channel as notify_channel
from contracts.notify import intake as notify_intake
from contracts.notify import police as notify_police
from contracts.triage import awareness as triage_awareness
from contracts.triage import desk, dovetail
from contracts.triage import notices as triage_notices
from contracts.triage import referrer as triage_referrer
from contracts.triage import statistics as triage_statistics

SERVICES = ("intake", "triage", "channel", "notify", "stats", "monitor")
PARTITIONS = 12


@dataclass(frozen=True)
class TopicSpec:
    """One topic: its publisher, the services that form its audience, and its events."""

    name: str
    publisher: str
    consumers: tuple[str, ...]
    events: tuple[type[Event], ...]
    statistics: bool = False
    sealed: bool = True


@dataclass(frozen=True)
class ReceiptTopicSpec:
    """The way back: consumers of a publisher's events answer here; ids and states only, so not sealed."""

    name: str
    consumer: str
    publishers: tuple[str, ...]


TOPICS: tuple[TopicSpec, ...] = (
    TopicSpec(
        police.TOPIC,
        "intake",
        ("triage",),
        (police.ReferralReceived, police.ReferralVersionAdded, police.ReferralsLinked),
    ),
    TopicSpec(
        social_care.TOPIC,
        "intake",
        ("notify",),
        (social_care.SafeguardingConcernReceived, social_care.SafeguardingConcernUpdated),
    ),
    TopicSpec(awareness.TOPIC, "intake", ("channel",), (awareness.ReferralMade,)),
    TopicSpec(referrer.TOPIC, "intake", ("notify",), (referrer.ReferrerMessageDue, referrer.LinkDue)),
    TopicSpec(duty.TOPIC, "intake", ("notify",), (duty.DutyOfficerPaged,)),
    TopicSpec(
        statistics.TOPIC,
        "intake",
        ("stats",),
        (statistics.ReferralCounted, statistics.InstitutionCounted, statistics.DayReconciled),
        statistics=True,
    ),
    TopicSpec(
        dovetail.TOPIC,
        "triage",
        ("channel",),
        (
            dovetail.PassedForInformationGathering,
            dovetail.Section36ReferralMade,
            dovetail.ReferralCorrected,
            dovetail.PackWithdrawn,
            dovetail.WorkHalted,
            dovetail.WorkResumed,
            dovetail.CaseTakenBack,
            dovetail.CaseReturned,
        ),
    ),
    TopicSpec(
        triage_awareness.TOPIC,
        "triage",
        ("channel",),
        (triage_awareness.PoliceDecisionMade, triage_awareness.PeopleMerged, triage_awareness.PeopleSeparated),
    ),
    TopicSpec(
        triage_notices.TOPIC,
        "triage",
        ("notify",),
        (
            triage_notices.SignpostMade,
            triage_notices.SignpostEnded,
            triage_notices.TransferOffered,
            triage_notices.TransferCalledBack,
            triage_notices.ClockEscalated,
            triage_notices.ConcernsMerged,
            triage_notices.ConcernsSeparated,
        ),
    ),
    TopicSpec(triage_referrer.TOPIC, "triage", ("intake",), (triage_referrer.ReferralProgressed,)),
    TopicSpec(desk.TOPIC, "triage", ("intake",), (desk.ReferralsLinked,)),
    TopicSpec(triage_statistics.TOPIC, "triage", ("stats",), (triage_statistics.DecisionCounted,), statistics=True),
    TopicSpec(
        channel_police.TOPIC,
        "channel",
        ("triage",),
        (
            channel_police.PackAccepted,
            channel_police.PackReturned,
            channel_police.InformationGathered,
            channel_police.Section36Recorded,
            channel_police.CaseGivenBack,
            channel_police.RiskOwnerNamed,
        ),
    ),
    TopicSpec(
        channel_notices.TOPIC,
        "channel",
        ("notify",),
        (
            channel_notices.PackAnswered,
            channel_notices.AskMade,
            channel_notices.AskEnded,
            channel_notices.AskMoved,
            channel_notices.CaseClockEscalated,
        ),
    ),
    TopicSpec(channel_referrer.TOPIC, "channel", ("intake",), (channel_referrer.CaseProgressed,)),
    TopicSpec(channel_statistics.TOPIC, "channel", ("stats",), (channel_statistics.CaseCounted,), statistics=True),
    TopicSpec(
        notify_police.TOPIC,
        "notify",
        ("triage",),
        (
            notify_police.SignpostAcknowledged,
            notify_police.SignpostReported,
            notify_police.TransferAnswered,
            notify_police.NoticeUnreached,
            notify_police.ConcernReported,
        ),
    ),
    TopicSpec(
        notify_channel.TOPIC,
        "notify",
        ("channel",),
        (
            notify_channel.AskSeen,
            notify_channel.AskAnswered,
            notify_channel.AskUndelivered,
            notify_channel.SocialCareReported,
        ),
    ),
    TopicSpec(notify_intake.TOPIC, "notify", ("intake",), (notify_intake.MessageUnreached,)),
)

TOPIC_BY_NAME: Mapping[str, TopicSpec] = {topic.name: topic for topic in TOPICS}
EVENT_BY_TYPE: Mapping[str, type[Event]] = {event.wire_type: event for topic in TOPICS for event in topic.events}


def consumed_by(service: str) -> tuple[TopicSpec, ...]:
    """Return the topics whose audience a service is part of."""
    return tuple(topic for topic in TOPICS if service in topic.consumers)


def published_by(service: str) -> tuple[TopicSpec, ...]:
    """Return the topics that a service publishes."""
    return tuple(topic for topic in TOPICS if topic.publisher == service)


def receipt_topic(publisher: str) -> str:
    """Return the name of the topic on which a publisher hears what became of its events."""
    return f"receipts.{publisher}.v1"


def receipt_topics() -> tuple[ReceiptTopicSpec, ...]:
    """Return every receipt topic with the services that may write to it."""
    publishers = sorted({topic.publisher for topic in TOPICS})
    return tuple(
        ReceiptTopicSpec(
            receipt_topic(publisher),
            publisher,
            tuple(sorted({consumer for topic in published_by(publisher) for consumer in topic.consumers})),
        )
        for publisher in publishers
    )
