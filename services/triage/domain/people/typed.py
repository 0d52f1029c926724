"""Whether a person answers to what somebody typed: keys find whoever may, and this looks at the names themselves."""

from services.triage.domain.people.identity import Identity
from services.triage.domain.people.naming import likeness, parted

_NEEDED = 2


def answers_to(identity: Identity, typed: str) -> int:
    """Return how well a person's names answer to typed words, the more the better; 0 where they do not.

    One part of a name is enough where one was typed; of several, two must be found, in any order and spelling.
    """
    known = tuple(dict.fromkeys(part for name in identity.names for part in parted(name)))
    found = [max((likeness(part, other) for other in known), default=0) for part in parted(typed)]
    resembling = [each for each in found if each]
    return sum(resembling) if len(resembling) >= min(_NEEDED, max(1, len(found))) else 0
