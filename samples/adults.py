"""The synthetic adults of the samples."""

from datetime import date

from contracts.vocabulary import Considerations, EmploymentEducation, Gender, Person, Referrer, Sector
from samples.people import concerns, home, referral

NINETEEN_YEARS_OLD = referral(
    Person(
        forenames="Séan Óg",
        surname="Ó Testpersón",
        aliases=("Shawn Testperson",),
        date_of_birth=date(2007, 8, 30),
        gender=Gender.MALE,
        district="Canterbury",
        emails=("sean@testperson.example",),
    ),
    concerns(
        "Left our society after telling members that lawful protest is finished and that 'only fire works'. He asked "
        "two of them to help him buy chemicals.",
        date(2026, 11, 17),
        immediate_danger=True,
    ),
    Referrer(
        forename="Freya",
        surname="Samplestudent",
        role="Student welfare adviser",
        organisation="University of Examples",
        sector=Sector.EDUCATION,
        relationship="Adviser",
        phone="01632 960106",
        email="welfare@university-of-examples.example",
    ),
    Considerations(action_taken="Called 999 at ten past four; the police attended.", individual_informed="no"),
    employment=EmploymentEducation(education="University of Examples"),
)

TWENTY_TWO_YEARS_OLD = referral(
    Person(
        forenames="Kofi",
        surname="Specimen",
        date_of_birth=date(2004, 4, 4),
        gender=Gender.MALE,
        addresses=(home("40 Trial Street", "ZZ6 4GG"),),
        district="Dartford",
    ),
    concerns(
        "Posts under his own name that a local politician 'will answer for it' with photographs of her office.",
        date(2026, 11, 18),
    ),
    Referrer(
        forename="Gita",
        surname="Testconstable",
        role="Police constable",
        organisation="Kent Police",
        sector=Sector.POLICE,
        relationship="Attended the address",
        email="constable@kent-police.example",
    ),
    employment=EmploymentEducation(occupation="Trial Warehousing"),
)

TWENTY_SEVEN_YEARS_OLD = referral(
    Person(
        forenames="Mehmet Çağrı",
        surname="Örnek-Sample",
        date_of_birth=date(1998, 12, 1),
        gender=Gender.MALE,
        addresses=(home("7 Rehearsal Road", "ZZ8 1HH"),),
        district="Gravesham",
        phones=("07700 900108", "07700 900109"),
        nationality="British and Turkish",
    ),
    concerns(
        "Told the nurse that he is called to fight abroad, has sold his car and booked a one-way flight for Friday.",
        date(2026, 11, 19),
        immediate_danger=True,
        complex_needs="Stopped his medication in September.",
    ),
    Referrer(
        forename="Hana",
        surname="Sample-Nurse",
        role="Community psychiatric nurse",
        organisation="Example Health Trust",
        sector=Sector.HEALTH,
        relationship="Care coordinator",
        phone="01632 960108",
        email="community.nursing@example-health.example",
    ),
    Considerations(
        disability_or_mental_health="Schizophrenia, diagnosed 2019.",
        discussed_with_lead="Trust Prevent lead informed.",
        individual_informed="yes",
        action_taken="999 called because of the flight.",
    ),
)

THIRTY_FOUR_YEARS_OLD = referral(
    Person(
        forenames="Lee",
        surname="Testperson",
        date_of_birth=date(1992, 6, 10),
        gender=Gender.MALE,
        addresses=(home("Approved Premises, 2 Release Row", "ZZ3 8JJ"),),
        district="Maidstone",
    ),
    concerns(
        "Since release keeps the company of men whom he met on the wing and who have terrorism convictions. A search "
        "found a flag and a handwritten oath under his mattress.",
        date(2026, 11, 5),
        other_information="On licence until March 2028; probation officer named below.",
    ),
    Referrer(
        forename="Ivo",
        surname="Sample-Officer",
        role="Probation officer",
        organisation="Example Probation Delivery Unit",
        sector=Sector.PRISON_AND_PROBATION,
        relationship="Supervising officer",
        email="probation@example-probation.example",
    ),
    Considerations(individual_informed="no"),
)

