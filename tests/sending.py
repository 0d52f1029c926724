"""What a test reads from a page to send its form as a browser does."""

import re

import httpx2


def hidden(page: httpx2.Response, name: str) -> str:
    """Return the value of a hidden field in the page's main part."""
    found = re.search(rf'<main.*?name="{name}" value="([^"]*)"', page.text, re.DOTALL)
    assert found, name
    return found[1]
