"""The support in a synthetic store: plans, consent, interventions with their sessions, closure, reviews, transfers."""

import json
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from bench.channel_store_case import HEARD, OVER, OWNER, WITH_PLAN, Case, Desk
from bench.triage_store import AREA, OFFICERS, WORDS
from contracts.vocabulary.asking import AskAnswer
from services.channel.domain import ClockName, Command, Consent, Obligation, State
from services.channel.domain.consenting import Capacity, Decider
from services.channel.domain.interventions import SessionState
from services.channel.domain.planning import ItemOwner, ItemState, Plan, PlanItem, Present, Request
from services.channel.domain.transferring import Answer
from services.channel.queries import Answers, ClosingWords, KeptPlan, Purpose, Questions, Said

BY = {"by_id": OFFICERS[1][0], "by_name": OWNER}
ITEMS, VERSIONS, FACTORS, SESSIONS = 5, 2, 6, 10
ASKED = ("education", "health", "housing", "probation")
PROVIDER = ("provider-one", "Sample Intervention Provider One (synthetic)")
QUESTIONS = tuple(f"What do you know of the person’s {each}?" for each in ("school", "family", "work", "health"))
_DRAFTED = frozenset({State.ADOPTED, State.SUPPORTED})
_SAID = {
    State.NO_CONSENT: Consent.REFUSED,
    State.PLANNED: Consent.AWAITED,
}


async def support(desk: Desk, case: Case) -> None:
    """Write what became of a case after it was accepted."""
    if case.state not in HEARD:
        return
    await _answered(desk, case)
    await _plans(desk, case)
    if case.state in WITH_PLAN:
        await _consents(desk, case)
    if case.state in OVER or case.state in (State.SUPPORTED, State.TRANSFERRED):
        await _provided(desk, case)
    if case.state in OVER:
        await _closed(desk, case)
    if case.state is State.TRANSFERRED:
        _given_away(desk, case)


async def _answered(desk: Desk, case: Case) -> None:
    """Write the requests to partners that were answered, question by question, and one change that was acknowledged."""
    questions = await desk.sealed(case.subject, Questions(asked=QUESTIONS))
    said = Answers(said=tuple(AskAnswer(question=each, words=WORDS) for each in QUESTIONS))
    answers = await desk.sealed(case.subject, said)
    kinds = [(Obligation.REQUEST, each) for each in ASKED]
    if case.state in WITH_PLAN:
        kinds.append((Obligation.CHANGE, "health"))
    for kind, recipient in kinds:
        asked = kind is Obligation.REQUEST
        desk.rows.add(
            "obligation", id=uuid4(), subject=case.subject, area=AREA, kind=kind.value, recipient=recipient,
            owner=f"{recipient.capitalize()} (synthetic)", state="done", sealed_message=case.words,
            sealed_questions=questions if asked else None, sealed_report=case.words,
            sealed_answers=answers if asked else None, made_at=case.opened_at, made_by=OWNER,
            due_at=case.opened_at + timedelta(days=10), ended_at=case.opened_at + timedelta(days=9),
            ended_by="A partner (synthetic)",
        )  # fmt: skip


async def _plans(desk: Desk, case: Case) -> None:
    present = tuple(Present(f"factor-{number}", f"Factor {number}") for number in range(1, 2 * FACTORS, 2))
    items = tuple(
        PlanItem(
            id=uuid4(), support=WORDS, factors=(present[nth].id, present[nth + 1].id), owner=ItemOwner("A partner"),
            provided=WORDS, due_on=(case.opened_at + timedelta(days=90)).date(), measure=WORDS,
        )
        for nth in range(ITEMS)
    )  # fmt: skip
    plan = Plan(Request("In person", case.opened_at.date(), OWNER), items, present=present)
    kept = await desk.sealed(case.subject, KeptPlan(plan=plan))
    at = case.opened_at + timedelta(days=40)
    if case.state in WITH_PLAN:
        for number in range(1, VERSIONS + 1):
            desk.rows.add(
                "plan", subject=case.subject, number=number, area=AREA, sealed_plan=kept, **BY,
                completed_at=at + timedelta(days=number),
            )  # fmt: skip
        for nth, state in enumerate((ItemState.UNDER_WAY, ItemState.DONE), start=1):
            for item in items:
                desk.rows.add(
                    "plan_progress", subject=case.subject, area=AREA, item_id=item.id, state=state.value,
                    sealed_words=case.words, at=at + timedelta(days=20 * nth), **BY,
                )  # fmt: skip
    if case.state in _DRAFTED:
        desk.rows.add(
            "plan_draft", subject=case.subject, area=AREA, sealed_plan=kept, begun_at=at, saved_at=at, **BY
        )  # fmt: skip


async def _consents(desk: Desk, case: Case) -> None:
    said = Said(
        by=Decider.SELF, name="The person", asked_by=OWNER, how="In person", capacity=Capacity.HAS, reason=WORDS
    )  # fmt: skip
    sealed = await desk.sealed(case.subject, said)
    stood = (Consent.AWAITED, _SAID.get(case.state, Consent.GIVEN))
    for number, consent in enumerate(dict.fromkeys(stood), start=1):
        at = case.opened_at + timedelta(days=45 + number)
        desk.rows.add(
            "consent", id=uuid4(), subject=case.subject, number=number, area=AREA, consent=consent.value,
            on_day=at.date(), sealed_said=sealed, recorded_at=at, **BY,
        )  # fmt: skip


