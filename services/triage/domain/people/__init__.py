"""Whether two referrals may be about one person: keys to find them by, and a comparison in words."""

from services.triage.domain.people.comparing import Comparison, compare, compare_all, strongest
from services.triage.domain.people.evidence import Evidence, Verdict
from services.triage.domain.people.identity import Identity, identity_of
from services.triage.domain.people.keys import MOST_CANDIDATES, MOST_KEYS, TOO_COMMON, keys_of, nearly_keys, search_keys
from services.triage.domain.people.typed import answers_to

__all__ = [
    "MOST_CANDIDATES",
    "MOST_KEYS",
    "TOO_COMMON",
    "Comparison",
    "Evidence",
    "Identity",
    "Verdict",
    "answers_to",
    "compare",
    "compare_all",
    "identity_of",
    "keys_of",
    "nearly_keys",
    "search_keys",
    "strongest",
]
