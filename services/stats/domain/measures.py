"""What statistics count: measures of the pathway, the attributes that split them, and the words that explain each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts.vocabulary import AgeBand, ConcernType, Ethnicity, Gender, Outcome, Sector, Stage

SATISFACTORY = "concerns-reduced"


@dataclass(frozen=True)
class Measure:
    """One thing that is counted, a referral at most once.

    Of the rows of a stage with one of these outcomes (all of them where none is named) the first counts, or the
    `latest` of the whole stage where that has one of these outcomes. `of` names the measure whose table by `split` has
    this one as a category, `category`.
    """

    id: str
    title: str
    meaning: str
    stage: Stage
    outcomes: frozenset[str] = frozenset()
    latest: bool = False
    of: str = ""
    category: str = ""
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Attribute:
    """One way to split a measure: its categories in order, the one that means "not known", and what it says."""

    id: str
    title: str
    categories: tuple[str, ...]
    unknown: str
    meaning: str


DECIDED: Mapping[str, str] = {
    Outcome.CLOSED: "Closed by the Gateway",
    Outcome.SIGNPOSTED: "Signposted to another service",
    Outcome.PLP: "Taken on as a police-led partnership",
    Outcome.INFORMATION_GATHERING: "Passed on for information gathering",
    Outcome.SECTION_36_REFERRAL: "Referred to the panel under section 36",
    Outcome.WITHDRAWN: "Withdrawn",
    Outcome.TRANSFERRED: "Transferred to another force",
}
"""What the Gateway may decide, in words."""
REJECTED = (Outcome.CLOSED.value, Outcome.SIGNPOSTED.value)
"""The decisions that end a referral at the Gateway: they make up the rejection rate."""

LEFT: Mapping[str, str] = {
    "concerns-reduced": "Closed: the concerns are reduced",
    "consent-refused": "Closed: consent was refused",
    "consent-withdrawn": "Closed: consent was withdrawn",
    "managed-by-another-service": "Closed: another service manages it",
    "police-led-partnership": "Closed: a police-led partnership manages it",
    "criminal-justice": "Closed: criminal justice",
    "lost-contact": "Closed: contact was lost",
    "left-the-country": "Closed: the person left the country",
    "died": "Closed: the person died",
    "otherwise": "Closed, otherwise",
}

ATTRIBUTES: Mapping[str, Attribute] = {
    each.id: each
    for each in (
        Attribute(
            "sector", "Sector of the referrer", tuple(Sector), Sector.UNKNOWN,
            "The sector of whoever made the referral, as the form says.",
        ),
        Attribute(
            "concern", "Type of concern", tuple(ConcernType), ConcernType.UNKNOWN,
            "The type of concern that the police Gateway chose when it decided; unknown until then. “No ideology "
            "identified” and “no ideology, other susceptibility” are two types: a figure for “no ideology” adds both.",
        ),
        Attribute(
            "age_band", "Age", tuple(AgeBand), AgeBand.UNKNOWN,
            "The age of the person referred on the day of receipt, in the bands of the Home Office since 2022 to 2023.",
        ),
        Attribute(
            "gender", "Gender", tuple(Gender), Gender.NOT_KNOWN, "The gender of the person referred, as the form says.",
        ),
        Attribute(
            "ethnicity", "Ethnic group", tuple(Ethnicity), Ethnicity.NOT_RECORDED,
            "The broad ethnic group, where the form says it and the area lets it be counted.",
        ),
        Attribute(
            "district", "District", (), "", "The district where the person lives; empty where the area knows none.",
        ),
    )
}  # fmt: skip
"""The breakdowns of the Home Office's tables; the districts are those of the area, with `unknown` last."""

UNKNOWN_DISTRICT = "unknown"
TOTAL = "all"
"""The one category of a table of totals, whose attribute is empty."""
OUTCOME, CLOSING, PUNCTUALITY, OTHERWISE = "outcome", "closing", "punctuality", "otherwise"
PUNCTUAL: Mapping[str, str] = {"in-time": "In time", "late": "Late"}
SPLITS: Mapping[str, str] = {
    "decided": OUTCOME, "left": CLOSING, "obligations": PUNCTUALITY, "reviews": PUNCTUALITY,
}  # fmt: skip
"""The measures whose events have a part of their own, and the attribute that says which."""
_ALL = tuple(ATTRIBUTES)

Counted = Mapping[tuple[str, str], Mapping[tuple[str, str], int]]
"""Counts by measure and attribute (empty for totals), then by category and month; what is not there is nought."""

