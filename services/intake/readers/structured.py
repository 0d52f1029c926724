"""A form that came as JSON: every value by its dotted path."""

import json
from collections import Counter

from contracts.vocabulary import ReferralForm
from services.intake.domain.written import flattened
from services.intake.readers.failures import Unreadable
from services.intake.readers.rows import storable
from services.intake.readers.values import Cause

LARGEST_JSON = 1_000_000
MOST_VALUES = 500
OTHER_JSON = "This JSON file is not a referral: none of the form's sections was found; open the original."


def json_values(body: bytes) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the answers by path, and the paths that are there twice; raises Unreadable, or ValueError for no JSON."""
    if len(body) > LARGEST_JSON:
        raise Unreadable(Cause.TOO_BIG)
    content, repeated = load_json(body)
    if not isinstance(content, dict) or not set(content) & set(ReferralForm.model_fields):
        raise Unreadable(Cause.NOT_A_FORM, OTHER_JSON)
    values: dict[str, str] = {}
    for path, text in flattened(content):
        values[path] = storable(text)
        if len(values) > MOST_VALUES:
            raise Unreadable(Cause.TOO_BIG)
    return values, tuple(path for path in values if not repeated.isdisjoint(path.split(".")))


def load_json(body: bytes) -> tuple[object, set[str]]:
    """Return the JSON value and the keys that one of its objects holds twice; ValueError when it is not JSON."""
    repeated: set[str] = set()

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        repeated.update(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        return dict(pairs)

    return json.loads(body, object_pairs_hook=once), repeated
