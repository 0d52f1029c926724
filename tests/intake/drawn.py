"""Any referral form that the model accepts, drawn by Hypothesis: every field, in letters of every script."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from hypothesis import strategies as st
from pydantic import BaseModel

from contracts.vocabulary import (
    Address,
    Concerns,
    Considerations,
    Contact,
    EmploymentEducation,
    Gender,
    Person,
    ReferralForm,
    Referrer,
    Sector,
)
from contracts.vocabulary.form import Equality, ParentCarer
from contracts.vocabulary.words import Aspect, Need

LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn"))
LINES = st.text(LETTERS, max_size=60).map(str.strip)
NAMES = LINES.filter(bool)
LONG = st.text(LETTERS | st.sampled_from("\n\t"), max_size=300).map(str.strip)
DAYS = st.dates(date(1900, 1, 1), date(2100, 1, 1))
MAILS = st.from_regex(r"\A[a-z'+.]{1,12}@[a-z]{1,10}\.example\Z")
KNOWN = st.sampled_from(["yes", "no", "not-known"])


def part(model: type[BaseModel], required: Mapping[str, Any] | None = None) -> st.SearchStrategy[Any]:
    """Return a strategy for a part of the form: each field by its type, or as `required` says."""
    fields = {name: _of(str(field)) for name, field in model.model_fields.items()} | dict(required or {})
    return st.builds(model, **fields)


def _of(field: str) -> st.SearchStrategy[Any]:
    if "annotation=bool" in field:
        return st.booleans()
    if "Literal['yes', 'no', 'not-known']" in field:
        return KNOWN
    if "date" in field:
        return st.none() | DAYS
    if "max_length=254" in field:
        return st.just("") | MAILS
    return LONG if "max_length=20000" in field else LINES


PERSONS = part(
    Person,
    {
        "forenames": NAMES,
        "surname": NAMES,
        "aliases": st.lists(NAMES, max_size=4).map(tuple),
        "date_of_birth": DAYS,
        "approximate_age": st.none() | st.integers(0, 120),
        "gender": st.sampled_from(Gender),
        "addresses": st.lists(part(Address), max_size=3).map(tuple),
        "phones": st.lists(NAMES, max_size=3).map(tuple),
        "emails": st.lists(MAILS, max_size=3).map(tuple),
    },
)
CONCERNS = part(
    Concerns,
    {
        "narrative": LONG.filter(bool),
        "aspects": st.lists(st.sampled_from(Aspect), unique=True).map(lambda found: tuple(sorted(found))),
        "needs": st.lists(st.sampled_from(Need), unique=True).map(lambda found: tuple(sorted(found))),
    },
)


def forms() -> st.SearchStrategy[ReferralForm]:
    """Return a strategy for whole forms."""
    return st.builds(
        ReferralForm,
        edition=st.sampled_from(["2018", "2024-08", "2025", "unknown"]),
        language=st.sampled_from(["en", "cy"]),
        person=PERSONS,
        concerns=CONCERNS,
        first_identified_by=part(Contact),
        referrer=part(Referrer, {"forename": NAMES, "surname": NAMES, "sector": st.sampled_from(Sector)}),
        prevent_contact=part(Contact),
        considerations=part(Considerations),
        employment=part(EmploymentEducation),
        parent_carer=part(ParentCarer),
        equality=part(Equality),
        sharing_acknowledged=st.sampled_from([True]),
    )
