"""The six questions that the form asks about each of three people: who noticed, who refers, who leads on Prevent."""

from contracts.vocabulary.nrf.question import Ask, Kind, Question
from contracts.vocabulary.nrf.words import SECTORS, YES_NO

FIRST = "first_identified_by"
LEAD = "prevent_contact"


def _contact(part: str, whose: str, *, asks: str, name: str) -> tuple[Question, ...]:
    """Return the six questions about somebody who is not the referrer, called so in sentences.

    `asks` and `name` are those of the question how they know the person.
    """
    return (
        Question(path=f"{part}.forename", label="First name", asks="First name", name=f"{whose} first name"),
        Question(path=f"{part}.surname", label="Last name", asks="Last name", name=f"{whose} last name"),
        Question(path=f"{part}.role", label="Role", asks="Role or job title", name=f"{whose} role"),
        Question(
            path=f"{part}.organisation",
            label="Organisation",
            asks="Organisation",
            name=f"{whose} organisation",
            kind=Kind.ORGANISATION,
        ),
        Question(
            path=f"{part}.relationship",
            label="Relationship to the person",
            asks=asks,
            name=name,
        ),
        Question(
            path=f"{part}.phone",
            label="Phone number",
            asks="Phone number",
            name=f"{whose} phone number",
            kind=Kind.PHONE,
        ),
        Question(
            path=f"{part}.email",
            label="Email address",
            asks="Email address",
            name=f"{whose} email address",
            kind=Kind.EMAIL,
        ),
    )


WHO_NOTICED = (
    *_contact(FIRST, "their", asks="How do they know the person?", name="how they know the person"),
    Question(
        path=f"{FIRST}.wishes_anonymity",
        label="Wishes to stay anonymous",
        asks="Do they wish to stay anonymous?",
        name="whether they wish to stay anonymous",
        kind=Kind.YES_NO,
        choices=YES_NO,
    ),
)

PREVENT_CONTACT = _contact(
    LEAD,
    "your Prevent contact’s",
    asks="How does your Prevent contact know the person?",
    name="how your Prevent contact knows the person",
)

REFERRER = (
    Question(path="referrer.forename", label="First name", asks="First name", name="your first name", required=True),
    Question(path="referrer.surname", label="Last name", asks="Last name", name="your last name", required=True),
    Question(path="referrer.role", label="Role", asks="Your role or job title", name="your role"),
    Question(
        path="referrer.organisation",
        label="Organisation",
        asks="Your organisation",
        name="your organisation",
        kind=Kind.ORGANISATION,
    ),
    Question(
        path="referrer.sector",
        label="Kind of organisation",
        asks="Which of these describes you or your organisation?",
        name="which of these describes you or your organisation",
        kind=Kind.CHOICE,
        choices=SECTORS,
        required=True,
    ),
    Question(
        path="referrer.relationship",
        label="Relationship to the person",
        asks="How do you know the person?",
        name="how you know the person",
    ),
    Question(
        path="referrer.phone", label="Phone number", asks="Your phone number", name="your phone number", kind=Kind.PHONE
    ),
    Question(
        path="referrer.email",
        label="Email address",
        asks="Your email address",
        name="your email address",
        kind=Kind.EMAIL,
        hint="We send the receipt here, and later what we may tell you.",
    ),
    Question(
        path="referrer.wishes_anonymity",
        label="Keep the referrer’s name from the person",
        asks="Should we keep your name from the person?",
        name="whether the person may learn who you are",
        kind=Kind.YES_NO,
        choices=YES_NO,
        hint="The teams that work on the referral may still see your name.",
    ),
)


def described(part: str, *, yes: str) -> Ask:
    """Return the condition that a yes-or-no question was answered with yes."""
    return Ask(path=f"{part}.{yes}", answers=("yes",))