THIRTY_EIGHT_YEARS_OLD = referral(
    Person(
        forenames="Darren",
        surname="Quality-Sample",
        date_of_birth=date(1988, 2, 11),
        gender=Gender.MALE,
        addresses=(home("3 Calibration Crescent", "ZZ5 3NN"),),
        district="Thanet",
    ),
    concerns(
        "Wears badges of a banned group at work and hands out its leaflets after being told twice to stop.",
        date(2026, 11, 13),
    ),
    Referrer(
        forename="Petra",
        surname="Sample-Manager",
        role="Shift manager",
        organisation="Calibration Foods",
        sector=Sector.OTHER,
        relationship="His manager",
        email="shift@calibration-foods.example",
    ),
)

FORTY_FIVE_YEARS_OLD = referral(
    Person(
        forenames="Ngozi",
        surname="Placeholder-Sample",
        date_of_birth=date(1981, 3, 17),
        gender=Gender.FEMALE,
        addresses=(home("61 Practice Avenue", "ZZ9 6KK"),),
        district="Tunbridge Wells",
        family="Two sons of 12 and 15 live with her.",
    ),
    concerns(
        "Has taken her sons out of school since she joined a movement that denies that any law applies to it, and says "
        "that officials who come to the door 'will be met with force'.",
        date(2026, 10, 30),
    ),
    Referrer(
        forename="Jo",
        surname="Sampleneighbour",
        organisation="Practice Community Centre",
        sector=Sector.COMMUNITY,
        relationship="Runs the centre that the family used to visit",
        email="centre@practice-community.example",
        wishes_anonymity=True,
    ),
    employment=EmploymentEducation(occupation="Practice Care Home"),
)

FIFTY_TWO_YEARS_OLD = referral(
    Person(
        forenames="Gary",
        surname="Mockford-Test",
        approximate_age=52,
        gender=Gender.MALE,
        district="Dover",
    ),
    concerns(
        "Stands outside the hostel with a camera most evenings and has begun to talk of burning it down. He used to "
        "stop at shouting.",
        date(2026, 11, 1),
    ),
    Referrer(
        forename="Kim",
        surname="Testwarden",
        role="Community warden",
        organisation="Sample District Council",
        sector=Sector.LOCAL_AUTHORITY,
        relationship="Meets him on patrol",
        phone="01632 960111",
        email="warden@sample-district.example",
    ),
)

SIXTY_THREE_YEARS_OLD = referral(
    Person(
        forenames="Maureen",
        surname="D'Example",
        date_of_birth=date(1963, 9, 9),
        gender=Gender.FEMALE,
        addresses=(home("Flat 2, Fixture Court", "ZZ2 2LL"),),
        district="Tonbridge and Malling",
        family="Widowed; a daughter abroad.",
    ),
    concerns(
        "My mother gives most of her pension to a preacher online and repeats that those who mock him must die. She "
        "has never hurt anybody, and I do not know whom to ask.",
        date(2026, 9, 20),
    ),
    Referrer(
        forename="Laura",
        surname="D'Example",
        sector=Sector.FRIENDS_AND_FAMILY,
        relationship="Daughter",
        email="laura@d-example.example",
    ),
)

SEVENTY_ONE_YEARS_OLD = referral(
    Person(
        forenames="Bernard",
        surname="Samplethwaite",
        date_of_birth=date(1955, 1, 2),
        gender=Gender.MALE,
        addresses=(home("Rose Fixture Cottage", "ZZ1 9MM"),),
        district="Sevenoaks",
    ),
    concerns(
        "At his review he spoke for half an hour about a coming war between peoples, showed the doctor a cellar full "
        "of stores on his phone and asked whether she was 'on the list'.",
        date(2026, 11, 10),
        complex_needs="Early dementia is possible; tests are booked.",
    ),
    Referrer(
        forename="Nia",
        surname="Sample-Doctor",
        role="General practitioner",
        organisation="Fixture Surgery",
        sector=Sector.HEALTH,
        relationship="His doctor",
        email="reception@fixture-surgery.example",
    ),
    Considerations(disability_or_mental_health="Memory tests pending.", individual_informed="no"),
)
