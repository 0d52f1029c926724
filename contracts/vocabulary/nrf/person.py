"""The questions about the person whom the referral is about, and about those who care for a child."""

from contracts.vocabulary.nrf.question import Ask, Kind, Question
from contracts.vocabulary.nrf.words import GENDERS, YES_NO, YES_NO_NOT_KNOWN

MOST = 10

PERSON = (
    Question(
        path="person.forenames",
        label="First names",
        asks="First names",
        name="the person’s first names",
        required=True,
    ),
    Question(path="person.surname", label="Last name", asks="Last name", name="the person’s last name", required=True),
    Question(
        path="person.aliases.*",
        label="Other name",
        asks="Other name",
        name="the person’s other name",
        hint="Nicknames, names online, earlier names and other spellings.",
        rows=2,
        most=MOST,
    ),
    Question(
        path="person.date_of_birth",
        label="Date of birth",
        asks="Date of birth",
        name="the person’s date of birth",
        kind=Kind.DATE,
        hint="For example, 27 3 2009",
    ),
    Question(
        path="person.approximate_age",
        label="Approximate age",
        asks="Approximate age in years, if you do not know the date of birth",
        name="the person’s approximate age",
        kind=Kind.AGE,
    ),
    Question(
        path="person.gender",
        label="Gender",
        asks="Gender",
        name="the person’s gender",
        kind=Kind.CHOICE,
        choices=GENDERS,
    ),
    Question(
        path="person.addresses.*.lines",
        label="Address",
        asks="Address",
        name="the address",
        hint="Building, street, town",
        rows=2,
        most=MOST,
    ),
    Question(
        path="person.addresses.*.postcode",
        label="Postcode",
        asks="Postcode",
        name="the postcode",
        kind=Kind.POSTCODE,
        rows=2,
        most=MOST,
    ),
    Question(
        path="person.addresses.*.current",
        label="Lives there now",
        asks="Does the person live there now?",
        name="whether the person lives there now",
        kind=Kind.YES_NO,
        choices=YES_NO,
        rows=2,
        most=MOST,
    ),
    Question(
        path="person.district",
        label="District",
        asks="In which district does the person live?",
        name="the district",
        kind=Kind.DISTRICT,
    ),
    Question(
        path="person.nationality",
        label="Nationality or citizenship",
        asks="Nationality or citizenship",
        name="the person’s nationality",
    ),
    Question(
        path="person.immigration_status",
        label="Immigration or asylum status",
        asks="Immigration or asylum status",
        name="the person’s immigration or asylum status",
    ),
    Question(
        path="person.primary_language",
        label="First language",
        asks="First language",
        name="the person’s first language",
    ),
    Question(
        path="person.speaks_english",
        label="Speaks and understands English",
        asks="Does the person speak and understand English?",
        name="whether the person speaks and understands English",
        kind=Kind.YES_NO_NOT_KNOWN,
        choices=YES_NO_NOT_KNOWN,
    ),
    Question(
        path="person.phones.*",
        label="Phone number",
        asks="Phone number",
        name="the person’s phone number",
        kind=Kind.PHONE,
        rows=2,
        most=MOST,
    ),
    Question(
        path="person.emails.*",
        label="Email address",
        asks="Email address",
        name="the person’s email address",
        kind=Kind.EMAIL,
        rows=2,
        most=MOST,
    ),
    Question(
        path="person.family",
        label="Family",
        asks="Family",
        name="the person’s family",
        kind=Kind.TEXT,
        hint="Who lives with the person, and who else in the family matters here.",
    ),
)

EMPLOYMENT = (
    Question(
        path="employment.occupation",
        label="Current occupation and employer",
        asks="Current occupation and employer",
        name="the person’s occupation and employer",
        kind=Kind.ORGANISATION,
    ),
    Question(
        path="employment.previous_occupation",
        label="Previous occupation and employer",
        asks="Previous occupation and employer",
        name="the person’s previous occupation and employer",
    ),
    Question(
        path="employment.education",
        label="Current school, college or university",
        asks="Current school, college or university",
        name="the person’s school, college or university",
        kind=Kind.SCHOOL,
    ),
    Question(
        path="employment.previous_education",
        label="Previous school, college or university",
        asks="Previous school, college or university",
        name="the person’s previous school, college or university",
        kind=Kind.SCHOOL,
    ),
)

CHILD = Ask(under_18=True)
PARENT_CARER = (
    Question(
        path="considerations.parent_or_carer",
        label="Parent or carer",
        asks="Who are the parents or carers, and how can they be reached?",
        name="who the parents or carers are",
        kind=Kind.TEXT,
    ),
    Question(
        path="parent_carer.discussed",
        label="Discussed with a parent or carer",
        asks="Have you discussed this referral with a parent or carer?",
        name="whether you have discussed this with a parent or carer",
        kind=Kind.YES_NO_NOT_KNOWN,
        choices=YES_NO_NOT_KNOWN,
        hint="Do so unless that would put the child or somebody else at risk.",
    ),
    Question(
        path="parent_carer.response",
        label="What the parent or carer said",
        asks="What did they say?",
        name="what the parent or carer said",
        kind=Kind.TEXT,
        asked=Ask(path="parent_carer.discussed", answers=("yes",)),
    ),
    Question(
        path="parent_carer.support_known",
        label="Support the family has",
        asks="What support does the family have already?",
        name="what support the family has",
        kind=Kind.TEXT,
    ),
    Question(
        path="parent_carer.worried_about",
        label="What parents or carers worry about",
        asks="What do parents or carers worry about?",
        name="what parents or carers worry about",
        kind=Kind.TEXT,
    ),
)

EQUALITY = (
    Question(
        path="equality.ethnicity",
        label="Ethnic group",
        asks="Ethnic group",
        name="the person’s ethnic group",
        kind=Kind.ETHNIC_GROUP,
    ),
    Question(
        path="equality.religion", label="Religion or belief", asks="Religion or belief", name="the person’s religion"
    ),
)
