"""The sections of the form in the order in which it is filled in, and every question by its path."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from contracts.vocabulary.nrf.people import PREVENT_CONTACT, REFERRER, WHO_NOTICED, described
from contracts.vocabulary.nrf.person import CHILD, EMPLOYMENT, EQUALITY, PARENT_CARER, PERSON
from contracts.vocabulary.nrf.question import Kind, Question, Section
from contracts.vocabulary.nrf.words import ASPECTS, NEEDS, YES_NO, YES_NO_NOT_KNOWN

NUMBER = re.compile(r"\.[0-9]{1,2}(?=\.|$)", re.ASCII)


def _considered(answer: str, words: str, label: str, asks: str, then: str) -> tuple[Question, Question]:
    """Return a yes-or-no question of section I and the free text that follows a yes; both name their field."""
    return (
        Question(
            path=f"considerations.{answer}",
            label=label,
            asks=asks,
            name=f"“{asks.rstrip('?')}”",
            kind=Kind.YES_NO_NOT_KNOWN,
            choices=YES_NO_NOT_KNOWN,
        ),
        Question(
            path=f"considerations.{words}",
            label=then.rstrip("?"),
            asks=then,
            name=then.rstrip("?").lower(),
            kind=Kind.TEXT,
            asked=described("considerations", yes=answer),
        ),
    )


DISABILITY = _considered(
    "has_disability",
    "disability_or_mental_health",
    "Disability, disorder or mental health",
    "Does the person have a disability, a disorder or mental health difficulties, stated or diagnosed?",
    "Describe the disability, disorder or difficulties",
)
SAFEGUARDING = (
    DISABILITY[0],
    Question(
        path="considerations.diagnosed",
        label="Diagnosed",
        asks="Has it been diagnosed?",
        name="whether it has been diagnosed",
        kind=Kind.YES_NO_NOT_KNOWN,
        choices=YES_NO_NOT_KNOWN,
        asked=described("considerations", yes="has_disability"),
    ),
    DISABILITY[1],
    *_considered(
        "lead_consulted",
        "discussed_with_lead",
        "Discussed with a safeguarding or Prevent lead",
        "Have you discussed this with your organisation’s safeguarding or Prevent lead?",
        "What came of the discussion with the lead?",
    ),
    *_considered(
        "individual_informed",
        "individual_response",
        "Person told of the referral",
        "Have you told the person that you are making this referral?",
        "How did the person respond?",
    ),
    *_considered(
        "action_was_taken",
        "action_taken",
        "Direct action taken",
        "Have you taken any direct action with the person?",
        "What was done, and what came of it?",
    ),
    *_considered(
        "agencies_consulted",
        "discussed_with_agencies",
        "Discussed with other agencies",
        "Have you discussed this with any other agency?",
        "Which agencies, and what came of it?",
    ),
)

DANGER = Question(
    path="concerns.immediate_danger",
    label="Immediate danger",
    asks="Is anybody in immediate danger?",
    name="whether anybody is in immediate danger",
    kind=Kind.YES_NO,
    choices=YES_NO,
    required=True,
    hint="If so, call 999 first. Then send this referral: the duty officers are called at once.",
)
CONCERNS = (
    Question(
        path="concerns.narrative",
        label="The concerns",
        asks="What are you concerned about?",
        name="what you are concerned about",
        kind=Kind.TEXT,
        required=True,
        hint="Say what you have seen or heard, in as much detail as you can, in your own words: when, where and who.",
    ),
    Question(
        path="concerns.aspects",
        label="What the concerns involve",
        asks="What do your concerns involve?",
        name="what your concerns involve",
        kind=Kind.CHOICES,
        choices=ASPECTS,
    ),
)
NEEDS_QUESTIONS = (
    Question(
        path="concerns.complex_needs",
        label="Complex needs",
        asks="Is there anything in the person’s life that may affect their wellbeing or make them vulnerable?",
        name="what affects the person’s wellbeing",
        kind=Kind.TEXT,
    ),
    Question(
        path="concerns.needs",
        label="What affects the person",
        asks="Which of these may affect the person?",
        name="which of these may affect the person",
        kind=Kind.CHOICES,
        choices=NEEDS,
    ),
)
OTHER = (
    Question(
        path="concerns.other_information",
        label="Other information",
        asks="Is there anything else that we should know?",
        name="other information",
        kind=Kind.TEXT,
        hint="Include any other agencies or professionals who work with the person.",
    ),
)
DATES = (
    Question(
        path="concerns.came_to_light_on",
        label="Date the concern first came to light",
        asks="When did the concern first come to light?",
        name="the date the concern first came to light",
        kind=Kind.DATE,
        hint="For example, 12 11 2026",
    ),
    Question(
        path="concerns.referral_made_on",
        label="Date of this referral",
        asks="When was this referral made?",
        name="the date of this referral",
        kind=Kind.DATE,
        hint="For example, 12 11 2026",
    ),
)
SHARING = Question(
    path="sharing_acknowledged",
    label="Sharing notice",
    asks="Do you understand who will see this referral?",
    name="that you have read who will see this referral",
    kind=Kind.ACKNOWLEDGED,
    choices=(("yes", "I have read who will see this referral"),),
    required=True,
    hint="This referral goes to the police and to social care for a joint assessment.",
)

SECTIONS = (
    Section(
        key="danger",
        letter="",
        title="Immediate danger",
        help="If somebody may be hurt or is about to leave to join a banned organisation, call 999 now.",
        questions=(DANGER,),
    ),
    Section(
        key="person",
        letter="A",
        title="The person",
        help="Give a date of birth or, if you do not know it, an approximate age.",
        questions=PERSON,
    ),
    Section(
        key="employment",
        letter="J",
        title="Work and education",
        help="Where the person works or learns, now and before.",
        questions=EMPLOYMENT,
    ),
    Section(key="concerns", letter="B", title="Describe concerns", help="Use your own words.", questions=CONCERNS),
    Section(key="needs", letter="C", title="Complex needs", help="", questions=NEEDS_QUESTIONS),
    Section(key="other", letter="D", title="Other information", help="", questions=OTHER),
    Section(key="dates", letter="H", title="Relevant dates", help="", questions=DATES),
    Section(
        key="safeguarding",
        letter="I",
        title="Safeguarding considerations",
        help="Say what is known and what has been done.",
        questions=SAFEGUARDING,
    ),
    Section(
        key="parent-carer",
        letter="L",
        title="Parents and carers",
        help="Only about a person under 18.",
        questions=PARENT_CARER,
        asked=CHILD,
    ),
    Section(
        key="first-identified",
        letter="E",
        title="Person who first noticed",
        help="Whoever first identified the concerns, if that was not you.",
        questions=WHO_NOTICED,
    ),
    Section(
        key="referrer",
        letter="F",
        title="Person making this referral",
        help="We may call you to ask more.",
        questions=REFERRER,
    ),
    Section(
        key="prevent-contact",
        letter="G",
        title="Your organisation’s Prevent contact",
        help="If that is not you.",
        questions=PREVENT_CONTACT,
    ),
    Section(
        key="equality",
        letter="M",
        title="Equality monitoring",
        help="These answers are optional. They are kept apart and are not sent to the police. Where your area counts"
        " ethnic groups, the broad group alone is counted, without anything that says who it is.",
        questions=EQUALITY,
    ),
    Section(key="sharing", letter="K", title="Sharing notice", help="", questions=(SHARING,)),
)

QUESTIONS: Mapping[str, Question] = MappingProxyType(
    {question.path: question for section in SECTIONS for question in section.questions}
)


def question_at(path: str) -> Question | None:
    """Return the question whose answer has this path, numbered or not; None where the form does not ask it."""
    return QUESTIONS.get(NUMBER.sub(".*", path))
