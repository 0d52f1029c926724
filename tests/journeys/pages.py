"""Reading and answering the system's pages as a browser without scripts does."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

import httpx2
from lxml import html


def tree(page: httpx2.Response) -> Any:
    """Return the main part of a page."""
    root: Any = html.fromstring(page.text)
    return (root.xpath("//main") or [root])[0]


def words(page: httpx2.Response) -> str:
    """Return the words of a page's main part, with single spaces."""
    return " ".join(" ".join(tree(page).itertext()).split())


def links(page: httpx2.Response) -> list[str]:
    """Return the addresses that a page's main part leads to."""
    return [str(href) for href in tree(page).xpath(".//a/@href")]


def answered(
    client: httpx2.Client, page: httpx2.Response, answers: Mapping[str, str], *, of: str = ""
) -> httpx2.Response:
    """Send a form of the page back with what it held and these answers: the first that asks for all of them.

    `of` is a part of the form's address.
    """
    forms = [
        form
        for form in tree(page).xpath(".//form[translate(@method, 'POST', 'post')='post']")
        if of in (form.get("action") or "")
    ]
    assert forms, f"{page.url.path} ({page.status_code}) holds no form {of}: {words(page)[:300]}"
    form = next((each for each in forms if set(answers) <= _names(each)), forms[0])
    given = {
        field.get("name"): field.get("value") or ""
        for field in form.xpath(".//input[@name]")
        if (field.get("type") or "text") in {"hidden", "text"}
    }
    names = _names(form)
    assert set(answers) <= names, f"{page.url.path} asks for {sorted(names)}, not {sorted(answers)}."
    return client.post(urljoin(str(page.url), form.get("action") or ""), data={**given, **answers})


def _names(form: Any) -> set[str]:
    return {field.get("name") for field in form.xpath(".//input|.//select|.//textarea|.//button") if field.get("name")}
