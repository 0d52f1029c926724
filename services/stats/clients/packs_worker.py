"""The process that writes a pack: it comes in as JSON; how far it is, and at the end its files, go out a line each."""

import base64
import json
import sys

from pydantic import TypeAdapter

from services.stats.clients.charts_worker import svg_of
from services.stats.domain.charting import Chart
from services.stats.domain.pack import Pack
from services.stats.writers.pack_csv import pack_csv
from services.stats.writers.pack_ods import pack_ods
from services.stats.writers.pack_pdf import pack_pdf

_PACK = TypeAdapter(Pack)


def main() -> None:
    """Write the files of the pack that comes in."""
    pack = _PACK.validate_json(sys.stdin.buffer.read())
    _tell(step="Writing the spreadsheet", percent=20)
    ods, csv = pack_ods(pack), pack_csv(pack)
    charts = [block.chart for section in pack.sections for block in section.blocks if block.chart]
    done: list[Chart] = []

    def draw(chart: Chart) -> str:
        _tell(step=f"Drawing chart {len(done) + 1} of {len(charts)}", percent=40 + 30 * len(done) // len(charts))
        done.append(chart)
        if len(done) == len(charts):
            _tell(step="Setting the pages of the document", percent=75)
        return svg_of(chart.plain())

    pdf = pack_pdf(pack, draw)
    _tell(**{name: base64.b64encode(content).decode() for name, content in (("pdf", pdf), ("ods", ods), ("csv", csv))})


def _tell(**said: str | int) -> None:
    sys.stdout.write(f"{json.dumps(said)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
