"""Files beside a referral: kept sealed, announced with it, and refused with a sentence where they may not come."""

import json
from typing import Any

import pytest

from chassis import documents
from chassis.actor import Actor
from services.intake.app import service
from services.intake.web.api.bodies import ATTACHMENT_LIMIT, MOST_ATTACHMENTS
from tests.conftest import Running, RunningOf
from tests.intake.builders import referral, rows
from tests.intake.partnered import authorised

URL = "/api/v1/referrals"
PDF = b"%PDF-1.7 synthetic"
CANARY = "Canary-Zebedee-7731"
BROKEN = f"multipart/form-data; boundary={CANARY}"


@pytest.fixture
async def intake(running_of: RunningOf) -> Running:
    """Intake with everything but its mailbox, called by the demonstration's partner."""
    return await authorised(await running_of(service(), doors=False))


def parts(body: dict[str, Any], *files: tuple[str, bytes, str]) -> list[tuple[str, Any]]:
    referral_part = ("referral", ("referral.json", json.dumps(body).encode(), "application/json"))
    return [referral_part, *(("attachment", file) for file in files)]


async def test_are_kept_and_announced_with_the_referral(intake: Running) -> None:
    files = [("letter.pdf", PDF, "application/pdf"), ("notes.txt", b"Synthetic notes.", "text/plain; charset=utf-8")]
    answer = await intake.client.post(URL, files=parts(referral(district="Thanet"), *files))
    assert answer.status_code == 201, answer.text
    [row] = await rows(intake.runtime, "SELECT id FROM referral WHERE reference = :r", r=answer.json()["reference"])
    async with intake.runtime.database.transaction(Actor.service("intake")) as session:
        kept = await documents.listed(session, row.id)
        [letter] = [each for each in kept if each.name == "letter.pdf"]
        assert (await documents.read(session, letter.id)).body == PDF
    assert {(each.name, each.media_type) for each in kept} == {
        ("referral.json", "application/json"),
        ("letter.pdf", "application/pdf"),
        ("notes.txt", "text/plain"),
    }
    granted = await rows(intake.runtime, "SELECT service FROM document_grant WHERE document_id = :id", id=letter.id)
    assert {grant.service for grant in granted} >= {"triage", "notify"}


async def test_belong_to_what_a_repeat_must_equal(intake: Running) -> None:
    body, key = referral(), {"Idempotency-Key": "with a file"}
    first = await intake.client.post(URL, files=parts(body, ("a.pdf", PDF, "application/pdf")), headers=key)
    again = await intake.client.post(URL, files=parts(body, ("a.pdf", PDF, "application/pdf")), headers=key)
    other = await intake.client.post(URL, files=parts(body, ("a.pdf", PDF + b"!", "application/pdf")), headers=key)
    without = await intake.client.post(URL, json=body, headers=key)
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
    assert [other.status_code, without.status_code] == [409, 409]
    assert len(await rows(intake.runtime, "SELECT id FROM document")) == 2


@pytest.mark.parametrize(
    ("file", "status", "reason"),
    [
        (("a.exe", b"MZ", "application/octet-stream"), 422, "attachment-not-usable"),
        (("a.pdf", b"MZ", "application/pdf"), 422, "attachment-not-usable"),
        (("a.png", PDF, "image/png"), 422, "attachment-not-usable"),
        (("a.pdf", b"", "application/pdf"), 422, "attachment-not-usable"),
        ((" ", PDF, "application/pdf"), 422, "attachment-not-usable"),
        (("a.pdf", PDF + b"x" * ATTACHMENT_LIMIT, "application/pdf"), 413, "attachment-too-large"),
    ],
)
async def test_that_cannot_be_taken_are_refused_with_the_referral(
    intake: Running, file: tuple[str, bytes, str], status: int, reason: str
) -> None:
    answer = await intake.client.post(URL, files=parts(referral(), file))
    assert (answer.status_code, answer.json()["title"]) == (status, reason), answer.text
    assert await rows(intake.runtime, "SELECT id FROM referral") == []


async def test_are_ten_at_most(intake: Running) -> None:
    files = [(f"{number}.pdf", PDF, "application/pdf") for number in range(MOST_ATTACHMENTS + 1)]
    answer = await intake.client.post(URL, files=parts(referral(), *files))
    assert (answer.status_code, answer.json()["title"]) == (422, "attachment-not-usable")


@pytest.mark.parametrize(
    "sent",
    [
        [("attachment", ("a.pdf", PDF, "application/pdf"))],
        [*parts(referral()), *parts(referral())],
        [*parts(referral()), ("strange", ("a.pdf", PDF, "application/pdf"))],
    ],
)
async def test_come_beside_one_referral_and_nothing_else(intake: Running, sent: list[tuple[str, Any]]) -> None:
    answer = await intake.client.post(URL, files=sent)
    assert (answer.status_code, answer.json()["title"]) == (422, "parts-not-valid")


async def test_that_are_refused_are_never_echoed(intake: Running) -> None:
    body = referral() | {"person": {"forenames": {"x": CANARY}}}
    answers = [
        await intake.client.post(URL, files=parts(body)),
        await intake.client.post(URL, files=parts(referral(), (f"{CANARY}.exe", CANARY.encode(), "text/x"))),
        await intake.client.post(URL, content=f"--{CANARY}".encode(), headers={"Content-Type": BROKEN}),
    ]
    for answer in answers:
        assert 400 <= answer.status_code < 500
        assert CANARY not in answer.text