async def _provided(desk: Desk, case: Case) -> None:
    """Write an intervention with its brief and its sessions; while the support lasts, half of them are to come."""
    runs, intervention = case.state is State.SUPPORTED, uuid4()
    began = case.opened_at + timedelta(days=50)
    if runs:
        began = desk.now - timedelta(days=7 * SESSIONS // 2, hours=desk.lot.uniform(1, 90))
    short = 1 if runs and desk.lot.random() < 1 / 4 else 0
    ended = (None, None, None) if runs else (case.opened_at + timedelta(days=130), OWNER, case.words)
    desk.rows.add(
        "intervention", id=intervention, subject=case.subject, area=AREA, provider_id=PROVIDER[0], provider=PROVIDER[1],
        sessions=SESSIONS, commissioned_at=began, commissioned_by=OWNER, briefs=1, short=short, explained=0,
        sealed_purpose=await desk.sealed(case.subject, Purpose(words=WORDS, cites=("factor-1",))),
        finish_on=(began + timedelta(days=7 * SESSIONS)).date(), raised_at=desk.now if short else None,
        ended_at=ended[0], ended_by=ended[1], sealed_ending=None,
    )  # fmt: skip
    desk.rows.add(
        "brief", intervention=intervention, number=1, subject=case.subject, area=AREA, sealed_brief=case.words,
        written_by=OWNER, written_at=began, read_at=began,
    )  # fmt: skip
    for number in range(1, SESSIONS + 1):
        _session(desk, case, (intervention, number), began + timedelta(days=7 * number))


def _session(desk: Desk, case: Case, which: tuple[UUID, int], at: datetime) -> None:
    session, past = uuid4(), at < desk.now
    due_at = at + timedelta(days=7)
    desk.rows.add(
        "intervention_session", id=session, intervention=which[0], subject=case.subject, area=AREA, number=which[1],
        ask_id=session, brief=1, held_on=at.date(), due_at=due_at, planned_by=OWNER, planned_at=case.opened_at,
        state=(SessionState.DELIVERED if past else SessionState.PLANNED).value,
        sealed_report=case.words if past else None, reported_by=PROVIDER[1] if past else None,
        reported_at=at if past else None,
    )  # fmt: skip
    if not past:
        desk.clock(case.subject, ClockName.SESSION, session, due_at)


async def _closed(desk: Desk, case: Case) -> None:
    """Write the closing report and the two reviews after it; of a case that is closed the second is to come."""
    report = ClosingWords(changed=WORDS, remains=WORDS, holders=WORDS, summary=WORDS)
    desk.rows.add(
        "closing_report", subject=case.subject, number=1, area=AREA, outcome="concerns-reduced",
        sealed_report=await desk.sealed(case.subject, report), completed_at=case.closed_at, **BY,
    )  # fmt: skip
    for nth in (1, 2):
        waits = case.state is State.CLOSED and nth > 1
        due_at = case.closed_at + timedelta(days=182 * nth)
        if waits:
            due_at = desk.now + timedelta(days=desk.lot.uniform(-5, 200))
        review = uuid4()
        desk.rows.add(
            "review", id=review, subject=case.subject, area=AREA, closed_at=case.closed_at, due_at=due_at,
            reviewer="police", asked_at=case.closed_at, sealed_findings=None if waits else case.words,
            found_by=None if waits else "Kent Police", found_at=None if waits else due_at,
            verdict=None if waits else "no-concern", decided_at=None if waits else due_at,
        )  # fmt: skip
        if waits:
            desk.clock(case.subject, ClockName.AFTER_CLOSURE, review, due_at)


def _given_away(desk: Desk, case: Case) -> None:
    at = case.opened_at + timedelta(days=100)
    desk.rows.add(
        "transfer", id=uuid4(), subject=case.subject, area=AREA, panel="southvale",
        panel_name="Southvale Channel Panel", to_area="",
        sealed_reason=case.words, offered_at=at, offered_by=OWNER, seen_at=at,
        answer=Answer.ACCEPTED.value, answered_at=at, answered_by="A coordinator there", sealed_answer=case.words,
        settled_at=at,
    )  # fmt: skip


async def begun(desk: Desk, case: Case) -> None:
    """Write words that an officer has begun and not sent: one case in twenty that is still worked on has some."""
    if case.state not in OVER and desk.lot.random() < 1 / 20:
        officer = desk.lot.choice(OFFICERS)
        desk.rows.add(
            "begun_work", id=uuid4(), officer_id=officer[0], officer_name=officer[1], subject=case.subject, area=AREA,
            command=Command.NOTE.value, address=f"/cases/{case.reference}/actions/{Command.NOTE.value}",
            sealed_words=await desk.sealed(case.subject, json.dumps({"note": [WORDS]})),
            begun_at=case.opened_at, saved_at=case.opened_at,
        )  # fmt: skip
