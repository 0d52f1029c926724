"""The shipped areas say what their teams need, and a wrong file is explained by line."""

import json
import re
import shutil
from datetime import date, time
from pathlib import Path

import pytest

import areas
from areas.loader import SHIPPED
from areas.model import Body, Purpose
from contracts.envelope import Event
from contracts.intake.awareness import ReferralMade
from contracts.intake.police import ReferralReceived
from contracts.intake.social_care import SafeguardingConcernReceived
from contracts.intake.statistics import ReferralCounted
from contracts.vocabulary import ProgressStage, Team
from services.intake.domain.disclosure import withholdable

DAY = date(2026, 11, 20)
KENT = "kent-and-medway"
SOURCE = SHIPPED / KENT / "2026-01.yaml"
AUDIENCES: dict[str, type[Event]] = {
    "police": ReferralReceived,
    "social-care": SafeguardingConcernReceived,
    "awareness": ReferralMade,
    "statistics": ReferralCounted,
}


@pytest.fixture(scope="module")
def shipped() -> areas.Areas:
    """Return the areas that come with the software."""
    return areas.load()


@pytest.fixture(scope="module")
def kent(shipped: areas.Areas) -> areas.Area:
    """Return Kent and Medway as it stands."""
    return shipped.current(KENT, DAY)


@pytest.fixture(scope="module")
def northmere(shipped: areas.Areas) -> areas.Area:
    """Return the made-up second area."""
    return shipped.current("northmere", DAY)


class TestKentAndMedway:
    def test_has_twelve_districts_and_medway(self, kent: areas.Area) -> None:
        assert len(kent.districts) == 13
        assert "Medway" in kent.districts

    @pytest.mark.parametrize(
        ("written", "door"),
        [
            ("Thanet", "kent-cru"),
            ("  medway ", "medway-front-door"),
            ("CHATHAM", "medway-front-door"),
            ("nowhere", "kent-cru"),
            ("", "kent-cru"),
        ],
    )
    def test_tells_the_front_door_of_the_district(self, kent: areas.Area, written: str, door: str) -> None:
        assert kent.front_door_for(written).id == door

    def test_knows_districts_by_other_spellings_and_nothing_else(self, kent: areas.Area) -> None:
        assert kent.district("folkestone & hythe") == "Folkestone and Hythe"
        assert kent.district("Tunbridge-Wells") == "Tunbridge Wells"
        assert kent.district("12 Sample Street, Thanet") == ""

    def test_gives_the_dovetail_team_of_the_authority(self, kent: areas.Area) -> None:
        medway, thanet = kent.dovetail_team_for("Medway"), kent.dovetail_team_for("Thanet")
        assert medway is not None
        assert thanet is not None
        assert (medway.id, thanet.id) == ("dovetail-medway", "dovetail-kent")

    def test_lets_the_authority_gather_and_the_police_decide(self, kent: areas.Area) -> None:
        assert (kent.gathers, kent.decides_section_36) == (Body.LOCAL_AUTHORITY, Body.POLICE)

    def test_has_a_duty_officer_by_day_and_by_night(self, kent: areas.Area) -> None:
        assert kent.duty_officer(time(9), working_day=True).id == "duty-gateway"
        assert kent.duty_officer(time(18), working_day=True).id == "duty-night"
        assert kent.duty_officer(time(8, 30), working_day=False).id == "duty-night"

    def test_tells_the_referrer_only_what_it_allows(self, kent: areas.Area) -> None:
        received = kent.telling(ProgressStage.RECEIVED)
        assert received is not None
        assert "received" in received.sentence
        assert kent.telling(ProgressStage.SUPPORT_BEING_CONSIDERED) is None

    def test_hides_cells_below_five(self, kent: areas.Area) -> None:
        assert kent.statistics.suppress_below == 5

    def test_keeps_a_channel_case_six_years(self, kent: areas.Area) -> None:
        assert kent.kept_for(Purpose.CHANNEL_CASE).months == 72


