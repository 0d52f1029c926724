"""The quarterly pack as a tagged PDF (PDF/UA-1, A4), set by Typst from a template that takes everything as data."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import typst

from services.stats.domain.charting import Chart
from services.stats.domain.pack import Cell, Pack, PackBlock, PackTable

HERE = Path(__file__).parent
TEMPLATE, FONTS = HERE / "pack.typ", HERE / "fonts"
DRAWN_FOR, SET_IN = "Arial, Helvetica, sans-serif", "Liberation Sans"
"""Charts are drawn with the widths of Arial; the font that the document holds has the same."""

Draw = Callable[[Chart], str]
"""Draws a chart as SVG."""


def pack_pdf(pack: Pack, draw: Draw) -> bytes:
    """Return the document. Words reach it as data and are never read as markup; the same pack gives the same bytes."""
    plain = {**asdict(pack), "sheets": [], "sections": []}
    plain["sections"] = [
        {**asdict(section), "blocks": [_plain(block, draw) for block in section.blocks]} for section in pack.sections
    ]
    dated = datetime.fromisoformat(pack.dated).replace(tzinfo=UTC)
    made = typst.compile(
        str(TEMPLATE),
        root=str(HERE),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"pack": json.dumps(plain)},
        pdf_standards="ua-1",
        timestamp=dated,
    )
    if not isinstance(made, bytes):
        message = "The pack must be one document."
        raise TypeError(message)
    return made


def _plain(block: PackBlock, draw: Draw) -> dict[str, object]:
    chart = None
    if block.chart is not None:
        svg = draw(block.chart).replace(DRAWN_FOR, SET_IN)
        chart = {"svg": svg, "words": f"{block.chart.description} The figures are in the table that follows."}
    table = _table(block.table) if block.table else None
    return {"heading": block.heading, "words": block.words, "chart": chart, "table": table}


def _table(table: PackTable) -> dict[str, object]:
    return {**asdict(table), "rows": [[_said(cell) for cell in row] for row in table.rows]}


def _said(cell: Cell) -> str:
    return f"{cell:,}" if isinstance(cell, int) else cell
