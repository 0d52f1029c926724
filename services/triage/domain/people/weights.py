"""What each agreement weighs, learnt from generated people: `python -m bench.people --learn` writes this file."""

from collections.abc import Mapping
from types import MappingProxyType

from services.triage.domain.people.levels import Level

NOTHING_ELSE = -5.72
SUGGESTED_FROM = -3.19
_LEARNT = """
address close -4.24
address other -1.27
address same 1.82
age close 1.09
age far -9.43
age near -0.57
age other -8.60
age same 2.52
date-of-birth common 5.45
date-of-birth digit 3.03
date-of-birth far -9.84
date-of-birth near 1.30
date-of-birth other -3.53
date-of-birth same 7.97
date-of-birth swapped 5.35
date-of-birth year -0.32
email other -0.47
email same 9.69
family other -0.35
family part 2.85
family same 2.73
forename close 1.94
forename common 2.64
forename initial 2.55
forename other -5.16
forename part 0.05
forename same 3.01
forename spelt 2.72
forename spelt-common 0.61
gender other -6.15
gender same -0.25
middle initial 0.58
middle other -4.01
middle same 3.84
order same 0.33
order swapped 0.60
phone close 10.65
phone other -0.81
phone same 3.58
postcode close 2.12
postcode other -1.82
postcode part -0.31
postcode same 3.22
school close 6.09
school other -1.41
school same 2.96
surname close 1.46
surname common 2.28
surname initial 4.57
surname other -3.30
surname part 1.61
surname same 2.52
surname spelt 3.10
surname spelt-common -1.07
"""


def _read() -> Mapping[tuple[str, Level], float]:
    lines = (line.split() for line in _LEARNT.strip().splitlines())
    return MappingProxyType({(kind, Level(level)): float(weight) for kind, level, weight in lines})


WEIGHTS = _read()
