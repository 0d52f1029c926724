"""Signatures checked against a zone that lives here: what holds, what does not, and what can never hurt a reading."""

import base64
from collections.abc import Mapping

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from services.intake.domain import SenderEvidence, Source, Verdict
from services.intake.doors.sender_check import SenderCheck
from tests.intake.builders import mail

DOMAIN, KEY_NAME = "our-hill.example", "s1._domainkey.our-hill.example"
KNOWN = SenderEvidence(domain=DOMAIN)


class Zone:
    """Names that are looked up here and nowhere else; None stands for a server that does not answer."""

    def __init__(self, texts: Mapping[str, str | None]) -> None:
        self._texts = texts
        self.asked: list[str] = []

    async def text(self, name: str) -> str | None:
        """Return what is published under the name."""
        self.asked.append(name)
        if name in self._texts and self._texts[name] is None:
            raise OSError
        return self._texts.get(name)


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    """A key made here."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def zone(key: rsa.RSAPrivateKey) -> dict[str, str | None]:
    """What the sender's domain publishes."""
    spki = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return {KEY_NAME: f"v=DKIM1; k=rsa; p={base64.b64encode(spki).decode()}", f"_dmarc.{DOMAIN}": "v=DMARC1; p=reject"}


def signed(key: rsa.RSAPrivateKey, raw: bytes | None = None, domain: str = DOMAIN, **given: bool) -> bytes:
    """Return a mail with the signature of a domain."""
    content = (raw or mail(From=f"a@{DOMAIN}").as_bytes()).replace(b"\n", b"\r\n")
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return (
        bytes(dkim.sign(content, b"s1", domain.encode(), pem, include_headers=[b"from", b"subject"], **given)) + content
    )


async def look(raw: bytes, texts: Mapping[str, str | None], known: SenderEvidence = KNOWN) -> SenderEvidence:
    return await SenderCheck(Zone(texts)).evidence(raw, known)


class TestSignature:
    async def test_that_holds_and_belongs_to_the_sender_passes(
        self, key: rsa.RSAPrivateKey, zone: dict[str, str | None]
    ) -> None:
        found = await look(signed(key), zone)
        assert (found.source, found.dkim, found.dmarc) == (Source.OURSELVES, Verdict.PASS, Verdict.PASS)
        assert found.signers == (DOMAIN,)

    async def test_over_another_text_fails_and_is_no_reason_to_call_it_forged_by_itself(
        self, key: rsa.RSAPrivateKey, zone: dict[str, str | None]
    ) -> None:
        found = await look(signed(key) + b"one word more\r\n", zone)
        assert (found.dkim, found.dmarc) == (Verdict.FAIL, Verdict.UNSURE)
        assert not found.looks_forged

    async def test_of_a_part_only_vouches_for_nothing(
        self, key: rsa.RSAPrivateKey, zone: dict[str, str | None]
    ) -> None:
        raw = signed(key, length=True)
        assert b"l=" in raw.partition(b"\r\n\r\n")[0]
        assert (await look(raw + b"a form that somebody hung on it\r\n", zone)).dkim is Verdict.FAIL

    async def test_of_another_organisation_says_nothing_of_the_sender(
        self, key: rsa.RSAPrivateKey, zone: dict[str, str | None]
    ) -> None:
        other = {**zone, "s1._domainkey.list.example": zone[KEY_NAME]}
        found = await look(signed(key, domain="list.example"), other)
        assert (found.dkim, found.dmarc, found.signers) == (Verdict.PASS, Verdict.UNSURE, ("list.example",))

    async def test_of_a_house_of_the_sender_counts_unless_the_domain_is_strict(
        self, key: rsa.RSAPrivateKey, zone: dict[str, str | None]
    ) -> None:
        house = {**zone, "s1._domainkey.mail.our-hill.example": zone[KEY_NAME]}
        raw = signed(key, domain="mail.our-hill.example")
        assert (await look(raw, house)).dmarc is Verdict.PASS
        strict = {**house, f"_dmarc.{DOMAIN}": "v=DMARC1; p=reject; adkim=s"}
        assert (await look(raw, strict)).dmarc is Verdict.UNSURE


class TestNothingHurts:
    async def test_a_mail_without_signature_or_policy(self) -> None:
        found = await look(mail().as_bytes(), {})
        assert (found.dkim, found.dmarc) == (Verdict.NONE, Verdict.NONE)

    async def test_a_name_server_that_does_not_answer(
        self, key: rsa.RSAPrivateKey, zone: dict[str, str | None]
    ) -> None:
        found = await look(signed(key), dict.fromkeys(zone))
        assert (found.dkim, found.dmarc) == (Verdict.UNSURE, Verdict.UNSURE)

    @pytest.mark.parametrize(
        "header",
        [
            b"DKIM-Signature: \r\n",
            b"DKIM-Signature: v=1; d=../../etc; s=passwd; b=AAAA; bh=AAAA; h=from; a=rsa-sha256\r\n",
            b"DKIM-Signature: v=1; d=our-hill.example; s=s1; a=rsa-sha256; h=from; bh=!; b=?\r\n",
            b"DKIM-Signature: " + b"a=" * 5000 + b"\r\n",
            b"DKIM-Signature: v=1; d=our-hill.example; s=s1\r\n" * 50,
        ],
    )
    async def test_what_somebody_wrote_there(self, header: bytes, zone: dict[str, str | None]) -> None:
        names = Zone(zone)
        found = await SenderCheck(names).evidence(header + mail().as_bytes(), KNOWN)
        assert found.dkim is Verdict.FAIL
        assert set(names.asked) <= {KEY_NAME, f"_dmarc.{DOMAIN}"}

    async def test_a_relay_that_has_looked_already(self) -> None:
        known = SenderEvidence(source=Source.RELAY, dmarc=Verdict.PASS)
        assert await look(b"anything", {}, known) is known
