"""`throughline blank-form`: the empty referral form as a file, to hand out."""

# ruff: noqa: PLC0415  a command loads only what it needs, because loading everything takes seconds

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli import console
from cli.errors import BadInput


class FileKind(StrEnum):
    """What kind of file."""

    DOCX = "docx"
    PDF = "pdf"


def blank_form(
    kind: Annotated[FileKind, typer.Argument(help="docx or pdf.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Where to write it.", metavar="FILE")] = None,
) -> None:
    """Write the empty referral form as a Word file or as a PDF that can be filled in.

    Example: throughline blank-form pdf -o referral-form.pdf
    """
    from services.intake.writers import blank_docx, blank_pdf

    target = output or Path(f"referral-form.{kind.value}")
    body = blank_pdf() if kind is FileKind.PDF else blank_docx()
    try:
        target.write_bytes(body)
    except OSError as error:
        raise BadInput(f"{target} cannot be written ({error.strerror}): choose another file with -o.") from None
    console.say(f"{target} holds the empty form, {len(body):,} bytes.")
