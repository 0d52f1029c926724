"""A form that came as JSON: every value by its dotted path."""

import json
from collections import Counter
from collections.abc import Iterator

from contracts.vocabulary import ReferralForm
from services.intake.readers.failures import Damaged, NotAForm, TooBig
from services.intake.readers.rows import storable

LARGEST_JSON = 1_000_000
MOST_VALUES = 500
OTHER_JSON = "This JSON file is not a referral: none of the form's sections was found; open the original."


def json_values(body: bytes) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the answers by path, and the paths that are written twice; raises Damaged, NotAForm or TooBig."""
    if len(body) > LARGEST_JSON:
        raise TooBig
    try:
        content, repeated = load_json(body)
    except ValueError as error:
        raise Damaged from error
    if not isinstance(content, dict) or not set(content) & set(ReferralForm.model_fields):
        raise NotAForm(OTHER_JSON)
    values: dict[str, str] = {}
    for path, text in _flattened(content, ""):
        values[path] = storable(text)
        if len(values) > MOST_VALUES:
            raise TooBig
    return values, tuple(path for path in values if not repeated.isdisjoint(path.split(".")))


def load_json(body: bytes) -> tuple[object, set[str]]:
    """Return the JSON value and the keys that one of its objects holds twice; ValueError when it is not JSON."""
    repeated: set[str] = set()

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        repeated.update(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        return dict(pairs)

    return json.loads(body, object_pairs_hook=once), repeated


def _flattened(content: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(content, dict):
        for key, value in content.items():
            yield from _flattened(value, f"{path}.{key}" if path else str(key))
    elif isinstance(content, list):
        for number, value in enumerate(content):
            yield from _flattened(value, f"{path}.{number}")
    elif isinstance(content, bool):
        yield path, "yes" if content else "no"
    elif content is not None:
        yield path, str(content)
