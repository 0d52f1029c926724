"""Which front door answers for whom, and by which ways somebody can be reached: what an area file may say of it."""

import re
import shutil
from pathlib import Path

import pytest

import areas
from areas import AreaFileError, load
from areas.parts import Tls

SHIPPED = Path(areas.__file__).parent / "kent-and-medway" / "2026-01.yaml"
CHILDREN = "  - id: medway-front-door\n"
SERVICE = "  - id: kent-early-help\n"
ADULTS = """  - id: medway-adults
    name: Medway Adults' Front Door
    organisation: Medway Council
    districts: [Medway]
    ages: adults
    email: adults@medway-council.example
    opening_hours:
      working_days: {opens: 09:00, closes: 17:00}
    out_of_hours_email: out-of-hours@medway-council.example
"""


def written(folder: Path, *changes: tuple[str, str]) -> areas.Area:
    """Return the area of the shipped file with changes to its text."""
    text = SHIPPED.read_text()
    for old, new in changes:
        assert text.count(old) >= 1
        text = text.replace(old, new, 1)
    place = folder / "kent-and-medway"
    shutil.copytree(SHIPPED.parents[1] / "northmere", folder / "northmere", dirs_exist_ok=True)
    place.mkdir(exist_ok=True)
    (place / "2026-01.yaml").write_text(text)
    found = load(folder).version("kent-and-medway", "2026-01")
    assert found is not None
    return found


BY_AGE = (CHILDREN, ADULTS + CHILDREN + "    ages: children\n")


class TestFrontDoorsByAge:
    @pytest.mark.parametrize(
        ("district", "age", "door"),
        [
            ("Medway", 17, "medway-front-door"),
            ("Medway", 18, "medway-adults"),
            ("Chatham", 40, "medway-adults"),
            ("Medway", None, "medway-front-door"),
            ("Thanet", 40, "kent-cru"),
            ("Thanet", 4, "kent-cru"),
            ("nowhere", 40, "kent-cru"),
        ],
    )
    def test_each_district_and_age_has_one(self, tmp_path: Path, district: str, age: int | None, door: str) -> None:
        assert written(tmp_path, BY_AGE).front_door_for(district, age).id == door

    def test_all_of_a_district_are_known(self, tmp_path: Path) -> None:
        found = written(tmp_path, BY_AGE)
        assert [door.id for door in found.front_doors_of("Medway")] == ["medway-adults", "medway-front-door"]
        assert [door.id for door in found.front_doors_of("nowhere")] == ["kent-cru"]

    def test_an_age_that_nobody_answers_for_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(AreaFileError, match="'Medway' is served by 0 entries of front_doors for adults"):
            written(tmp_path, (CHILDREN, CHILDREN + "    ages: children\n"))

    def test_an_age_that_two_answer_for_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(AreaFileError, match="'Medway' is served by 2 entries of front_doors for adults"):
            written(tmp_path, (CHILDREN, ADULTS + CHILDREN))


class TestWays:
    @pytest.mark.parametrize(
        ("old", "new", "sentence"),
        [
            (CHILDREN, CHILDREN + "    ways: [inbox, smtp]\n", "name inbox alone"),
            (CHILDREN, CHILDREN + "    ways: [smtp, smtp]\n", "the same way twice"),
            (CHILDREN, CHILDREN + "    ways: [webhook, smtp]\n", "no webhook says where to"),
            (
                "  - id: kent-early-help\n",
                "  - id: kent-early-help\n    ways: [inbox]\n",
                "Only a front door has an inbox",
            ),
            (
                "        email: response-manager@medway-council.example\n",
                "        email: response-manager@medway-council.example\n        ways: [inbox]\n",
                "Only a front door has an inbox",
            ),
            ("referrer_told:\n", "referrer_ways: [webhook]\nreferrer_told:\n", "Referrers are reached by mail alone"),
        ],
    )
    def test_those_that_tell_nobody_are_refused(self, tmp_path: Path, old: str, new: str, sentence: str) -> None:
        with pytest.raises(AreaFileError, match=sentence):
            written(tmp_path, (old, new))

    @pytest.mark.parametrize(
        "ways",
        ["[inbox]", "[govuk-notify, smtp]", "[webhook, smtp]\n    webhook: https://hooks.medway-council.example/t"],
    )
    def test_those_that_reach_somebody_are_taken(self, tmp_path: Path, ways: str) -> None:
        found = written(tmp_path, (CHILDREN, f"{CHILDREN}    ways: {ways}\n"))
        assert found.front_door("medway-front-door").ways


TOP = "referrer_told:"


class TestEncryption:
    def test_of_a_domain_is_as_the_file_says_and_of_none_below_it(self, tmp_path: Path) -> None:
        told = "smtp:\n  tls: {school.example: required, old.example: never, any.example: if-offered}\n"
        smtp = written(tmp_path, (TOP, told + TOP)).smtp
        found = [smtp.tls_of(f"a@{name}") for name in ("SCHOOL.example", "x.school.example", "old.example", "b.c")]
        assert found == [Tls.REQUIRED, Tls.IF_OFFERED, Tls.NEVER, Tls.IF_OFFERED]

    @pytest.mark.parametrize(
        ("tls", "sentence"),
        [
            ("{school.example: sometimes}", "school.example is said to be 'sometimes'; write required, if-offered or"),
            ("{school.example: [required]}", "write required, if-offered or never"),
            ("{school.example: no}", "school.example is said to be "),
            ("{School.example: required}", "'School.example' is no mail domain; write it in small letters"),
            ("{a@school.example: required}", "'a@school.example' is no mail domain"),
            ("required", "tls names mail domains, each with required, if-offered or never"),
            ("{kent-council.example: never}", "The form may go to kent-council.example, of which smtp.tls says never"),
        ],
    )
    def test_that_makes_no_sense_is_refused_with_how_to_mend_it(self, tmp_path: Path, tls: str, sentence: str) -> None:
        with pytest.raises(AreaFileError, match=re.escape(sentence)):
            written(tmp_path, (TOP, f"smtp:\n  tls: {tls}\n{TOP}"))
