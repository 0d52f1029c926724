"""What the doors refuse is told with the fields that are wrong."""

from pathlib import Path

import httpx2
import pytest

from samples import send

NAMED = {
    "detail": "2 fields are missing or wrong: mend each one that `errors` names and send the referral again.",
    "errors": [
        {"pointer": "/person/surname", "detail": "This must be text."},
        {"pointer": "/referrer", "detail": "This field is needed."},
    ],
}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (NAMED, "/person/surname This must be text. /referrer This field is needed."),
        ({"detail": "The referral is larger than 2 MB."}, "The referral is larger than 2 MB."),
        ({}, "it gave no reason"),
        ([], "it gave no reason"),
    ],
)
def test_a_refusal_is_told_with_the_fields_that_are_wrong(content: object, told: str) -> None:
    answer = httpx2.Response(422, json=content)
    with pytest.raises(send.NotSent) as refused:
        send._reference_in_answer(Path("form.json"), answer)
    assert str(refused.value) == f"form.json was not accepted (422): {told}"