MEASURES: Mapping[str, Measure] = {
    each.id: each
    for each in (
        Measure(
            "received", "Referrals received",
            "A referral counts once, in the month it was received, whatever was decided later. Those that the police "
            "closed are in.",
            Stage.INTAKE, attributes=_ALL,
        ),
        Measure(
            "decided", "Gateway decisions",
            "The latest decision of the police Gateway on a referral counts once, in the month of that decision, which "
            "may be later than the month of receipt.",
            Stage.TRIAGE, frozenset(DECIDED), latest=True, attributes=("outcome",),
        ),
        *(
            Measure(
                f"decided-{outcome}", words, "One of the Gateway’s decisions, counted as all of them are.",
                Stage.TRIAGE, frozenset({outcome}), latest=True, of="decided", category=outcome, attributes=_ALL,
            )
            for outcome, words in DECIDED.items()
        ),
        Measure(
            "discussed", "Discussed at a Channel panel",
            "A case counts once, in the month when a panel first dealt with it, whatever it decided.",
            Stage.CHANNEL, frozenset({Outcome.DISCUSSED, Outcome.ADOPTED, Outcome.NOT_ADOPTED}), attributes=_ALL,
        ),
        Measure(
            "adopted", "Adopted as a Channel case", "A case counts once, in the month when a panel first adopted it.",
            Stage.CHANNEL, frozenset({Outcome.ADOPTED}), attributes=_ALL,
        ),
        Measure(
            "not-adopted", "Not adopted", "A case counts once, in the month when a panel first did not adopt it.",
            Stage.CHANNEL, frozenset({Outcome.NOT_ADOPTED}), attributes=_ALL,
        ),
        Measure(
            "consented", "Consent to support given", "A case counts once, in the month when support first began.",
            Stage.CHANNEL, frozenset({Outcome.SUPPORTED}), attributes=_ALL,
        ),
        Measure(
            "consent-refused", "Consent refused or withdrawn",
            "A case counts once, in the month when consent was first refused or withdrawn.",
            Stage.CHANNEL, frozenset({Outcome.CONSENT_REFUSED}), attributes=_ALL,
        ),
        Measure(
            "left", "Channel cases closed",
            "The latest closure of a case counts once, in its month; one that was opened again and not closed is out.",
            Stage.CHANNEL, frozenset({Outcome.CASE_CLOSED}), latest=True, attributes=("closing",),
        ),
        *(
            Measure(
                f"left-{closing}", words, "One of the ways in which cases are closed, counted as all of them are.",
                Stage.CHANNEL, frozenset({Outcome.CASE_CLOSED}), latest=True, of="left", category=closing,
                attributes=_ALL,
            )
            for closing, words in LEFT.items()
        ),
        Measure(
            "obligations", "Obligations met",
            "A referral counts once in each month in which something owed for it by a day ended, at the Gateway or in "
            "Channel: in time if nothing of it was late. What ends counts with the next outcome of its referral; what "
            "is still open is out.",
            Stage.TRIAGE, attributes=(PUNCTUALITY,),
        ),
        Measure(
            "reviews", "Reviews held on time",
            "A case counts once in each month in which a review of its plan, or one after it was closed, ended: in "
            "time if none was late. A review counts with the next outcome of its case.",
            Stage.CHANNEL, attributes=(PUNCTUALITY,),
        ),
    )
}  # fmt: skip

AFTER = frozenset(
    (earlier, later)
    for chain in (
        ("received", "decided"),
        ("received", "discussed", "adopted", "consented", "left"),
        ("received", "discussed", "not-adopted"),
        ("received", "discussed", "adopted", "consent-refused"),
        ("received", "obligations"),
        ("received", "reviews"),
    )
    for place, earlier in enumerate(chain)
    for later in chain[place + 1 :]
)
"""What cannot come before what: nobody is adopted in a month before a panel has discussed them."""
NEEDS: Mapping[str, tuple[str, ...]] = {
    "decided": ("received",), "discussed": ("received",), "adopted": ("discussed",), "not-adopted": ("discussed",),
    "consented": ("adopted",), "consent-refused": ("adopted",), "left": ("adopted",), "obligations": ("received",),
    "reviews": ("received",),
}  # fmt: skip
"""What cannot be without what."""
EARLY_MONTHS = 12
"""How long after the first month that is stated a referral may count whose earlier steps were before it."""
OFTEN = ("obligations", "reviews")
"""What a referral counts in more than once, in one month after another."""
CHANNEL_ONLY = ("discussed", "adopted", "not-adopted", "consented", "consent-refused", "left")
NOT_IN_CHANNEL = (*REJECTED, Outcome.WITHDRAWN.value, Outcome.TRANSFERRED.value)
"""Decisions after which no panel deals with a referral."""


def is_early(month: str, first: str) -> bool:
    """Say whether what came before a step of a month may have been before the first month that is stated."""
    (year, number), (first_year, first_number) = (map(int, each.split("-")) for each in (month, first))
    return (year - first_year) * 12 + number - first_number < EARLY_MONTHS


def whole_of(measure: str) -> tuple[str, str, str]:
    """Return the measure, attribute and category of the figure that the tables of a measure split."""
    known = MEASURES[measure]
    return (known.of, SPLITS[known.of], known.category) if known.of else (measure, "", TOTAL)


def categories(attribute: str, districts: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the categories of a table in order, the one for "not known" last; of totals that one category alone."""
    plain: Mapping[str, Sequence[str]] = {
        "": (TOTAL,),
        OUTCOME: tuple(map(str, DECIDED)),
        CLOSING: tuple(LEFT),
        PUNCTUALITY: tuple(PUNCTUAL),
        "district": (*districts, UNKNOWN_DISTRICT),
    }
    given = plain[attribute] if attribute in plain else ATTRIBUTES[attribute].categories
    return tuple(str(each) for each in given)


def unknown_category(attribute: str) -> str:
    """Return the category that takes what no other takes; empty where there is none."""
    named = {"district": UNKNOWN_DISTRICT, CLOSING: OTHERWISE}
    return named.get(attribute) or (str(ATTRIBUTES[attribute].unknown) if attribute in ATTRIBUTES else "")
