"""Referrals by the API: a reference for every good referral, a sentence for every bad one, never a failure."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis import clock
from chassis.actor import Actor
from chassis.database import Database
from chassis.errors import Unavailable
from contracts.vocabulary import ReferralForm, is_reference
from services.intake.app import service
from services.intake.web import api
from services.intake.web.api.bodies import unambiguous
from tests.conftest import Running, RunningOf
from tests.intake.builders import referral, rows, topics_of
from tests.intake.partnered import authorised

CANARY = "Canary-Zebedee-7731"
URL = "/api/v1/referrals"
TODAY = date(2026, 11, 21)


@pytest.fixture
async def intake(running_of: RunningOf) -> Running:
    """Intake with everything but its mailbox, called by the demonstration's partner."""
    return await authorised(await running_of(service(), doors=False))


class TestAmbiguity:
    async def test_a_name_that_stands_twice_is_refused(self, intake: Running) -> None:
        body = json.dumps(referral()).replace('"surname":', '"surname": "Otherperson", "surname":', 1)
        answer = await intake.client.post(URL, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422
        assert answer.json()["title"] == "json-ambiguous"

    async def test_a_reference_that_is_none_is_not_found(self, intake: Running) -> None:
        for reference in ("%00", "KM-7F3K-92QX", "x" * 300):
            answer = await intake.client.get(f"{URL}/{reference}")
            assert (answer.status_code, answer.json()["title"]) == (404, "referral-unknown")


class TestAcceptedReferral:
    async def test_gets_a_reference_only_when_it_is_stored_and_announced(self, intake: Running) -> None:
        answer = await intake.client.post(URL, json=referral(district="Thanet"))
        assert answer.status_code == 201
        reference = answer.json()["reference"]
        assert is_reference(reference)
        assert answer.headers["location"] == f"{URL}/{reference}"
        [row] = await rows(intake.runtime, "SELECT * FROM referral WHERE reference = :r", r=reference)
        assert (row.area, row.district, row.reading) == ("kent-and-medway", "Thanet", "read")
        assert await topics_of(intake.runtime, row.id) == [
            "intake.awareness.v1",
            "intake.police.v1",
            "intake.social-care.v1",
            "intake.referrer.v1",
        ]
        assert await topics_of(intake.runtime, row.statistics_key) == ["intake.statistics.v1"]
        lines = await rows(intake.runtime, "SELECT team FROM ledger_line WHERE referral_id = :id", id=row.id)
        assert {line.team for line in lines} == {"imu", "gateway", "front-door", "dovetail", "statistics"}
        kept = await rows(intake.runtime, "SELECT size FROM document WHERE subject = :id", id=row.id)
        assert len(kept) == 1

    async def test_leaves_nothing_personal_readable_in_the_database(self, intake: Running) -> None:
        body = referral(forenames=CANARY, surname=CANARY, family=CANARY)
        body["concerns"]["narrative"] = CANARY
        assert (await intake.client.post(URL, json=body)).status_code == 201
        names = await rows(intake.runtime, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for name in names:
            dumped = str(await rows(intake.runtime, f'SELECT * FROM "{name.tablename}"'))
            assert CANARY not in dumped, name.tablename

    async def test_of_another_area_goes_by_that_areas_practice(self, intake: Running) -> None:
        districts = intake.runtime.clients.localities.districts(clock.today())
        _, others = next((name, names) for name, names in districts if "Thanet" not in names)
        answer = await intake.client.post(URL, json=referral(district=others[0]))
        assert not answer.json()["reference"].startswith("KM-")

    async def test_without_a_known_district_counts_no_words_of_the_sender(self, intake: Running) -> None:
        answer = await intake.client.post(URL, json=referral(district=CANARY))
        [row] = await rows(intake.runtime, "SELECT * FROM referral WHERE reference = :r", r=answer.json()["reference"])
        assert (row.area, row.district) == ("kent-and-medway", "")

    async def test_is_marked_as_possibly_the_same_and_not_held_back(self, intake: Running) -> None:
        first = (await intake.client.post(URL, json=referral(surname="O’Synthetic"))).json()["reference"]
        second = (await intake.client.post(URL, json=referral(surname="o'synthétic"))).json()["reference"]
        assert first != second
        [pair] = await rows(intake.runtime, "SELECT * FROM referral_pair")
        known = await rows(intake.runtime, "SELECT id FROM referral ORDER BY id")
        assert ([pair.earlier_id, pair.later_id], pair.answer) == ([row.id for row in known], "waiting")

    async def test_shows_that_it_is_here_and_nothing_else(self, intake: Running) -> None:
        reference = (await intake.client.post(URL, json=referral())).json()["reference"]
        answer = await intake.client.get(f"{URL}/{reference}")
        assert set(answer.json()) == {"reference", "receipt", "received_at", "version", "stages"}
        assert [stage["stage"] for stage in answer.json()["stages"]] == ["received"]
        assert (await intake.client.get(f"{URL}/KM-2222-2222")).status_code == 404


class TestIdempotencyKey:
    async def test_gives_the_first_answer_again(self, intake: Running) -> None:
        body, headers = referral(), {"Idempotency-Key": "one"}
        first = await intake.client.post(URL, json=body, headers=headers)
        second = await intake.client.post(URL, json=body, headers=headers)
        assert (second.status_code, second.json()) == (201, first.json())
        assert len(await rows(intake.runtime, "SELECT id FROM referral")) == 1

    async def test_with_another_body_is_a_conflict(self, intake: Running) -> None:
        headers = {"Idempotency-Key": "one"}
        await intake.client.post(URL, json=referral(), headers=headers)
        answer = await intake.client.post(URL, json=referral(), headers=headers)
        assert (answer.status_code, answer.json()["title"]) == (409, "idempotency-key-reused")
        assert len(await rows(intake.runtime, "SELECT id FROM referral")) == 1

    async def test_in_twenty_concurrent_requests_makes_one_referral(self, intake: Running) -> None:
        body, headers = referral(), {"Idempotency-Key": "race"}
        answers = await asyncio.gather(*(intake.client.post(URL, json=body, headers=headers) for _ in range(20)))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.json()["reference"] for answer in answers}) == 1
        assert len(await rows(intake.runtime, "SELECT id FROM referral")) == 1
        assert len(await rows(intake.runtime, "SELECT id FROM outbox WHERE type <> 'intake.day-reconciled.v1'")) == 5

    async def test_that_no_header_can_carry_is_refused(self, intake: Running) -> None:
        answer = await intake.client.post(URL, json=referral(), headers={"Idempotency-Key": "x" * 256})
        assert (answer.status_code, answer.json()["title"]) == (400, "idempotency-key-unusable")

    async def test_may_be_left_out_and_the_same_bytes_still_fold(self, intake: Running) -> None:
        body = referral()
        answers = [await intake.client.post(URL, json=body) for _ in range(2)]
        assert answers[0].json() == answers[1].json()


