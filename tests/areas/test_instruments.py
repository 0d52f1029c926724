"""The shipped instruments hold what they must, and a wrong file or a wrong reference is explained by line."""

import json
from pathlib import Path

import pytest

import areas
from areas.instruments import SHIPPED, LoadedInstrument, parse_instrument
from contracts.vocabulary.assessment import Instrument, Kind

KENT = "kent-and-medway"
AREA_FILE = SHIPPED.parent / KENT / "2026-01.yaml"
GATEWAY_FILE = SHIPPED / "gateway-2026.yaml"


@pytest.fixture(scope="module")
def shipped() -> dict[str, Instrument]:
    """Return the instruments that come with the software, by id."""
    return {each.instrument.id: each.instrument for each in areas.load().instruments}


class TestShipped:
    def test_the_vulnerability_framework_has_its_factors_in_three_dimensions(
        self, shipped: dict[str, Instrument]
    ) -> None:
        vaf = shipped["vaf"]
        sizes = [(dimension.id, len(dimension.factors)) for dimension in vaf.dimensions]
        assert sizes == [("engagement", 13), ("intent", 6), ("capability", 3)]
        assert "Channel Duty Guidance" in vaf.source
        labels = [factor.label for factor in vaf.factors()]
        assert (labels[0], labels[-1]) == ("Feelings of grievance and injustice", "Criminal capability")
        assert {factor.kind for factor in vaf.factors()} == {Kind.PRESENCE}

    def test_the_gateway_template_asks_for_checks_without_content_and_warns_about_ideology(
        self, shipped: dict[str, Instrument]
    ) -> None:
        factors = {factor.id: factor for factor in shipped["gateway"].factors()}
        checks = {name for name, factor in factors.items() if factor.kind is Kind.CHECK}
        assert checks == {"pnc", "pnd", "local-intelligence", "open-source", "partners"}
        assert "no reason to close" in factors["ideology"].hint
        assert {"vulnerability", "capability", "protective", "immediate-risk", "gaps"} <= set(factors)

    def test_nothing_in_them_can_be_summed(self) -> None:
        for path in SHIPPED.glob("*.yaml"):
            said = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
            assert not [line for line in said if any(word in line for word in ("score", "weight", "points"))]

    def test_published_editions_have_not_been_edited(self) -> None:
        published = json.loads((Path(__file__).parent / "published-instruments.json").read_text("utf-8"))
        now = {f"{each.instrument.id}-{each.instrument.edition}.yaml": each.digest for each in areas.load().instruments}
        assert now == published, "A published edition is immutable: add a new one and list its digest here."

    def test_every_area_begins_with_the_gateway_template(self) -> None:
        loaded = areas.load()
        for file in loaded.files:
            used = [each.id for each in loaded.instruments_at(file.area, "triage")]
            assert used == ["gateway", "vaf"]
            assert [each.id for each in loaded.instruments_at(file.area, "channel")] == ["vaf"]


def folder_with(folder: Path, *, area: str = "", instrument: str = "", name: str = "gateway-2027.yaml") -> Path:
    """Return a folder of areas with one area file, where no other is served, and perhaps one instrument of its own."""
    (folder / KENT).mkdir()
    alone = (area or AREA_FILE.read_text("utf-8")).replace(", area: northmere}", "}")
    (folder / KENT / "2026-01.yaml").write_text(alone, "utf-8")
    if instrument:
        (folder / "instruments").mkdir()
        (folder / "instruments" / name).write_text(instrument, "utf-8")
    return folder


def naming(edition: str) -> str:
    """Return the area file with another edition of the Gateway template."""
    text = AREA_FILE.read_text("utf-8")
    return text.replace('- id: gateway\n    edition: "2026"', f'- id: gateway\n    edition: "{edition}"')


NEWER = GATEWAY_FILE.read_text("utf-8").replace('edition: "2026"', 'edition: "2027"')


