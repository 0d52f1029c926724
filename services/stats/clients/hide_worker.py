"""The process that hides: JSON in, JSON out; what is done attribute by attribute is done by several at once."""

import sys
from dataclasses import replace

from pydantic import TypeAdapter

from services.stats.clients.forking import answer_one_question, side_by_side
from services.stats.domain.auditing import Witness
from services.stats.domain.disclosure import CannotHide, protect
from services.stats.domain.hiding import Hidden, HideAnswered, HideAsked

_ASKED, _ANSWERED = TypeAdapter(HideAsked), TypeAdapter(HideAnswered)
_WITNESSES = TypeAdapter(tuple[Witness, ...])


def hidden(asked: HideAsked) -> HideAnswered:
    """Return what may be shown, or why nothing may."""
    try:
        made = protect(asked.people, asked.as_of, asked.rules, asked.earlier, asked.kept, side_by_side)
    except CannotHide as refused:
        return HideAnswered(None, str(refused))
    witnesses = _WITNESSES.dump_json(made.witnesses if asked.with_witnesses else ())
    return HideAnswered(Hidden(replace(made, witnesses=()), witnesses.decode()))


def main() -> None:
    """Answer one question."""
    answer_one_question()
    asked = _ASKED.validate_json(sys.stdin.buffer.read())
    sys.stdout.buffer.write(_ANSWERED.dump_json(hidden(asked)))


if __name__ == "__main__":
    main()
