"""What each agreement weighs, learnt from generated people: `python -m bench.people --learn` writes this file."""

from collections.abc import Mapping
from types import MappingProxyType

from services.triage.domain.people.levels import Level

NOTHING_ELSE = -5.53
SUGGESTED_FROM = -2.56
_LEARNT = """
address close -1.36
address other -1.37
address same 1.49
age close 0.59
age far -7.05
age near -0.45
age other -3.42
age same 2.36
date-of-birth common 5.19
date-of-birth digit 2.86
date-of-birth far -8.73
date-of-birth near 0.93
date-of-birth other -3.70
date-of-birth same 7.50
date-of-birth swapped 4.69
date-of-birth year -0.23
email other -0.43
email same 7.29
family other -0.68
family part 1.80
family same 2.07
forename close 1.30
forename common 1.86
forename initial 2.47
forename other -6.56
forename part 0.15
forename same 2.66
forename spelt 2.49
forename spelt-common 0.40
gender other -4.74
gender same 0.06
middle other -2.47
middle same 3.57
order same 0.49
order swapped 0.09
phone close 1.71
phone other -1.49
phone same 4.05
postcode close 3.65
postcode other -2.03
postcode part -1.57
postcode same 3.45
school close -0.59
school other -1.76
school same 3.53
surname close 0.93
surname common 2.11
surname initial -1.12
surname other -3.82
surname part 1.47
surname same 2.52
surname spelt 2.68
surname spelt-common 1.12
"""


def _read() -> Mapping[tuple[str, Level], float]:
    lines = (line.split() for line in _LEARNT.strip().splitlines())
    return MappingProxyType({(kind, Level(level)): float(weight) for kind, level, weight in lines})


WEIGHTS = _read()
