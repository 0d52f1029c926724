"""Who works on what at the desk, and which referrals a person linked."""

import sqlalchemy as sa
from alembic import op

from chassis.database import area_policy

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = ("desk_claim", "likeness_mark", "referral_pair", "pair_answer")
moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Give each referral a time to be completed by, marks of likeness in a table of their own, and claims."""
    op.add_column("referral", sa.Column("complete_by", moment, nullable=True))
    op.add_column("referral_version", sa.Column("addition", sa.LargeBinary(), nullable=True))
    open_ones = sa.text("reading IN ('being-read', 'unread')")
    op.create_index("referral_to_complete", "referral", ["complete_by"], postgresql_where=open_ones)
    op.execute(
        "UPDATE referral SET complete_by = received_at + interval '1 day' WHERE reading IN ('being-read', 'unread')"
    )
    _claims()
    _likeness()
    _pairs()
    for table in TABLES:
        for statement in area_policy(table):
            op.execute(statement)


def _claims() -> None:
    op.create_table(
        "desk_claim",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("officer_id", sa.Text(), nullable=False),
        sa.Column("officer_name", sa.Text(), nullable=False),
        sa.Column("claimed_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    current = sa.text("ended_at IS NULL")
    op.create_index("desk_claim_current", "desk_claim", ["referral_id"], unique=True, postgresql_where=current)
    op.create_index("desk_claim_referral", "desk_claim", ["referral_id", "claimed_at"])


def _likeness() -> None:
    op.create_table(
        "likeness_mark",
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("mark", "referral_id"),
    )
    op.create_index("likeness_mark_referral", "likeness_mark", ["referral_id"])
    # The hash of surname and date of birth that a referral had is the first of its marks, cut to eight bytes.
    op.execute(
        "INSERT INTO likeness_mark (mark, referral_id, area) "
        "SELECT substring(likeness FROM 1 FOR 8), id, area FROM referral WHERE likeness IS NOT NULL"
    )
    op.drop_index("referral_likeness", "referral")
    op.drop_column("referral", "likeness")


def _pairs() -> None:
    op.create_table(
        "referral_pair",
        sa.Column("earlier_id", sa.Uuid(), nullable=False),
        sa.Column("later_id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("found_at", moment, nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", moment, nullable=True),
        sa.Column("answered_in", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("earlier_id", "later_id"),
    )
    waiting = sa.text("answer = 'waiting'")
    places = ["found_at", "later_id", "earlier_id"]
    op.create_index("referral_pair_waiting", "referral_pair", places, postgresql_where=waiting)
    op.create_index("referral_pair_later", "referral_pair", ["later_id"])
    op.create_table(
        "pair_answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("earlier_id", sa.Uuid(), nullable=False),
        sa.Column("later_id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", moment, nullable=False),
        sa.Column("answered_in", sa.Text(), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("pair_answer_pair", "pair_answer", ["later_id", "earlier_id", "answered_at"])
