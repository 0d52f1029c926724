"""Signposts become one kind of obligation, each with a clock of its own; clocks pause and escalate."""

from uuid import UUID

import sqlalchemy as sa
from alembic import op

from chassis.database import area_policy

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NIL = str(UUID(int=0))


def upgrade() -> None:
    """Carry every signpost over with its clock; what is decided counts as assessed, a conflict stands by itself."""
    op.create_table(
        "obligation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sealed_message", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_report", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("obligation_subject", "obligation", ["subject"], unique=False)
    op.create_index(
        "obligation_open", "obligation", ["made_at"], unique=False, postgresql_where=sa.text("ended_at IS NULL")
    )
    for statement in area_policy("obligation"):
        op.execute(statement)
    for name in ("assessed", "gathered", "restricted"):
        op.add_column("referral", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
        op.alter_column("referral", name, server_default=None)
    op.execute(
        "UPDATE referral SET assessed = state NOT IN ('received', 'deconflicting', 'assessing'),"
        " gathered = state IN ('section-36', 'handed-over', 'given-back')"
    )
    op.execute(
        "UPDATE referral SET state = 'conflict' WHERE state = 'deconflicting' AND 'record-conflict' ="
        " (SELECT command FROM history WHERE history.subject = referral.subject"
        " AND command IN ('record-conflict', 'need-more-time') ORDER BY id DESC LIMIT 1)"
    )
    op.add_column("decision", sa.Column("risk_owner", sa.Text(), nullable=False, server_default=""))
    op.alter_column("decision", "risk_owner", server_default=None)
    op.add_column("decision", sa.Column("review_on", sa.Date(), nullable=True))
    _clocks()
    _signposts()
    _escalations()


def _clocks() -> None:
    op.add_column("clock", sa.Column("about", sa.Uuid(), nullable=False, server_default=NIL))
    op.add_column("clock", sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("clock", sa.Column("escalations", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("clock", sa.Column("escalate_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("clock", sa.Column("paused_for", sa.Text(), nullable=True))
    op.alter_column("clock", "about", server_default=None)
    op.alter_column("clock", "escalations", server_default=None)
    op.drop_constraint("clock_pkey", "clock", type_="primary")
    op.execute(
        "UPDATE clock SET name = 'conflict-review' FROM referral WHERE referral.subject = clock.subject"
        " AND referral.state = 'conflict' AND clock.name = 'deconfliction' AND clock.stopped_at IS NULL"
    )
    op.create_primary_key("clock_pkey", "clock", ["subject", "name", "about"])


def _signposts() -> None:
    op.execute(
        "INSERT INTO obligation (id, subject, area, kind, service, owner, state, sealed_message, sealed_report,"
        " made_at, made_by, due_at, acknowledged_at, ended_at)"
        " SELECT id, subject, area, 'signpost', service, service,"
        " CASE WHEN acknowledged_at IS NULL THEN 'open' WHEN sealed_report IS NULL THEN 'acknowledged' ELSE 'done' END,"
        " sealed_message, sealed_report, made_at, '', due_at, acknowledged_at,"
        " CASE WHEN sealed_report IS NULL THEN NULL ELSE acknowledged_at END FROM signpost"
    )
    op.execute(
        "INSERT INTO clock (subject, name, about, area, started_at, due_at, stopped_at, times_extended, escalations)"
        " SELECT subject, 'signpost', id, area, made_at, due_at, ended_at, 0, 0 FROM obligation"
    )
    op.execute(f"DELETE FROM clock WHERE name = 'signpost' AND about = '{NIL}'")  # noqa: S608 - a constant of ours
    op.drop_table("signpost")


def _escalations() -> None:
    # What had run out before anybody was told of it is escalated at the first look, the first person first.
    op.execute("UPDATE clock SET escalate_at = due_at WHERE stopped_at IS NULL")
    running = "stopped_at IS NULL AND paused_at IS"
    op.create_index(
        "clock_escalate", "clock", ["escalate_at"], unique=False, postgresql_where=sa.text(f"{running} NULL")
    )
    op.create_index(
        "clock_paused", "clock", ["paused_at"], unique=False, postgresql_where=sa.text(f"{running} NOT NULL")
    )
