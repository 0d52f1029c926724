"""The support plan: what the statute wants of it, which factors nothing answers, and how two versions differ."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from chassis.errors import Conflict, Missing, Rejected


class ItemState(StrEnum):
    """How an item of the plan stands."""

    PLANNED = "planned"
    UNDER_WAY = "under-way"
    DONE = "done"
    STOPPED = "stopped"


ITEM_LABELS: Mapping[ItemState, str] = {
    ItemState.PLANNED: "Planned",
    ItemState.UNDER_WAY: "Under way",
    ItemState.DONE: "Done",
    ItemState.STOPPED: "Stopped",
}


FEW = 3
"""So many factors that nothing answers are named one by one; more would be a wall of words."""


class PlanIncomplete(Rejected):
    """The plan does not say yet what the statute wants of it; the sentence says what is missing."""

    reason: ClassVar[str] = "plan-incomplete"


class PlanNotFound(Missing):
    """An address names a version, a draft or an item that the plan of this case does not have."""

    reason: ClassVar[str] = "plan-not-found"


class PlanChanged(Conflict):
    """Somebody saved the same part of the draft after this person had opened it."""

    reason: ClassVar[str] = "plan-changed"


@dataclass(frozen=True)
class Request:
    """How, when and by whom consent is to be requested (CTSA 2015 s.36(5)(a)); of whom is the law's to say."""

    how: str = ""
    on: date | None = None
    by_whom: str = ""


@dataclass(frozen=True)
class ItemOwner:
    """Who is responsible: a name, and the id in the area file, the officer's id or the mail address, if any."""

    name: str = ""
    recipient: str = ""
    officer_id: str = ""
    address: str = ""


@dataclass(frozen=True)
class PlanItem:
    """One thing that is done for the person, and the assessed factors that it answers."""

    id: UUID
    support: str
    factors: tuple[str, ...] = ()
    owner: ItemOwner = ItemOwner()
    provided: str = ""
    due_on: date | None = None
    measure: str = ""


@dataclass(frozen=True)
class NoItem:
    """Why no item answers a factor."""

    factor: str
    reason: str


@dataclass(frozen=True)
class Present:
    """A factor that the assessment found present, in the words that were asked."""

    id: str
    label: str


@dataclass(frozen=True)
class Plan:
    """A support plan; `present` are the factors as they were assessed when this version was completed."""

    request: Request = Request()
    items: tuple[PlanItem, ...] = ()
    without: tuple[NoItem, ...] = ()
    present: tuple[Present, ...] = ()

    def item(self, item_id: UUID) -> PlanItem:
        """Return an item by its id; PlanNotFound where the plan has none of it."""
        for each in self.items:
            if each.id == item_id:
                return each
        raise PlanNotFound("The plan has no such item any more: open the plan and choose one there.")


@dataclass(frozen=True)
class Gap:
    """An assessed factor that no item answers; `reason` says why none does, and is empty where nobody has said."""

    factor: str
    label: str
    reason: str = ""


@dataclass(frozen=True)
class Lack:
    """What a plan lacks: the part of it (`request`, `items`, `gaps`, or an item's id), and the sentence."""

    part: str
    sentence: str


@dataclass(frozen=True)
class Changed:
    """One part of a plan that differs between two versions, in words; empty before: new, empty after: gone."""

    label: str
    before: str
    after: str


def gaps(plan: Plan, present: Collection[Present], stopped: Collection[UUID] = ()) -> tuple[Gap, ...]:
    """Return the factors that no item answers; an item that was stopped answers nothing any more."""
    answered = {factor for item in plan.items if item.id not in stopped for factor in item.factors}
    reasons = {each.factor: each.reason.strip() for each in plan.without}
    return tuple(Gap(each.id, each.label, reasons.get(each.id, "")) for each in present if each.id not in answered)


def lacking(plan: Plan, present: Collection[Present], stopped: Collection[UUID] = ()) -> tuple[Lack, ...]:
    """Return why the plan cannot be put to anybody yet (CTSA 2015 s.36(5)); nothing where it is complete."""
    found = [*_request_lacks(plan.request)]
    if not plan.items:
        found.append(Lack("items", "The plan has no item yet: say what support is to be given."))
    known = {each.id for each in present}
    for item in plan.items:
        if item.id not in stopped:
            found += _item_lacks(item, known)
    open_gaps = [gap.label for gap in gaps(plan, present, stopped) if not gap.reason]
    return (*found, *_gap_lacks(open_gaps))


