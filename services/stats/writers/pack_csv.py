"""The figures of the quarterly pack as CSV files in one archive: a file a sheet, in the order of the spreadsheet."""

from services.stats.domain.pack import Pack
from services.stats.writers.archive import zipped
from services.stats.writers.tidy import text_of


def pack_csv(pack: Pack) -> bytes:
    """Return a ZIP archive with a CSV file for each sheet (UTF-8 with its mark, CRLF)."""
    return zipped(
        (f"{number:02}-{sheet.id}.csv", text_of(sheet.headings, sheet.rows).encode())
        for number, sheet in enumerate(pack.sheets, 1)
    )
