"""The examples of docs/area-guide.md make the file of a new area, which loads and does what the guide says."""

import re
import shutil
import textwrap
from collections.abc import Mapping
from datetime import date, time
from pathlib import Path

import pytest

from areas import Area, load
from areas.model import Audience
from areas.parts import Tls, Way
from contracts.vocabulary import ProgressStage, Team

GUIDE = Path("docs/area-guide.md").read_text("utf-8")
BEGUN_FROM = Path("areas/northmere/2026-01.yaml").read_text("utf-8")
SHOWN = {
    "districts", "other_spellings", "front_doors", "duty_officers", "escalations", "recipients", "referrer_ways",
    "referrer_told", "statistics", "equality_monitoring", "secure_domains", "language", "round_to", "suppress_below",
    "percentages", "institutions", "tls",
}  # fmt: skip
PARTLY_SHOWN = {"desk", "gateway"}


def parts_of(text: str, indent: str = "") -> dict[str, str]:
    """Return the parts of a file by their key, each with its lines, comments left out."""
    found: dict[str, str] = {}
    name = ""
    for line in text.splitlines(keepends=True):
        begun = re.match(rf"{indent}([a-z_0-9]+):", line)
        name = begun[1] if begun else name
        if name and line.strip() and not line.lstrip().startswith("#"):
            found[name] = found.get(name, "") + line
    return found


def laid_over(base: Mapping[str, str], parts: Mapping[str, str]) -> str:
    """Return a file with its parts changed; of what is shown in part only the keys that are named."""
    laid = dict(base)
    for name, text in parts.items():
        head, _, below = text.partition("\n")
        old = parts_of(base.get(name, "").partition("\n")[2], "  ")
        laid[name] = f"{head}\n{laid_over(old, parts_of(below, '  '))}" if name in PARTLY_SHOWN else text
    return "".join(laid.values())


def examples() -> dict[str, str]:
    """Return the parts that the guide's section of examples shows."""
    section = GUIDE.partition("## The parts, with an example each")[2].partition("\n## ")[0]
    blocks = re.findall(r"(?:^    .*\n)+", section, re.MULTILINE)
    return parts_of("".join(textwrap.dedent(block) for block in blocks))


@pytest.fixture(scope="module")
def area(tmp_path_factory: pytest.TempPathFactory) -> Area:
    """Return the area that the guide makes, loaded beside the shipped ones."""
    folder = tmp_path_factory.mktemp("areas")
    for name in load().names():
        shutil.copytree(Path("areas") / name, folder / name)
    (folder / "west-shire").mkdir()
    text = laid_over(parts_of(BEGUN_FROM), examples())
    (folder / "west-shire" / "2027-04.yaml").write_text(text, "utf-8")
    return load(folder).current("west-shire", date(2027, 4, 1))


def test_shows_what_an_area_asks_about() -> None:
    text = "".join(examples().values())
    assert {name for name in SHOWN if not re.search(rf"\b{name}:", text)} == set()


def test_leaves_the_other_parts_as_they_are(area: Area) -> None:
    northmere = load().current("northmere", date(2027, 4, 1))
    assert area.retention == northmere.retention
    assert area.gateway.model_copy(update={"escalations": ()}) == northmere.gateway.model_copy(
        update={"escalations": ()}
    )


def test_has_one_front_door_for_each_place_and_age(area: Area) -> None:
    asked = [("Alder Valley", 12), ("Alder", 40), ("beech", None), ("Cedar", 12), ("Cedar", 40), ("Elsewhere", 40)]
    assert [area.front_door_for(*each).id for each in asked] == [
        "west-shire-children",
        "west-shire-adults",
        "west-shire-children",
        "cedar-hub",
        "cedar-hub",
        "west-shire-children",
    ]
    assert area.front_door_for("Alder", 12).ways == (Way.WEBHOOK, Way.SMTP)
    assert area.front_door_for("Cedar").language == "cy"


def test_says_where_the_line_must_be_encrypted(area: Area) -> None:
    assert dict(area.smtp.tls) == {"west-shire.example": Tls.REQUIRED, "old-system.example": Tls.NEVER}


def test_says_who_is_on_call_and_who_is_told_in_turn(area: Area) -> None:
    assert area.duty_officer(time(12), working_day=True).id == "duty-day"
    at_night = area.duty_officer(time(12), working_day=False)
    assert (at_night.id, at_night.ways) == ("duty-night", (Way.GOVUK_NOTIFY, Way.SMTP))
    assert area.told_in_turn("2").name == "Sample Superintendent (synthetic)"
    assert area.told_in_turn("west-shire-children-2").ways == (Way.GOVUK_NOTIFY, Way.SMTP)


def test_gives_equality_monitoring_to_statistics_alone(area: Area) -> None:
    assert {each.team for each in area.recipients if each.equality_monitoring} == {Team.STATISTICS}
    assert area.withheld(Audience.SOCIAL_CARE) == {"referrer_organisation"}


def test_tells_referrers_in_their_language(area: Area) -> None:
    received, assessed = area.telling(ProgressStage.RECEIVED), area.telling(ProgressStage.BEING_ASSESSED)
    assert received is not None
    assert received.spoken("cy") == "Mae eich atgyfeiriad gyda ni."
    assert assessed is not None
    assert assessed.spoken("cy") == assessed.sentence
    assert area.telling(ProgressStage.SUPPORT_BEING_CONSIDERED) is None


def test_hides_and_rounds(area: Area) -> None:
    said = area.statistics
    assert (said.suppress_below, said.round_to, said.percentages) == (7, 5, True)
    assert [each.id for each in said.institutions] == ["sample-academy"]
