"""`throughline replay`: publish events again from the outboxes, or say what that would do."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from rich.table import Table

from chassis.errors import Rejected
from chassis.replay_order import ReplayOutsideWindow, ReplaySubjectUnknown, Selection, quoted
from cli import console
from cli.clients import Operations, Operator
from cli.errors import BadInput, NotRunning, ServiceAnswered
from contracts.catalogue import SERVICES, TOPIC_BY_NAME, published_by
from contracts.vocabulary import is_reference, tidy_reference

MOST_SECONDS = 600.0
"""So long a service lets itself be followed at a time."""
EXPECTED = frozenset({ReplayOutsideWindow.reason, ReplaySubjectUnknown.reason})
"""What one service may refuse while the others go on."""


@dataclass(frozen=True)
class Window:
    """What to publish again: everything of a topic, of a subject (or a referral's reference), or of a time."""

    topic: str
    subject: str
    since: str
    until: str

    def check(self) -> None:
        """Raise BadInput with the sentence that a service would say, before any is asked."""
        if self.subject and not self.by_reference and not _is_id(self.subject):
            message = (
                f"{quoted(self.subject)} is neither a referral's reference, such as KM-7F3K-92QM, nor a subject's id: "
                "look for a mistyped character."
            )
            raise BadInput(message)
        try:
            Selection.read(
                topic=self.topic,
                subject=str(UUID(int=0)) if self.by_reference else self.subject,
                since=self.since,
                until=self.until,
            )
        except Rejected as error:
            raise BadInput(str(error)) from None

    @property
    def by_reference(self) -> bool:
        """Say whether the subject is named by its referral's reference."""
        return is_reference(tidy_reference(self.subject))

    def body(self, operations: Operations) -> dict[str, object]:
        """Return the order that a service's operations plane takes."""
        subject = self.subject
        if self.by_reference:
            subject = operations.get("intake", f"ledger/{tidy_reference(subject)}")["subject"]
        return {"topic": self.topic, "subject": subject, "since": self.since, "until": self.until}


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class Outcome:
    """What one service says: its answer, or why it refused, or that it is silent; and how far a replay got."""

    service: str
    answer: Mapping[str, Any]
    refusal: str = ""
    silent: bool = False
    unsent: int = 0
    answered: int = 0

    @property
    def good(self) -> bool:
        """Say whether everything that was asked of this service was done."""
        return not (self.refusal or self.silent or self.unsent)


Told = Callable[[str], None]


def run(state: Path, window: Window, *, dry_run: bool, wait: float, tell: Told) -> Sequence[Outcome]:
    """Order the replay at every publisher that it concerns and follow it for `wait` seconds at most.

    `tell` hears how far it is. Raises BadInput before anything is sent when the window makes no sense, or when no
    service knows the subject; ServiceAnswered for a refusal that concerns the order itself.
    """
    window.check()
    with Operations(Operator.of(state)) as operations:
        body = window.body(operations)
        outcomes = [outcome for name in _publishers(window) for outcome in _ordered(operations, name, body, dry_run)]
        if not outcomes:
            message = "No service has announced anything about this subject: check its id, or name its reference."
            raise BadInput(message)
        if dry_run:
            return outcomes
        until = time.monotonic() + wait
        return [_followed(operations, outcome, body, until, tell) for outcome in outcomes]


def _publishers(window: Window) -> tuple[str, ...]:
    """Return whose outboxes to ask: a topic has one publisher, anything else may be in every one that publishes."""
    if window.topic:
        return (TOPIC_BY_NAME[window.topic].publisher,)
    return tuple(service for service in SERVICES if published_by(service))


def _ordered(operations: Operations, name: str, body: Mapping[str, object], dry_run: bool) -> Iterator[Outcome]:  # noqa: FBT001  as the order says it
    """Yield what a service answers to the order; nothing when it has never heard of the subject."""
    try:
        yield Outcome(name, operations.post(name, "replay", {**body, "dry_run": dry_run}))
    except NotRunning as error:
        yield Outcome(name, {}, refusal=str(error), silent=True)
    except ServiceAnswered as error:
        if error.title not in EXPECTED:
            raise
        if error.title != ReplaySubjectUnknown.reason:
            yield Outcome(name, {}, refusal=error.detail)


def _followed(
    operations: Operations, outcome: Outcome, body: Mapping[str, object], until: float, tell: Told
) -> Outcome:
    """Wait until the outbox has sent everything and every receipt is back, as long as there is time."""
    sent, answers = outcome.answer.get("sent", 0), outcome.answer.get("answers", 0)
    if not sent:
        return outcome
    asked = {**body, **{key: outcome.answer[key] for key in ("ordered_at", "last_id")}}
    name, line, seconds = outcome.service, {"waiting": sent, "answered": 0}, max(1.0, until - time.monotonic())
    try:
        while seconds > 0 and (line["waiting"] or line["answered"] < answers):
            for line in operations.followed(name, "replay/progress", asked | {"seconds": min(seconds, MOST_SECONDS)}):
                done = max(0, sent - line["waiting"])
                tell(f"{name}: {done} of {sent} sent again, {line['answered']} of {answers} receipts back")
                if not line["waiting"] and line["answered"] >= answers:
                    break
            seconds -= MOST_SECONDS
    except NotRunning as error:
        return Outcome(name, outcome.answer, str(error), silent=True, unsent=line["waiting"], answered=line["answered"])
    return Outcome(name, outcome.answer, unsent=line["waiting"], answered=line["answered"])


def plan(outcomes: Sequence[Outcome]) -> Table:
    """Return what would be sent: a line per topic and recipient."""
    made = console.table(
        "What would be sent again (times are UTC)",
        *("topic", "events", "subjects", "first", "last", "recipient", "refused as repeat", "parked there", "missing"),
    )
    for outcome in outcomes:
        for topic in outcome.answer.get("topics", ()):
            whole = [topic["topic"], str(topic["events"]), str(topic["subjects"])]
            times = [console.moment(topic[each]) for each in ("first_at", "last_at")]
            for each in topic["recipients"]:
                counts = (str(each[name]) for name in ("handled", "parked", "missing"))
                made.add_row(*whole, *times, each["recipient"], *counts)
    return made


def done(outcomes: Sequence[Outcome]) -> Table:
    """Return what was sent: a line per service."""
    made = console.table("Sent again", "service", "events", "sent", "receipts back")
    for outcome in outcomes:
        if sent := outcome.answer.get("sent", 0):
            back = f"{outcome.answered} of {outcome.answer['answers']}"
            made.add_row(outcome.service, str(sent), str(sent - outcome.unsent), back)
    return made


def words(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield what is to be told beside the table."""
    told = [outcome for outcome in outcomes if outcome.answer]
    for outcome in told:
        if not _idle(outcome):
            yield f"{outcome.service}: {outcome.answer['sentence']}"
    if idle := [outcome.service for outcome in told if _idle(outcome)]:
        yield f"{', '.join(idle)}: nothing matches."
    if left_out := [topic for outcome in told for topic in outcome.answer["left_out"]]:
        yield (
            f"Left out: {', '.join(left_out)}. Statistics facts go again only whole, because a part would tell whose "
            "they are: name such a topic alone, with --topic."
        )


def _idle(outcome: Outcome) -> bool:
    return not any(outcome.answer[name] for name in ("would_send", "waiting", "outside_window"))


def complaints(outcome: Outcome) -> Iterator[str]:
    """Yield what a service refused, or could not do in time."""
    if outcome.refusal:
        yield outcome.refusal
    elif outcome.unsent:
        yield (
            f"{outcome.service} has still to send {outcome.unsent} events: it goes on by itself; look at "
            "`throughline doctor`, or wait longer with --wait SECONDS."
        )


def as_json(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Return everything for programs: one object a service."""
    return [
        {
            "service": outcome.service,
            **outcome.answer,
            "unsent": outcome.unsent,
            "answered": outcome.answered,
            "refusal": outcome.refusal,
            "good": outcome.good,
        }
        for outcome in outcomes
    ]
