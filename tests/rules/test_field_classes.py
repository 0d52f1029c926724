"""Every column says what kind of fact it holds; personal ones are sealed, or kept in the clear for a reason."""

from sqlalchemy import LargeBinary

from contracts.vocabulary.classes import PERSONAL, FieldClass
from tests.rules.served import metadata

OFFICERS = "names the officer who answers for the case, never the person; queues and histories show it without a key"
OWES = "names the service, partner or officer who owes something, never the person; ageing lists show it without a key"
IN_THE_CLEAR = {
    "intake.desk_claim.allocated_by": OFFICERS,
    "intake.desk_claim.officer_name": OFFICERS,
    "intake.desk_officer.officer_name": OFFICERS,
    "intake.pair_answer.by_name": OFFICERS,
    "intake.same_mail.made_by": OFFICERS,
    "triage.sameness.by_name": OFFICERS,
    "triage.referral.risk_owner": OFFICERS,
    "triage.referral.officer_name": OFFICERS,
    "triage.deconfliction.by_name": OFFICERS,
    "triage.decision.by_name": OFFICERS,
    "triage.assessment.by_name": OFFICERS,
    "triage.assessment_draft.by_name": OFFICERS,
    "triage.likeness_elsewhere.by_name": OFFICERS,
    "triage.person_merge.by_name": OFFICERS,
    "triage.person_merge.undone_by": OFFICERS,
    "triage.decision.risk_owner": OFFICERS,
    "triage.officer.name": OFFICERS,
    "triage.begun_work.officer_name": OFFICERS,
    "triage.access.officer_name": OFFICERS,
    "triage.access.given_by": OFFICERS,
    "triage.access.ended_by": OFFICERS,
    "triage.correction.by_name": OFFICERS,
    "triage.transfer.offered_by": OFFICERS,
    "triage.given_back.answered_by": OFFICERS,
    "triage.transfer.answered_by": OFFICERS,
    "triage.obligation.owner": OWES,
    "triage.obligation.made_by": OFFICERS,
    "triage.obligation.ended_by": OFFICERS,
    "triage.history.risk_owner": OFFICERS,
    "triage.history.by_name": OFFICERS,
    "channel.case_file.risk_owner": OFFICERS,
    "channel.pack.decided_by": OFFICERS,
    "channel.pack.risk_owner": OFFICERS,
    "channel.correction.corrected_by": OFFICERS,
    "channel.history.risk_owner": OFFICERS,
    "channel.history.by_name": OFFICERS,
    "channel.case_file.coordinator": OFFICERS,
    "channel.obligation.owner": OFFICERS,
    "channel.obligation.made_by": OFFICERS,
    "channel.obligation.ended_by": OFFICERS,
    "channel.assessment.by_name": OFFICERS,
    "channel.assessment_draft.by_name": OFFICERS,
    "channel.officer.name": OFFICERS,
    "channel.begun_work.officer_name": OFFICERS,
    "channel.intervention.provider": OWES,
    "channel.intervention.commissioned_by": OFFICERS,
    "channel.intervention.explained_by": OFFICERS,
    "channel.intervention.ended_by": OFFICERS,
    "channel.brief.written_by": OFFICERS,
    "channel.intervention_session.planned_by": OFFICERS,
    "channel.intervention_session.reported_by": OWES,
    "channel.closing_report.by_name": OFFICERS,
    "channel.review.found_by": OFFICERS,
    "channel.meeting.made_by": OFFICERS,
    "channel.meeting_change.by_name": OFFICERS,
    "channel.slot.added_by": OFFICERS,
    "channel.invitation.name": OFFICERS,
    "channel.invitation.answered_by": OFFICERS,
    "channel.conflict.declared_by": OFFICERS,
    "channel.pack_share.made_by": OFFICERS,
    "channel.pack_read.by_name": OFFICERS,
    "channel.plan.by_name": OFFICERS,
    "channel.plan_draft.by_name": OFFICERS,
    "channel.plan_progress.by_name": OFFICERS,
    "channel.consent.by_name": OFFICERS,
    "channel.transfer.offered_by": OFFICERS,
    "channel.transfer.answered_by": OFFICERS,
    "channel.transfer_received.answered_by": OFFICERS,
    "channel.presiding.name": OFFICERS,
    "channel.presiding.by_name": OFFICERS,
    "channel.presence.name": OFFICERS,
    "channel.presence.by_name": OFFICERS,
    "channel.contribution.by_name": OFFICERS,
    "channel.panel_decision.presided_by": OFFICERS,
    "channel.panel_decision.by_name": OFFICERS,
    "channel.meeting_minutes.approved_by": OFFICERS,
    "channel.meeting_minutes.checked_by": OFFICERS,
    "channel.minute.by_name": OFFICERS,
    "channel.minute_correction.by_name": OFFICERS,
}


def _columns() -> dict[str, tuple[FieldClass | None, bool]]:
    return {
        f"{owner}.{column}": (column.info.get("class"), isinstance(column.type, LargeBinary))
        for owner, tables in metadata().items()
        for table in tables.tables.values()
        for column in table.columns
    }


class TestFieldClasses:
    def test_every_column_has_a_class(self) -> None:
        columns = _columns()
        assert len(columns) > 200
        assert [name for name, (given, _) in columns.items() if not isinstance(given, FieldClass)] == []

    def test_personal_columns_are_sealed(self) -> None:
        clear = {name for name, (given, sealed) in _columns().items() if given in PERSONAL and not sealed}
        assert clear - IN_THE_CLEAR.keys() == set()
        assert IN_THE_CLEAR.keys() - clear == set(), "A reason without a column is to be struck."

    def test_only_officers_stand_in_the_clear(self) -> None:
        assert {given for name, (given, _) in _columns().items() if name in IN_THE_CLEAR} <= {FieldClass.POLICE}

    def test_statistics_and_monitor_hold_nothing_personal(self) -> None:
        personal = [
            name
            for name, (given, _) in _columns().items()
            if name.startswith(("stats.", "monitor.")) and given in PERSONAL
        ]
        assert personal == []
