"""What a page of a case offers first: the next steps of each state, and under which words the rest stands."""

from collections.abc import Mapping

from services.channel.domain.standing import Situation
from services.channel.domain.table import PANEL_DECISIONS
from services.channel.domain.words import Command, State

_C = Command
ABOUT_ONE = frozenset({_C.FULFIL, _C.CANCEL, _C.REMIND, _C.PLAN_ITEM, _C.BRIEF, _C.SESSION, _C.INTERVENTION_ENDED})
"""What is done to one request, item, intervention or session: its page offers it, beside the thing that it is of."""

NEXT_STEPS: Mapping[State, tuple[Command, ...]] = {
    State.OFFERED: (_C.ACCEPT, _C.RETURN),
    State.ACCEPTED: (_C.REQUEST, _C.ASSESS, _C.GATHERED),
    State.GATHERED: (_C.REFER, _C.ASSESS),
    State.REFERRED: (_C.ASSESS, _C.ADOPT, _C.NOT_ADOPT, _C.DEFER),
    State.ADOPTED: (_C.MAKE_PLAN,),
    State.PLANNED: (_C.CONSENT_ASKED, _C.CONSENT_GIVEN, _C.CONSENT_REFUSED),
    State.SUPPORTED: (_C.COMMISSION, _C.ASSESS, _C.CONTINUE, _C.PANEL_CLOSE),
    State.NO_CONSENT: (_C.ASSESS, _C.CONSENT_GIVEN, _C.GIVE_BACK, _C.REASSESSED, _C.PANEL_CLOSE),
    State.NOT_ADOPTED: (_C.SIGNPOST, _C.END),
    State.CLOSING: (_C.CLOSING_REPORT,),
    State.CLOSED: (_C.REVIEW_CLOSED, _C.END),
    State.TRANSFER_OFFERED: (_C.CALL_BACK,),
    State.WITHDRAWN: (_C.CONFIRM,),
}
"""What usually comes next in a state; people decide, so everything else that is possible stands below it."""

GROUPS: tuple[tuple[str, tuple[Command, ...]], ...] = (
    ("Information and actions", (_C.REQUEST, _C.ACTION, _C.SIGNPOST, _C.NOTE)),
    (
        "Assessment, plan and consent",
        (_C.ASSESS, _C.MAKE_PLAN, _C.REVISE_PLAN, _C.CONSENT_ASKED, _C.CONSENT_GIVEN, _C.CONSENT_REFUSED,
         _C.CONSENT_WITHDRAWN, _C.COMMISSION),
    ),
    ("What the panel decides", PANEL_DECISIONS),
    ("Who has the case", (_C.TAKE, _C.ALLOCATE, _C.GIVE_BACK, _C.TRANSFER, _C.CALL_BACK)),
)  # fmt: skip
"""Under which words the commands of a case stand; those of no group stand under the last words of all."""
OTHERWISE = "The case itself"


def group_of(command: Command) -> str:
    """Return the words under which a command stands."""
    return next((words for words, commands in GROUPS if command in commands), OTHERWISE)


def next_steps(situation: Situation) -> tuple[Command, ...]:
    """Return what usually comes next, the first first; nothing where the case waits for somebody else.

    What the panel waits for has been done once an assessment is complete; another one stays possible.
    """
    steps = NEXT_STEPS.get(situation.state, ())
    done = {_C.ASSESS} if situation.state is State.REFERRED and situation.assessed else set()
    return tuple(each for each in steps if each not in done)
