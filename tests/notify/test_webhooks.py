"""Webhooks over real sockets: signed, never redirected, never inward, and told apart by what the receiver does."""

import asyncio
import datetime as dt
import ipaddress
import json
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from services.notify.clients import Facts, Message, Outward, WebhookClient
from services.notify.clients.webhook import ConsoleWebhookClient
from services.notify.domain import Result
from tests.notify.receiver_made import ANSWERS, Receiver, answer, receiving

ID = UUID("11111111-1111-4111-8111-111111111111")
NEW, OLD = "whsec_" + "bmV3LXNlY3JldC1tYWRlLXVw", "whsec_" + "b2xkLXNlY3JldC1tYWRlLXVw"
HERE = (ipaddress.ip_network("127.0.0.0/8"),)
FACTS = Facts(
    "concern-received",
    "KM-TEST-TEST",
    "https://t.example/concerns/1",
    urgent=True,
    at=datetime(2026, 11, 21, 9, tzinfo=UTC),
)
CANARY = "Canaryforename Canarysurname"


def message(address: str) -> Message:
    return Message(ID, "kent-and-medway/kent-cru", address, "en", "KM-TEST-TEST", f"Words: {CANARY}", FACTS)


def client(*, secrets: tuple[str, ...] = (NEW,), patience: float = 5.0) -> WebhookClient:
    return WebhookClient(Outward(lambda _: secrets, HERE, patience))


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Return a receiver on this machine."""
    async with receiving() as made:
        yield made


class TestSigned:
    async def test_the_receivers_library_verifies_it(self, receiver: Receiver) -> None:
        delivery = await client().send(message(receiver.url))
        assert (delivery.result, delivery.code, delivery.acknowledged_by) == (Result.ACCEPTED, 204, "")
        [posted] = receiver.posted
        told = Webhook(NEW).verify(posted.body, posted.headers)
        assert told == {
            "type": "throughline.concern-received",
            "timestamp": "2026-11-21T09:00:00+00:00",
            "data": {
                "id": str(ID),
                "reference": "KM-TEST-TEST",
                "urgent": True,
                "link": "https://t.example/concerns/1",
            },
        }
        assert posted.headers["webhook-id"] == str(ID)

    async def test_it_holds_nothing_of_the_words_of_a_mail(self, receiver: Receiver) -> None:
        await client().send(message(receiver.url))
        assert "Canary" not in str(receiver.posted)

    async def test_both_secrets_are_good_while_one_takes_the_others_place(self, receiver: Receiver) -> None:
        await client(secrets=(NEW, OLD)).send(message(receiver.url))
        [posted] = receiver.posted
        for secret in (NEW, OLD):
            assert Webhook(secret).verify(posted.body, posted.headers)
        with pytest.raises(WebhookVerificationError):
            Webhook("whsec_" + "c29tZS1vdGhlci1zZWNyZXQ=").verify(posted.body, posted.headers)

    async def test_one_changed_byte_or_an_old_moment_is_seen(self, receiver: Receiver) -> None:
        await client().send(message(receiver.url))
        [posted] = receiver.posted
        changed = posted.body.replace(b"true", b"null")
        old = posted.headers | {"webhook-timestamp": str(int(posted.headers["webhook-timestamp"]) - 600)}
        for body, headers in ((changed, posted.headers), (posted.body, old)):
            with pytest.raises(WebhookVerificationError):
                Webhook(NEW).verify(body, headers)

    async def test_without_a_secret_nothing_leaves(self, receiver: Receiver) -> None:
        assert (await client(secrets=()).send(message(receiver.url))).result == Result.NOT_SET_UP
        assert receiver.posted == []

    def test_what_is_written_is_the_same_at_each_attempt(self) -> None:
        one = message("http://127.0.0.1/")
        assert client().written(one) == ConsoleWebhookClient().written(replace(one, repeated=True))


class TestWhatTheReceiverDoes:
    @pytest.mark.parametrize(
        ("code", "result"),
        [
            (200, Result.ACCEPTED), (202, Result.ACCEPTED), (204, Result.ACCEPTED), (301, Result.REFUSED),
            (400, Result.REFUSED), (401, Result.REFUSED), (404, Result.REFUSED), (410, Result.REFUSED),
            (408, Result.DEFERRED), (429, Result.DEFERRED), (500, Result.DEFERRED), (502, Result.DEFERRED),
            (503, Result.DEFERRED),
        ],
    )  # fmt: skip
    async def test_tells_later_from_never_as_the_twin_does(self, receiver: Receiver, code: int, result: Result) -> None:
        receiver.answers = [answer(code)]
        for one in (client(), ConsoleWebhookClient({receiver.url: code})):
            delivery = await one.send(message(receiver.url))
            assert (delivery.result, delivery.code) == (result, code)

    @pytest.mark.parametrize("code", [429, 503])
    @pytest.mark.parametrize(("asked", "least"), [("120", 119), ("{date}", 110), ("soon", None), ("-5", None)])
    async def test_asks_for_time(self, receiver: Receiver, code: int, asked: str, least: int | None) -> None:
        later = datetime.now(UTC) + timedelta(seconds=120)
        header = asked.format(date=f"{later:%a, %d %b %Y %H:%M:%S GMT}")
        receiver.answers = [answer(code, Retry_After=header)]
        wait = (await client().send(message(receiver.url))).wait
        assert wait is None if least is None else wait is not None and least <= wait.total_seconds() <= 120

    async def test_a_redirect_is_not_followed(self, receiver: Receiver) -> None:
        receiver.answers = [answer(307, Location=receiver.url + "/elsewhere")]
        assert (await client().send(message(receiver.url))).result == Result.REFUSED
        assert len(receiver.posted) == 1

    async def test_done_and_then_answered_wrongly_is_told_again_with_the_same_id(self, receiver: Receiver) -> None:
        receiver.answers = [ANSWERS["broken"], ANSWERS["taken"]]
        results = [(await client().send(message(receiver.url))).result for _ in range(2)]
        assert results == [Result.DEFERRED, Result.ACCEPTED]
        assert {posted.headers["webhook-id"] for posted in receiver.posted} == {str(ID)}

    async def test_no_answer_is_unknown_because_it_may_have_been_taken(self, receiver: Receiver) -> None:
        receiver.answers, receiver.then = [b""], "stall"
        assert (await client(patience=0.4).send(message(receiver.url))).result == Result.UNKNOWN
        assert len(receiver.posted) == 1

    async def test_a_line_that_breaks_instead_of_an_answer_is_unknown(self, receiver: Receiver) -> None:
        receiver.answers = [b""]
        assert (await client().send(message(receiver.url))).result == Result.UNKNOWN

    @pytest.mark.parametrize("nonsense", [b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x00" * 100])
    async def test_what_is_no_answer_of_http_is_unknown(self, receiver: Receiver, nonsense: bytes) -> None:
        receiver.answers = [nonsense]
        assert (await client().send(message(receiver.url))).result == Result.UNKNOWN

    async def test_nobody_there_is_tried_later(self) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            nobody = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        assert (await client().send(message(nobody))).result == Result.DEFERRED

    async def test_a_name_that_is_none_is_tried_later(self) -> None:
        assert (await client().send(message("https://nobody.invalid/"))).result == Result.DEFERRED

    @pytest.mark.parametrize("body", [b"OK", b"<html>Sign in", b"{", b"[" * 3000, b"null", b'{"acknowledged_by": 7}'])
    async def test_an_answer_of_nonsense_is_taken_and_acknowledges_nothing(
        self, receiver: Receiver, body: bytes
    ) -> None:
        receiver.answers = [answer(200, body)]
        delivery = await client().send(message(receiver.url))
        assert (delivery.result, delivery.acknowledged_by) == (Result.ACCEPTED, "")

    async def test_a_huge_answer_is_left_unread(self, receiver: Receiver) -> None:
        receiver.answers = [answer(200, b'{"acknowledged_by": "A", "x": "' + b"x" * 30_000_000 + b'"}')]
        delivery = await client().send(message(receiver.url))
        assert (delivery.result, delivery.acknowledged_by) == (Result.ACCEPTED, "")

    async def test_an_answer_that_drips_for_ever_holds_nobody_and_was_taken(self, receiver: Receiver) -> None:
        receiver.answers, receiver.then = [b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"], "drip"
        async with asyncio.timeout(10):
            delivery = await client(patience=0.5).send(message(receiver.url))
        assert delivery.result == Result.ACCEPTED

    async def test_says_who_acknowledges(self, receiver: Receiver) -> None:
        receiver.answers = [answer(200, json.dumps({"acknowledged_by": " Sample Worker (synthetic) "}).encode())]
        assert (await client().send(message(receiver.url))).acknowledged_by == "Sample Worker (synthetic)"

    @pytest.mark.parametrize("name", ["", "A\r\nB", "x" * 201])
    async def test_a_name_that_is_none_acknowledges_nothing(self, receiver: Receiver, name: str) -> None:
        receiver.answers = [answer(200, json.dumps({"acknowledged_by": name}).encode())]
        assert (await client().send(message(receiver.url))).acknowledged_by == ""


class TestWhereItMayGo:
    @pytest.mark.parametrize(
        "address",
        [
            "https://10.0.0.1/", "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data/", "https://[::1]/",
            "https://[::ffff:127.0.0.1]/", "https://100.64.0.1/", "https://0.0.0.0/", "http://93.184.215.14/",
            "ftp://127.0.0.1/", "https://user:word@127.0.0.1/",
        ],
    )  # fmt: skip
    async def test_never_inward_nor_in_clear(self, address: str) -> None:
        assert (await client().send(message(address))).result == Result.REFUSED

    async def test_to_this_machine_only_where_the_installation_says_so(self, receiver: Receiver) -> None:
        unset = WebhookClient(Outward(lambda _: (NEW,)))
        assert (await unset.send(message(receiver.url))).result == Result.REFUSED
        assert receiver.posted == []

    async def test_a_name_that_leads_inward_is_seen(self, receiver: Receiver) -> None:
        inward = f"https://localhost:{receiver.port}/"
        unset = WebhookClient(Outward(lambda _: (NEW,)))
        assert (await unset.send(message(inward))).result == Result.REFUSED

    async def test_the_certificate_must_be_of_the_name(self, tmp_path: Path) -> None:
        trusted = ssl.create_default_context()
        for name, result in (("localhost", Result.ACCEPTED), ("elsewhere.example", Result.DEFERRED)):
            served, authority = certificates(name, tmp_path)
            trusted.load_verify_locations(authority)
            async with receiving(served) as receiver:
                outward = Outward(lambda _: (NEW,), (*HERE, ipaddress.ip_network("::1")), 5.0, trusted)
                delivery = await WebhookClient(outward).send(message(f"https://localhost:{receiver.port}/"))
                assert (delivery.result, len(receiver.posted)) == (result, int(result == Result.ACCEPTED))

    async def test_a_certificate_that_nobody_vouches_for_is_none(self, tmp_path: Path) -> None:
        served, _ = certificates("localhost", tmp_path)
        async with receiving(served) as receiver:
            delivery = await client().send(message(f"https://localhost:{receiver.port}/"))
        assert delivery.result == Result.DEFERRED


def certificates(name: str, folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Return a server's side for a name, and the file of the certificate that vouches for it: itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(called).issuer_name(called).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - dt.timedelta(days=1)).not_valid_after(today + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    certificate, private = folder / f"{name}.pem", folder / f"{name}.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    unsealed = serialization.NoEncryption()
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, unsealed))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, private)
    return context, certificate
