"""A journey's spans as trees, and what kind of work began each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

MOST_DEPTH = 40

Scalar = str | int | float | bool
Children = Mapping[tuple[str, str], list["SpanFact"]]
_MESSAGES: Mapping[str, str] = {
    "front-door": "a message to the social care front door",
    "service": "a message to a support service",
    "referrer": "a message to the referrer",
}
_WORK: Mapping[str, str] = {
    "smtp DATA": "a referral came in by email",
    "intake.read-original": "the original was read",
    "intake.examine-files": "the files beside the form were looked at",
    "handle": "{service} took an event in",
    "GET": "somebody looked at something in {service}",
    "POST": "somebody sent something to {service}",
}


@dataclass(frozen=True)
class SpanFact:
    """One piece of work: in which service, when, and whether it failed."""

    trace_id: str
    span_id: str
    parent_span_id: str
    service: str
    name: str
    kind: str
    started_at: datetime
    ended_at: datetime
    failed: bool
    attributes: Mapping[str, Scalar] = field(default_factory=dict)

    @property
    def duration_ms(self) -> float:
        """How long it took, in milliseconds."""
        return (self.ended_at - self.started_at).total_seconds() * 1000


@dataclass(frozen=True)
class SpanNode:
    """A span with those inside it; `start` and `width` are shares (0 to 1) of the time its whole tree took."""

    span: SpanFact
    start: float
    width: float
    children: tuple["SpanNode", ...]


def tree(spans: Iterable[SpanFact]) -> tuple[SpanNode, ...]:
    """Return the spans as trees, oldest first; a span without a known parent, or in a circle, is a root."""
    by_id = {(span.trace_id, span.span_id): span for span in sorted(spans, key=_age)}
    children: dict[tuple[str, str], list[SpanFact]] = {}
    for span in by_id.values():
        children.setdefault((span.trace_id, span.parent_span_id), []).append(span)
    roots = [span for span in by_id.values() if (span.trace_id, span.parent_span_id) not in by_id]
    reached: set[tuple[str, str]] = set()
    nodes = [_grown(root, children, reached) for root in roots]
    # What no root leads to stands in a circle or too deep: shown on its own rather than not at all.
    for key, span in by_id.items():
        if key not in reached:
            nodes.append(_grown(span, children, reached))
    return tuple(nodes)


def what_it_was(root: SpanFact) -> str:
    """Say in words what kind of work began a tree, and for a message whom it was for."""
    if root.name == "notify.send":
        return _MESSAGES.get(str(root.attributes.get("audience", "")), "a message")
    known = _WORK.get(root.name) or _WORK.get(root.name.partition(" ")[0])
    return known.format(service=root.service) if known else f"work of {root.service}"


def _age(span: SpanFact) -> tuple[datetime, float, str]:
    return span.started_at, -span.duration_ms, span.span_id


def _grown(root: SpanFact, children: Children, reached: set[tuple[str, str]]) -> SpanNode:
    inside = _inside(root, children)
    begin = min(span.started_at for span in inside)
    whole = (max(span.ended_at for span in inside) - begin).total_seconds() or 1e-6

    def node(span: SpanFact, depth: int) -> SpanNode:
        reached.add((span.trace_id, span.span_id))
        below = children.get((span.trace_id, span.span_id), []) if depth < MOST_DEPTH else []
        start = (span.started_at - begin).total_seconds() / whole
        width = span.duration_ms / 1000 / whole
        grown = [node(child, depth + 1) for child in below if (child.trace_id, child.span_id) not in reached]
        return SpanNode(span, start, width, tuple(grown))

    return node(root, 0)


def _inside(root: SpanFact, children: Children) -> list[SpanFact]:
    inside: dict[tuple[str, str], SpanFact] = {}
    waiting = [root]
    while waiting:
        span = waiting.pop()
        key = (span.trace_id, span.span_id)
        if key not in inside:
            inside[key] = span
            waiting += children.get(key, [])
    return list(inside.values())
