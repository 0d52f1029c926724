"""The files of a pack: a tagged PDF whose words are never markup, numbers as numbers, the same bytes every time."""

import csv
import io
import os
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from odfdo import Document
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, PdfObject

from services.stats.clients import packs as packs_client
from services.stats.clients.packs import WorkerPacker
from services.stats.domain.charting import Chart
from services.stats.domain.pack import PackFiles, PackNotMade
from services.stats.writers.pack_csv import pack_csv
from services.stats.writers.pack_ods import pack_ods
from services.stats.writers.pack_pdf import pack_pdf
from tests.stats.packed import SCHOOL, asked, made_of

HOSTILE = '#panic("x") $1+1$ <b>&amp; *bold* @label =cmd|calc ` \\ ]'


def drawn(chart: Chart) -> str:
    """Return a picture that takes no time."""
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>{len(chart.points)}</text></svg>'


@pytest.fixture(scope="module")
def reader() -> PdfReader:
    """Return the document of a pack whose area has a hostile name."""
    pack = made_of(replace(asked(name=HOSTILE), demonstration=True))
    return PdfReader(io.BytesIO(pack_pdf(pack, drawn)))


def words_of(reader: PdfReader) -> str:
    """Return what every page says, without breaks."""
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in reader.pages))


def tagged(node: PdfObject, kind: str) -> list[DictionaryObject]:
    """Return the elements of a kind that the structure of a document has at or below a node."""
    element = node.get_object()
    if not isinstance(element, DictionaryObject):
        return []
    below = element["/K"] if "/K" in element else ArrayObject()
    found = [each for one in (below if isinstance(below, ArrayObject) else [below]) for each in tagged(one, kind)]
    return [*([element] if element.get("/S") == kind else []), *found]


class TestPdf:
    def test_is_tagged_titled_and_in_british_english(self, reader: PdfReader) -> None:
        root = reader.root_object
        assert str(root["/Lang"]) == "en-GB"
        marks, shown = root["/MarkInfo"], root["/ViewerPreferences"]
        assert isinstance(marks, DictionaryObject)
        assert isinstance(shown, DictionaryObject)
        assert (str(marks["/Marked"]), str(shown["/DisplayDocTitle"])) == ("True", "True")
        assert reader.metadata is not None
        assert str(reader.metadata.title).startswith("Prevent and Channel: quarterly pack, July to September 2026")
        assert reader.xmp_metadata is not None
        assert "<pdfuaid:part>1</pdfuaid:part>" in reader.xmp_metadata.rdf_root.toxml()

    def test_has_bookmarks_and_page_numbers(self, reader: PdfReader) -> None:
        titles = [each.title for each in reader.outline if not isinstance(each, list)]
        assert {"Trends", "For the minutes", "Annex: institutions, not for the minutes"} <= set(map(str, titles))
        assert f"Page 1 of {len(reader.pages)}" in reader.pages[0].extract_text()

    def test_is_on_a4(self, reader: PdfReader) -> None:
        assert {tuple(round(float(side)) for side in page.mediabox[2:]) for page in reader.pages} == {(595, 842)}

    def test_words_that_look_like_markup_stay_words(self, reader: PdfReader) -> None:
        assert HOSTILE in words_of(reader)

    def test_says_on_every_page_that_it_is_a_demonstration(self, reader: PdfReader) -> None:
        assert [page for page in reader.pages if "synthetic data" not in page.extract_text()] == []

    def test_tells_of_institutions_on_the_last_page_only(self, reader: PdfReader) -> None:
        pages = [number for number, page in enumerate(reader.pages) if SCHOOL in page.extract_text()]
        assert pages == [len(reader.pages) - 1]
        assert "Not for the minutes" in reader.pages[-1].extract_text()

    def test_every_chart_says_in_words_what_it_shows(self, reader: PdfReader) -> None:
        words = [str(figure["/Alt"]) for figure in tagged(reader.root_object["/StructTreeRoot"], "/Figure")]
        assert [each.split(".")[0] for each in words] == ["Line chart"] * 3
        assert words[0].endswith("The figures are in the table that follows.")

    def test_every_table_has_its_headings(self, reader: PdfReader) -> None:
        tables = tagged(reader.root_object["/StructTreeRoot"], "/Table")
        assert len(tables) > 20
        assert [table for table in tables if not tagged(table, "/TH")] == []

    def test_is_the_same_bytes_for_the_same_pack(self) -> None:
        assert pack_pdf(made_of(), drawn) == pack_pdf(made_of(), drawn)