class TestNorthmere:
    def test_is_of_another_shape(self, northmere: areas.Area) -> None:
        assert northmere.gathers == Body.POLICE
        assert northmere.recipient(Team.DOVETAIL) is None
        assert northmere.dovetail_team_for("Aldmere") is None
        assert len(northmere.front_doors) == 1

    def test_narrows_what_social_care_sees(self, northmere: areas.Area) -> None:
        assert northmere.withheld(areas.Audience.SOCIAL_CARE) == {"referrer_organisation", "complex_needs"}

    def test_narrows_inside_the_form(self, northmere: areas.Area, kent: areas.Area) -> None:
        assert northmere.withheld(areas.Audience.POLICE) == {"form.person.immigration_status"}
        assert kent.withheld(areas.Audience.POLICE) == frozenset()


class TestShipped:
    def test_withholds_only_what_the_contracts_can_do_without(self, shipped: areas.Areas) -> None:
        optional = {audience: frozenset(withholdable(event.model_fields)) for audience, event in AUDIENCES.items()}
        shipped.check_withholding(optional)
        with pytest.raises(
            areas.AreaFileError, match=r"northmere/2026-01.yaml:\d+: recipients\[2\].withhold\[0\]: .*choose from"
        ):
            shipped.check_withholding({**optional, "social-care": frozenset({"surname"})})
        with pytest.raises(areas.AreaFileError, match=r"northmere/.*; choose from form.person.nationality\."):
            shipped.check_withholding({**optional, "police": frozenset({"unread_reason", "form.person.nationality"})})

    def test_uses_reserved_mail_domains_only(self, shipped: areas.Areas) -> None:
        for file in shipped.files:
            domains = set(re.findall(r"@([\w.-]+)", file.text))
            assert domains
            assert all(domain.endswith((".example", ".test", "example.org")) for domain in domains)

    def test_names_only_people_who_are_plainly_synthetic(self, shipped: areas.Areas) -> None:
        officers = [officer for file in shipped.files for officer in file.area.duty_officers]
        assert all("Sample" in officer.name and "(synthetic)" in officer.name for officer in officers)

    def test_published_versions_have_not_been_edited(self, shipped: areas.Areas) -> None:
        published = json.loads((Path(__file__).parent / "published.json").read_text())
        now = {f"{file.area.area}/{file.area.version}.yaml": file.digest for file in shipped.files}
        assert now == published, "A published version is immutable: add a new version and list its digest here."

    def test_tell_referrers_every_stage_in_both_languages(self, shipped: areas.Areas) -> None:
        for telling in (telling for file in shipped.files for telling in file.area.referrer_told):
            assert telling.spoken("en") == telling.sentence
            assert telling.spoken("cy") not in {telling.sentence, ""}, telling.stage

    def test_finds_an_area_by_district_address_and_reference(self, shipped: areas.Areas) -> None:
        found = (
            shipped.of_district("Mereside", DAY),
            shipped.of_mail_address("PreventReferrals@kent-and-medway.example", DAY),
            shipped.of_reference("nm-7F3K-92QX", DAY),
        )
        assert [area and area.area for area in found] == ["northmere", KENT, "northmere"]
        assert shipped.of_district("Atlantis", DAY) is None
        assert shipped.of_mail_address("someone@example.org", DAY) is None
        assert shipped.of_reference("XX-2222-2222", DAY) is None


def written(folder: Path, text: str, name: str = "2026-01.yaml", area: str = KENT) -> Path:
    """Write one area file into a folder of areas, where no other area is served, and return the folder."""
    (folder / area).mkdir(exist_ok=True)
    alone = re.sub(r", area: (northmere|kent-and-medway)\}", "}", text)
    (folder / area / name).write_text(alone, "utf-8")
    return folder


class TestVersions:
    def test_the_version_of_the_day_rules_and_older_ones_stay(self, tmp_path: Path) -> None:
        text = SOURCE.read_text("utf-8")
        written(tmp_path, text)
        later = text.replace("version: 2026-01\n", "version: 2026-06\n").replace(
            "valid_from: 2026-01-01", "valid_from: 2026-06-15"
        )
        written(tmp_path, later, "2026-06.yaml")
        loaded = areas.load(tmp_path)
        assert loaded.current(KENT, date(2026, 6, 14)).version == "2026-01"
        assert loaded.current(KENT, date(2026, 6, 15)).version == "2026-06"
        assert [area.version for area in loaded.versions(KENT)] == ["2026-01", "2026-06"]
        assert loaded.version(KENT, "2026-01") is not None
        assert loaded.version(KENT, "2031-01") is None
        with pytest.raises(areas.UnknownArea, match="in force on 2025-12-31"):
            loaded.current(KENT, date(2025, 12, 31))

    def test_a_kept_text_gives_the_same_area_again(self, shipped: areas.Areas) -> None:
        file = shipped.file(KENT, "2026-01")
        assert file is not None
        assert areas.parse_area(file.text, "kept") == file

    def test_two_areas_may_not_share_a_prefix_or_an_address(self, tmp_path: Path) -> None:
        text = SOURCE.read_text("utf-8")
        written(tmp_path, text)
        written(tmp_path, text.replace("area: kent-and-medway", "area: twin", 1), area="twin")
        with pytest.raises(areas.AreaFileError) as caught:
            areas.load(tmp_path)
        assert {problem.field for problem in caught.value.problems} == {"reference_prefix", "desk.mail_addresses[0]"}


