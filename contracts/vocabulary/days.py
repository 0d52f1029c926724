"""Days as people read them, in the languages that the public form speaks."""

from datetime import date
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
"""Where working days, office hours and business dates are read."""
WELSH_MONTHS = (
    *("Ionawr", "Chwefror", "Mawrth", "Ebrill", "Mai", "Mehefin"),
    *("Gorffennaf", "Awst", "Medi", "Hydref", "Tachwedd", "Rhagfyr"),
)


def day_in_words(value: date, language: str) -> str:
    """Return a day in English, or in Welsh where the language is `cy`: "22 November 2026", "22 Tachwedd 2026"."""
    month = WELSH_MONTHS[value.month - 1] if language == "cy" else f"{value:%B}"
    return f"{value.day} {month} {value.year}"
