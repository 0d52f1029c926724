"""One example of every event, about people who do not exist; tests and readers of the wire start from these."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from contracts.catalogue import EVENT_BY_TYPE
from contracts.envelope import DocumentReference, Event
from contracts.vocabulary import (
    Address,
    AgeBand,
    AskKind,
    Concerns,
    ConcernType,
    Considerations,
    Door,
    EmploymentEducation,
    Ethnicity,
    Gender,
    Outcome,
    Person,
    ProgressStage,
    ReferralForm,
    Referrer,
    Sector,
    VersionMaker,
)
from contracts.vocabulary.asking import AskAnswer, AskSection
from contracts.vocabulary.assessment import Assessment, FactorAnswer, Presence
from contracts.vocabulary.pack import ChronologyLine, GatheredInformation, Sharing

MOMENT = datetime(2026, 1, 14, 10, 5, tzinfo=UTC)

FORM = ReferralForm(
    person=Person(
        forenames="Alex (synthetic)",
        surname="Example",
        aliases=("Lex",),
        date_of_birth=date(2009, 3, 2),
        gender=Gender.MALE,
        addresses=(Address(lines="1 Example Street, Exampleton", postcode="ZZ99 9ZZ"),),
        district="Medway",
        nationality="British",
        primary_language="English",
        phones=("01632 960001",),
        emails=("alex@example.org",),
        family="Lives with his mother, Sam Example (synthetic).",
        immigration_status="Settled",
        speaks_english="yes",
    ),
    concerns=Concerns(
        narrative="Synthetic example. He shared violent extremist videos with classmates and speaks of nothing else.",
        complex_needs="Has lost interest in school since the autumn.",
        other_information="His form tutor knows him well.",
        came_to_light_on=date(2026, 1, 12),
        immediate_danger=False,
    ),
    referrer=Referrer(
        forename="Robin (synthetic)",
        surname="Example",
        role="Designated safeguarding lead",
        organisation="Example Academy",
        sector=Sector.EDUCATION,
        relationship="School",
        phone="01632 960002",
        email="safeguarding@example.org",
    ),
    employment=EmploymentEducation(education="Example Academy"),
    considerations=Considerations(
        disability_or_mental_health="None known.",
        discussed_with_lead="Yes, on 12 January 2026.",
        individual_informed="no",
        action_taken="Videos reported to the platform.",
        parent_or_carer="Sam Example (synthetic)",
    ),
    sharing_acknowledged=True,
)

DOCUMENT = DocumentReference(
    id=UUID("00000000-0000-4000-8000-00000000d0c5"),
    name="referral of a synthetic person.docx",
    media_type="application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    size=18_204,
    digest="5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8",
)

SHARED = (Sharing(what="Safeguarding facts", shared_with="Medway First Response", at=MOMENT),)

ASSESSMENT = Assessment(
    instrument="gateway",
    edition="2026",
    name="Gateway assessment",
    number=1,
    completed_at=MOMENT,
    completed_by="Gateway officer Example (synthetic)",
    finding="limited-information",
    summary="Synthetic example. A concern may exist.",
    management_plan="Synthetic example. Ask the school.",
    changed="Synthetic example. First assessment.",
    factors=(
        FactorAnswer(
            factor="grievance",
            dimension="Engagement",
            label="Feelings of grievance and injustice",
            presence=Presence.NOT_KNOWN,
            narrative="Synthetic example.",
            changed="Synthetic example. New.",
        ),
    ),
)

VALUES: Mapping[str, object] = {
    "reference": "KM-7F3K-92QM",
    "received_at": MOMENT,
    "added_at": MOMENT,
    "due_at": MOMENT,
    "decided_at": MOMENT,
    "offered_at": MOMENT,
    "made_at": MOMENT,
    "raised_at": MOMENT,
    "reached_at": MOMENT,
    "answered_at": MOMENT,
    "accepted_at": MOMENT,
    "returned_at": MOMENT,
    "taken_at": MOMENT,
    "given_back_at": MOMENT,
    "named_at": MOMENT,
    "acknowledged_at": MOMENT,
    "month": "2026-01",
    "version": 1,
    "days_since_receipt": 3,
    "door": Door.EMAIL,
    "made_by": VersionMaker.REFERRER,
    "came_by": Door.EMAIL,
    "sector": Sector.EDUCATION,
    "age_band": AgeBand.FROM_16,
    "gender": Gender.MALE,
    "ethnicity": Ethnicity.NOT_RECORDED,
    "concern": ConcernType.UNKNOWN,
    **dict.fromkeys(("met", "missed", "on_time", "late"), 1),
    "district": "Medway",
    "statistics_key": UUID("00000000-0000-4000-8000-000000005747"),
    "signpost_id": UUID("00000000-0000-4000-8000-000000005160"),
    "form": FORM,
    "unread_reason": "",
    "documents": (DOCUMENT,),
    "possibly_same_as": ("KM-4B8N-6TWA",),
    "other_reference": "KM-4B8N-6TWA",
    "answer": "linked",
    "answered_by": "Desk officer Example (synthetic)",
    "additions": ("Synthetic example. He did not come to school today.",),
    "immediate_danger": False,
    "read": True,
    "front_door": "medway",
    "forenames": FORM.person.forenames,
    "surname": FORM.person.surname,
    "date_of_birth": FORM.person.date_of_birth,
    "approximate_age": 16,
    "addresses": FORM.person.addresses,
    "safeguarding_concern": "Synthetic example. A boy of sixteen is being drawn into violent extremist groups online.",
    "complex_needs": FORM.concerns.complex_needs,
    "parent_or_carer": FORM.considerations.parent_or_carer,
    "referrer_organisation": FORM.referrer.organisation,
    "email": FORM.referrer.email,
    "language": "en",
    "purpose": "progress",
    "link": "https://referrals.example.org/progress/synthetic-not-a-key",
    "works_until": date(2026, 1, 15),
    "in_reply_to": "<synthetic-1@example.org>",
    "addition": False,
    "stage": ProgressStage.BEING_ASSESSED,
    "service": "medway-early-help",
    "message": "Synthetic example. Please offer this family a visit.",
    "rationale": "Synthetic example. Vulnerability with signs of an ideology; multi-agency support is proportionate.",
    "grounds": "Synthetic example. Reasonable grounds to believe that he is vulnerable to being drawn into terrorism.",
    "decided_by": "Detective Sergeant Example (synthetic)",
    "risk_owner": "Detective Sergeant Example (synthetic)",
    "reason": "Synthetic example. The pack lacks the school's chronology.",
    "report": "Synthetic example. The family was visited on 20 January 2026.",
    "outcome": Outcome.INFORMATION_GATHERING,
    "gathered_by": "Channel coordinator Example (synthetic)",
    "summary": "Synthetic example. School, health and housing answered; health knows nothing.",
    "acknowledged_by": "Early help worker Example (synthetic)",
    "reported_by": "Early help worker Example (synthetic)",
    "transfer_id": UUID("00000000-0000-4000-8000-000000007261"),
    "accepted": True,
    "force": "northmere-constabulary",
    "escalation_id": UUID("00000000-0000-4000-8000-000000006573"),
    "clock": "assessment",
    "step": 1,
    "references": ("KM-4B8N-6TWA", "KM-7F3K-92QM"),
    "remaining": ("KM-7F3K-92QM",),
    "separated": ("KM-4B8N-6TWA",),
    "shared": ("The section 36 referral of KM-7F3K-92QM named KM-4B8N-6TWA in its chronology.",),
    **dict.fromkeys(
        ("corrected_at", "reported_at", "escalated_at", "merged_at", "separated_at", "gathered_at", "recorded_at"),
        MOMENT,
    ),
    "corrected_by": "Detective Sergeant Example (synthetic)",
    "offer_id": UUID(int=7),
    "withdrawn_at": MOMENT,
    "halted_at": MOMENT,
    "resumed_at": MOMENT,
    "ended_at": MOMENT,
    "called_back_at": MOMENT,
    "speak_to": "Detective Inspector Example (synthetic), 01632 960002",
    "kind": "wrong-fact",
    "ask_id": UUID("00000000-0000-4000-8000-00000000a54d"),
    **dict.fromkeys(("made_at", "moved_at", "opens_at", "due_at", "expires_at", "seen_at", "failed_at"), MOMENT),
    "paused": False,
    "recipient": "school",
    "address": "",
    "name": "Education Safeguarding",
    "title": "Request for information",
    "shown": (AskSection(heading="What is asked", words="Synthetic example. What do you know of this pupil?"),),
    "questions": ("How is his attendance?",),
    "cancelled": True,
    "refused": False,
    "acknowledged": False,
    "answers": (AskAnswer(question="How is his attendance?", words="Synthetic example. Regular."),),
    "taker": "",
    "stops": None,
    "taken": None,
    "offered_for": "plp",
    "consent": "Refused",
    "closing": "",
    "panel": "Northmere Channel Panel",
    "returned_by": "Gateway officer Example (synthetic)",
    "correction": "Synthetic example. The essay was written by another pupil.",
    "assessment": ASSESSMENT,
    "gone_on_without": "Synthetic example. The trust has no record officer until Monday.",
    "gathered": (
        GatheredInformation(
            body="Example School (synthetic)", asked="What do you know?", answer="He stays away.", at=MOMENT
        ),
    ),
    "chronology": (ChronologyLine(reference="KM-4B8N-6TWA", at=MOMENT, what="Synthetic example. Referred."),),
}

OWN: Mapping[str, Mapping[str, object]] = {
    "channel.ask-made.v1": {"kind": AskKind.INFORMATION, "made_by": "Channel coordinator Example (synthetic)"},
    "notify.ask-seen.v1": {"kind": AskKind.INFORMATION},
    "notify.ask-answered.v1": {"kind": AskKind.INFORMATION},
    "notify.ask-undelivered.v1": {"kind": AskKind.INFORMATION},
    "channel.pack-accepted.v1": {"risk_owner": "Channel coordinator Example (synthetic)"},
    "channel.pack-answered.v1": {"outcome": Outcome.PACK_ACCEPTED},
    "channel.case-counted.v1": {"outcome": Outcome.PACK_ACCEPTED},
    "channel.case-progressed.v1": {"stage": ProgressStage.SUPPORT_BEING_CONSIDERED},
    "channel.case-given-back.v1": {
        "reason": "Synthetic example. He now speaks of an attack; this is for the police.",
        "shared": SHARED,
    },
    "triage.referrals-linked.v1": {"answered_by": "Gateway officer Example (synthetic)"},
    "intake.referrer-message-due.v1": {"stage": ProgressStage.RECEIVED},
    "intake.referral-version-added.v1": {"version": 2},
    "intake.safeguarding-concern-updated.v1": {"version": 2},
    "triage.signpost-made.v1": {"reference": "KM-4B8N-6TWA"},
    "triage.passed-for-information-gathering.v1": {"shared": SHARED},
    "triage.section-36-referral-made.v1": {"shared": SHARED},
    "notify.signpost-acknowledged.v1": {"reference": "KM-4B8N-6TWA"},
}


def specimen(event: type[Event]) -> Event:
    """Return the example of an event with every field filled; raises KeyError naming a field without a value."""
    values: dict[str, Any] = {name: VALUES[name] for name in event.model_fields}
    return event(**{**values, **OWN.get(event.wire_type, {})})


def specimens() -> Mapping[str, Event]:
    """Return the example of every event by wire type."""
    return {wire_type: specimen(event) for wire_type, event in EVENT_BY_TYPE.items()}
