"""The small forms beside the referral: each wrong answer has its sentence."""

import pytest

from services.intake.web.forms import wrong_with_address, wrong_with_reference, wrong_with_words

LIKE_MAIL = "Enter an email address in the correct format, like name@example.com"


@pytest.mark.parametrize("text", ["", "nowhere", "a@b.example, c@d.example", f"{'x' * 250}@b.example"])
def test_an_address_is_one(text: str) -> None:
    assert wrong_with_address(text) == LIKE_MAIL
    assert wrong_with_address("name@example.com") == ""


@pytest.mark.parametrize("text", ["", "KM-1", "KM-7F3K-92QX"])
def test_a_reference_is_one(text: str) -> None:
    assert wrong_with_reference(text) == "Enter the reference as it stands in your receipt, like KM-7F3K-92QM"
    assert wrong_with_reference("KM-7F3K-92QM") == ""


def test_words_are_there_and_not_endless() -> None:
    assert wrong_with_words("") == "Enter what you want to add"
    assert wrong_with_words("x" * 20_001) == "What you add must be 20,000 characters or less"
    assert wrong_with_words("x" * 20_000) == ""
