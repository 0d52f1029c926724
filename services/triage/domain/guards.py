"""Why a command is not offered now: each guard returns a sentence, or nothing where the command may be given."""

from collections.abc import Callable

from services.triage.domain.standing import Practice, Situation
from services.triage.domain.words import Body, Command, State

BEFORE_CLEAR = frozenset({State.RECEIVED, State.DECONFLICTING, State.CONFLICT, State.PURSUE_OFFERED})


def form_is_read(situation: Situation, _: Practice) -> str:
    """Refuse a pack without a form."""
    if situation.form_read:
        return ""
    return "The form has not been read yet: the intake desk completes it first, then a pack can be handed over."


def authority_gathers(_: Situation, practice: Practice) -> str:
    """Refuse passing on where the local authority neither gathers information nor decides."""
    if Body.LOCAL_AUTHORITY in (practice.gathers, practice.decides):
        return ""
    return "In this area the police gather the information themselves, so nothing is passed on for it."


def police_gather(_: Situation, practice: Practice) -> str:
    """Refuse gathering here where the local authority does it."""
    if practice.gathers is Body.POLICE:
        return ""
    return "In this area the local authority gathers the information: pass the referral on for it."


def police_decide(_: Situation, practice: Practice) -> str:
    """Refuse a section 36(3) decision where the area names the other body for it."""
    if practice.decides is Body.POLICE:
        return ""
    return "In this area the local authority decides on section 36(3) referrals, in the Channel console."


def decided_once(situation: Situation, _: Practice) -> str:
    """Refuse a second referral while one is in force: until Channel returns the pack or the referral is reopened."""
    return "The section 36 referral has already been made and is in force." if situation.section_36_made else ""


def is_clear(situation: Situation, _: Practice) -> str:
    """Refuse every decision before the intelligence unit has cleared the referral."""
    if situation.state is State.PURSUE:
        return (
            "The referral is with the investigation: it goes on once the intelligence unit records “clear to proceed”."
        )
    if situation.state not in BEFORE_CLEAR:
        return ""
    hold = situation.hold
    if hold is None:
        return "The intelligence unit has not recorded “clear to proceed” yet."
    if hold.outcome is Command.CONFLICT:
        return f"The intelligence unit recorded a conflict, which stops the pathway: speak to {hold.speak_to}."
    return f"The intelligence unit asked for more time: speak to {hold.speak_to}."


def is_assessed(situation: Situation, _: Practice) -> str:
    """Refuse a decision about what becomes of the referral before a Gateway assessment is complete."""
    if situation.assessed:
        return ""
    return "The Gateway assessment is not complete: complete one first, so that the decision rests on it."


def is_not_assessed(situation: Situation, _: Practice) -> str:
    """Refuse a further assessment where Channel has the case: it makes its own."""
    if not situation.assessed:
        return ""
    return "Channel has the case and makes its own assessments; the one that went with the pack is complete."


def is_gathered(situation: Situation, practice: Practice) -> str:
    """Refuse section 36(3) before the information gathering is complete (Kent and Medway peer review, section 5)."""
    if situation.gathered:
        return ""
    if practice.gathers is Body.POLICE:
        return "Information gathering is not complete: gather the information first, then record it as complete."
    return "The local authority has not reported the information gathering as complete yet."


def earlier_is_answered(situation: Situation, _: Practice) -> str:
    """Refuse a closure until every possible earlier referral has been answered."""
    if not situation.looked:
        return "Earlier referrals of this person are still being looked for: open this page again in a moment."
    number = situation.earlier_unanswered
    if number == 0:
        return ""
    many = "is a possible earlier referral" if number == 1 else f"are {number} possible earlier referrals"
    return f"There {many} of this person that nobody has answered: look and answer first."


def nothing_is_open(situation: Situation, _: Practice) -> str:
    """Refuse an end while somebody still owes an answer."""
    if not situation.open_obligations:
        return ""
    still = "; ".join(situation.open_obligations)
    return f"Still open: {still}. Each is reported done first, or cancelled with a reason."


