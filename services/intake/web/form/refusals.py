"""What a referrer is told where a page is refused or fails, in the language that they chose."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from chassis.web import PageRequest, typed
from chassis.web.csrf import FormNotTrusted
from services.intake.web.form.language import ENGLISH
from services.intake.web.form.steps import marked
from services.intake.web.form.visit import Visit

TITLES: Mapping[str, str] = MappingProxyType({FormNotTrusted.reason: marked("This page was open for too long")})
"""By reason, where the title that every service gives would puzzle a referrer."""
GIVEN_BACK = marked("Nothing was sent or saved from it. What you wrote stands below: copy it, and open the page again.")
AGAIN = marked("This cannot be done at the moment. Try again in a few minutes.")
SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        FormNotTrusted.reason: marked(
            "Nothing was sent or saved from it. Go back, copy what you wrote, reload the page, and send it again."
        ),
        "form-unreadable": marked(
            "What you sent did not arrive whole, or holds characters that cannot be kept. Go back and send it again."
        ),
        "form-too-large": marked("What you sent is too long. Go back, shorten it, and send it again."),
        "http-404": marked("There is nothing at this address: check it, or start from the home page."),
        "http-405": marked("There is nothing to see at this address: start from the home page."),
        "referral-unknown": marked("The form has no such page. Start from the home page and choose a part of it."),
        "outcome-unknown": marked(
            "We cannot say yet whether what you sent was kept. Go back and send it again: it is taken in only once."
        ),
    }
)
"""By reason, what a Welsh page says in place of an error's own sentence, which only stands in English."""


def refusal_values(request: PageRequest) -> Mapping[str, object]:
    """Return what the error page needs to speak to whoever reads it; the desk reads English."""
    visit = Visit(request)
    if request.actor.kind == "person":
        visit.speak(ENGLISH)
    shown = {"public": request.actor.kind != "person", "typed": typed(request.request), "told": partial(told, visit)}
    return {**visit.words(), "other_language": visit.other_language({}), **shown}


def told(visit: Visit, reason: str, title: str, sentence: str) -> tuple[str, str]:
    """Return title and sentence of an error page in the language of the visit."""
    if reason == FormNotTrusted.reason and typed(visit.request.request):
        return visit.say(TITLES[reason]), visit.say(GIVEN_BACK)
    said = sentence if visit.language == ENGLISH else visit.say(SENTENCES.get(reason, AGAIN))
    return visit.say(TITLES.get(reason, title)), said
