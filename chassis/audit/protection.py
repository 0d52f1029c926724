"""The SQL that lets the runtime role add audit rows and seal them, and never change or remove one."""

_COLUMNS = ("id", "at", "actor_kind", "actor_id", "action", "subject", "area", "reason", "trace_id", "facts")
_CHAIN = ("sequence", "previous_hash", "entry_hash")
_REFUSE = """CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Audit rows are only added and sealed once, never changed or removed.'
    USING ERRCODE = 'insufficient_privilege';
END $$"""


def audit_protection_sql() -> tuple[str, ...]:
    """Return statements for the chassis migration, run by the owner role after the tables exist.

    Whoever asks, a row enters without a place in the chain and is given one once; every other change is refused.
    """
    placed = " OR ".join(f"NEW.{name} IS NOT NULL" for name in _CHAIN)
    unplaced = " OR ".join(f"NEW.{name} IS NULL" for name in _CHAIN)
    before, after = (", ".join(f"{row}.{name}" for name in _COLUMNS) for row in ("OLD", "NEW"))
    changed = f"OLD.sequence IS NOT NULL OR {unplaced} OR ROW({before}) IS DISTINCT FROM ROW({after})"
    return (
        _REFUSE,
        _refusing("INSERT", "audit_entry", f"FOR EACH ROW WHEN ({placed})"),
        _refusing("UPDATE", "audit_entry", f"FOR EACH ROW WHEN ({changed})"),
        _refusing("DELETE", "audit_entry", "FOR EACH ROW"),
        _refusing("TRUNCATE", "audit_entry", "FOR EACH STATEMENT"),
        _refusing("UPDATE", "audit_checkpoint", "FOR EACH ROW"),
        _refusing("DELETE", "audit_checkpoint", "FOR EACH ROW"),
        _refusing("TRUNCATE", "audit_checkpoint", "FOR EACH STATEMENT"),
    )


def audit_grants_sql(runtime_role: str) -> tuple[str, ...]:
    """Return statements that leave the runtime role only inserting and sealing; run after any broader grant."""
    role = '"' + runtime_role.replace('"', '""') + '"'
    return (
        f"REVOKE ALL ON audit_entry, audit_checkpoint FROM {role}",
        f"GRANT SELECT, INSERT, UPDATE ({', '.join(_CHAIN)}) ON audit_entry TO {role}",
        f"GRANT SELECT, INSERT ON audit_checkpoint TO {role}",
        f"GRANT USAGE ON SEQUENCE audit_entry_id_seq TO {role}",
    )


def _refusing(event: str, table: str, when: str) -> str:
    return f"CREATE TRIGGER {table}_{event.lower()} BEFORE {event} ON {table} {when} EXECUTE FUNCTION audit_refuse()"