class TestPanelsElsewhere:
    @pytest.mark.parametrize(
        ("named", "expected"),
        [
            ("north-mere", r"panels_elsewhere\[0\].area: 'north-mere' has no file here; correct it, or leave area out"),
            ("kent-and-medway", r"panels_elsewhere\[0\].area: This is the area of the file itself"),
        ],
    )
    def test_an_area_that_is_not_served_here_is_named_before_anybody_offers_a_case_to_it(
        self, tmp_path: Path, named: str, expected: str
    ) -> None:
        for area in (KENT, "northmere"):
            shutil.copytree(SHIPPED / area, tmp_path / area)
        assert areas.load(tmp_path)
        text = SOURCE.read_text("utf-8").replace("area: northmere}", f"area: {named}}}")
        (tmp_path / KENT / "2026-01.yaml").write_text(text, "utf-8")
        with pytest.raises(areas.AreaFileError, match=expected):
            areas.load(tmp_path)


WRONG = [
    ("gathers: local-authority", "gathers: council", r":\d+: gathers: .*'police' or 'local-authority'"),
    ("reference_prefix: KM", "reference_prefix: kM0", r":\d+: reference_prefix: "),
    ("required: yes", "required: perhaps", r"recipients\[0\].required: Write yes or no"),
    ("closes_at: 17:00", "closes_at: teatime", r"clocks.closes_at: .*time"),
    ("valid_from: 2026-01-01", "valid_from: soon", r":\d+: valid_from: .*date"),
    ("gateway_assessment: 5", "gateway_assessment: many", r"clocks.gateway_assessment: Write a whole number"),
    ("  gateway_assessment: 5\n", "", r"clocks.gateway_assessment: This field is missing; add it"),
    ("name: Kent and Medway\n", "name: Kent and Medway\nnickname: KM\n", r":\d+: nickname: This key is not known"),
    ("name: Kent and Medway\n", "name: Kent and Medway\nname: Kent\n", r":\d+: name: This key stands here twice"),
    ("districts: [Medway]", "districts: [Medwy]", r"front_doors\[1\].districts\[0\]: 'Medwy' is not a district here"),
    ("districts: [Medway]", "districts: [Medway, Thanet]", r"'Thanet' is served by 2 entries of front_doors"),
    (
        "front_door_when_unknown: kent-cru",
        "front_door_when_unknown: kent",
        r":\d+: front_door_when_unknown: No front door",
    ),
    ("audience: awareness", "audience: police", r"recipients\[3\].audience: dovetail reads awareness at most"),
    ("service: channel\n", "service: stats\n", r"recipients\[3\].service: channel serves"),
    ("stage: closed", "stage: received", r"referrer_told: Stage closed is named 0 times"),
    ("purpose: audit", "purpose: draft", r"retention: Purpose audit has 0 periods"),
    ("cover: out-of-hours", "cover: opening-hours", r"duty_officers: Nobody covers out-of-hours"),
    ("withhold: []", "withhold: [Full Name]", r"recipients\[2\].withhold\[0\]: "),
    ("withhold: []", "withhold: [form..person]", r"recipients\[2\].withhold\[0\]: "),
    ("withhold: []", "withhold: [surname, surname]", r"recipients\[2\].withhold\[1\]: 'surname' stands here twice"),
    ("equality_monitoring: no", "equality_monitoring: some", r"recipients\[0\].equality_monitoring: Write yes or no"),
    (
        "equality_monitoring: no",
        "equality_monitoring: yes",
        r"recipients\[1\].equality_monitoring: Teams of one audience share an event; give them the same answer",
    ),
    (
        "withhold: []",
        "equality_monitoring: yes",
        r"recipients\[2\].equality_monitoring: The social-care audience never has equality monitoring; write no",
    ),
    ("id: medway-front-door", "id: kent-cru", r"front_doors: 'kent-cru' stands here 2 times"),
    ("id: housing-group", "id: housing", r"channel.partners\[5\].id: 'housing' is also the id of one"),
    ("police_force: Kent Police", "police_force: Kent", r"panel.members: Nobody has sector: police and force: Kent;"),
    ("sector: health", "sector: health\n      chairs: yes", r"panel.members\[4\].chairs: Only the local authority"),
    ("minutes_new:", "also_needed: [fire]\n  minutes_new:", r"panel.also_needed\[0\]: No member has sector 'fire'"),
    (
        "account: otto.cochair@medway-council.example",
        "account: petra.chair@kent-council.example",
        r"panel.members: The account 'petra.chair@kent-council.example' stands here 2 times",
    ),
    ("post_closure_review_months: [6, 12]", "post_closure_review_months: []", r"clocks.post_closure_review_months"),
    ("area: kent-and-medway", "area: kent", r":\d+: area: The folder is called"),
    ("version: 2026-01", "version: 2026-02", r":\d+: version: The file is called"),
    ("districts:", "districts: &all", r""),
    ("gathers: local-authority", "gathers: [", r":\d+: This is not YAML"),
    ("suppress_below: 5", "suppress_below: 1", r"statistics.suppress_below: .*greater than or equal to 3"),
]


