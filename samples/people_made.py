"""Generated people for measuring the matcher, all synthetic: households, and the referrals that come about them."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from contracts.vocabulary import Address, EmploymentEducation, Gender, Person, ReferralForm, Referrer
from samples import people_slips as slips
from samples.people import NOTICE, concerns, referral
from samples.people_names import GROUPS, SHORT, Names
from samples.people_slips import happens

TODAY = date(2026, 11, 2)
"""The day on which every generated referral is made."""
_SHARES = (30, 12, 8, 9, 9, 7, 5, 5, 6, 4, 3, 2)
_STREETS = "Specimen Sample Example Placeholder Fictive Mock Pattern Template Trial Invented".split()  # noqa: SIM905
_KINDS = "Street Road Close Avenue Lane Gardens Way Court".split()  # noqa: SIM905
_SCHOOLS = ("Sampleford Academy", "Specimen Grammar School", "Placeholder High School", "Example College")
_ADULT = 18
_DISTRICTS = 60
_BARRED_SURNAMES = 0.04


@dataclass(frozen=True)
class Made:
    """One person who does not exist, as one referral has them; `who` is the same for all referrals of one person."""

    who: int
    group: str
    forenames: str
    surname: str
    gender: Gender
    born: date | None
    age: int | None = None
    postcode: str = ""
    street: str = ""
    phone: str = ""
    email: str = ""
    school: str = ""
    family: str = ""
    aliases: tuple[str, ...] = ()

    def form(self) -> ReferralForm:
        """Return the referral; its narrative says that nobody real is meant."""
        person = Person(
            forenames=self.forenames,
            surname=self.surname,
            aliases=self.aliases,
            date_of_birth=self.born,
            approximate_age=self.age,
            gender=self.gender,
            addresses=(Address(lines=self.street, postcode=self.postcode),) if self.postcode or self.street else (),
            phones=(self.phone,) if self.phone else (),
            emails=(self.email,) if self.email else (),
            family=self.family,
        )
        referrer = Referrer(forename="Sam", surname="Sampleworth")
        return referral(person, concerns("Generated."), referrer, employment=EmploymentEducation(education=self.school))


class Generator:
    """Makes people by a seed: the same seed makes the same ones."""

    def __init__(self, seed: int) -> None:
        self._lot = random.Random(seed)  # noqa: S311  measured people are drawn, nothing is kept secret by it
        self._made = 0

    def people(self, count: int) -> list[Made]:
        """Return so many different people, in households of which some have brothers, sisters and twins."""
        found: list[Made] = []
        while len(found) < count:
            found.extend(self._household())
        return found[:count]

    def again(self, person: Made) -> Made:
        """Return the same person as another referral has them: spelt, dated and reached otherwise."""
        named = self._named_again(person)
        return self._reached_again(self._dated_again(named))

    def strangers(self, people: Sequence[Made], count: int) -> Iterator[Made]:
        """Yield people who were never referred: a third close relatives or namesakes of those who were."""
        for _ in range(count):
            near = self._lot.choice(people)
            kind = self._lot.choices(("new", "sibling", "parent", "namesake"), (60, 22, 6, 12))[0]
            if kind == "sibling":
                yield self.again(self._sibling(near))
            elif kind == "parent":
                yield self.again(self._parent(near))
            elif kind == "namesake":
                other = self._person(GROUPS[near.group])
                yield self.again(replace(other, forenames=near.forenames, surname=near.surname, gender=near.gender))
            else:
                yield self.again(self._person(self._group()))

    def _group(self) -> Names:
        return self._lot.choices(tuple(GROUPS.values()), _SHARES)[0]

    def _household(self) -> list[Made]:
        first = self._person(self._group())
        others = [self._sibling(first) for _ in range(self._lot.choices((0, 1, 2), (75, 18, 7))[0])]
        return [first, *others]

    def _number(self) -> int:
        self._made += 1
        return self._made

    def _person(self, names: Names) -> Made:
        lot = self._lot
        gender = lot.choices((Gender.MALE, Gender.FEMALE), (70, 30))[0]
        age = min(int(lot.triangular(9, 70, 15)), 69)
        born = TODAY - timedelta(days=age * 365 + lot.randrange(365))
        if names.group in {"Somali", "Eritrean", "Arabic"} and happens(lot, 0.15):
            born = date(born.year, 1, 1)
        number = self._number()
        return Made(
            who=number,
            group=names.group,
            forenames=self._forenames(names, gender),
            surname=self._surname(names, gender),
            gender=gender,
            born=born,
            postcode=self._postcode(),
            street=f"{lot.randrange(1, 140)} {lot.choice(_STREETS)} {lot.choice(_KINDS)}, Sampletown",
            phone=self._phone() if happens(lot, 0.6) else "",
            email=f"sample{number}@example.invalid" if happens(lot, 0.25) else "",
            school=self._school() if age < _ADULT else "",
            family=self._family(names),
        )

    def _forenames(self, names: Names, gender: Gender) -> str:
        among = names.men if gender is Gender.MALE else names.women
        first = among[min(int(self._lot.expovariate(3 / len(among))), len(among) - 1)]
        two = names.group in {"Pakistani", "Bangladeshi", "Somali", "Arabic"}
        if happens(self._lot, 0.45 if two else 0.2):
            return f"{first} {self._lot.choice(among)}"
        return first

    def _surname(self, names: Names, gender: Gender) -> str:
        among = names.surnames
        found = among[min(int(self._lot.expovariate(2.5 / len(among))), len(among) - 1)]
        if gender is Gender.FEMALE and found.endswith(("ski", "cki")):
            return found[:-1] + "a"
        if names.group == "British" and happens(self._lot, _BARRED_SURNAMES):
            return f"{found}-{self._lot.choice(among)}"
        return found

    def _postcode(self) -> str:
        lot = self._lot
        inward = "".join(lot.choices("ABDEFGHJLNPQRSTUWXYZ", k=2))
        return f"ZZ{lot.randrange(1, _DISTRICTS)} {lot.randrange(10)}{inward}"

    def _phone(self) -> str:
        """Return a number that cannot be called: none begins with 0100."""
        return f"0100 {self._lot.randrange(1000):03} {self._lot.randrange(10_000):04}"

    def _school(self) -> str:
        chosen = self._lot.choice(_SCHOOLS)
        return f"{self._lot.choice(_STREETS)} {self._lot.choice(_KINDS)} {chosen}"

    def _family(self, names: Names) -> str:
        if happens(self._lot, 0.5):
            return ""
        mother, surname = self._lot.choice(names.women), self._lot.choice(names.surnames)
        return f"Lives with the mother, {mother} {surname}."

    def _sibling(self, person: Made) -> Made:
        """Return a brother or sister at the same address, in seven of a hundred a twin."""
        lot = self._lot
        names = GROUPS[person.group]
        gender = lot.choice((Gender.MALE, Gender.FEMALE))
        forenames = self._forenames(names, gender)
        while forenames.split()[0] == person.forenames.split()[0]:
            forenames = self._forenames(names, gender)
        born = person.born or TODAY
        apart = 0 if happens(lot, 0.07) else lot.randrange(330, 2400) * lot.choice((-1, 1))
        return replace(
            person,
            who=self._number(),
            forenames=forenames,
            gender=gender,
            born=min(born + timedelta(days=apart), TODAY - timedelta(days=2000)),
            phone=person.phone if happens(lot, 0.3) else "",
            email="",
            school=person.school if happens(lot, 0.6) else "",
            aliases=(),
        )

    def _parent(self, person: Made) -> Made:
        """Return a father or mother at the same address, sometimes of the same forename."""
        lot = self._lot
        forenames = person.forenames if happens(lot, 0.3) else self._forenames(GROUPS[person.group], person.gender)
        born = (person.born or TODAY) - timedelta(days=lot.randrange(7000, 14_000))
        return replace(person, who=self._number(), forenames=forenames, born=born, email="", school="", family="")

    def _named_again(self, person: Made) -> Made:
        if happens(self._lot, 0.004):
            # Known by quite another name there: one that was assumed, or that nobody wrote down as it was said.
            other = self._person(GROUPS[person.group])
            return replace(person, forenames=other.forenames, surname=other.surname, aliases=())
        forenames, surname = self._forenames_again(person), self._surname_again(person)
        aliases: tuple[str, ...] = ()
        if happens(self._lot, 0.06):
            aliases = (forenames.split()[0],)
        if happens(self._lot, 0.05):
            forenames, surname = surname, forenames
        return replace(person, forenames=forenames, surname=surname, aliases=aliases)

    def _forenames_again(self, person: Made) -> str:
        lot = self._lot
        first, *rest = person.forenames.split()
        kind = lot.choices(("same", "other", "typed", "short", "initial", "cut", "script"), (44, 22, 14, 9, 3, 3, 5))[0]
        if kind == "short":
            first = SHORT.get(first, first)
        elif kind == "initial":
            first = first[0]
        elif kind == "cut":
            first = first[: max(3, len(first) - lot.randrange(1, 4))]
        else:
            first = self._respelt(first, person.group, kind)
        if rest and happens(lot, 0.35):
            return first if happens(lot, 0.7) else rest[0]
        return " ".join((first, *(self._maybe(name, person.group) for name in rest)))

    def _maybe(self, name: str, group: str) -> str:
        return self._respelt(name, group, self._lot.choices(("same", "other", "typed"), (70, 20, 10))[0])

    def _respelt(self, name: str, group: str, kind: str) -> str:
        """Return a name in another spelling, of the kind that was drawn."""
        lot = self._lot
        if kind == "other":
            return slips.transliterated(lot, name, group)
        if kind == "typed":
            return lot.choices((slips.mistyped, slips.by_ear, slips.by_eye), (6, 3, 2))[0](lot, name)
        if kind == "script":
            return GROUPS[group].scripts.get(name, name)
        return name

    def _surname_again(self, person: Made) -> str:
        lot = self._lot
        name = person.surname
        kinds = ("same", "other", "typed", "joined", "another", "cut", "script")
        married = 6 if person.gender is Gender.FEMALE else 1
        kind = lot.choices(kinds, (50, 18, 14, 4, married, 2, 4))[0]
        if kind == "joined":
            return f"{name}-{self._surname(GROUPS[person.group], person.gender)}"
        if kind == "another":
            return self._surname(GROUPS[person.group], person.gender)
        if kind == "cut":
            return name[: max(4, len(name) - lot.randrange(1, 4))]
        if "-" in name and happens(lot, 0.3):
            return name.rpartition("-")[2]
        return self._respelt(name, person.group, kind)

    def _dated_again(self, person: Made) -> Made:
        lot = self._lot
        born = person.born or TODAY
        kind = lot.choices(("same", "wrong", "age"), (66, 15, 19))[0]
        if kind == "same":
            return person
        if kind == "wrong":
            return replace(person, born=slips.misdated(lot, born))
        years = (TODAY - born).days // 365 + lot.choices((-2, -1, 0, 1, 2), (4, 14, 62, 16, 4))[0]
        return replace(person, born=None, age=max(years, 5))

    def _reached_again(self, person: Made) -> Made:
        """Return a person with what this referrer knows of where they live and how they are reached."""
        lot = self._lot
        moved = happens(lot, 0.18)
        postcode = self._postcode() if moved else person.postcode
        if not moved and happens(lot, 0.06):
            postcode = slips.with_another_sign(lot, postcode)
        number = f"{lot.randrange(1, 140)} {lot.choice(_STREETS)} {lot.choice(_KINDS)}"
        phone = self._phone() if happens(lot, 0.2) else person.phone
        if phone and happens(lot, 0.05):
            phone = slips.with_another_sign(lot, phone)
        if phone and happens(lot, 0.3):
            phone = "+44 " + phone[1:].replace(" ", "")
        return replace(
            person,
            postcode=postcode if happens(lot, 0.75) else "",
            street=(number if moved else person.street) if happens(lot, 0.55) else "",
            phone=phone if happens(lot, 0.6) else "",
            email=self._email_again(person) if happens(lot, 0.6) else "",
            school=self._school_again(person) if happens(lot, 0.7) else "",
            family=self._family_again(person) if happens(lot, 0.6) else "",
            gender=self._gender_again(person),
        )

    def _gender_again(self, person: Made) -> Gender:
        kind = self._lot.choices(("same", "not-known", "other"), (89, 10, 1))[0]
        if kind == "same":
            return person.gender
        others = {Gender.MALE: Gender.FEMALE, Gender.FEMALE: Gender.MALE}
        return others[person.gender] if kind == "other" else Gender.NOT_KNOWN

    def _email_again(self, person: Made) -> str:
        """Return a mail address, of somebody who has one now and then another one."""
        if person.email and happens(self._lot, 0.12):
            return f"other{person.who}@example.invalid"
        return person.email

    def _school_again(self, person: Made) -> str:
        """Return a school as another referrer knows it: spelt otherwise, or changed meanwhile."""
        if not person.school or happens(self._lot, 0.76):
            return person.school
        if happens(self._lot, 0.5):
            return self._school()
        return slips.mistyped(self._lot, person.school)

    def _family_again(self, person: Made) -> str:
        """Return who is said to belong to somebody: the same, spelt otherwise, by forename alone, or another one."""
        if not person.family:
            return ""
        lot, names = self._lot, GROUPS[person.group]
        forename, surname = person.family.removesuffix(".").split()[-2:]
        kind = lot.choices(("same", "spelt", "forename", "other"), (52, 18, 10, 20))[0]
        if kind == "spelt":
            forename, surname = (self._respelt(name, person.group, "other") for name in (forename, surname))
        elif kind == "forename":
            return f"His or her mother is {forename}."
        elif kind == "other":
            return f"Stays with the uncle, {lot.choice(names.men)} {lot.choice(names.surnames)}."
        return f"Lives with the mother, {forename} {surname}."


__all__ = ["NOTICE", "TODAY", "Generator", "Made"]
