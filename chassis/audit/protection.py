"""The SQL that lets the runtime role add audit rows and seal them, and never change or remove one."""

_COLUMNS = "id, at, actor_kind, actor_id, action, subject, area, reason, trace_id, facts"
_CHAIN = "sequence, previous_hash, entry_hash"


def audit_protection_sql() -> tuple[str, ...]:
    """Return statements for the chassis migration, run by the owner role after the tables exist.

    Whoever asks, a row enters without a place in the chain and is given one once; every other change is refused.
    """
    content = ", ".join(f"OLD.{name}" for name in _COLUMNS.split(", "))
    after = content.replace("OLD.", "NEW.")
    refuse = "EXECUTE FUNCTION audit_refuse()"
    return (
        "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'Audit rows are only added and sealed once, never changed or removed.' "
        "USING ERRCODE = 'insufficient_privilege'; END $$",
        "CREATE TRIGGER audit_entry_insert BEFORE INSERT ON audit_entry FOR EACH ROW "
        "WHEN (NEW.sequence IS NOT NULL OR NEW.previous_hash IS NOT NULL OR NEW.entry_hash IS NOT NULL) " + refuse,
        "CREATE TRIGGER audit_entry_update BEFORE UPDATE ON audit_entry FOR EACH ROW "
        "WHEN (OLD.sequence IS NOT NULL OR NEW.sequence IS NULL OR NEW.previous_hash IS NULL OR NEW.entry_hash IS NULL "
        f"OR ROW({content}) IS DISTINCT FROM ROW({after})) " + refuse,
        "CREATE TRIGGER audit_entry_delete BEFORE DELETE ON audit_entry FOR EACH ROW " + refuse,
        "CREATE TRIGGER audit_entry_truncate BEFORE TRUNCATE ON audit_entry FOR EACH STATEMENT " + refuse,
        "CREATE TRIGGER audit_checkpoint_change BEFORE UPDATE OR DELETE ON audit_checkpoint FOR EACH ROW " + refuse,
        "CREATE TRIGGER audit_checkpoint_truncate BEFORE TRUNCATE ON audit_checkpoint FOR EACH STATEMENT " + refuse,
    )


def audit_grants_sql(runtime_role: str) -> tuple[str, ...]:
    """Return statements that leave the runtime role only inserting and sealing; run after any broader grant."""
    role = '"' + runtime_role.replace('"', '""') + '"'
    return (
        f"REVOKE ALL ON audit_entry, audit_checkpoint FROM {role}",
        f"GRANT SELECT, INSERT, UPDATE ({_CHAIN}) ON audit_entry TO {role}",
        f"GRANT SELECT, INSERT ON audit_checkpoint TO {role}",
        f"GRANT USAGE ON SEQUENCE audit_entry_id_seq TO {role}",
    )
