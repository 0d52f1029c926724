"""What may be counted of a form: census names only, and only where the area lets them go to statistics."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.intake.statistics import InstitutionCounted, ReferralCounted
from contracts.specimens import FORM
from contracts.vocabulary import ETHNIC_GROUPS, Equality, Ethnicity, ReferralForm, broad_group
from services.intake.domain import Practice, anonymous_facts
from services.intake.operations.announcing import audiences_to_tell, event_for
from tests.conftest import Running
from tests.intake.builders import rows
from tests.intake.test_domain_disclosure import local, version
from tests.intake.test_web_views import PAGE, intake

__all__ = ["intake"]

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def of_group(ethnicity: str) -> ReferralForm:
    """Return a form with this ethnic group."""
    return FORM.model_copy(update={"equality": Equality(ethnicity=ethnicity, religion="Canary-religion")})


def counted(form: ReferralForm | None, at_home: Practice) -> Any:
    """Return what statistics are sent."""
    return event_for("statistics", version(form, at_home), told_before=False)


def may_count(area: str = "kent-and-medway", *, equality: bool) -> Practice:
    """Return an area's practice that lets equality go to statistics, or does not."""
    found = local(area)
    told = tuple(
        replace(each, equality_monitoring=equality) if each.audience == "statistics" else each
        for each in found.recipients
    )
    return replace(found, recipients=told)


class TestBroadGroup:
    def test_has_every_broad_group_and_every_name_once(self) -> None:
        assert set(ETHNIC_GROUPS) == set(Ethnicity) - {Ethnicity.NOT_RECORDED}
        names = [name for title, names in ETHNIC_GROUPS.values() for name in (title, *names)]
        assert len({name.casefold() for name in names}) == len(names) == 24

    @pytest.mark.parametrize("broad", ETHNIC_GROUPS)
    def test_takes_the_censuss_names_whatever_their_case_and_spaces(self, broad: Ethnicity) -> None:
        title, names = ETHNIC_GROUPS[broad]
        assert {broad_group(name) for name in (title, *names)} == {broad}
        assert broad_group(f"  {names[0].upper().replace(' ', '  ')} ") is broad

    @pytest.mark.parametrize(
        "text", ["", "White British", "british", "Asian or so", "White and Asian and more", "Gwyddelig", "not said"]
    )
    def test_guesses_nothing(self, text: str) -> None:
        assert broad_group(text) is Ethnicity.NOT_RECORDED


class TestAnonymousFacts:
    def test_hold_the_broad_group_and_never_the_words(self) -> None:
        assert anonymous_facts(of_group("Pakistani"), NOW).ethnicity is Ethnicity.ASIAN
        assert anonymous_facts(of_group("Canary, in words of their own"), NOW).ethnicity is Ethnicity.NOT_RECORDED
        assert anonymous_facts(None, NOW).ethnicity is Ethnicity.NOT_RECORDED


class TestReferralCounted:
    @pytest.mark.parametrize("area", ["kent-and-medway", "northmere"])
    def test_both_areas_let_the_broad_group_be_counted_and_the_police_see_nothing_of_it(self, area: str) -> None:
        event = counted(of_group("Pakistani"), local(area))
        assert isinstance(event, ReferralCounted)
        assert event.ethnicity is Ethnicity.ASIAN
        assert "Pakistani" not in event.model_dump_json()
        for audience in ("police", "social-care", "awareness"):
            told = event_for(audience, version(of_group("Pakistani"), local(area)), told_before=False)
            assert told is None or not {"Pakistani", "asian"} & set(told.model_dump_json().split('"'))

    def test_where_the_area_says_no_nothing_is_counted(self) -> None:
        assert counted(of_group("Pakistani"), may_count(equality=False)).ethnicity is Ethnicity.NOT_RECORDED
        assert counted(of_group("Pakistani"), may_count(equality=True)).ethnicity is Ethnicity.ASIAN

    def test_an_original_that_nobody_has_read_has_none(self) -> None:
        assert "statistics" in audiences_to_tell(version(None, local()))
        assert counted(None, local()).ethnicity is Ethnicity.NOT_RECORDED


class TestInstitution:
    @pytest.mark.parametrize("name", ["University of Example", " university  of examples ", "UNIVERSITY OF EXAMPLES"])
    def test_is_known_by_its_names_alone(self, name: str) -> None:
        assert local().institution(name) == "university-of-example"

    @pytest.mark.parametrize("name", ["", "University", "The University of Example", "Testbury College"])
    def test_is_not_guessed(self, name: str) -> None:
        assert local().institution(name) == ""

    def test_the_event_holds_a_month_and_an_id_and_nothing_else(self) -> None:
        assert set(InstitutionCounted.model_fields) == {"month", "institution"}


class TestQuestion:
    async def test_offers_the_groups_of_the_census_under_their_headings_in_both_languages(
        self, intake: Running
    ) -> None:
        page = (await intake.client.get(f"{PAGE}equality")).text
        for title, names in ETHNIC_GROUPS.values():
            assert f'<optgroup label="{title}">' in page
            assert all(f'<option value="{name}">{name}</option>' in page for name in names)
        assert "the broad group alone is counted" in page
        welsh = (await intake.client.get(f"{PAGE}equality?lang=cy")).text
        assert '<option value="Irish">Gwyddelig</option>' in welsh
        assert not await rows(intake.runtime, "SELECT 1 FROM referral")