class TestSpreadsheet:
    def test_holds_numbers_as_numbers_and_markers_as_words(self) -> None:
        pack = made_of()
        found = Document(io.BytesIO(pack_ods(pack)))
        tables = {table.name: table for table in found.body.tables}
        assert list(tables) == [sheet.id for sheet in pack.sheets]
        sheet = next(each for each in pack.sheets if each.id == "tables")
        assert tables["tables"].get_row_values(1) == list(sheet.rows[0])
        assert tables["tables"].get_row_values(0) == list(sheet.headings)

    def test_holds_no_formula_and_no_institution(self) -> None:
        pack = made_of(asked(name="=1+1"))
        with zipfile.ZipFile(io.BytesIO(pack_ods(pack))) as archive:
            text = archive.read("content.xml").decode()
        assert "table:formula" not in text
        assert "<text:p>=1+1</text:p>" in text
        assert SCHOOL not in text

    def test_is_the_same_bytes_for_the_same_pack(self, monkeypatch: pytest.MonkeyPatch) -> None:
        first = pack_ods(made_of())
        monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
        monkeypatch.setattr("time.localtime", lambda *_: (2033, 5, 18, 3, 33, 20, 2, 138, 0))
        assert pack_ods(made_of()) == first

    def test_begins_with_its_kind_uncompressed(self) -> None:
        assert pack_ods(made_of())[30:84] == b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"


class TestCsv:
    def test_has_a_file_for_each_sheet(self) -> None:
        pack = made_of(asked(name="=1+1"))
        with zipfile.ZipFile(io.BytesIO(pack_csv(pack))) as archive:
            names = archive.namelist()
            texts = [archive.read(name).decode("utf-8-sig") for name in names]
        assert [name[3:-4] for name in names] == [sheet.id for sheet in pack.sheets]
        for sheet, text in zip(pack.sheets, texts, strict=True):
            lines = list(csv.reader(io.StringIO(text)))
            assert (tuple(lines[0]), len(lines)) == (sheet.headings, len(sheet.rows) + 1)
        assert "'=1+1" in texts[0]
        assert SCHOOL not in "".join(texts)

    def test_is_the_same_bytes_for_the_same_pack(self) -> None:
        assert pack_csv(made_of()) == pack_csv(made_of())


class TestWorker:
    async def test_writes_the_three_files_and_says_how_far_it_is(self) -> None:
        told: list[tuple[str, int]] = []

        async def report(step: str, percent: int) -> None:
            told.append((step, percent))

        pack = made_of(replace(asked(), demonstration=True))
        files = await WorkerPacker().files(pack, report)
        if folder := os.environ.get("THROUGHLINE_PICTURES"):
            (Path(folder) / "pack.pdf").write_bytes(files.pdf)
        assert isinstance(files, PackFiles)
        assert files.pdf.startswith(b"%PDF-")
        assert (files.ods, files.csv) == (pack_ods(pack), pack_csv(pack))
        assert [percent for _, percent in told] == sorted(percent for _, percent in told)
        assert ("Drawing chart 1 of 3", 40) in told

    @pytest.mark.parametrize("worker", ["http.server", "calendar", "nothing.of.the.kind"])
    async def test_one_that_gives_no_answer_is_said(self, worker: str, monkeypatch: pytest.MonkeyPatch) -> None:
        async def report(_step: str, _percent: int) -> None:
            """Say nothing."""

        monkeypatch.setattr(packs_client, "WORKER", worker)
        with pytest.raises(PackNotMade, match="once more"):
            await WorkerPacker(patience_seconds=2).files(made_of(), report)
