"""The audit: one plain row per change and per read, chained and signed afterwards, checked by anyone offline."""

from chassis.audit.chain import (
    AuditEntry,
    AuditExportUnreadable,
    Checkpoint,
    Verification,
    checkpoint_values,
    entry_line,
    read_checkpoints,
    read_entries,
    verify,
)
from chassis.audit.protection import audit_grants_sql, audit_protection_sql
from chassis.audit.sealer import Sealer, public_key_of
from chassis.audit.trail import Details, checkpoints, entries, record, record_read

__all__ = [
    "AuditEntry",
    "AuditExportUnreadable",
    "Checkpoint",
    "Details",
    "Sealer",
    "Verification",
    "audit_grants_sql",
    "audit_protection_sql",
    "checkpoint_values",
    "checkpoints",
    "entries",
    "entry_line",
    "public_key_of",
    "read_checkpoints",
    "read_entries",
    "record",
    "record_read",
    "verify",
]
