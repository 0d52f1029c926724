"""What a test needs of the machine: without it the test is left out, and where everything is to be run it fails."""

import os
from pathlib import Path

import pytest

CHROMIUM = Path("/usr/bin/chromium")


def needed(what: object, sentence: str) -> None:
    """Go on where there is what a test needs; else fail with the sentence where CI=true, and skip anywhere else."""
    if what:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence)


def needed_chromium() -> None:
    """Go on where there is a browser."""
    needed(CHROMIUM.exists(), f"There is no Chromium at {CHROMIUM}, so that no page was looked at.")
