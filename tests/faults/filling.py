"""Filling pages in with a canary in every field that takes words, and noting which fields had one."""

import re
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Self
from urllib.parse import urljoin

import httpx2

from tests.faults.canaries import Plant
from tests.journeys.channel_steps import looked_at
from tests.journeys.live import Live, signed_in
from tests.journeys.pages import tree, words

Said = Mapping[str, str | list[str]]

PLAIN = frozenset({"reference", "at", "code", "force", "place", "taker"})
"""Fields of a line that are kept in the clear: a reference, a time, a force, where a panel meets, who takes a risk."""
TIMES, CHANGED = 5, 409
NOT_WRITTEN = re.compile(r"-(day|month|year)$")


@dataclass
class Hand:
    """Somebody who fills in pages: `written` are the fields that had a canary, `shown` all that were there to write in.

    Both are by the row of the site map; `mails` are the mail addresses that were typed, in their order, `looked` at
    which pages who looked.
    """

    live: Live
    plant: Plant
    written: dict[str, set[str]] = field(default_factory=dict)
    shown: dict[str, set[str]] = field(default_factory=dict)
    mails: list[str] = field(default_factory=list)
    looked: set[tuple[str, str]] = field(default_factory=set)
    _open: ExitStack = field(default_factory=ExitStack)
    _browsers: dict[str, httpx2.Client] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def browser(self, person: str) -> httpx2.Client:
        """Return the browser in which somebody of the staff is signed in at Channel."""
        if person not in self._browsers:
            self._browsers[person] = self._open.enter_context(signed_in(self.live, "channel", person))
        return self._browsers[person]

    def page(self, person: str, address: str) -> httpx2.Response:
        """Return a page of Channel, gone on with where something had been begun on it."""
        found = looked_at(self.browser(person), address)
        self.looked.add((person, address))
        assert found.is_success, f"{address}: {found.status_code} {words(found)[:300]}"
        return found

    def fill(self, person: str, address: str, said: Said | None = None, *, of: str = "") -> httpx2.Response:
        """Fill a page of Channel in, every field of words that nothing is said for with a canary of its own.

        What came by a link meanwhile has changed the case: then the page is read and filled in again.
        """
        browser = self.browser(person)
        for _ in range(TIMES):
            sent, action = self.ready(self.page(person, address), said or {}, of=of)
            done = browser.post(action, data=sent)
            if done.status_code != CHANGED:
                break
        return accepted(done, sent)

    def answer(
        self, browser: httpx2.Client, page: httpx2.Response, said: Said, *, of: str = "", service: str = "channel"
    ) -> httpx2.Response:
        """Send a form of a page back filled in; fails where the page that it leads to refuses it."""
        sent, action = self.ready(page, said, of=of, service=service)
        return accepted(browser.post(action, data=sent), sent)

    def ready(
        self, page: httpx2.Response, said: Said, *, of: str = "", service: str = "channel"
    ) -> tuple[dict[str, Any], str]:
        """Return what a form is sent with, and where; every canary is noted."""
        form = _form(page, said, of)
        action = urljoin(str(page.url), form.get("action") or "")
        row = row_of(service, action)
        sent: dict[str, Any] = {each.get("name"): each.get("value") or "" for each in form.xpath(HIDDEN)}
        self.shown.setdefault(row, set())
        sent |= {each.get("name"): each.get("value") for each in form.xpath(".//input[@checked]")}
        for each in writable(form):
            name = each.get("name")
            self.shown.setdefault(row, set()).add(kind_of(name))
            if name not in said:
                sent[name] = self._canary(row, each)
        return {**sent, **said}, action

    def _canary(self, row: str, box: Any) -> str:
        name = box.get("name")
        self.written.setdefault(row, set()).add(kind_of(name))
        mail = box.get("type") == "email" or name.split("-")[0].endswith("address")
        value = self.plant.value(f"{row} {name} {len(self.plant.canaries)}", mail=mail)
        if mail:
            self.mails.append(value)
        return value


def accepted(done: httpx2.Response, sent: Said) -> httpx2.Response:
    """Return the page that a form led to; fails where that is a refusal."""
    said = f"{done.url.path} {sorted(sent)}: {done.status_code} {words(done)[:900]}"
    assert done.is_success, said
    assert "There is a problem" not in done.text, said
    return done


HIDDEN = ".//input[@type='hidden'][@name]"


def writable(form: Any) -> list[Any]:
    """Return the fields of a form, or of a page, in which somebody writes words."""
    boxes = form.xpath(".//textarea[@name]|.//input[@name][not(@type) or @type='text' or @type='email']")
    return [
        each
        for each in boxes
        if each.get("inputmode") != "numeric"
        and each.get("name") not in PLAIN
        and not NOT_WRITTEN.search(each.get("name"))
    ]


def kind_of(name: str) -> str:
    """Return a field's name without what counts or names one of several."""
    return re.sub(r"-.*", "", name)


def _form(page: httpx2.Response, said: Said, of: str) -> Any:
    forms = [
        form
        for form in tree(page).xpath(".//form[translate(@method, 'POST', 'post')='post']")
        if of in (form.get("action") or "")
    ]
    assert forms, f"{page.url.path} ({page.status_code}) holds no form {of}: {words(page)[:500]}"
    named = [
        (form, {each.get("name") for each in form.xpath(".//input|.//select|.//textarea|.//button")}) for form in forms
    ]
    fitting = [form for form, names in named if set(said) <= names]
    assert fitting, (
        f"{page.url.path} asks for {[sorted(filter(None, names)) for _, names in named]}, not {sorted(said)}"
    )
    return fitting[0]


def row_of(service: str, address: str) -> str:
    """Return the address in the site map that an address belongs to."""
    path = httpx2.URL(address).path
    pages = import_module(f"services.{service}.web.routes").PAGES
    rows = [str(page.path) for page in pages]
    return next(row for row in rows if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", row), path))
