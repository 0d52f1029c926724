"""What statistics does when something was counted elsewhere."""

from dataclasses import replace

from chassis.broker import Handlers, Message
from chassis.database import Session
from contracts.channel.statistics import CaseCounted
from contracts.intake.statistics import DayReconciled, InstitutionCounted, ReferralCounted
from contracts.triage.statistics import DecisionCounted
from contracts.vocabulary import Stage
from services.stats import operations
from services.stats.operations import Fact

handlers = Handlers()


@handlers.on(ReferralCounted)
async def on_referral_counted(session: Session, event: ReferralCounted, message: Message) -> None:
    """Count a referral as received."""
    counted = Fact(
        key=message.subject,
        stage=Stage.INTAKE,
        area=message.area,
        version=event.version,
        month=event.month,
        door=event.door,
        sector=event.sector,
        age_band=event.age_band,
        gender=event.gender,
        district=event.district,
        ethnicity=event.ethnicity,
    )
    await operations.count(session, counted, now=message.now)


@handlers.on(InstitutionCounted)
async def on_institution_counted(session: Session, event: InstitutionCounted, message: Message) -> None:
    """Count a referral of an institution; its subject leads nowhere and is not kept with it."""
    await operations.count_institution(session, message.area, event.month, event.institution, now=message.now)


@handlers.on(DayReconciled)
async def on_day_reconciled(session: Session, event: DayReconciled, message: Message) -> None:
    """Keep how a day stands at a recipient."""
    known = operations.Reconciled(message.area, event.day, event.recipient, event.state, event.version)
    await operations.keep_reconciled(session, known, now=message.now)


@handlers.on(DecisionCounted)
async def on_decision_counted(session: Session, event: DecisionCounted, message: Message) -> None:
    """Count the Gateway's decision."""
    counted = replace(_outcome(Stage.TRIAGE, event, message), concern=event.concern)
    await operations.count(session, counted, now=message.now)


@handlers.on(CaseCounted)
async def on_case_counted(session: Session, event: CaseCounted, message: Message) -> None:
    """Count how far a case of Channel has got, and how it was closed."""
    counted = replace(
        _outcome(Stage.CHANNEL, event, message),
        closing=event.closing or None,
        on_time=event.on_time,
        late=event.late,
    )
    await operations.count(session, counted, now=message.now)


def _outcome(stage: Stage, event: DecisionCounted | CaseCounted, message: Message) -> Fact:
    return Fact(
        key=message.subject,
        stage=stage,
        area=message.area,
        version=event.version,
        month=event.month,
        outcome=event.outcome,
        days_since_receipt=event.days_since_receipt,
        met=event.met,
        missed=event.missed,
    )
