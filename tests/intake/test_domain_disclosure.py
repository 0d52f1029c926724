"""Narrowing, field by field: what the area takes away is gone, what is left still fits, each fate has its reason."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

import areas
from contracts.specimens import DOCUMENT, FORM, specimen
from contracts.vocabulary import Door, Equality, ReferralForm
from services.intake.domain import Because, Disclosure, Fate, Practice, narrowed
from services.intake.domain.disclosure import NEEDED_BY_THE_FORM, at, covers, form_paths, leaves, withholdable
from services.intake.operations import MAY_WITHHOLD, disclosing, preview_of_area
from services.intake.operations.announcing import FIRST_EVENTS, LATER_EVENTS, TAKEN, Version, event_for
from services.intake.settings import practice
from tests.intake.builders import form

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
KNOWN = areas.load()
FULL = FORM.model_copy(update={"equality": Equality(ethnicity="Canary-ethnicity", religion="Canary-religion")})
WITH_AGE = form(date_of_birth=None, approximate_age=16)


def local(area: str = "kent-and-medway", **changes: Any) -> Practice:
    """Return an area's practice, with the police recipients changed."""
    found = practice(KNOWN, KNOWN.current(area, date(2026, 11, 21)), "")
    if not changes:
        return found
    told = tuple(replace(each, **changes) if each.audience == "police" else each for each in found.recipients)
    return replace(found, recipients=told)


def version(given: ReferralForm | None, at_home: Practice) -> Version:
    """Return a version of a referral with a form, or without one."""
    return Version(
        referral_id=disclosing.NOBODY,
        reference="KM-7F3K-92QM",
        correlation_id=disclosing.NOBODY,
        statistics_key=disclosing.NOBODY,
        practice=at_home,
        door=Door.API,
        received_at=NOW,
        at=NOW,
        version=1,
        form=given,
        unread_reason="" if given else "Unread.",
        documents=(DOCUMENT,),
    )


def for_police(given: ReferralForm | None, at_home: Practice, *, before: bool = False) -> Any:
    """Return what the police are sent."""
    return event_for("police", version(given, at_home), told_before=before)


class TestNarrowed:
    @pytest.mark.parametrize("before", [False, True])
    @pytest.mark.parametrize("path", sorted(MAY_WITHHOLD["police"]))
    def test_every_path_that_may_be_withheld_can_be_and_the_event_still_fits(self, path: str, *, before: bool) -> None:
        kind = (LATER_EVENTS if before else FIRST_EVENTS)["police"]
        for given in (FULL, form(), WITH_AGE):
            event = for_police(given, local(withheld=frozenset({path})), before=before)
            again = kind.model_validate_json(event.model_dump_json())
            assert again == event
            values = {name: getattr(event, name) for name in kind.model_fields}
            plain = {name: getattr(for_police(given, local(), before=before), name) for name in kind.model_fields}
            for leaf in leaves(kind.model_fields):
                if covers(path, leaf):
                    assert at(values, leaf) in {None, (), ""} or at(values, leaf) == _default(kind, leaf)
                else:
                    assert at(values, leaf) == at(plain, leaf), leaf

    def test_a_part_of_each_address_is_emptied(self) -> None:
        event = for_police(FORM, local(withheld=frozenset({"form.person.addresses.postcode"})))
        [address] = event.form.person.addresses
        assert (address.postcode, address.lines) == ("", FORM.person.addresses[0].lines)

    def test_nothing_to_take_away_copies_nothing(self) -> None:
        given = form()
        assert narrowed({"form": given}, {"form.equality", "form.person.nationality"})["form"] is given

    def test_a_form_that_is_not_there_stays_away(self) -> None:
        assert narrowed({"form": None, "version": 1}, {"form.equality"}) == {"form": None, "version": 1}

    def test_what_the_form_needs_cannot_be_withheld(self) -> None:
        assert not MAY_WITHHOLD["police"] & (NEEDED_BY_THE_FORM | {"form.person.surname", "form.person", "reference"})
        assert not MAY_WITHHOLD["police"] & {"form.concerns.immediate_danger", "form.referrer.wishes_anonymity"}
        assert "form.person.addresses.current" not in MAY_WITHHOLD["police"]
        assert "form.person.nationality" in MAY_WITHHOLD["police"]
        assert "addresses.postcode" in MAY_WITHHOLD["social-care"]


def _default(kind: Any, path: str) -> Any:
    return at({name: getattr(specimen(kind), name) for name in kind.model_fields} | {"form": BARE}, path)


BARE = ReferralForm.model_validate(
    {
        "person": {"forenames": "S", "surname": "S", "approximate_age": 1},
        "concerns": {"narrative": "S"},
        "referrer": {"forename": "S", "surname": "S"},
        "sharing_acknowledged": True,
    }
)


class TestEquality:
    @pytest.mark.parametrize("area", ["kent-and-medway", "northmere"])
    @pytest.mark.parametrize("before", [False, True])
    def test_goes_to_nobody_unless_the_area_says_so(self, area: str, *, before: bool) -> None:
        for audience in FIRST_EVENTS:
            event = event_for(audience, version(FULL, local(area)), told_before=before)
            assert event is None or "Canary" not in event.model_dump_json(), audience

    def test_goes_to_the_police_where_the_area_says_so(self) -> None:
        event = for_police(FULL, local(equality_monitoring=True))
        assert event.form.equality == FULL.equality


