"""Interventions with their briefs and sessions, closing reports, reviews after closure, and an index of moves."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from chassis.database import area_policy

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
SINCE = """UPDATE history SET since = move.since FROM
    (SELECT id, lag(at) OVER (PARTITION BY subject ORDER BY id) AS since FROM history
     WHERE from_state IS DISTINCT FROM to_state) AS move
    WHERE move.id = history.id"""
TABLES = ("intervention", "brief", "intervention_session", "closing_report", "review")


def upgrade() -> None:
    """Add the tables, each protected by area, and the index of how cases moved."""
    _interventions()
    _sessions()
    _closing()
    for table in TABLES:
        for statement in area_policy(table):
            op.execute(statement)
    op.add_column("history", sa.Column("since", MOMENT, nullable=True))
    op.execute(SINCE)
    op.create_index(
        "history_moves",
        "history",
        ["at"],
        unique=False,
        postgresql_include=["command", "from_state", "to_state", "since", "area"],
        postgresql_where=sa.text("from_state IS DISTINCT FROM to_state"),
    )


def _some(kind: Any, *names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=nullable) for name in names]


def _interventions() -> None:
    op.create_table(
        "intervention",
        *_some(sa.Uuid(), "id", "subject"),
        *_some(sa.Text(), "area", "provider_id", "provider", "commissioned_by"),
        *_some(sa.Integer(), "sessions", "briefs", "short", "explained"),
        *_some(sa.LargeBinary(), "sealed_purpose"),
        *_some(MOMENT, "commissioned_at"),
        *_some(sa.Date(), "finish_on"),
        *_some(MOMENT, "raised_at", "explained_at", "ended_at", nullable=True),
        *_some(sa.Text(), "explained_by", "ended_by", nullable=True),
        *_some(sa.LargeBinary(), "sealed_explanation", "sealed_ending", nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    running = sa.text("ended_at IS NULL")
    late = sa.text("ended_at IS NULL AND short > explained")
    op.create_index("intervention_subject", "intervention", ["subject"], unique=False)
    op.create_index("intervention_open", "intervention", ["id"], unique=False, postgresql_where=running)
    op.create_index("intervention_short", "intervention", ["raised_at", "id"], unique=False, postgresql_where=late)


def _sessions() -> None:
    op.create_table(
        "brief",
        *_some(sa.Uuid(), "intervention", "subject"),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        *_some(sa.Text(), "area", "written_by"),
        *_some(sa.LargeBinary(), "sealed_brief"),
        *_some(MOMENT, "written_at"),
        *_some(MOMENT, "read_at", nullable=True),
        sa.PrimaryKeyConstraint("intervention", "number"),
    )
    op.create_index("brief_subject", "brief", ["subject"], unique=False)
    op.create_table(
        "intervention_session",
        *_some(sa.Uuid(), "id", "intervention", "subject", "ask_id"),
        *_some(sa.Text(), "area", "state", "planned_by"),
        *_some(sa.Integer(), "number", "brief"),
        *_some(sa.Date(), "held_on"),
        *_some(MOMENT, "due_at", "planned_at"),
        *_some(MOMENT, "reported_at", nullable=True),
        *_some(sa.LargeBinary(), "sealed_report", nullable=True),
        *_some(sa.Text(), "reported_by", nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    of_intervention = ["intervention", "held_on", "number"]
    op.create_index("intervention_session_of", "intervention_session", of_intervention, unique=False)
    op.create_index("intervention_session_subject", "intervention_session", ["subject"], unique=False)
    op.create_index("intervention_session_ask", "intervention_session", ["ask_id"], unique=False)


def _closing() -> None:
    op.create_table(
        "closing_report",
        *_some(sa.Uuid(), "subject"),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        *_some(sa.Text(), "area", "outcome", "by_id", "by_name"),
        *_some(sa.LargeBinary(), "sealed_report", nullable=True),
        *_some(MOMENT, "completed_at"),
        sa.PrimaryKeyConstraint("subject", "number"),
    )
    op.create_table(
        "review",
        *_some(sa.Uuid(), "id", "subject"),
        *_some(sa.Text(), "area", "reviewer"),
        *_some(MOMENT, "closed_at", "due_at"),
        *_some(MOMENT, "asked_at", "found_at", "decided_at", nullable=True),
        *_some(sa.Uuid(), "obligation", nullable=True),
        *_some(sa.LargeBinary(), "sealed_findings", nullable=True),
        *_some(sa.Text(), "found_by", "verdict", nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("review_subject", "review", ["subject", "due_at"], unique=False)
    op.create_index("review_due", "review", ["due_at", "id"], unique=False)
