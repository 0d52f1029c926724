"""Which pages of a service somebody reaches by following links, a few of every kind."""

import re
from collections import Counter, deque
from collections.abc import Iterable
from importlib import import_module
from urllib.parse import urljoin, urlsplit

from chassis.web import Page
from tests.journeys.live import Live, signed_in
from tests.journeys.pages import links

OF_A_KIND = 2
"""So many addresses of one row of the site map are followed; the others are like them."""


def reachable(live: Live, service: str, person: str, starts: Iterable[str]) -> list[str]:
    """Return the addresses that lead to pages, the starts first, each row of the site map a few times."""
    patterns = {page: _pattern(page) for page in _pages(service)}
    found: dict[str, None] = {}
    seen: Counter[Page] = Counter()
    with signed_in(live, service, person) as browser:
        waiting = deque(starts)
        while waiting:
            address = waiting.popleft()
            page = next((page for page, pattern in patterns.items() if pattern.fullmatch(urlsplit(address).path)), None)
            if page is None or address in found or seen[page] >= OF_A_KIND:
                continue
            answer = browser.get(address)
            if "html" not in answer.headers.get("content-type", "") or not answer.is_success:
                continue
            seen[page] += 1
            found[address] = None
            here = f"{live.urls[service]}/"
            ways = (urljoin(str(answer.url), href) for href in links(answer))
            waiting.extend(way.removeprefix(here.rstrip("/")) for way in ways if way.startswith(here))
    return list(found)


def not_reached(service: str, addresses: Iterable[str]) -> set[str]:
    """Return the rows of the site map that none of these addresses belongs to."""
    walked = [urlsplit(each).path for each in addresses]
    return {page.path for page in _pages(service) if not any(_pattern(page).fullmatch(each) for each in walked)}


def _pages(service: str) -> list[Page]:
    return [page for page in import_module(f"services.{service}.web.routes").PAGES if page.method == "GET"]


def _pattern(page: Page) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(page.path)))
