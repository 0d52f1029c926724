"""What triage holds of referrals that were worked to their end, for the copies with which a store is made large."""

from collections.abc import Mapping

COPY = "reference LIKE '%~%'"
"""Which referrals are copies: the originals keep what they have, so that as much waits as before."""

_FRAME = "SELECT {what} FROM referral AS copy{more} WHERE copy.{copies}{share}"
_WORDS = "coalesce(copy.sealed_summary, '\\x00')"
_BY = "'somebody', 'Somebody (synthetic)'"
_END = "copy.received_at + interval '5 days'"


def _of_copies(into: str, what: str, *, share: int = 1, more: str = "") -> str:
    """Return the statement that gives every copy, or one in so many, a row of a table."""
    only = "" if share == 1 else f" AND hashtext(copy.subject::text) % {share} = 0"
    return f"INSERT INTO {into} " + _FRAME.format(what=what, copies=COPY, share=only, more=more)


def _id(table: str) -> str:
    return f"md5(copy.subject::text || '{table}')::uuid"


PUT: Mapping[str, Mapping[str, str]] = {
    "referral": {
        "state": "'closed'", "officer_id": "'somebody'", "officer_name": "'Somebody (synthetic)'",
        "imu_seen_at": "received_at", "gateway_seen_at": "received_at", "assessed": "true", "decisions": "2",
        "next_due_at": "'9999-12-31T00:00Z'", "row_version": "6",
    },
    "clock": {"stopped_at": "coalesce(stopped_at, started_at)"},
    # Whoever is looked for has been found, and a copy has keys of its own: its sealed values open nowhere.
    "person_referral": {"waiting": "false"},
    "person_key": {"key": "hashint8extended(key, n)"},
}  # fmt: skip
"""What a copied row holds instead, by table and column."""

_STEPS = """, (VALUES (2, 'take', 'received', 'received'), (3, 'record-clear', 'received', 'assessing'),
    (4, 'assess', 'assessing', 'assessing'), (5, 'propose-closure', 'assessing', 'closing'),
    (6, 'sign-closure-off', 'closing', 'closed')) AS step (number, command, before, after)"""
_CLOCKS = """, (VALUES ('assessment', 10), ('closure-sign-off', 12), ('closure-review', 180)) AS runs (name, days)"""

FILLED: Mapping[str, str] = {
    "history": _of_copies(
        "history (subject, area, area_version, row_version, command, from_state, to_state, risk_owner, by_id, by_name, "
        "at)",
        "copy.subject, copy.area, copy.area_version, step.number, step.command, step.before, step.after, "
        f"copy.risk_owner, {_BY}, copy.received_at + step.number * interval '1 hour'",
        more=_STEPS,
    ),
    "clock": _of_copies(
        "clock (subject, name, about, area, started_at, due_at, stopped_at, times_extended, escalations)",
        "copy.subject, runs.name, '00000000-0000-0000-0000-000000000000', copy.area, copy.received_at, "
        f"copy.received_at + runs.days * interval '1 day', {_END}, 0, 0",
        more=_CLOCKS,
    ),
    "deconfliction": _of_copies(
        "deconfliction (id, subject, area, outcome, by_id, by_name, recorded_at)",
        f"{_id('deconfliction')}, copy.subject, copy.area, 'record-clear', {_BY}, {_END}",
    ),
    "assessment": _of_copies(
        "assessment (subject, number, area, instrument, edition, sealed_assessment, completed_at, by_id, by_name)",
        f"copy.subject, 1, copy.area, 'gateway', '1', {_WORDS}, {_END}, {_BY}",
    ),
    "decision": _of_copies(
        "decision (id, subject, area, command, reason, sealed_rationale, risk_owner, by_id, by_name, decided_at)",
        f"{_id('decision')}, copy.subject, copy.area, 'propose-closure', 'mistaken', {_WORDS}, copy.risk_owner, "
        f"{_BY}, {_END}",
    ),
    "obligation": _of_copies(
        "obligation (id, subject, area, kind, service, owner, state, sealed_message, sealed_report, made_at, made_by, "
        "due_at, acknowledged_at, ended_at, ended_by)",
        f"{_id('obligation')}, copy.subject, copy.area, 'signpost', 'early-help', 'Early Help', 'done', {_WORDS}, "
        f"{_WORDS}, copy.received_at, 'Somebody (synthetic)', {_END}, copy.received_at, {_END}, 'Early Help'",
        share=10,
    ),
    "handover": _of_copies(
        "handover (id, subject, area, kind, offered_at, answer, answered_at)",
        f"{_id('handover')}, copy.subject, copy.area, 'pass-on', copy.received_at, 'pack-accepted', {_END}",
        share=10,
    ),
    "transfer": _of_copies(
        "transfer (id, subject, area, force, sealed_message, offered_at, offered_by, answer, answered_at, answered_by)",
        f"{_id('transfer')}, copy.subject, copy.area, 'sample-force', {_WORDS}, copy.received_at, "
        f"'Somebody (synthetic)', 'transfer-refused', {_END}, 'Sample Force (synthetic)'",
        share=50,
    ),
    "correction": _of_copies(
        "correction (id, subject, area, kind, sealed_words, corrected_at, by_name, told_channel)",
        f"{_id('correction')}, copy.subject, copy.area, 'date-of-birth', {_WORDS}, {_END}, 'Somebody (synthetic)', "
        "false",
        share=50,
    ),
    "access": _of_copies(
        "access (id, subject, area, officer_id, officer_name, given_at, given_by)",
        f"{_id('access')}, copy.subject, copy.area, {_BY}, copy.received_at, 'Somebody (synthetic)'",
        share=100,
    ),
    # One referral in ten has an earlier one, which is its copy of the day before; the officer said that it is the same.
    "likeness": _of_copies(
        "likeness (reference, other_reference, area, sealed_evidence, found_at)",
        f"copy.reference, copy.reference || '~', copy.area, {_WORDS}, copy.received_at",
        share=10,
    ),
    "sameness": _of_copies(
        "sameness (id, subject, area, earlier_reference, later_reference, answer, answered_at, answered_in, by_name)",
        f"{_id('sameness')}, copy.subject, copy.area, copy.reference || '~', copy.reference, 'same', {_END}, 'triage', "
        "'Somebody (synthetic)'",
        share=10,
    ),
    "person_merge": _of_copies(
        "person_merge (id, area, person, subject, other_subject, merged_at, by_id, by_name)",
        f"{_id('person_merge')}, copy.area, copy.subject, copy.subject, {_id('other')}, {_END}, {_BY}",
        share=10,
    ),
}
"""What is written of copies that no original has: by table, each statement, run while its indexes are away."""

TABLES = (
    "referral", "referral_version", "person_referral", "person_key", *FILLED,
    "dispatch", "outbox_position", "inbox_event", "inbox_position", "audit_entry",
)  # fmt: skip

LEFT: Mapping[str, str] = {
    "likeness_elsewhere": "one in thousands, and no list reads it",
    "assessment_draft": "what is begun waits: copies are done",
    "begun_work": "what is begun waits: copies are done",
    "given_back": "what comes back from Channel is a few in a hundred, and no list reads it",
    "channel_gathered": "a page of one referral reads it, no list",
    "officer": "a few dozen, however many referrals",
}
"""The tables of triage that stay as they are, and why."""
