"""One request to a public page: its language, the form in hand of those begun, and how it is answered."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from chassis.sessions import SessionUnknown
from chassis.web import FormData, FormErrors, PageRequest, Response
from contracts.vocabulary import day_in_words
from services.intake.domain import LONDON
from services.intake.web.form import language
from services.intake.web.form.answers import Draft, Typed
from services.intake.web.form.checks import one
from services.intake.web.form.copies import RECEIPT

IN_HAND, DRAFT, SAVED, REFUSED = "form_token", "referral", "saved", "refused"
"""What the session keeps: the name of the form in hand; and of each form that this browser has begun, under its name
(`Visit.at`), the draft, the form that it was saved as, and for one look what was typed on a page that was refused.

Each stands by itself, so that what was typed in an outage, and is joined to the session then, takes no other's place.
"""
MOST_FORMS = 10
"""So many a browser has begun at most: whoever begins another loses the oldest."""
NOT_FOUND = "What you have typed before cannot be found at the moment: try again in a few minutes."
LANGUAGE, SWITCH = "throughline_language", "lang"
"""The cookie and the query that name a language; the cookie outlives the session, so that its end is told in it."""


class Visit:
    """What the views of the public form work with."""

    def __init__(self, request: PageRequest) -> None:
        """Wrap a request; an address that ends in ?lang=cy turns this browser to Welsh, ?lang=en back."""
        self.request = request
        self.session = request.session
        self.today: date = request.now.astimezone(LONDON).date()
        self._known = request.request.cookies.get(LANGUAGE, "")
        chosen = (request.query.get(SWITCH, ""), self._known)
        self.speak(next((each for each in chosen if each in language.NAMES), language.ENGLISH))
        self.named: str = self.session.get(IN_HAND, "")
        self.draft = self.begun(self.named)
        self.fresh = False

    def speak(self, spoken: str) -> None:
        """Go on in a language, and have the browser remember it until it is closed."""
        self.language = spoken
        self.say = partial(language.say, spoken)

    @property
    def posted(self) -> bool:
        """Say whether a form was sent."""
        return self.request.request.method == "POST"

    def at(self, kept: str) -> str:
        """Return where the session keeps this of the form in hand."""
        return f"{kept} {self.named}"

    def begun(self, name: str) -> Draft:
        """Return the draft of a form that this browser has begun."""
        return Draft.kept(self.session.get(f"{DRAFT} {name}"))

    @property
    def forms(self) -> tuple[str, ...]:
        """Return the names of the forms that this browser has begun and not sent, the oldest first."""
        return tuple(key.removeprefix(f"{DRAFT} ") for key in self.session if key.startswith(f"{DRAFT} "))

    @property
    def form_token(self) -> str:
        """Return the name of the form in hand, which its pages carry, and by which a second sending is known for one.

        Where none is in hand, it is the name of the one that the next answer begins, however often that is sent.
        """
        return self.named or self._next()

    def _next(self) -> str:
        self.session.ensure_token()
        sent = self.session.get(RECEIPT, {}).get("token", "")
        return hashlib.sha256(f"form:{self.session.kept_as}:{sent}".encode()).hexdigest()

    def turn_to(self, name: str) -> bool:
        """Go on with the form that a page names; False where this browser has not begun it, or has sent it.

        Raises SessionUnknown while what was begun cannot be looked up.
        """
        if f"{DRAFT} {name}" not in self.session:
            if self.session.doubtful and name != self._next():
                raise SessionUnknown(NOT_FOUND)
            return False
        self.session[IN_HAND] = self.named = name
        self.draft = self.begun(name)
        return True

    def turn_to_or_begin(self, name: str) -> None:
        """Go on with the form that a page names, or begin one: what is typed there belongs to no other."""
        if not self.turn_to(name):
            self.take_up(name if name == self._next() else secrets.token_urlsafe(24), Draft())

    def take_up(self, name: str, draft: Draft) -> None:
        """Have a form of this name in hand; what was in hand stays beside it."""
        others = [each for each in self.forms if each not in {name, self.named}]
        if name not in self.forms and len(self.forms) >= MOST_FORMS:
            self._drop(others[0])
        self.session[IN_HAND] = self.named = name
        self.keep(draft)

    def end(self) -> None:
        """Forget the form in hand, which has been sent."""
        self._drop(self.named)
        self.session.pop(IN_HAND, None)
        self.named, self.draft = "", Draft()

    def _drop(self, name: str) -> None:
        for kept in (DRAFT, SAVED, REFUSED):
            self.session.pop(f"{kept} {name}", None)

    def keep(self, draft: Draft) -> None:
        """Keep the draft of the form in hand in the session."""
        self.draft = draft
        self.session[self.at(DRAFT)] = draft.to_keep()
        self.forget_refused()

    def refuse(self, page: str, typed: Mapping[str, Any], wrong: Mapping[str, str] | None = None) -> None:
        """Keep what was typed for the page that is shown next: Back then asks nobody to send a form again.

        `wrong` holds an English sentence by the input that must be mended, where the page cannot find them again.
        """
        self.session[self.at(REFUSED)] = {"page": page, "typed": dict(typed), "wrong": dict(wrong or {})}

    def forget_refused(self) -> None:
        """Forget what was typed on a page that was refused: it has been mended."""
        self.session.pop(self.at(REFUSED), None)

    def refused(self, page: str) -> Typed | None:
        """Return what was typed on this page when it was refused last; None where nothing was.

        `fresh` says whether that is news: what must be mended is said once, what was typed is not lost for that.
        """
        kept = self.session.get(self.at(REFUSED))
        if not kept or kept["page"] != page:
            return None
        self.fresh = not kept.get("shown")
        if not self.switches:
            kept["shown"] = True
        return dict(kept["typed"])

    def form(self, page: str, **values: str) -> FormErrors:
        """Return a small form as it was refused last, and once with what must be mended; else with these values."""
        typed = self.refused(page) or {}
        wrong = self.session[self.at(REFUSED)]["wrong"] if self.fresh else {}
        shown = FormData({name: (one(values | typed, name),) for name in values | typed})
        return FormErrors(shown, tuple((name, self.say(sentence)) for name, sentence in wrong.items()))

    @property
    def switches(self) -> bool:
        """Say whether this look only turns the language."""
        return SWITCH in self.request.query

    def day(self, value: date) -> str:
        """Return a day in words, in the language of the page; of a moment, its day in London."""
        return day_in_words(value.astimezone(LONDON) if isinstance(value, datetime) else value, self.language)

    def redirect(self, name: str, **values: object) -> Response:
        """Send the browser to another page."""
        return self._remembered(self.request.redirect(name, **values))

    def url(self, name: str, **values: object) -> str:
        """Return the address of a page."""
        return self.request.url(name, **values)

    def render(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """Return a page in the language of the visit, with the way to the other one."""
        saving = {"may_save": bool(self.draft.answered)}
        return self._remembered(self.request.render(template, status=status, **self.words(), **saving, **values))

    def words(self) -> dict[str, object]:
        """Return what every public page is given: its language, and the way to the other one."""
        return {
            "_": self.say,
            "language": self.language,
            "drafted": language.is_draft(self.language),
            "other_language": self.other_language(self.request.query),
        }

    def _remembered(self, response: Response) -> Response:
        if self.language != (self._known or language.ENGLISH):
            secure = self.request.runtime.settings.public_url.startswith("https://")
            response.set_cookie(LANGUAGE, self.language, secure=secure, httponly=True, samesite="lax")
        return response

    def other_language(self, query: Mapping[str, str]) -> dict[str, str]:
        """Return the way to this page, with a query, in the other language; no page repeats the address it is at."""
        other = language.WELSH if self.language == language.ENGLISH else language.ENGLISH
        kept = {name: value for name, value in query.items() if name != SWITCH}
        return {"code": other, "name": language.NAMES[other], "href": f"?{urlencode({**kept, SWITCH: other})}"}
