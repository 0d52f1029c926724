"""An area's rules of disclosure control."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rules:
    """The area's rules: hide counts below `suppress_below`, round to multiples of `round_to`; and its districts."""

    suppress_below: int
    round_to: int = 1
    districts: tuple[str, ...] = ()

    def rounded(self, value: int) -> int:
        """Return a count as it is shown."""
        return (value + self.round_to // 2) // self.round_to * self.round_to
