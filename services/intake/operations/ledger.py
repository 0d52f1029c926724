"""Notes in the ledger what the consumers say: stored, parked, and how far their people have got."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from uuid import UUID

from sqlalchemy import TextClause, text

from chassis import audit
from chassis.database import Session
from contracts.envelope import MARKS_ANEW, ReceiptItem
from contracts.vocabulary import Team
from services.intake import models

_COLUMNS = {
    "stored": "stored_at",
    "delivered": "delivered_at",
    "undelivered": "undelivered_at",
    "seen": "seen_at",
    "acknowledged": "acknowledged_at",
    "parked": "parked_at",
    "discarded": "waived_at",
    "erased": "erased_at",
}
_BY_PEOPLE = ("seen_at", "acknowledged_at")
"""What people have done is audited line by line; what machines answer is not (docs/decisions/0022)."""
_TOLD = {
    "delivered_at": ("undelivered_at = NULL,", "line.delivered_at IS NULL"),
    "undelivered_at": (
        "delivered_at = NULL,",
        "about.at >= coalesce(greatest(line.delivered_at, line.undelivered_at), about.at)",
    ),
    **{
        column: (
            "",
            f"(line.{column} IS NULL OR line.undelivered_at > line.{column} AND about.at >= line.undelivered_at)",
        )
        for column in _BY_PEOPLE
    },
}
"""What a team's service says of mails and people, by when it happened: what a line loses by it, and when it counts.

A mail that came back was not delivered, and one that goes through after all was; people count once, and once more
where a newer version had come back since.
"""


def _statement(column: str) -> TextClause:
    # A receipt names the event; its dispatch row leads to the referral, for statistics by the key that intake alone
    # can resolve.
    # The column is one of the few names above.
    instead, counts = _TOLD.get(column, ("", f"line.{column} IS NULL"))
    return text(
        f"""UPDATE ledger_line AS line SET {column} = about.at, {instead}
            sent_at = coalesce(line.sent_at, about.published_at)
        FROM (
            SELECT sent.topic, sent.recipient, min(sent.published_at) AS published_at, max(said.at) AS at,
                coalesce(counted.id, sent.subject) AS referral_id
            FROM unnest(CAST(:event_ids AS uuid[]), CAST(:moments AS timestamptz[])) AS said (event_id, at)
                JOIN dispatch AS sent ON sent.event_id = said.event_id
                LEFT JOIN referral AS counted ON counted.statistics_key = sent.subject
            WHERE sent.recipient = :recipient
            GROUP BY sent.topic, sent.recipient, coalesce(counted.id, sent.subject)
        ) AS about
        WHERE line.referral_id = about.referral_id AND line.service = about.recipient AND line.topic = about.topic
            AND (:team = '' OR line.team = :team) AND {counts}
        {"RETURNING line.referral_id, line.area" if column in _BY_PEOPLE else ""}"""  # noqa: S608
    )


_HASTEN = text(
    """UPDATE ledger_line AS line SET acknowledge_by = least(line.acknowledge_by, wanted.by)
    FROM unnest(CAST(:teams AS text[]), CAST(:moments AS timestamptz[])) AS wanted (team, by)
    WHERE line.referral_id = :id AND line.team = wanted.team AND line.acknowledged_at IS NULL"""
)
_ANEW = text(
    """UPDATE ledger_line AS line SET
        delivered_at = CASE WHEN line.delivered_at > :at THEN line.delivered_at END,
        undelivered_at = CASE WHEN line.undelivered_at > :at THEN line.undelivered_at END,
        seen_at = CASE WHEN line.seen_at > :at THEN line.seen_at END,
        acknowledged_at = CASE WHEN line.acknowledged_at > :at THEN line.acknowledged_at END
    FROM dispatch AS sent
    WHERE sent.event_id = ANY (CAST(:event_ids AS uuid[])) AND sent.recipient = :recipient
        AND line.referral_id = sent.subject AND line.service = sent.recipient AND line.topic = sent.topic
        AND line.team = :team"""
)
"""What a team's people had done by a moment counts no more: others of that team have the referral now."""
_NOTE = {state: _statement(column) for state, column in _COLUMNS.items()}


