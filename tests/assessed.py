"""How tests of either console write an assessment in its pages, and look for numbers in them."""

import re

import httpx2

from contracts.vocabulary.assessment import Check, Dimension, Kind, Presence
from contracts.vocabulary.drafting import Asks, answer_field, evidence_field, words_field
from tests.sending import hidden

MOMENT = re.compile(r"\d{1,2} \w+ \d{4}( at \d{1,2}:\d{2}[ap]m)?|[Aa]ssessments? \d( and \d)?")


async def post(client: httpx2.AsyncClient, path: str, **fields: str) -> httpx2.Response:
    """Open a page and send its form as a browser does, with its hidden fields."""
    page = await client.get(path)
    names = [each for each in ("csrf_token", "row_version", "seen") if f'name="{each}"' in page.text.split("<main")[1]]
    return await client.post(path, data={**{name: hidden(page, name) for name in names}, **fields})


def typed_into(dimension: Dimension, presence: Presence, words: str = "", asks: Asks | None = None) -> dict[str, str]:
    """Return what a browser sends for one dimension."""
    fields: dict[str, str] = {}
    for factor in dimension.factors:
        is_check = factor.kind is Kind.CHECK
        fields[answer_field(factor.id)] = Check.DONE if is_check else presence
        fields |= {} if is_check else {words_field(factor.id): words}
        if asks and asks.evidence and not is_check:
            fields[evidence_field(factor.id)] = words
    return fields


def figures(page: httpx2.Response) -> list[str]:
    """Return every number in the main part of a page, but for times and the numbers of assessments."""
    main = page.text.split("<main")[1].split("</main>")[0]
    return re.findall(r"\d+", MOMENT.sub(" ", re.sub(r"<[^>]+>", " ", main)))
