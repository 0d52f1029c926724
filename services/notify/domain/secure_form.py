"""When a mail may carry what is known of a person, and what it then carries: encrypted, to domains that are listed."""

from collections.abc import Iterable
from enum import StrEnum

from contracts.vocabulary import day_in_words
from services.notify.domain.telling import Kind, SafeguardingFacts

CARRY_A_FORM = frozenset({Kind.CONCERN_RECEIVED, Kind.CONCERN_UPDATED})
"""The notices with which the form may go."""


class FormSent(StrEnum):
    """Whether the form went with an attempt, or why it stayed behind the link."""

    ATTACHED = "attached"
    NOT_LISTED = "not-listed"
    NOT_ENCRYPTED = "not-encrypted"
    NOT_BY_MAIL = "not-by-mail"
    NOT_READ = "not-read"
    REFUSED = "refused"


def domain_of(address: str) -> str:
    """Return the domain of a mail address, in small letters."""
    return address.rpartition("@")[2].casefold()


def is_listed(address: str, domains: Iterable[str]) -> bool:
    """Say whether a mail address is of one of the domains: that very one, not one below it."""
    return domain_of(address) in {each.strip().casefold() for each in domains}


def form_text(facts: SafeguardingFacts, reference: str) -> str:
    """Return the form as plain text: all that the area lets social care know, in the order of the concern's page."""
    born = day_in_words(facts.date_of_birth, "en") if facts.date_of_birth else ""
    age = f"About {facts.approximate_age} years old" if facts.approximate_age is not None and not born else ""
    short = (
        ("Name", f"{facts.forenames} {facts.surname}".strip()),
        ("Date of birth", born),
        ("Age of the person", age),
        *(
            (("Address" if each.current else "Earlier address"), _line(each.lines, each.postcode))
            for each in facts.addresses
        ),
        ("Parent or carer", facts.parent_or_carer),
        ("Referred by", facts.referrer_organisation),
    )
    long = (
        ("The concern, in the referrer's words", facts.safeguarding_concern),
        ("Complex needs", facts.complex_needs),
        *(("Added later by the referrer", each) for each in facts.additions),
    )
    head = f"Safeguarding concern {reference}\n\nThe newest version and documents stand behind the link.\n"
    lines = "".join(f"{name}: {value}\n" for name, value in short if value)
    return "\n".join((head, lines, *(f"{name}\n\n{value.strip()}\n" for name, value in long if value)))


def _line(*parts: str) -> str:
    return ", ".join(each for part in parts for each in part.splitlines() if each.strip())
