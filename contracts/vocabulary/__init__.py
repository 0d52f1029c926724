"""Words that every room may use: roles, doors, outcomes, the National Referral Form and the reference."""

from contracts.vocabulary.classes import FieldClass, classed, field_class_of
from contracts.vocabulary.form import (
    Address,
    Concerns,
    Considerations,
    Person,
    ReferralForm,
    Referrer,
    age_band,
    age_on,
)
from contracts.vocabulary.reference import check_character, is_reference, make_reference, tidy_reference
from contracts.vocabulary.words import (
    ROLE_WORDS,
    AgeBand,
    Decision,
    Door,
    Gender,
    LineState,
    Outcome,
    ProgressStage,
    Role,
    Sector,
    Stage,
    Team,
)

__all__ = [
    "ROLE_WORDS",
    "Address",
    "AgeBand",
    "Concerns",
    "Considerations",
    "Decision",
    "Door",
    "FieldClass",
    "Gender",
    "LineState",
    "Outcome",
    "Person",
    "ProgressStage",
    "ReferralForm",
    "Referrer",
    "Role",
    "Sector",
    "Stage",
    "Team",
    "age_band",
    "age_on",
    "check_character",
    "classed",
    "field_class_of",
    "is_reference",
    "make_reference",
    "tidy_reference",
]
