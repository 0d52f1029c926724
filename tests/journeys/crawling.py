"""Which pages of a service somebody reaches by following links, one of every kind."""

import re
from collections import deque
from collections.abc import Iterable
from importlib import import_module
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import html

from chassis.web import Page
from tests.journeys.live import Live, signed_in


def reachable(live: Live, service: str, person: str, starts: Iterable[str], known: Iterable[str] = ()) -> list[str]:
    """Return the addresses that lead to pages, each row of the site map once, and what is known already not at all."""
    patterns = {page: _pattern(page) for page in _pages(service)}
    found: dict[str, None] = {}
    seen = {page for page, pattern in patterns.items() for each in known if pattern.fullmatch(urlsplit(each).path)}
    with signed_in(live, service, person) as browser:
        begins = list(starts)
        waiting = deque(begins)
        while waiting:
            address = waiting.popleft()
            page = next((page for page, pattern in patterns.items() if pattern.fullmatch(urlsplit(address).path)), None)
            if page is None or address in found or (page in seen and address not in begins):
                continue
            answer = browser.get(address)
            if "html" not in answer.headers.get("content-type", "") or not answer.is_success:
                continue
            seen.add(page)
            found[address] = None
            here = f"{live.urls[service]}/"
            tree: Any = html.fromstring(answer.text)
            ways = (urljoin(str(answer.url), str(way)) for way in tree.xpath("//a/@href"))
            waiting.extend(way.removeprefix(here.rstrip("/")) for way in ways if way.startswith(here))
    return list(found)


def _pages(service: str) -> list[Page]:
    return [page for page in import_module(f"services.{service}.web.routes").PAGES if page.method == "GET"]


def _pattern(page: Page) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(page.path)))
