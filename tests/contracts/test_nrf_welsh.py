"""The Welsh words by which a form is read are those that the web form shows."""

from pathlib import Path

from babel.messages.pofile import read_po

import services.intake
from contracts.vocabulary.nrf import EDITIONS
from contracts.vocabulary.nrf.welsh import WELSH

CATALOGUE = Path(services.intake.__file__).parent / "locale" / "cy" / "LC_MESSAGES" / "intake.po"


class TestWelsh:
    def test_is_what_the_catalogue_says(self) -> None:
        with CATALOGUE.open("rb") as file:
            shown = {message.id: message.string for message in read_po(file) if message.id}
        assert {english: shown.get(english) for english in WELSH} == dict(WELSH)

    def test_every_label_of_the_edition_is_in_welsh(self) -> None:
        english, welsh = _labels("2025"), _labels("2025-cy")
        assert len(english) > 80
        assert len(english & welsh) <= 6


def _labels(edition: str) -> set[str]:
    headings = EDITIONS[edition].headings
    return {label for heading in headings for labels in heading.labels.values() for label in labels}
