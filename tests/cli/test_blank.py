"""The command that hands out the empty form."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import commands
from services.intake.writers import blank_docx, blank_pdf


class TestBlankForm:
    @pytest.mark.parametrize(("kind", "body"), [("docx", blank_docx), ("pdf", blank_pdf)])
    def test_writes_the_form_that_the_pages_offer(self, kind: str, body: object, tmp_path: Path) -> None:
        target = tmp_path / f"form.{kind}"
        done = CliRunner().invoke(commands, ["blank-form", kind, "-o", str(target)])
        assert done.exit_code == 0
        assert callable(body)
        assert target.read_bytes() == body()

    def test_says_what_to_do_where_it_cannot_write(self, tmp_path: Path) -> None:
        done = CliRunner().invoke(commands, ["blank-form", "pdf", "-o", str(tmp_path / "no" / "form.pdf")])
        assert done.exit_code != 0
        assert "choose another file" in str(done.exception)
