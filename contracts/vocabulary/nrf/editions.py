"""How each edition of the form words its headings and questions, so that a form of any edition can be read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from contracts.vocabulary.nrf.people import FIRST, LEAD
from contracts.vocabulary.nrf.question import Section
from contracts.vocabulary.nrf.sections import SECTIONS
from contracts.vocabulary.nrf.welsh import WELSH

Labels = Mapping[str, tuple[str, ...]]
"""The words that stand before an answer, by the path of the answer."""

NONE: Labels = MappingProxyType({})


@dataclass(frozen=True)
class Heading:
    """A part of an edition: the words that begin it, any of them, and the labels that hold below it.

    `otherwise` names the part of ReferralForm whose answers hold where the heading says "if different from above" and
    nothing at all is written below it.
    """

    section: str
    words: tuple[str, ...]
    labels: Labels
    otherwise: str = ""


@dataclass(frozen=True)
class Edition:
    """One edition of the form: its key as `ReferralForm.edition` has it, words that tell it apart, and its parts.

    `statements` are printed on the form and answer a question with yes where it is sent with them; `print` is what else
    the empty form says.
    """

    key: str
    language: str
    marks: tuple[str, ...]
    headings: tuple[Heading, ...]
    statements: Labels = field(default_factory=lambda: NONE)
    print: tuple[str, ...] = ()


def _six(part: str) -> Labels:
    return {
        f"{part}.forename": ("Forename", "First name", "First name(s)"),
        f"{part}.surname": ("Surname", "Last name"),
        f"{part}.role": ("Professional role", "Role", "Job title", "Professional Role & Organisation"),
        f"{part}.organisation": ("Organisation",),
        f"{part}.relationship": ("Relationship to individual", "Relationship to the person"),
        f"{part}.phone": ("Contact telephone number", "Telephone number", "Phone number"),
        f"{part}.email": ("Email address", "Email", "E-mail address"),
    }


PERSON_2018: Labels = {
    "person.forenames": ("Forename(s)", "Forenames", "First name(s)"),
    "person.surname": ("Surname", "Last name"),
    "person.aliases.0": ("Alias(es)", "Alias", "Other names"),
    "person.date_of_birth": ("Date of birth (DD/MM/YYYY)", "Date of birth", "D.O.B.", "DOB"),
    "person.approximate_age": ("Approx. age (if DoB unknown)", "Approx. age", "Approximate age"),
    "person.gender": ("Gender", "Sex"),
    "person.addresses.0.lines": ("Known address(es)", "Address", "Current address", "Home address"),
    "person.addresses.0.postcode": ("Postcode",),
    "person.nationality": ("Nationality / citizenship", "Nationality"),
    "person.immigration_status": ("Immigration / asylum status", "Immigration status"),
    "person.primary_language": ("Primary language", "First language"),
    "person.speaks_english": ("Does the individual speak / understand English?", "Speaks English"),
    "person.phones.0": ("Contact number(s)", "Contact numbers", "Telephone number", "Phone number"),
    "person.emails.0": ("Email address(es)", "Email addresses", "Email address"),
    "person.family": ("Any other family details", "Family details", "Family"),
    "person.district": ("District", "Local authority area"),
}
CONSIDERATIONS_2018: Labels = {
    "considerations.has_disability": (
        "Does the individual have any stated or diagnosed disabilities, disorders or mental health issues?",
    ),
    "considerations.disability_or_mental_health": (
        "Please describe, stating whether the concern has been diagnosed",
        "Please describe",
    ),
    "considerations.diagnosed": ("Has it been diagnosed?", "Diagnosed"),
    "considerations.lead_consulted": (
        "Have you discussed this individual with your organisation's safeguarding / Prevent lead?",
        "Have you discussed this individual with your organisations Safeguarding / Prevent lead?",
    ),
    "considerations.discussed_with_lead": ("What was the result of the discussion with the lead?",),
    "considerations.individual_informed": ("Have you informed the individual that you are making this referral?",),
    "considerations.individual_response": ("What was the response?",),
    "considerations.action_was_taken": (
        "Have you taken any direct action with the individual since receiving this information?",
    ),
    "considerations.action_taken": ("What was the action & the result?", "What was the action and the result?"),
    "considerations.agencies_consulted": (
        "Have you discussed your concerns around the individual with any other agencies?",
    ),
    "considerations.discussed_with_agencies": ("What was the result of the discussion?",),
}
EMPLOYMENT_2018: Labels = {
    "employment.occupation": ("Current occupation & employer", "Current occupation and employer"),
    "employment.previous_occupation": (
        "Previous occupation(s) & employer(s)",
        "Previous occupation and employer",
    ),
    "employment.education": ("Current school / college / university", "Current school, college or university"),
    "employment.previous_education": (
        "Previous school / college / university",
        "Previous school, college or university",
    ),
}
HEADINGS_2018 = (
    Heading("person", ("Individual's biographical & contact details", "Individual's details"), PERSON_2018),
    Heading(
        "concerns",
        ("Describe concerns",),
        {
            "concerns.narrative": (
                "In as much detail as possible, please describe the specific concern(s) relevant to Prevent",
                "In as much detail as possible, please describe the specific concern(s)",
                "Describe concerns",
            )
        },
    ),
    Heading(
        "needs",
        ("Complex needs",),
        {
            "concerns.complex_needs": (
                (
                    "Is there anything in the individual's life that you think might be affecting their wellbeing "
                    "or that might be making them vulnerable in any sense?"
                ),
                "Complex needs",
            )
        },
    ),
    Heading(
        "other",
        ("Other information",),
        {
            "concerns.other_information": (
                "Please provide any further information you think may be relevant",
                "Other information",
            )
        },
    ),
    Heading(
        "first-identified",
        ("Person who first identified the concerns",),
        {**_six(FIRST), f"{FIRST}.wishes_anonymity": ("Do they wish to remain anonymous?",)},
    ),
    Heading(
        "referrer",
        (
            "Person making this referral (if different from above)",
            "Person making this referral",
            "Person making the referral",
        ),
        _six("referrer"),
        otherwise=FIRST,
    ),
    Heading(
        "prevent-contact",
        (
            "Referrer's organisational Prevent contact (if different from above)",
            "Referrer's organisational Prevent contact",
        ),
        _six(LEAD),
    ),
    Heading(
        "dates",
        ("Relevant dates",),
        {
            "concerns.came_to_light_on": (
                "Date the concern first came to light",
                "When were the concerns first identified?",
            ),
            "concerns.referral_made_on": ("Date referral made to Prevent", "Date referral made"),
        },
    ),
    Heading("safeguarding", ("Safeguarding considerations",), CONSIDERATIONS_2018),
    Heading("employment", ("Individual's employment / education details",), EMPLOYMENT_2018),
)


STATEMENTS_2018: Labels = {
    "sharing_acknowledged": (
        "By sending this form you understand that it will be shared with the police and the local authority",
        "By sending this form you consent for your information to be shared with both the police and social care",
    )
}
SAMPLE_NOTICE = "SYNTHETIC: not a real person"
"""Stands on every sample, and is nobody's answer."""