class TestReferences:
    @pytest.mark.parametrize(
        ("right", "wrong", "expected"),
        [
            (
                "- id: vaf",
                "- id: vuf",
                r":\d+: instruments\[1\].id: No instrument has this id; choose from gateway, vaf",
            ),
            (
                'edition: "2015"',
                'edition: "2099"',
                r"instruments\[1\].edition: This edition is not here; choose from 2015",
            ),
            (
                "name: Vulnerability assessment framework",
                "name: VAF",
                r"instruments\[1\].name: Its file calls it 'Vuln",
            ),
            ("- id: vaf", "- id: gateway", r"instruments\[1\].id: 'gateway' is named twice"),
            (
                "used_at: [triage, channel]",
                "used_at: [triag]",
                r"instruments\[1\].used_at\[0\]: .* write triage or channel",
            ),
            ("[triage", "[channel", r":\d+: instruments: Nothing can be closed that nobody has assessed"),
        ],
    )
    def test_an_instrument_that_is_not_there_is_refused(
        self, tmp_path: Path, right: str, wrong: str, expected: str
    ) -> None:
        text = AREA_FILE.read_text("utf-8")
        assert right in text
        with pytest.raises(areas.AreaFileError, match=expected):
            areas.load(folder_with(tmp_path, area=text.replace(right, wrong)))

    def test_a_folder_may_bring_an_edition_of_its_own(self, tmp_path: Path) -> None:
        loaded = areas.load(folder_with(tmp_path, area=naming("2027"), instrument=NEWER))
        area = loaded.version(KENT, "2026-01")
        assert area
        assert [each.edition for each in loaded.instruments_at(area, "triage")] == ["2027", "2015"]

    def test_a_shipped_edition_with_other_words_is_refused(self, tmp_path: Path) -> None:
        changed = GATEWAY_FILE.read_text("utf-8").replace("label: Vulnerability", "label: Weakness")
        with pytest.raises(areas.AreaFileError, match=r"gateway-2026.yaml:\d+: edition: This edition is shipped"):
            areas.load(folder_with(tmp_path, instrument=changed, name="gateway-2026.yaml"))


class TestWrongFiles:
    @pytest.mark.parametrize(
        ("right", "wrong", "expected"),
        [
            ("    kind: check", "    kind: score", r"factors\[0\].kind: .*'presence' or 'check'"),
            ("label: Vulnerability", "label:", r"dimensions\[1\].factors\[0\].label: "),
            ("- id: pnd", "- id: pnc", r"dimensions\[0\].factors\[\d\].id: 'pnc' stands here twice"),
            ("- id: safety", "- id: concern", r"dimensions\[\d\].id: This id stands elsewhere"),
            ("- id: safety", "- id: conclusion", r"dimensions\[2\].id: This id stands elsewhere"),
            (
                "name: Gateway assessment",
                "name: Gateway assessment\nmaximum: 10",
                r":\d+: maximum: This key is not known",
            ),
            ("name: Gateway assessment\n", "", r"name: This field is missing"),
            ("id: gateway\n", "id: gatewax\n", r"id: By its id and edition the file is called 'gatewax-2027.yaml'"),
            ('edition: "2027"', 'edition: "../2027"', r"edition: "),
            ("dimensions:", "dimensions: [", r":\d+: This is not YAML"),
        ],
    )
    def test_each_mistake_is_named_by_file_line_and_field(
        self, tmp_path: Path, right: str, wrong: str, expected: str
    ) -> None:
        assert right in NEWER
        with pytest.raises(areas.AreaFileError, match=expected) as caught:
            areas.load(folder_with(tmp_path, instrument=NEWER.replace(right, wrong, 1)))
        assert str(caught.value).startswith("instruments/gateway-2027.yaml:")

    def test_bytes_that_are_no_text_are_explained(self, tmp_path: Path) -> None:
        folder = folder_with(tmp_path, instrument=NEWER)
        (folder / "instruments" / "gateway-2027.yaml").write_bytes(b"\xff\xfe\x00")
        with pytest.raises(areas.AreaFileError, match="UTF-8"):
            areas.load(folder)

    @pytest.mark.parametrize("text", ["", "- a\n", "words", "a: &x [1]\nb: *x\n"])
    def test_nonsense_is_a_sentence_too(self, text: str) -> None:
        outcome = parse_instrument(text, "instruments/x.yaml")
        assert not isinstance(outcome, LoadedInstrument)
        assert all(problem.sentence for problem in outcome)
