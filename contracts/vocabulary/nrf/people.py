"""The six questions that the form asks about each of three people: who noticed, who refers, who leads on Prevent."""

from contracts.vocabulary.nrf.question import Ask, Kind, Question
from contracts.vocabulary.nrf.words import SECTORS, YES_NO

FIRST = "first_identified_by"
LEAD = "prevent_contact"


def _contact(part: str, who: str, whose: str) -> tuple[Question, ...]:
    """Return the six questions about somebody who is not the referrer; `who` and `whose` call them in sentences."""
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
            asks=f"How does {who} know the person?",
            name=f"how {who} knows the person",
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
    *_contact(FIRST, "whoever first noticed", "their"),
    Question(
        path=f"{FIRST}.wishes_anonymity",
        label="Wishes to stay anonymous",
        asks="Do they wish to stay anonymous?",
        name="whether they wish to stay anonymous",
        kind=Kind.YES_NO,
        choices=YES_NO,
    ),
)

PREVENT_CONTACT = _contact(LEAD, "your Prevent contact", "your Prevent contact’s")

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
        asks="What kind of organisation do you work for?",
        name="the kind of organisation you work for",
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
    ),
)


def described(part: str, *, yes: str) -> Ask:
    """Return the condition that a yes-or-no question was answered with yes."""
    return Ask(path=f"{part}.{yes}", answers=("yes",))