PRINT_2018 = (
    "OFFICIAL SENSITIVE",
    "OFFICIAL - SENSITIVE - when complete",
    "Prevent referral form",
    "National referral form",
    "Prevent national referral form",
    "Referral process",
    "Thank you for taking the time to make this referral",
    "If somebody is in immediate danger call 999",
    "Please complete as much of this form as you can",
    "Please send the completed form to your local Prevent team",
    "How / why did the individual come to your organisation's notice in this instance?",
    "Does it involve a specific event? What happened?",
)


def _own() -> tuple[Heading, ...]:
    """Return the parts of the form that this product hands out: its own labels, in its own order."""
    return tuple(
        Heading(section.key, (section.title, f"{section.letter}. {section.title}"), _labels(section))
        for section in SECTIONS
    )


def _labels(section: Section) -> Labels:
    return {question.path: tuple(dict.fromkeys((question.label, question.asks))) for question in section.questions}


ABOUT = "About this form"
ABOUT_LABELS: Labels = {
    "edition": ("Edition of this form",),
    "language": ("Language of this form",),
    f"{LEAD}.wishes_anonymity": ("Prevent contact wishes to stay anonymous",),
}
"""What a form of any edition says about itself, and what only a form that came by machine answers."""

ABOUT_THE_FORM = Heading("about", (ABOUT, "This form"), ABOUT_LABELS)


def _welsh(words: str) -> str:
    """Return the Welsh for words of the form, behind the letter of their section; the English where there is none."""
    letter, point, rest = words.partition(". ") if words[1:3] == ". " else ("", "", words)
    return f"{letter}{point}{WELSH.get(rest, rest)}"


TITLE = "Prevent national referral form"
DANGER_NOTICE = "Call 999 first if anybody is in immediate danger."
CURRENT = Edition(
    "2025",
    "en",
    ("National Referral Form 2025", "Edition 2025"),
    _own(),
    print=(
        TITLE,
        DANGER_NOTICE,
        *(section.help for section in SECTIONS if section.help),
        *(question.hint for section in SECTIONS for question in section.questions if question.hint),
        "Leave these as they are.",
        "Write here",
        "Choose",
    ),
)

IN_WELSH = Edition(
    "2025",
    "cy",
    ("Argraffiad 2025", "Edition 2025"),
    tuple(
        Heading(
            heading.section,
            tuple(_welsh(words) for words in heading.words),
            {path: tuple(map(_welsh, labels)) for path, labels in heading.labels.items()},
        )
        for heading in CURRENT.headings
    ),
    print=tuple(map(_welsh, CURRENT.print)),
)

EDITIONS: Mapping[str, Edition] = MappingProxyType(
    {
        "2025": CURRENT,
        "2025-cy": IN_WELSH,
        "2024-08": Edition("2024-08", "en", ("August 2024", "Aug 2024"), HEADINGS_2018, STATEMENTS_2018, PRINT_2018),
        "2018": Edition(
            "2018", "en", ("Referral Form 2018", "Version 2018"), HEADINGS_2018, STATEMENTS_2018, PRINT_2018
        ),
    }
)
"""Every edition by its key, the newest first. The wording of 2018 and 2024 is from memory and unverified: a label that
is not known here costs nothing but a look at the desk."""
