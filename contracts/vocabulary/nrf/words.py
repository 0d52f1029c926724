"""The answers that the form offers, each with its words."""

from contracts.vocabulary.words import Aspect, Gender, Need, Sector

YES_NO = (("yes", "Yes"), ("no", "No"))
YES_NO_NOT_KNOWN = (*YES_NO, ("not-known", "I do not know"))
GENDERS = (
    (Gender.FEMALE.value, "Female"),
    (Gender.MALE.value, "Male"),
    (Gender.OTHER.value, "Another description"),
    (Gender.NOT_KNOWN.value, "I do not know"),
)
SECTORS = (
    (Sector.EDUCATION.value, "Education"),
    (Sector.HEALTH.value, "Health"),
    (Sector.LOCAL_AUTHORITY.value, "Local authority"),
    (Sector.POLICE.value, "Police"),
    (Sector.PRISON_AND_PROBATION.value, "Prison and probation"),
    (Sector.COMMUNITY.value, "Community or charity"),
    (Sector.FRIENDS_AND_FAMILY.value, "Friend or family"),
    (Sector.OTHER.value, "Other"),
)
ASPECTS = (
    (Aspect.HOW_NOTICED.value, "How or why the person came to notice"),
    (Aspect.SPECIFIC_EVENT.value, "A specific event"),
    (Aspect.SEVERAL_SIGNS.value, "Several signs that together are a concern"),
    (Aspect.TRAVEL.value, "Plans to travel to a place of conflict"),
    (Aspect.CONTACT.value, "Contact with a group or person who causes concern"),
    (Aspect.ONLINE.value, "Use of the phone, the internet or social media"),
    (Aspect.HARM.value, "A wish to harm somebody, or threats"),
    (Aspect.INTEREST.value, "Interest in hate crime, extremism, terrorism or mass violence"),
)
NEEDS = (
    (Need.VICTIM.value, "Victim of crime, abuse or bullying"),
    (Need.MONEY.value, "Work, money or housing"),
    (Need.CITIZENSHIP.value, "Citizenship, asylum or immigration"),
    (Need.RELATIONSHIPS.value, "Personal, emotional, relationship or family difficulties"),
    (Need.COURT.value, "Court, probation, risky behaviour, alcohol or drugs"),
    (Need.GRIEVANCE.value, "A grievance, a sense of injustice or belief in a conspiracy"),
    (Need.LEARNING.value, "Education, development, behaviour or mental health"),
    (Need.ADDITIONAL.value, "An additional need, known or suspected"),
    (Need.SAFEGUARDING.value, "Another safeguarding concern in the family, among friends or nearby"),
)
