"""The pages of the public form: one thing on each, every question of the national form on exactly one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from contracts.vocabulary import nrf
from contracts.vocabulary.nrf import Kind, Question, Section

DECLARED = "sharing"
"""The section that is no page of questions: its notice is the declaration."""


def marked(text: str) -> str:
    """Return a text as it stands: the mark by which whoever collects what is to be translated finds it."""
    return text


@dataclass(frozen=True, kw_only=True)
class Step:
    """One page of the form: its part of the address, its section, its questions.

    `title` heads a page of several questions; a single question is its own heading. `repeats` is the list of which the
    page takes several entries, `person.addresses`, and `entry` how one of them is called.
    """

    key: str
    section: str
    questions: tuple[Question, ...]
    title: str = ""
    hint: str = ""
    repeats: str = ""
    entry: str = ""
    another: str = ""

    @property
    def heading(self) -> str:
        """Return the words at the head of the page, in English."""
        return self.title or self.questions[0].asks

    @property
    def required(self) -> bool:
        """Say whether something on the page must be answered before the referral can be sent."""
        return self.key == BIRTH or any(question.required for question in self.questions)

    @property
    def leading(self) -> tuple[Question, ...]:
        """Return the questions that do not wait for the answer to another one of the page."""
        paths = {question.path for question in self.questions}
        return tuple(each for each in self.questions if each.asked is None or each.asked.path not in paths)

    def following(self, path: str) -> tuple[Question, ...]:
        """Return the questions of the page that are asked where the one at this path was answered so."""
        return tuple(each for each in self.questions if each.asked is not None and each.asked.path == path)


BIRTH = "date-of-birth"

_SECTIONS: Mapping[str, Section] = {section.key: section for section in nrf.SECTIONS}


def _step(key: str, section: str, names: str, title: str = "", hint: str = "") -> Step:
    """Return a page; `names` are paths of questions, parted by spaces, after that of the section's first field."""
    paths = [name if "." in name else f"{_root(section)}.{name}" for name in names.split()]
    return Step(key=key, section=section, questions=_at(paths), title=title, hint=hint)


def _root(section: str) -> str:
    return _SECTIONS[section].questions[0].path.partition(".")[0]


def _at(paths: Iterable[str]) -> tuple[Question, ...]:
    return tuple(nrf.QUESTIONS[path] for path in paths)


def _several(key: str, repeats: str, names: Iterable[str], title: str, entry: str, another: str) -> Step:
    paths = [f"{repeats}.*.{name}" if name else f"{repeats}.*" for name in names]
    return Step(
        key=key, section="person", questions=_at(paths), title=title, repeats=repeats, entry=entry, another=another
    )


BIRTH_HINT = marked("Give a date of birth or, if you do not know it, an approximate age.")

NOT_ME = marked("If you noticed it yourself, leave this empty and continue.")
NO_CONTACT = marked("If that is you, or your organisation has none, leave this empty and continue.")

STEPS = (
    _step("danger", "danger", "immediate_danger"),
    _step("name", "person", "forenames surname", marked("What is the person’s name?")),
    _several(
        "other-names",
        "person.aliases",
        ("",),
        marked("Does the person use any other names?"),
        marked("Name %(number)s"),
        marked("Add another name"),
    ),
    _step(
        BIRTH,
        "person",
        "date_of_birth approximate_age",
        marked("How old is the person?"),
        BIRTH_HINT,
    ),
    _step("gender", "person", "gender"),
    _several(
        "addresses",
        "person.addresses",
        ("lines", "postcode", "current"),
        marked("Where does the person live, or where have they lived?"),
        marked("Address %(number)s"),
        marked("Add another address"),
    ),
    _step("district", "person", "district"),
    _several(
        "phone-numbers",
        "person.phones",
        ("",),
        marked("What are the person’s phone numbers?"),
        marked("Phone number %(number)s"),
        marked("Add another phone number"),
    ),
    _several(
        "email-addresses",
        "person.emails",
        ("",),
        marked("What are the person’s email addresses?"),
        marked("Email address %(number)s"),
        marked("Add another email address"),
    ),
    _step("nationality", "person", "nationality immigration_status", marked("Nationality and immigration status")),
    _step("language", "person", "primary_language speaks_english", marked("Which languages does the person speak?")),
    _step("family", "person", "family"),
    _step("work", "employment", "occupation previous_occupation", marked("Where does the person work?")),
    _step("education", "employment", "education previous_education", marked("Where does the person learn?")),
    _step("concerns", "concerns", "narrative"),
    _step("aspects", "concerns", "aspects"),
    _step("complex-needs", "needs", "complex_needs"),
    _step("needs", "needs", "needs"),
    _step("other-information", "other", "other_information"),
    _step(
        "dates",
        "dates",
        "came_to_light_on referral_made_on",
        marked("When was this noticed and referred?"),
        marked("Leave the second date empty if you are making the referral today."),
    ),
    _step(
        "disability",
        "safeguarding",
        "has_disability diagnosed disability_or_mental_health",
    ),
    _step("lead", "safeguarding", "lead_consulted discussed_with_lead"),
    _step("told", "safeguarding", "individual_informed individual_response"),
    _step("action", "safeguarding", "action_was_taken action_taken"),
    _step("agencies", "safeguarding", "agencies_consulted discussed_with_agencies"),
    _step("parents", "parent-carer", "parent_or_carer"),
    _step("parents-told", "parent-carer", "parent_carer.discussed parent_carer.response"),
    _step("support", "parent-carer", "parent_carer.support_known"),
    _step("worries", "parent-carer", "parent_carer.worried_about"),
    _step("noticed-by", "first-identified", "forename surname wishes_anonymity", marked("Who first noticed?"), NOT_ME),
    _step(
        "noticed-by-role",
        "first-identified",
        "role organisation relationship",
        marked("What do they do?"),
    ),
    _step("noticed-by-contact", "first-identified", "phone email", marked("How can they be reached?")),
    _step("your-name", "referrer", "forename surname", marked("What is your name?")),
    _step("your-work", "referrer", "sector organisation role", marked("What do you do?")),
    _step("how-you-know", "referrer", "relationship"),
    _step("your-contact", "referrer", "phone email", marked("How can we reach you?")),
    _step("your-anonymity", "referrer", "wishes_anonymity"),
    _step("contact-name", "prevent-contact", "forename surname", marked("Who is your Prevent contact?"), NO_CONTACT),
    _step(
        "contact-role",
        "prevent-contact",
        "role organisation relationship",
        marked("What does your Prevent contact do?"),
    ),
    _step("contact-reach", "prevent-contact", "phone email", marked("How can your Prevent contact be reached?")),
    _step("equality", "equality", "ethnicity religion", marked("Equality monitoring")),
)
STEP: Mapping[str, Step] = MappingProxyType({step.key: step for step in STEPS})
SECTIONS = tuple(section for section in nrf.SECTIONS if section.key != DECLARED)


def steps_of(section: str) -> tuple[Step, ...]:
    """Return the pages of a section, in order."""
    return tuple(step for step in STEPS if step.section == section)


def section_of(step: Step) -> Section:
    """Return the section that a page belongs to."""
    return _SECTIONS[step.section]


def inputs(question: Question, path: str) -> tuple[str, ...]:
    """Return the names of the inputs of a question at a numbered path: three for a date."""
    if question.kind is Kind.DATE:
        return tuple(f"{path}-{part}" for part in ("day", "month", "year"))
    return (path,)