def _gap_lacks(labels: Sequence[str]) -> Iterator[Lack]:
    """Yield a sentence for each factor that nothing answers, or one for all where there would be a wall of them."""
    if len(labels) > FEW:
        first = " and ".join(f"“{each}”" for each in labels[:2])
        rest = f"{len(labels) - 2} more factors: add items for them, or say why there is none."
        yield Lack("gaps", f"Nothing answers {first} and {rest}")
        return
    for label in labels:
        yield Lack("gaps", f"Nothing answers “{label}”: add an item for it, or say why there is none.")


def _request_lacks(request: Request) -> Iterator[Lack]:
    if not request.how.strip():
        yield Lack("request", "The plan does not say how consent is to be asked for.")
    if request.on is None:
        yield Lack("request", "The plan does not say when consent is to be asked for.")
    if not request.by_whom.strip():
        yield Lack("request", "The plan does not say who asks for consent.")


def _item_lacks(item: PlanItem, known: Collection[str]) -> list[Lack]:
    """Return what one item does not say: its factors, who is responsible, how and by when, and how it is measured."""
    missing = [
        ("answers no factor that was assessed as present", any(factor in known for factor in item.factors)),
        ("has nobody who is responsible for it", item.owner.name.strip()),
        ("does not say how and when it is provided", item.provided.strip()),
        ("has no date by which it is done", item.due_on),
        ("does not say how we shall know that it helped", item.measure.strip()),
    ]
    # An assessment that found nothing present leaves nothing to cite.
    if not known:
        missing = missing[1:]
    name = shortened(item.support)
    return [Lack(str(item.id), f"“{name}” {words}.") for words, there in missing if not there]


def mark(plan: Plan, part: str) -> str:
    """Return what a part of a draft is recognised by, so that nobody saves over words that they have not seen.

    `part` is `request`, `gaps`, an item's id, or `all`.
    """
    parts: Mapping[str, object] = {"request": plan.request, "gaps": plan.without, "all": plan}
    found = parts.get(part) or next((item for item in plan.items if str(item.id) == part), None)
    return hashlib.blake2b(repr(found).encode(), digest_size=12).hexdigest()


def shortened(words: str, most: int = 60) -> str:
    """Return the first line of a text, cut at a word so that it fits into a sentence."""
    line = next(iter(words.strip().splitlines()), "")
    return line if len(line) <= most else f"{line[:most].rsplit(' ', 1)[0]}…"


def cited(plan: Plan) -> frozenset[str]:
    """Return the factors that at least one item answers."""
    return frozenset(factor for item in plan.items for factor in item.factors)


def compared(before: Plan, after: Plan) -> tuple[Changed, ...]:
    """Return what differs between two versions, in reading order."""
    earlier = {item.id: item for item in before.items}
    later = {item.id: item for item in after.items}
    labels = {each.id: each.label for each in (*before.present, *after.present)}
    pairs = [
        ("How consent is asked for", before.request.how, after.request.how),
        ("When consent is asked for", day(before.request.on), day(after.request.on)),
        ("Who asks for consent", before.request.by_whom, after.request.by_whom),
        *(_pair(earlier.get(each), later.get(each), labels) for each in {**earlier, **later}),
        *_reasons(before, after, labels),
    ]
    return tuple(Changed(*pair) for pair in pairs if pair[1] != pair[2])


def day(on: date | None) -> str:
    """Return a day as people read it, nothing for none."""
    return f"{on.day} {on:%B %Y}" if on else ""


def _pair(before: PlanItem | None, after: PlanItem | None, labels: Mapping[str, str]) -> tuple[str, str, str]:
    newest = after or before
    name = shortened(newest.support) if newest else ""
    return f"Item “{name}”", _in_words(before, labels), _in_words(after, labels)


def _in_words(item: PlanItem | None, labels: Mapping[str, str]) -> str:
    if item is None:
        return ""
    parts = [
        ("", item.support),
        ("Answers: ", "; ".join(labels.get(each, each) for each in item.factors)),
        ("Responsible: ", item.owner.name),
        ("How and when: ", item.provided),
        ("By: ", day(item.due_on)),
        ("Measure: ", item.measure),
    ]
    return "\n".join(f"{label}{text.strip()}" for label, text in parts if text.strip())


def _reasons(before: Plan, after: Plan, labels: Mapping[str, str]) -> list[tuple[str, str, str]]:
    earlier = {each.factor: each.reason.strip() for each in before.without}
    later = {each.factor: each.reason.strip() for each in after.without}
    return [
        (f"Why nothing answers “{labels.get(each, each)}”", earlier.get(each, ""), later.get(each, ""))
        for each in {**earlier, **later}
    ]