async def note_receipts(session: Session, items: Sequence[ReceiptItem], now: datetime) -> None:
    """Note a batch of receipts, moves first, then what was said of each event in the order in which it happened.

    One statement notes what a recipient says for a team of many events alike. A receipt without a team speaks for every
    team that the recipient serves from that topic; one that came before changes nothing. That people have seen or
    acknowledged a referral is audited.
    """
    moved = await _begin_anew(session, items)
    counts = [
        item
        for item in items
        if item.state in _NOTE and item.at >= moved.get((item.event_id, item.recipient, item.team), "")
    ]
    for (_, recipient, state, team), told in _in_turns(counts, now):
        said = {"event_ids": [item.event_id for item in told], "moments": [_moment(item, now) for item in told]}
        parameters = {**said, "recipient": recipient, "team": team}
        if _COLUMNS[state] not in _BY_PEOPLE:
            await session.execute(_NOTE[state], parameters)
            continue
        for line in await session.rows(_NOTE[state], parameters):
            facts: dict[str, str | int] = {"team": team, "service": recipient}
            subject = line.referral_id
            await audit.record(session, f"ledger.{state}", subject=subject, now=now, area=line.area, facts=facts)


def _in_turns(items: Sequence[ReceiptItem], now: datetime) -> list[tuple[tuple[int, str, str, str], list[ReceiptItem]]]:
    """Return receipts by turn, recipient, state and team: a line that came back and was delivered after all is so.

    The first of what was said of an event for a team, by when it happened, is in the first turn, the next in the next;
    what was said of the same moment stays in the order of its coming.
    """
    turns: dict[tuple[UUID, str, str], int] = defaultdict(int)
    grouped: dict[tuple[int, str, str, str], list[ReceiptItem]] = defaultdict(list)
    for item in sorted(items, key=lambda each: _moment(each, now)):
        about = item.event_id, item.recipient, item.team
        grouped[turns[about], item.recipient, item.state, item.team].append(item)
        turns[about] += 1
    return sorted(grouped.items(), key=itemgetter(0))


async def _begin_anew(session: Session, items: Sequence[ReceiptItem]) -> dict[tuple[UUID, str, str], str]:
    """Take back what people had done before a referral went to others; return when, by event, recipient and team."""
    moves: dict[tuple[str, str, str], list[UUID]] = defaultdict(list)
    for item in items:
        if item.state == MARKS_ANEW and item.team:
            moves[item.at, item.recipient, item.team].append(item.event_id)
    for (at, recipient, team), event_ids in sorted(moves.items()):
        parameters = {"at": datetime.fromisoformat(at), "event_ids": event_ids, "recipient": recipient, "team": team}
        await session.execute(_ANEW, parameters)
    return {(each, to, team): at for (at, to, team), ids in sorted(moves.items()) for each in ids}


def _moment(item: ReceiptItem, now: datetime) -> datetime:
    """Return when what is said of mails and people happened; what machines answer counts from when it is noted."""
    return datetime.fromisoformat(item.at) if item.at and _COLUMNS[item.state] in _TOLD else now


async def hasten(session: Session, referral_id: UUID, by: Mapping[Team, datetime]) -> None:
    """Let teams acknowledge a referral by an earlier moment: somebody is in immediate danger."""
    parameters = {"id": referral_id, "teams": [str(team) for team in by], "moments": list(by.values())}
    await session.execute(_HASTEN, parameters)


async def purge_keys(session: Session, *, before: datetime, now: datetime) -> int:
    """Forget idempotency keys and form tokens seen before a moment, and what is left of erased ones.

    Message-IDs and digests stay.
    """
    keys = models.arrival_key
    short_lived = ("idempotency-key", "form-token", "erased")
    gone = await session.execute(keys.delete().where(keys.c.seen_at < before, keys.c.kind.in_(short_lived)))
    if gone.rowcount:
        await audit.record(session, "arrival-key.purged", subject=None, now=now, facts={"keys": gone.rowcount})
    return int(gone.rowcount)
