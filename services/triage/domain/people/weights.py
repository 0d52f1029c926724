"""What each agreement weighs, learnt from generated people: `python -m bench.people --learn` writes this file."""

from collections.abc import Mapping
from types import MappingProxyType

from services.triage.domain.people.levels import Level

NOTHING_ELSE = -7.13
SUGGESTED_FROM = -2.93
_LEARNT = """
address close -2.76
address other -0.90
address same 2.31
age close 0.25
age far -9.25
age other -3.87
age same 1.92
date-of-birth common 6.15
date-of-birth digit 3.12
date-of-birth far -14.56
date-of-birth near 0.95
date-of-birth other -3.74
date-of-birth same 9.50
date-of-birth swapped 6.24
date-of-birth year -0.41
email other -4.74
email same 11.05
family other -9.05
family part 1.22
family same 4.96
forename close -0.18
forename common 2.37
forename initial 0.57
forename other -10.39
forename part -0.04
forename same 3.85
forename spelt 2.61
forename spelt-common 1.78
gender other -10.16
gender same -0.32
order same -0.06
order swapped 0.23
phone close 3.26
phone other -0.25
phone same 5.68
postcode close 1.13
postcode other -1.85
postcode part -1.62
postcode same 3.72
school close -1.56
school other -5.67
school same 3.44
surname close 2.11
surname common 2.56
surname initial 1.49
surname other -3.82
surname part 2.76
surname same 3.87
surname spelt 3.54
surname spelt-common 1.27
"""


def _read() -> Mapping[tuple[str, Level], float]:
    lines = (line.split() for line in _LEARNT.strip().splitlines())
    return MappingProxyType({(kind, Level(level)): float(weight) for kind, level, weight in lines})


WEIGHTS = _read()
