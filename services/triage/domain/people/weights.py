"""What each agreement weighs, learnt from generated people: `python -m bench.people --learn` writes this file."""

from collections.abc import Mapping
from types import MappingProxyType

from services.triage.domain.people.levels import Level

NOTHING_ELSE = -9.0
SUGGESTED_FROM = 0.0
_LEARNT = """
surname same 6
surname common 4
surname spelt 5
surname spelt-common 3.5
surname part 3
surname close 2
surname initial 1
surname other -4
forename same 5
forename common 4
forename spelt 4.5
forename spelt-common 3.5
forename part 3
forename close 2
forename initial 1
forename other -5
order swapped -1
date-of-birth same 10
date-of-birth common 6
date-of-birth swapped 7
date-of-birth digit 5
date-of-birth year 4
date-of-birth near 2
date-of-birth other -5
date-of-birth far -8
age same 2
age close 0
age other -4
age far -7
gender same 0.5
gender other -2
postcode same 6
postcode close 3
postcode part 2
postcode other -1
address same 6
address close 1
address other -1
phone same 9
phone close 5
phone other -0.5
email same 9
email other -0.3
school same 3
school close 1
school other -0.5
family same 4
family part 2
family other -0.5
"""


def _read() -> Mapping[tuple[str, Level], float]:
    lines = (line.split() for line in _LEARNT.strip().splitlines())
    return MappingProxyType({(kind, Level(level)): float(weight) for kind, level, weight in lines})


WEIGHTS = _read()
