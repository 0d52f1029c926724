"""The synthetic people of the samples, the children among them: nobody exists, and every narrative says so."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from contracts.vocabulary import (
    Address,
    Concerns,
    Considerations,
    EmploymentEducation,
    Gender,
    Person,
    ReferralForm,
    Referrer,
    Sector,
)

NOTICE = "SYNTHETIC: not a real person"


class Form(StrEnum):
    """In which form a sample comes."""

    WORD = "docx"
    JSON = "json"
    WEB = "web"


@dataclass(frozen=True)
class Sample:
    """One sample: the stem of its file, the form that it comes in, and the referral."""

    name: str
    form: Form
    referral: ReferralForm


def concerns(words: str, came_to_light_on: date | None = None, **more: str | bool) -> Concerns:
    """Return the concerns with the mark that nobody real is meant."""
    return Concerns.model_validate({"narrative": f"{NOTICE}.\n\n{words}", "came_to_light_on": came_to_light_on, **more})


def home(street: str, postcode: str, *, current: bool = True) -> Address:
    """Return an address that does not exist: no real postcode begins with ZZ."""
    return Address(lines=f"{street}, Sampletown", postcode=postcode, current=current)


def referral(
    person: Person,
    told: Concerns,
    referrer: Referrer,
    considered: Considerations | None = None,
    *,
    employment: EmploymentEducation | None = None,
) -> ReferralForm:
    """Put the parts of a form together."""
    return ReferralForm(
        person=person,
        concerns=told,
        referrer=referrer,
        considerations=considered or Considerations(),
        employment=employment or EmploymentEducation(),
        sharing_acknowledged=True,
    )


NINE_YEARS_OLD = referral(
    Person(
        forenames="Pip",
        surname="Sampleworth",
        date_of_birth=date(2017, 5, 14),
        gender=Gender.MALE,
        addresses=(home("1 Specimen Close", "ZZ1 1AA"),),
        district="Thanet",
        family="Lives with his mother and an older sister.",
    ),
    concerns(
        "Has repeated slogans in the playground that he learned from videos on his sister's phone, and told "
        "another pupil that people from abroad should be sent away. He seemed afraid when we asked about it.",
        date(2026, 11, 9),
        complex_needs="Started at this school in September after moving house twice in a year.",
    ),
    Referrer(
        forename="Ada",
        surname="Sample-Teacher",
        role="Designated safeguarding lead",
        organisation="Specimen Primary School",
        sector=Sector.EDUCATION,
        relationship="Teacher",
        phone="01632 960101",
        email="safeguarding@specimen-primary.example",
    ),
    Considerations(
        discussed_with_lead="I am the safeguarding lead.",
        individual_informed="no",
        action_taken="Spoke to his class about kindness; kept him near a teacher at break.",
        parent_or_carer="His mother knows and is worried about what he watches.",
    ),
    employment=EmploymentEducation(education="Specimen Primary School"),
)

TWELVE_YEARS_OLD = referral(
    Person(
        forenames="Ayesha",
        surname="Testperson",
        date_of_birth=date(2014, 10, 8),
        gender=Gender.FEMALE,
        district="Medway",
        family="Lives with both parents and three brothers.",
    ),
    concerns(
        "Told a friend that her eldest brother shows her films of fighters and says she will be sent to marry one.",
        date(2026, 11, 16),
    ),
    Referrer(
        forename="Olu",
        surname="Sample-Coach",
        role="Netball coach",
        organisation="Sample Sports Club",
        sector=Sector.COMMUNITY,
        relationship="Coach",
        phone="01632 960114",
        email="coach@sample-sports.example",
    ),
    Considerations(individual_informed="no", parent_or_carer="Not told: the risk may come from home."),
    employment=EmploymentEducation(education="Sample Grammar School"),
)

FOURTEEN_YEARS_OLD = referral(
    Person(
        forenames="Zoë Éloïse",
        surname="O'Testperson",
        aliases=("Zoe Testperson", "zed_o_test"),
        date_of_birth=date(2012, 2, 29),
        gender=Gender.FEMALE,
        addresses=(home("22 Demo Terrace", "ZZ4 2BB"), home("9 Old Demo Road", "ZZ4 9CC", current=False)),
        district="Medway",
        nationality="British",
        primary_language="English",
        phones=("07700 900142",),
        emails=("zoe@testperson.example",),
        family="Lives with her grandparents.",
    ),
    concerns(
        "Showed a friend drawings of a school attack and named a date in the summer term.\nThe friend told her form "
        "tutor. She spends most nights in an online group whose members collect footage of past attacks.",
        date(2026, 11, 12),
        complex_needs="Waiting for an autism assessment; her mother died two years ago.",
        other_information="Known to the school counsellor and to the children's mental health service.",
    ),
    Referrer(
        forename="Béatrice",
        surname="Sample-Tutor",
        role="Deputy head",
        organisation="Example Academy",
        sector=Sector.EDUCATION,
        relationship="Deputy head of her school",
        phone="01632 960102",
        email="deputy@example-academy.example",
    ),
    Considerations(
        disability_or_mental_health="Autism assessment pending.",
        discussed_with_lead="Yes, agreed to refer the same day.",
        individual_informed="yes",
        action_taken="Phone given to her grandparents; risk assessment for school written.",
        parent_or_carer="Grandparents support the referral.",
    ),
    employment=EmploymentEducation(education="Example Academy"),
)

FIFTEEN_YEARS_OLD = referral(
    Person(
        forenames="Tomasz",
        surname="Testperson-Przykład",
        date_of_birth=date(2011, 7, 3),
        gender=Gender.MALE,
        addresses=(home("5 Placeholder Way", "ZZ2 3DD"),),
        district="Swale",
        nationality="Polish",
        primary_language="Polish",
    ),
    concerns(
        "Has written praise for the man who killed worshippers abroad in three pieces of homework, and says that he "
        "wants to be remembered like him. He has searched for knives on a school computer.",
        date(2026, 11, 3),
    ),
    Referrer(
        forename="Colin",
        surname="Sampleson",
        role="Head of year",
        organisation="Placeholder High School",
        sector=Sector.EDUCATION,
        relationship="Head of year",
        email="head.of.year@placeholder-high.example",
    ),
    Considerations(individual_informed="no", discussed_with_lead="Safeguarding lead agrees."),
    employment=EmploymentEducation(education="Placeholder High School"),
)

FIFTEEN_YEARS_OLD_AGAIN = referral(
    Person(
        forenames="Thomas",
        surname="Testperson Przyklad",
        date_of_birth=date(2011, 7, 3),
        gender=Gender.MALE,
        district="Swale",
    ),
    concerns(
        "His mother rang the helpline: he stays up all night with people online who call themselves his real family, "
        "and he has cut his name into his arm. She spells his name as his English friends do.",
        date(2026, 11, 19),
    ),
    Referrer(
        forename="Quinn",
        surname="Sample-Helpline",
        role="Helpline worker",
        organisation="Example Parents' Helpline",
        sector=Sector.COMMUNITY,
        relationship="Took the call",
        email="helpline@example-parents.example",
    ),
    Considerations(parent_or_carer="His mother asked for help herself.", individual_informed="no"),
    employment=EmploymentEducation(education="Placeholder High School"),
)

SIXTEEN_YEARS_OLD = referral(
    Person(
        forenames="Samir",
        surname="Al-Sample",
        approximate_age=16,
        gender=Gender.MALE,
        addresses=(home("Unit 3, Supported Placeholder House", "ZZ7 7EE"),),
        district="Folkestone and Hythe",
        primary_language="Arabic",
        family="Unaccompanied; a cousin is thought to live in another part of the country.",
    ),
    concerns(
        "Receives calls at night from men who say they can help his family if he proves himself. He has stopped going "
        "to college and gave away his belongings last week.",
        date(2026, 11, 15),
        complex_needs="Asylum claim undecided; sleeps badly and talks about feeling ashamed.",
        other_information="Social worker in another authority placed him here.",
    ),
    Referrer(
        forename="Dana",
        surname="Testworker",
        role="Key worker",
        organisation="Supported Placeholder House",
        sector=Sector.LOCAL_AUTHORITY,
        relationship="Key worker for five months",
        phone="01632 960104",
        email="key.worker@placeholder-house.example",
    ),
    Considerations(disability_or_mental_health="Low mood.", individual_informed="not-known"),
)

SEVENTEEN_YEARS_OLD = referral(
    Person(
        forenames="Jamie",
        surname="Testington",
        date_of_birth=date(2009, 1, 21),
        gender=Gender.OTHER,
        addresses=(home("18 Mock Lane", "ZZ5 5FF"),),
        district="Ashford",
    ),
    concerns(
        "Says that women are the enemy, keeps a list of girls on the course who 'deserve what is coming' and shared a "
        "video made by a man before he attacked a nightclub.",
        date(2026, 10, 27),
    ),
    Referrer(
        forename="Efe",
        surname="Sample-Lecturer",
        role="Lecturer",
        organisation="Mock Further Education College",
        sector=Sector.EDUCATION,
        relationship="Course lecturer",
        email="lecturer@mock-college.example",
    ),
    employment=EmploymentEducation(education="Mock Further Education College"),
)
