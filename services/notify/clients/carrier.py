"""What every way of reaching somebody has in common: what became of one sending."""

from dataclasses import dataclass

from services.notify.domain import Result


@dataclass(frozen=True)
class Delivery:
    """What the mail server answered: the result, and its code where it gave one; never its words."""

    result: Result
    code: int | None = None