class TestPreview:
    def of(self, disclosures: tuple[Disclosure, ...], audience: str) -> Disclosure:
        """Return what one audience gets."""
        return next(each for each in disclosures if each.audience == audience)

    @pytest.mark.parametrize("given", [FULL, form(), WITH_AGE, None])
    def test_says_of_each_field_what_the_event_says(self, given: ReferralForm | None) -> None:
        seen = version(given, local("northmere"))
        for disclosure in disclosing.disclosures(seen):
            event = event_for(disclosure.audience, seen, told_before=False)
            assert event is not None
            values = {name: getattr(event, name) for name in type(event).model_fields}
            for field in disclosure.fields:
                if field.fate == Fate.SENT:
                    assert at(values, field.sent_as) not in {None, "", ()}
                    assert field.value
                elif field.sent_as:
                    assert at(values, field.sent_as) in {None, "", (), "not-known", "not-recorded", "unknown"}
                    assert (field.value, bool(field.because)) == ("", True)

    def test_accounts_for_every_question_once_for_each_audience(self) -> None:
        for disclosure in preview_of_area(local(), NOW):
            fields = [path for each in disclosure.fields for path in each.field.split(" or ")]
            whole = {path for path in fields if path.startswith("form.")}
            missing = {path for path in form_paths() if not any(covers(each, path) for each in whole)}
            assert missing == set()
            assert len({(each.field, each.sent_as) for each in disclosure.fields}) == len(disclosure.fields)

    def test_names_the_line_of_the_areas_rule(self) -> None:
        police = self.of(preview_of_area(local("northmere"), NOW), "police")
        [status] = [each for each in police.fields if each.field == "form.person.immigration_status"]
        assert (status.fate, status.because) == (Fate.WITHHELD, Because.AREA)
        name, _, line = status.rule.partition(":")
        text = (areas.loader.SHIPPED / name).read_text("utf-8").splitlines()
        assert "form.person.immigration_status" in text[int(line) - 1]
        social_care = self.of(preview_of_area(local("northmere"), NOW), "social-care")
        [documents] = [each for each in social_care.fields if each.field == "documents"]
        assert "documents: no" in text[int(documents.rule.partition(":")[2]) - 1]

    def test_names_the_ceiling_where_the_contract_has_no_such_field(self) -> None:
        awareness = self.of(preview_of_area(local(), NOW), "awareness")
        [surname] = [each for each in awareness.fields if each.field == "form.person.surname"]
        assert (surname.fate, surname.because, surname.sent_as) == (Fate.WITHHELD, Because.CONTRACT, "")
        assert {each.field for each in awareness.of(Fate.SENT)} >= {"reference", "form.person.district"}

    def test_names_the_wish_to_stay_anonymous(self) -> None:
        shy = FULL.model_copy(update={"referrer": FULL.referrer.model_copy(update={"wishes_anonymity": True})})
        social_care = self.of(disclosing.disclosures(version(shy, local())), "social-care")
        [field] = [each for each in social_care.fields if each.sent_as == "referrer_organisation"]
        assert (field.fate, field.because) == (Fate.WITHHELD, Because.ANONYMITY)

    def test_says_that_nobody_has_read_it(self) -> None:
        social_care = self.of(disclosing.disclosures(version(None, local())), "social-care")
        assert {each.because for each in social_care.of(Fate.EMPTY) if each.field.startswith("form.")} == {
            Because.UNREAD
        }

    def test_says_who_is_not_told_yet(self) -> None:
        found = self.of(disclosing.disclosures(version(None, local(announce_unread=False))), "police")
        assert (found.wire_type, {each.fate for each in found.fields if each.sent_as}) == ("", {Fate.NOT_TOLD})
        assert all(each.rule for each in found.of(Fate.NOT_TOLD))

    def test_shows_no_value_of_the_sample_form(self) -> None:
        for disclosure in preview_of_area(local(), NOW):
            assert {each.value for each in disclosure.fields} == {""}


class TestTaken:
    def test_names_answers_that_the_form_asks_for(self) -> None:
        for audience, taken in TAKEN.items():
            assert taken.keys() <= FIRST_EVENTS[audience].model_fields.keys()
            answers = {answer for answers in taken.values() for answer in answers}
            for answer in answers - {"form"}:
                assert any(covers(answer, path) for path in form_paths()), answer

    def test_social_care_gets_those_answers(self) -> None:
        event = event_for("social-care", version(FULL, local()), told_before=False)
        for name, (answer,) in TAKEN["social-care"].items():
            assert getattr(event, name) == at({"form": FULL}, answer)

    def test_nothing_else_of_a_form_reaches_an_audience(self) -> None:
        marked = FULL.model_copy(
            update={
                "person": FULL.person.model_copy(update={"family": "Canary-family", "nationality": "Canary-nation"})
            }
        )
        for audience in ("social-care", "awareness", "statistics"):
            event = event_for(audience, version(marked, local()), told_before=False)
            assert event is not None
            assert "Canary" not in event.model_dump_json()

    def test_withholdable_paths_are_fields(self) -> None:
        for event in FIRST_EVENTS.values():
            known = set(leaves(event.model_fields))
            for path in withholdable(event.model_fields):
                assert any(covers(path, leaf) for leaf in known), path