class TestWrongFiles:
    @pytest.mark.parametrize(("right", "wrong", "expected"), WRONG)
    def test_each_mistake_is_named_by_file_line_and_field(
        self, tmp_path: Path, right: str, wrong: str, expected: str
    ) -> None:
        text = SOURCE.read_text("utf-8")
        assert right in text
        folder = written(tmp_path, text.replace(right, wrong, 1))
        if not expected:
            areas.load(folder)
            return
        with pytest.raises(areas.AreaFileError, match=expected) as caught:
            areas.load(folder)
        assert str(caught.value).startswith(f"{tmp_path.name}/kent-and-medway/2026-01.yaml:")

    def test_the_line_is_the_line_of_the_mistake(self, tmp_path: Path) -> None:
        text = SOURCE.read_text("utf-8").replace("gateway_assessment: 5", "gateway_assessment: many")
        line = 1 + text[: text.index("gateway_assessment")].count("\n")
        with pytest.raises(areas.AreaFileError, match=rf"2026-01.yaml:{line}: clocks.gateway_assessment"):
            areas.load(written(tmp_path, text))

    def test_every_problem_is_told_at_once(self, tmp_path: Path) -> None:
        text = (
            SOURCE.read_text("utf-8")
            .replace("gathers: local-authority", "gathers: council")
            .replace("required: yes", "required: x")
        )
        with pytest.raises(areas.AreaFileError) as caught:
            areas.load(written(tmp_path, text))
        assert len(caught.value.problems) == 6

    @pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words", "a: &x [1]\nb: *x\n", "\x00", "{" * 500])
    def test_nonsense_is_a_sentence_too(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(areas.AreaFileError, match=r"2026-01.yaml:\d+: "):
            areas.load(written(tmp_path, text))

    def test_an_empty_folder_and_bytes_that_are_no_text_are_explained(self, tmp_path: Path) -> None:
        with pytest.raises(areas.AreaFileError, match="No area file"):
            areas.load(tmp_path)
        (tmp_path / "x").mkdir()
        (tmp_path / "x" / "2026-01.yaml").write_bytes(b"\xff\xfe\x00")
        with pytest.raises(areas.AreaFileError, match="UTF-8"):
            areas.load(tmp_path)

    def test_the_dovetail_parts_must_agree(self, tmp_path: Path) -> None:
        text = (
            (SHIPPED / "northmere" / "2026-01.yaml")
            .read_text("utf-8")
            .replace("gathers: police", "gathers: local-authority")
        )
        with pytest.raises(
            areas.AreaFileError, match=r"gathers: The local authority gathers but has no dovetail_teams"
        ):
            areas.load(written(tmp_path, text, area="northmere"))