def damaged(**changes: Any) -> bytes:
    """Return a referral with some top-level parts replaced."""
    return json.dumps({**referral(), **changes}).encode()


class TestBadInput:
    @pytest.mark.parametrize(
        ("body", "status", "pointer"),
        [
            (b"", 400, ""),
            (b"{", 400, ""),
            (b"\xff\xfe{}", 400, ""),
            (b'"\\ud800"', 400, ""),
            (b"[" * 100_000, 400, ""),
            (b"null", 422, ""),
            (b"[]", 422, ""),
            (damaged(person={}), 422, "/person/forenames"),
            (damaged(person={"forenames": 1, "surname": "S", "approximate_age": 9}), 422, "/person/forenames"),
            (damaged(person={"forenames": "A", "surname": "B"}), 422, "/person"),
            (damaged(person={"forenames": "A\x00", "surname": "B", "approximate_age": 9}), 422, "/person/forenames"),
            (json.dumps(referral(date_of_birth=0)).encode(), 422, "/person/date_of_birth"),
            (json.dumps(referral(date_of_birth="0")).encode(), 422, "/person/date_of_birth"),
            (damaged(concerns={"narrative": "A", "came_to_light_on": 86_400}), 422, "/concerns/came_to_light_on"),
            (damaged(concerns={"narrative": "\x00"}), 422, "/concerns/narrative"),
            (damaged(concerns={"narrative": "x" * 20_001}), 422, "/concerns/narrative"),
            (damaged(sharing_acknowledged=False), 422, "/sharing_acknowledged"),
            (damaged(unknown=1), 422, "/unknown"),
            (damaged(referrer={"forename": "A", "surname": "B", "email": "not an address"}), 422, "/referrer/email"),
        ],
    )
    async def test_is_named_field_by_field(self, intake: Running, body: bytes, status: int, pointer: str) -> None:
        answer = await intake.client.post(URL, content=body, headers={"content-type": "application/json"})
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        if pointer:
            assert pointer in [error["pointer"] for error in answer.json()["errors"]]
            assert all(error["detail"].endswith(".") for error in answer.json()["errors"])
        assert await rows(intake.runtime, "SELECT id FROM referral") == []

    async def test_larger_than_two_megabytes_is_refused(self, intake: Running) -> None:
        async def pieces() -> Any:
            for _ in range(30):
                yield b"x" * 100_000

        assert (await intake.client.post(URL, content=b"x" * 2_100_000)).status_code == 413
        streamed = await intake.client.post(URL, content=pieces(), headers={"content-type": "application/json"})
        assert streamed.status_code == 413

    async def test_of_another_type_is_refused(self, intake: Running) -> None:
        answer = await intake.client.post(URL, content=b"a=b", headers={"content-type": "text/plain"})
        assert answer.status_code == 415

    async def test_is_never_echoed(self, intake: Running) -> None:
        body = damaged(
            person={"forenames": {"x": CANARY}, "surname": [CANARY], "date_of_birth": CANARY, "gender": CANARY}
        )
        answer = await intake.client.post(URL, content=body)
        assert answer.status_code == 422
        assert CANARY not in answer.text

    async def test_meets_a_sentence_when_the_database_is_away(
        self, intake: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(*_: object) -> None:
            raise Unavailable("The database did not answer; try again in a moment.")

        monkeypatch.setattr(Database, "transaction", away)
        answer = await intake.client.post(URL, json=referral())
        assert (answer.status_code, answer.json()["title"]) == (503, "unavailable")

    async def test_is_accepted_once_when_the_connection_is_lost_in_the_commit(
        self, intake: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real, lost = Database.transaction, [True]

        @asynccontextmanager
        async def losing(database: Database, actor: Actor) -> AsyncIterator[Any]:
            async with real(database, actor) as session:
                yield session
            if actor == Actor.public() and lost and lost.pop():
                raise Unavailable("The database did not answer; try again in a moment.")

        monkeypatch.setattr(Database, "transaction", losing)
        answer = await intake.client.post(URL, json=referral(), headers={"Idempotency-Key": "lost in the commit"})
        assert answer.status_code == 201, answer.text
        assert [row.reference for row in await rows(intake.runtime, "SELECT reference FROM referral")] == [
            answer.json()["reference"]
        ]


def form_in(body: bytes, today: date) -> ReferralForm:
    """Return the referral in a body as the API takes it."""
    return api.checked_form(body, unambiguous(body), today)


class TestFormIn:
    @pytest.mark.parametrize("born", ["1905-11-21", "2026-11-22"])
    def test_refuses_a_date_of_birth_that_nobody_has(self, born: str) -> None:
        with pytest.raises(api.Refused) as refused:
            form_in(json.dumps(referral(date_of_birth=born)).encode(), TODAY)
        [error] = json.loads(bytes(refused.value.response.body))["errors"]
        assert error == {"pointer": "/person/date_of_birth", "detail": api.AGE_SENTENCE}

    def test_takes_the_oldest_date_of_birth(self) -> None:
        form_in(json.dumps(referral(date_of_birth="1906-11-21")).encode(), TODAY)

    @settings(max_examples=300, deadline=None)
    @given(st.binary(max_size=400))
    def test_takes_any_bytes_without_failing(self, body: bytes) -> None:
        with pytest.raises(api.Refused) as refused:
            form_in(body, TODAY)
        assert refused.value.response.status_code in {400, 422}

    @settings(max_examples=400, deadline=None)
    @given(
        st.lists(
            st.sampled_from(["person", "concerns", "referrer", "surname", "narrative", "aliases", "x"]), max_size=3
        ),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
            max_leaves=8,
        ),
    )
    def test_either_refuses_or_returns_what_can_be_stored(self, path: list[str], value: Any) -> None:
        body: Any = referral()
        place = body
        for name in path[:-1]:
            place = place.setdefault(name, {}) if isinstance(place, dict) else {}
        if path and isinstance(place, dict):
            place[path[-1]] = value
        try:
            form = form_in(json.dumps(body).encode(), TODAY)
        except api.Refused:
            return
        kept = form.model_dump_json()
        assert "\\u0000" not in kept
        kept.encode()
