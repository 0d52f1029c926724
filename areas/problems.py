"""What pydantic finds wrong, said as problems of a file: its line, its field and how to mend it."""

from pydantic_core import ErrorDetails

from areas.reading import Problem, Reading, Where

ADVICE = {
    "missing": "This field is missing; add it.",
    "extra_forbidden": "This key is not known; remove it or correct its spelling.",
    "bool_parsing": "Write yes or no.",
    "int_parsing": "Write a whole number.",
    "time_parsing": "Write a time of day such as 17:00.",
    "date_from_datetime_parsing": "Write a date such as 2026-04-01.",
    "too_short": "List at least one.",
}


def explained(details: list[ErrorDetails], reading: Reading) -> tuple[Problem, ...]:
    """Return one problem for each cause.

    A list whose entries are all wrong counts as empty too; only the deeper cause is worth telling.
    """
    parents = {detail["loc"][:depth] for detail in details for depth in range(len(detail["loc"]))}
    return tuple(_explained_one(detail, reading) for detail in details if detail["loc"] not in parents)


def _explained_one(detail: ErrorDetails, reading: Reading) -> Problem:
    where: Where = tuple(detail["loc"])
    sentence = ADVICE.get(detail["type"]) or f"{detail['msg']}; correct this value."
    return reading.problem(where, sentence)