def no_request_is_open(situation: Situation, _: Practice) -> str:
    """Refuse to call the gathering complete while a request is neither answered nor cancelled with a reason."""
    number = situation.open_requests
    if number == 0:
        return ""
    what = "A request for information is" if number == 1 else f"{number} requests for information are"
    return f"{what} open: record each answer (“nothing known” is one), or cancel it with a reason."


def one_person_closes(situation: Situation, practice: Practice) -> str:
    """Refuse closing alone where a second person must look: repeat referrals, and wherever the area says so."""
    why = _why_two(situation, practice)
    return f"{why}: propose the closure, so that a second person looks at it." if why else ""


def two_people_close(situation: Situation, practice: Practice) -> str:
    """Refuse a proposal where one person may close."""
    return "" if _why_two(situation, practice) else "This closure needs no second person: close the referral."


def second_person(situation: Situation, _: Practice) -> str:
    """Refuse signing off one's own proposal."""
    if situation.proposal is not None and situation.proposal.by_id == situation.acting_id:
        return "You proposed this closure: another supervisor signs it off or sends it back."
    return ""


def is_not_owner(situation: Situation, _: Practice) -> str:
    """Refuse to hand the risk to whoever has it."""
    if situation.risk_owner != situation.acting:
        return ""
    return "You own the risk already."


def taken_once(situation: Situation, _: Practice) -> str:
    """Refuse taking what one has, unless danger was told of anew."""
    return "You have this referral already." if situation.taken and not situation.urgent else ""


def danger_waits(situation: Situation, _: Practice) -> str:
    """Refuse taking after the decision, unless immediate danger was told of."""
    if situation.urgent:
        return ""
    return "The decision has been made: it can be taken again only when immediate danger is told of anew."


def no_conflict_stands(situation: Situation, _: Practice) -> str:
    """Refuse going on with a case that Channel has while the intelligence unit's conflict stands."""
    if not situation.halted:
        return ""
    whom = situation.hold.speak_to if situation.hold else "the intelligence unit"
    return f"The intelligence unit recorded a conflict, which stops the pathway: speak to {whom}."


def a_conflict_stands(situation: Situation, _: Practice) -> str:
    """Refuse clearing where no conflict was recorded."""
    return "" if situation.halted else "No conflict is recorded for this referral."


def proposed_from(state: State) -> Callable[[Situation, Practice], str]:
    """Return the guard that lets a closure go back only to where it was proposed from."""

    def guard(situation: Situation, _: Practice) -> str:
        came_from = situation.proposal.came_from if situation.proposal else State.ASSESSING
        return "" if came_from is state else "The closure was proposed at another stage, to which it goes back."

    return guard


def is_under_older(situation: Situation, practice: Practice) -> str:
    """Refuse moving a referral that is under the practice in force."""
    if practice.in_force and situation.area_version != practice.in_force:
        return ""
    return "This referral is under the version of the area's practice that is in force: there is nothing to move to."


def is_not_restricted(situation: Situation, _: Practice) -> str:
    """Refuse a second restriction."""
    return "This referral is restricted already." if situation.restricted else ""


def is_restricted(situation: Situation, _: Practice) -> str:
    """Refuse to end a restriction that is not there."""
    return "" if situation.restricted else "This referral is not restricted."


def one_person_withdraws(situation: Situation, _: Practice) -> str:
    """Refuse withdrawing a repeat: it would be a way round the second person that its closure needs."""
    why = _why_repeat(situation)
    return f"{why}: propose a closure, so that a second person looks at it." if why else ""


def _why_two(situation: Situation, practice: Practice) -> str:
    every = "In this area a supervisor signs every closure off" if practice.every_closure_signed_off else ""
    return _why_repeat(situation) or every


def _why_repeat(situation: Situation) -> str:
    number = situation.referrals_of_person
    if number > 1:
        return f"This person has been referred {'twice' if number == 2 else f'{number} times'}"  # noqa: PLR2004
    if situation.referred_elsewhere:
        return "This person has been referred in another area too"
    # What nobody can tell nobody can exclude, so it counts until somebody can tell.
    if situation.not_told_apart:
        return "Nobody could tell whether this person has been referred before"
    # Whoever separates two referrals must not be able to close alone what two had to look at before.
    return "This was once said to be the same person as in another referral" if situation.once_linked else ""
