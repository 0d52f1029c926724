"""Names that are suggested while somebody types: those of the area's own lists, and whatever is typed is kept."""

from pathlib import Path
from typing import Any

import pytest
from lxml import html

from services.intake.web.form.suggestions import names_in
from tests.conftest import Running
from tests.intake.test_web_views import PAGE, intake, post

__all__ = ["intake"]


async def suggested(intake: Running, kind: str, letters: str) -> list[str]:
    """Return what is suggested for some letters."""
    answer = await intake.client.get(f"/autocomplete/{kind}.json", params={"q": letters})
    assert answer.status_code == 200
    return list(answer.json()["names"])


class TestSuggestions:
    async def test_come_from_the_lists_those_that_begin_so_first(self, intake: Running) -> None:
        assert (await suggested(intake, "district", "th"))[0] == "Thanet"
        schools = await suggested(intake, "school", "EXAMPLE")
        assert schools[0].startswith("Example")
        assert "University of Example, Exampleton" in schools
        assert "Example County Council" in await suggested(intake, "organisation", "example c")

    async def test_are_none_for_one_letter_or_an_unknown_list(self, intake: Running) -> None:
        assert await suggested(intake, "school", "e") == []
        assert await suggested(intake, "people", "ex") == []

    async def test_are_a_help_and_no_limit(self, intake: Running) -> None:
        page: Any = html.fromstring((await intake.client.get(f"{PAGE}education")).text)
        assert page.xpath("//input[@name='employment.education']/@data-suggestions") == ["school"]
        await post(intake, f"{PAGE}education", {"employment.education": "A school of no list"})
        assert "A school of no list" in (await intake.client.get(f"{PAGE}education")).text
        await post(intake, f"{PAGE}district", {"person.district": "Chatham"})
        district: Any = html.fromstring((await intake.client.get(f"{PAGE}district")).text)
        assert district.xpath("//select/option[@selected]/@value") == ["Chatham"]


class TestLists:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
    def test_are_read_as_the_register_of_schools_writes_them(self, tmp_path: Path, encoding: str) -> None:
        rows = (
            "URN,EstablishmentName,EstablishmentStatus (name),Town\n"
            '1,"St Example’s, Upper",Open,Testbury\n2,Gone School,Closed,Testbury\n3,Ysgol Tŷ,Open,\n'
        )
        (tmp_path / "schools.csv").write_bytes(rows.replace("ŷ", "y").encode(encoding))
        assert names_in(tmp_path, "schools") == ("St Example’s, Upper, Testbury", "Ysgol Ty")
        assert names_in(tmp_path, "organisations") == ()
