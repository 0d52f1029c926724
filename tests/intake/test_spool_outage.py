"""Intake without its database: every door still accepts, nothing is lost or doubled, and no receipt is false."""

import asyncio
import contextlib
import secrets
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from chassis import outbox
from chassis.actor import Actor
from chassis.errors import Unavailable
from chassis.settings import load_secrets
from cli import vault
from contracts.intake.referrer import ReferrerMessageDue
from services.intake.queries import Ledger, ledger
from services.intake.spool import is_stuck, shelter_of, waiting_of
from services.intake.spool.acceptance import PATIENCE_SECONDS
from services.intake.spool.shelter import STUCK_TRIES
from services.intake.web.api.taking import WAITING
from tests.conftest import Installation, Running, eventually
from tests.intake.builders import mail, referral, rows, topics_of
from tests.intake.outage import SUBMIT, Outages, authorization, drained, intake_on, post_mail, sheltered, submit
from tests.intake.test_web_desk import as_officer
from tests.intake.test_web_views import NEEDED, PAGE, answers, hidden, post

SCREEN_SECONDS = 7.0
TOLD = "are being told now"


@pytest.fixture
def port() -> int:
    """A port that is free now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """The folder of the spool."""
    return tmp_path / "spool"


async def status_of(intake: Running, reference: str) -> dict[str, Any]:
    answer = await intake.client.get(f"{SUBMIT}/{reference}", headers=await authorization(intake))
    return dict(answer.json())


async def fill_in(intake: Running, fields: Mapping[str, str], steps: Sequence[Any]) -> None:
    """Answer some pages of the form, as `tests.intake.test_web_views` answers them all."""
    for step in steps:
        path = f"{PAGE}{step.key}"
        while path.partition("?")[0] == f"{PAGE}{step.key}":
            answer = await post(intake, path, fields)
            assert answer.status_code == 303, (path, answer.text)
            path = answer.headers["location"]


async def references(intake: Running) -> list[str]:
    return sorted(row.reference for row in await rows(intake.runtime, "SELECT reference FROM referral"))


class TestStopped:
    async def test_api_and_mail_accept_and_everything_is_there_afterwards(
        self, own: Installation, outages: Outages, spool: Path, port: int
    ) -> None:
        async with intake_on(own, spool, port) as intake:
            await sheltered(intake)
            before = await references(intake)
            await asyncio.to_thread(outages.stop)
            answers = [await submit(intake, referral()) for _ in range(5)]
            mails = [await post_mail(port, mail().as_bytes()) for _ in range(5)]
            ours = mail(**{"Message-ID": "<1@notify.throughline.example>"}).as_bytes()
            assert (await post_mail(port, ours))[1].endswith("set aside for a person")
            assert [status for status, _ in answers] == [201] * 5
            assert {body["receipt"] for _, body in answers} == {WAITING}
            assert [code for code, _ in mails] == [250] * 5
            given = [body["reference"] for _, body in answers] + [text.rpartition(" ")[2] for _, text in mails]
            assert len(set(given)) == 10
            await asyncio.to_thread(outages.start)
            await drained(intake)
            assert sorted(set(await references(intake)) - set(before)) == sorted(given)
            [aside] = await rows(intake.runtime, "SELECT why, addresses FROM set_aside")
            assert (aside.why, aside.addresses is None) == ("our-own", False)
            [row] = await rows(intake.runtime, "SELECT received_at FROM referral WHERE reference = :it", it=given[0])
            assert row.received_at.isoformat() == answers[0][1]["received_at"]
            assert list(spool.glob("*.entry")) == []
            assert await submit(intake, referral())

    async def test_what_was_known_before_or_comes_again_is_never_a_second_case(
        self, own: Installation, outages: Outages, spool: Path, port: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told: list[ReferrerMessageDue] = []
        add = outbox.add

        async def noted(session: Any, event: Any, *, about: outbox.About) -> Any:
            told.append(event)
            return await add(session, event, about=about)

        monkeypatch.setattr(outbox, "add", noted)
        async with intake_on(own, spool, port) as intake:
            await sheltered(intake)
            one, two, message = referral(), referral(), mail().as_bytes()
            _, first = await submit(intake, one, key := secrets.token_hex(8))
            count = len(await references(intake))
            await asyncio.to_thread(outages.stop)
            _, again = await submit(intake, one, key)
            _, new = await submit(intake, two, other := secrets.token_hex(8))
            _, repeated = await submit(intake, two, other)
            clashing, _ = await submit(intake, one, other)
            _, mailed = await post_mail(port, message)
            _, mailed_again = await post_mail(port, message)
            assert (new["reference"], mailed, clashing) == (repeated["reference"], mailed_again, 409)
            await asyncio.to_thread(outages.start)
            await drained(intake)
            assert len(await references(intake)) == count + 2
            _, afterwards = await submit(intake, two, other)
            assert afterwards["reference"] == new["reference"]
            assert again["reference"] != first["reference"]
            shown = await rows(intake.runtime, "SELECT reference FROM referral")
            assert again["reference"] not in {row.reference for row in shown}
            [folded] = await rows(intake.runtime, "SELECT * FROM referral WHERE reference = :r", r=first["reference"])
            mails = [each.reference for each in told if each.email]
            assert mails.count(f"{first['reference']} / {again['reference']}") == 1
            assert (await topics_of(intake.runtime, folded.id)).count("intake.referrer.v1") == 2
            # The receipt that was given leads to the case that was there.
            assert (await _ledger(intake, again["reference"])).reference == first["reference"]
            shown_to_partner = await status_of(intake, again["reference"])
            assert shown_to_partner["reference"] == first["reference"]

    async def test_a_key_that_came_before_with_another_body_becomes_a_case_of_its_own(
        self, own: Installation, outages: Outages, spool: Path, port: int
    ) -> None:
        async with intake_on(own, spool, port) as intake:
            await sheltered(intake)
            await submit(intake, referral(), key := secrets.token_hex(8))
            await asyncio.to_thread(outages.stop)
            status, unseen = await submit(intake, referral(), key)
            assert status == 201
            await asyncio.to_thread(outages.start)
            await drained(intake)
            assert unseen["reference"] in await references(intake)


class TestFrozen:
    async def test_somebody_before_a_screen_waits_for_seconds_and_the_next_not_at_all(
        self, own: Installation, outages: Outages, spool: Path, port: int
    ) -> None:
        async with intake_on(own, spool, port) as intake:
            await sheltered(intake)
            await submit(intake, referral())
            count = len(await references(intake))
            outages.freeze()
            began = time.monotonic()
            first, one = await submit(intake, referral())
            assert time.monotonic() - began < SCREEN_SECONDS
            began = time.monotonic()
            second, two = await submit(intake, referral())
            code, _ = await post_mail(port, mail().as_bytes())
            assert time.monotonic() - began < PATIENCE_SECONDS, "The next one waited for the database again."
            assert (first, second, code) == (201, 201, 250)
            outages.thaw()
            await drained(intake)
            # The first may have been kept by the database too: then it has folded, and its receipt leads there.
            assert len(await references(intake)) == count + 3
            assert (await _ledger(intake, one["reference"])).reference
            assert (await _ledger(intake, two["reference"])).reference == two["reference"]

    async def test_what_needs_the_database_says_so_and_lets_nobody_hang(
        self, own: Installation, outages: Outages, spool: Path, port: int
    ) -> None:
        async with intake_on(own, spool, port) as intake:
            await sheltered(intake)
            _, kept = await submit(intake, referral())
            where, bearer = f"{SUBMIT}/{kept['reference']}", await authorization(intake)
            outages.freeze()
            began = time.monotonic()
            status = await intake.client.get(where, headers=bearer)
            added = await intake.client.post(f"{where}/versions", json={"words": "More."}, headers=bearer)
            health = await intake.client.get("/health/ready")
            assert time.monotonic() - began < 3 * SCREEN_SECONDS
            assert [answer.status_code for answer in (status, added, health)] == [503, 503, 503]
            assert status.json()["title"] == "database-unavailable"
            assert added.json()["title"] == "outcome-unknown"
            assert status.headers["retry-after"] == added.headers["retry-after"]
            outages.thaw()


class TestRefused:
    async def test_a_spool_that_is_full_says_so_at_every_door(
        self, own: Installation, outages: Outages, spool: Path, port: int
    ) -> None:
        async with intake_on(own, spool, port, spool_size_limit=100) as intake:
            await sheltered(intake)
            await asyncio.to_thread(outages.stop)
            status, problem = await submit(intake, referral())
            code, text = await post_mail(port, mail().as_bytes())
            assert (status, problem["title"]) == (503, "spool-full")
            assert code == 451
            assert "Accepted" not in text
            await asyncio.to_thread(outages.start)

    async def test_a_spool_that_cannot_be_written_says_so_at_every_door(
        self, own: Installation, outages: Outages, spool: Path, port: int
    ) -> None:
        async with intake_on(own, spool, port) as intake:
            await sheltered(intake)
            await asyncio.to_thread(outages.stop)
            spool.rename(spool.with_name("taken away"))
            status, problem = await submit(intake, referral())
            code, _ = await post_mail(port, mail().as_bytes())
            assert (status, problem["title"], code) == (503, "spool-unwritable", 451)
            spool.with_name("taken away").rename(spool)
            status, _ = await submit(intake, referral())
            assert status == 201
            await asyncio.to_thread(outages.start)
            await drained(intake)


class TestLateStart:
    async def test_intake_begins_without_its_database_and_knows_what_it_had_accepted(
        self, own: Installation, outages: Outages, spool: Path, port: int
    ) -> None:
        async with intake_on(own, spool, port) as intake:
            await sheltered(intake)
            count = len(await references(intake))
            await asyncio.to_thread(outages.stop)
            body = referral()
            _, first = await submit(intake, body, key := secrets.token_hex(8))
        async with intake_on(own, spool, port) as intake:
            _, again = await submit(intake, body, key)
            status, second = await submit(intake, referral())
            assert (status, again["reference"]) == (201, first["reference"])
            assert (await intake.client.get("/health/ready")).status_code == 503
            await asyncio.to_thread(outages.start)
            await drained(intake)
            assert {first["reference"], second["reference"]} <= set(await references(intake))
            assert len(await references(intake)) == count + 2

            async def ready() -> bool:
                return (await intake.client.get("/health/ready")).status_code == 200

            await eventually(ready)


async def _ledger(intake: Running, reference: str) -> Ledger:
    async with intake.runtime.database.transaction(Actor.service("intake")) as session:
        return await ledger(session, reference)


class TestForm:
    async def test_who_has_begun_goes_on_and_gets_a_receipt_and_pressing_twice_is_one_referral(
        self, own: Installation, outages: Outages, spool: Path, port: int
    ) -> None:
        async with intake_on(own, spool, port) as intake:
            await sheltered(intake)
            count = len(await references(intake))
            half = len(NEEDED) // 2
            await fill_in(intake, answers(), NEEDED[:half])
            await asyncio.to_thread(outages.stop)
            await fill_in(intake, answers(), NEEDED[half:])
            page = await intake.client.get("/referral/declaration")
            fields = {"sharing_acknowledged": "yes", **hidden(page.text)}
            sent = [await intake.client.post("/referral/declaration", data=fields) for _ in range(2)]
            assert {answer.headers["location"] for answer in sent} == {"/referral/receipt"}
            receipt = await intake.client.get("/referral/receipt")
            [waiting] = shelter_of(intake.runtime).spool.waiting.values()  # type: ignore[union-attr]
            assert waiting.receipt
            assert waiting.receipt.reference in receipt.text
            assert TOLD not in receipt.text
            assert "cannot be told before the fault is mended" in receipt.text
            await asyncio.to_thread(outages.start)
            await drained(intake)
            assert waiting.receipt.reference in await references(intake)
            assert len(await references(intake)) == count + 1
            receipt = await intake.client.get("/referral/receipt")
            assert waiting.receipt.reference in receipt.text
            assert TOLD in receipt.text

    async def test_who_comes_during_the_outage_can_refer_and_staff_are_told_to_wait(
        self, own: Installation, outages: Outages, spool: Path, port: int
    ) -> None:
        async with intake_on(own, spool, port) as intake:
            await sheltered(intake)
            await asyncio.to_thread(outages.stop)
            await fill_in(intake, answers(), NEEDED)
            sent = await post(intake, "/referral/declaration", {"sharing_acknowledged": "yes"})
            assert sent.headers["location"] == "/referral/receipt"
            stranger = {"cookie": f"throughline_intake={secrets.token_urlsafe(32)}"}
            intake.client.cookies.clear()
            assert (await intake.client.get("/desk", headers=stranger)).status_code == 503
            assert (await intake.client.get("/", headers=stranger)).status_code == 200
            await asyncio.to_thread(outages.start)
            await drained(intake)

    async def test_staff_who_use_the_form_meanwhile_are_signed_in_afterwards_and_lose_nothing_typed(
        self, own: Installation, outages: Outages, spool: Path, port: int
    ) -> None:
        async with intake_on(own, spool, port) as intake:
            await sheltered(intake)
            await as_officer(intake)
            assert (await intake.client.get("/desk")).status_code == 200
            cookie = intake.client.cookies["throughline_intake"]
            half = len(NEEDED) // 2
            await asyncio.to_thread(outages.stop)
            assert (await intake.client.get("/desk")).status_code == 503
            await fill_in(intake, answers(), NEEDED[:half])
            assert (await intake.client.get("/desk")).status_code == 503
            page = (await intake.client.get(f"{PAGE}{NEEDED[0].key}")).text
            work = await intake.client.post("/desk/pairs/KM-2222-2222/KM-3333-3333", data=hidden(page))
            assert work.status_code == 503
            await asyncio.to_thread(outages.start)

            async def back() -> bool:
                return (await intake.client.get("/desk")).status_code == 200

            await eventually(back)
            assert intake.client.cookies["throughline_intake"] == cookie
            await fill_in(intake, answers(), NEEDED[half:])
            sent = await post(intake, "/referral/declaration", {"sharing_acknowledged": "yes"})
            assert sent.headers["location"] == "/referral/receipt"
            assert (await intake.client.get("/desk")).status_code == 200

    async def test_a_full_spool_is_a_page_that_says_so_and_nothing_typed_is_lost(
        self, own: Installation, outages: Outages, spool: Path, port: int
    ) -> None:
        async with intake_on(own, spool, port, spool_size_limit=100) as intake:
            await sheltered(intake)
            await fill_in(intake, answers(), NEEDED)
            await asyncio.to_thread(outages.stop)
            refused = await post(intake, "/referral/declaration", {"sharing_acknowledged": "yes"})
            assert refused.status_code == 503
            assert "no more can be written down until it is back" in refused.text
            await asyncio.to_thread(outages.start)
            await drained(intake)

            async def taken() -> bool:
                sent = await post(intake, "/referral/declaration", {"sharing_acknowledged": "yes"})
                return str(sent.headers.get("location")) == "/referral/receipt"

            await eventually(taken)


class TestStuck:
    async def test_what_does_not_open_is_told_and_keeps_nobody_waiting(
        self, own: Installation, outages: Outages, spool: Path, port: int
    ) -> None:
        async with intake_on(own, spool, port) as intake:
            await sheltered(intake)
            await asyncio.to_thread(outages.stop)
            _, spoilt = await submit(intake, referral())
            [file] = spool.glob("*.entry")
            file.write_bytes(file.read_bytes()[:-1] + b"?")
            _, whole = await submit(intake, referral())
            await asyncio.to_thread(outages.start)

            async def taken() -> bool:
                with contextlib.suppress(Unavailable):
                    # Its file goes after the commit.
                    return whole["reference"] in await references(intake) and len(waiting_of(intake.runtime)) == 1
                return False

            await eventually(taken)
            assert spoilt["reference"] not in await references(intake)
            [waiting] = waiting_of(intake.runtime)
            waiting.tries, waiting.not_before = STUCK_TRIES - 1, 0

            async def told() -> bool:
                return is_stuck(waiting)

            await eventually(told)
            operator = {"Authorization": f"Bearer {_ops_token(own)}", "X-Operator": "Sample Operator"}
            answer = await intake.client.get("/ops/spool", headers=operator)
            assert [each["trouble"] for each in answer.json()["entries"]] == ["spool-entry-stuck"]
            assert answer.json()["entries"][0]["cause"] == "seal-broken"
            figures = (await intake.client.get("/metrics")).text
            assert "intake_spool_stuck 1" in figures
            assert "intake_spool_entries 1" in figures


def _ops_token(own: Installation) -> str:
    return load_secrets(vault.secrets_file(own.folder, "monitor")).ops_token
