"""Why a command is not offered now: each guard returns a sentence, or nothing where the command may be given."""

from collections.abc import Callable

from services.channel.domain.standing import Practice, Situation
from services.channel.domain.words import Body, Consent, State

Guard = Callable[[Situation, Practice], str]


def authority_decides(situation: Situation, practice: Practice) -> str:
    """Refuse a section 36(3) decision where the area names the police for it.

    Of a case that another panel handed over the police here know nothing: the authority refers it itself (s.36(2)).
    """
    if practice.decides is Body.LOCAL_AUTHORITY or situation.from_panel:
        return ""
    return "In this area the police decide on section 36(3) referrals; their decision is shown here when it is made."


def decided_once(situation: Situation, _: Practice) -> str:
    """Refuse a second referral while one is in force."""
    return "The section 36 referral has already been made." if situation.section_36_made else ""


def referred_before(situation: Situation, _: Practice) -> str:
    """Go to the panel at once only where the pack brought the referral."""
    return "" if situation.section_36_made else "The pack brought no section 36 referral."


def not_referred_yet(situation: Situation, _: Practice) -> str:
    """Refuse to record the gathering where it was done before the referral."""
    if situation.section_36_made:
        return "The section 36 referral has already been made, so the information was gathered before it."
    return ""


def the_police_have_it(situation: Situation, _: Practice) -> str:
    """Refuse giving a case back to police who never had it: another panel handed it over."""
    if not situation.from_panel:
        return ""
    return (
        f"This case came from {situation.from_panel}, and the police here have no referral of it: where there is a "
        "risk that the police must lead on, refer the person to them, or offer the case back to that panel."
    )


def not_mine_yet(situation: Situation, _: Practice) -> str:
    """Refuse taking a case that is one's own."""
    mine = situation.coordinator_id and situation.coordinator_id == situation.acting_id
    return "This case is yours already." if mine else ""


def panel_decides(situation: Situation, _: Practice) -> str:
    """Refuse a decision of the panel outside a meeting, or in one that cannot decide (CTSA 2015 s.37)."""
    if situation.in_panel is None:
        return "The panel decides in a meeting: open the slot of this case on the meeting’s page."
    if situation.halted:
        return "The police ask you to wait: speak to them before the panel decides about this case."
    return " ".join(situation.in_panel.lacks)


def is_assessed(situation: Situation, _: Practice) -> str:
    """Refuse adoption before an assessment is complete: the plan cites its factors (s.36(4)(a))."""
    if situation.assessed:
        return ""
    return "No assessment has been completed: complete one first, because the plan answers its factors."


def assessed_again(situation: Situation, _: Practice) -> str:
    """Refuse the panel's re-assessment before a further assessment is complete (s.36(4)(e))."""
    if situation.assessed_since:
        return ""
    return "No assessment has been completed since: complete a further one first (section 36(4)(e))."


def plan_is_complete(situation: Situation, _: Practice) -> str:
    """Refuse support before the plan says what the statute wants of it (s.36(5))."""
    return " ".join(situation.plan_lacks)


def consent_can_be_given(situation: Situation, _: Practice) -> str:
    """Refuse to record consent twice; what was given by a parent is asked for anew at 18."""
    if situation.state is State.SUPPORTED and situation.consent is Consent.GIVEN:
        return "Consent has been given and is in force."
    return ""


def consent_is_in_force(situation: Situation, _: Practice) -> str:
    """Refuse support without consent (s.36(4)(b))."""
    if situation.consent is Consent.GIVEN:
        return ""
    return "Support needs consent: it has lapsed, so ask the person first (section 36(4)(b))."


def something_is_owed(situation: Situation, _: Practice) -> str:
    """Refuse to end, or to remind of, what nobody owes."""
    return "" if situation.owed else "Nobody owes anything in this case at present."


def nothing_is_owed(situation: Situation, _: Practice) -> str:
    """Refuse to end a case while somebody still owes something."""
    if not situation.owed:
        return ""
    return f"Still open: {', '.join(situation.owed)}. Each is reported done, or cancelled with a reason, first."


def no_review_to_come(situation: Situation, _: Practice) -> str:
    """Refuse to end a closed case before its last review."""
    if not situation.reviews_run:
        return ""
    return f"{situation.reviews_run} of the reviews after closure are still to come."


def interventions_are_ended(situation: Situation, _: Practice) -> str:
    """Refuse a closing report while a provider believes that sessions go on."""
    if not situation.sessions_open:
        return ""
    return f"End the interventions first: {', '.join(situation.sessions_open)}."


def came_from(state: State) -> Guard:
    """Return the guard that lets a case go back to where it stood, and nowhere else."""

    def guard(situation: Situation, _: Practice) -> str:
        return "" if situation.came_from is state else "The case stood elsewhere before."

    return guard
