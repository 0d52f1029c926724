"""The small forms beside the referral, an address, a reference, words to add: the sentence that says what to mend."""

from contracts.vocabulary import is_reference
from services.intake.domain.written import is_mail_address
from services.intake.web.form.checks import EMAIL, MAIL_LONG, TEXT_LONG
from services.intake.web.form.steps import marked

REFERENCE = marked("Enter the reference as it stands in your receipt, like KM-7F3K-92QM")
NOTHING = marked("Enter what you want to add")
DANGER_UNSAID = marked("Select yes if anybody is in immediate danger")
TOO_MUCH = marked("What you add must be 20,000 characters or less")


def wrong_of(**sentences: str) -> dict[str, str]:
    """Return the inputs that must be mended, each with its sentence."""
    return {name: sentence for name, sentence in sentences.items() if sentence}


def wrong_with_address(text: str) -> str:
    """Return what is wrong with a mail address as typed, in English; "" where nothing is."""
    return "" if is_mail_address(text) and len(text) <= MAIL_LONG else EMAIL


def wrong_with_reference(tidied: str) -> str:
    """Return what is wrong with a reference, in English; "" where nothing is."""
    return "" if is_reference(tidied) else REFERENCE


def wrong_with_danger(answer: str) -> str:
    """Return what is wrong with the answer whether anybody is in danger, in English: nobody answers it for them."""
    return "" if answer in {"yes", "no"} else DANGER_UNSAID


def wrong_with_words(text: str) -> str:
    """Return what is wrong with words to add to a referral, in English; "" where nothing is."""
    if not text:
        return NOTHING
    return TOO_MUCH if len(text) > TEXT_LONG else ""
