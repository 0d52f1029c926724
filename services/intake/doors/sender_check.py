"""Checks the sender of a mail when no relay of ours did: its signatures, and what its domain says of them (DMARC)."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Protocol

import dns.asyncresolver
import dns.exception
import dns.resolver

from chassis import telemetry
from services.intake.domain import SenderEvidence, Source, Verdict
from services.intake.doors.arriving import EMPTY_LINE, HEADERS_LIMIT
from services.intake.readers.evidence import organisation
from services.intake.readers.signatures import Signature, checked, signatures_of

SECONDS_TO_ASK = 5.0
NOBODY_HERE = (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer)

log = telemetry.logger("intake.doors")


class Names(Protocol):
    """Looks up what a domain publishes."""

    async def text(self, name: str) -> str | None:
        """Return the text published under a name, None where there is none; raises OSError when nobody answers."""


class NameServer:
    """The machine's own name server."""

    async def text(self, name: str) -> str | None:
        """Return the text published under a name; see `Names`."""
        try:
            answer = await dns.asyncresolver.resolve(name, "TXT", lifetime=SECONDS_TO_ASK)
        except NOBODY_HERE:
            return None
        except dns.exception.DNSException as error:
            raise OSError(type(error).__name__) from None
        texts = [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
        return next((text for text in texts if text.startswith(("v=DMARC1", "v=DKIM1"))), texts[0] if texts else None)


class SenderCheck:
    """Checks senders after their mail is kept; whatever goes wrong, the evidence is as it was."""

    def __init__(self, names: Names) -> None:
        """Ask this name server."""
        self._names = names

    async def evidence(self, raw: bytes, known: SenderEvidence) -> SenderEvidence:
        """Return what is known of a sender once signatures and domain were looked at; a relay's word stands."""
        if known.source is not Source.NOBODY:
            return known
        try:
            return await self._looked_at(raw, known)
        except Exception as error:  # noqa: BLE001  evidence is not worth a reading that fails
            log.warning("A sender could not be checked.", extra={"facts": {"error": type(error).__name__}})
            return known

    async def _looked_at(self, raw: bytes, known: SenderEvidence) -> SenderEvidence:
        end = EMPTY_LINE.search(raw)
        signatures = signatures_of(raw[: min(end.start() if end else len(raw), HEADERS_LIMIT)] + b"\r\n\r\n")
        keys = await self._texts(each.name for each in signatures if each.name)
        found = {name: key for name, key in keys.items() if isinstance(key, str)}
        held = await checked(raw, found, len(signatures)) if signatures else ()
        # What covers a part of the mail only vouches for no form that somebody hung on it.
        whole = [each for each, good in zip(signatures, held, strict=True) if good and not each.partial]
        unknown = any(isinstance(keys.get(each.name), OSError) for each in signatures)
        return replace(
            known,
            source=Source.OURSELVES,
            dkim=_dkim(signatures, whole, unknown=unknown),
            dmarc=await self._dmarc(known.domain, [each.domain for each in whole]),
            signers=tuple(dict.fromkeys(each.domain for each in whole)),
        )

    async def _dmarc(self, domain: str, signers: list[str]) -> Verdict:
        """Return what the owner of the domain in From makes of it (RFC 7489); a failure needs SPF too, unknown here."""
        if not domain:
            return Verdict.NONE
        home = organisation(domain)
        policies = await self._texts(dict.fromkeys((f"_dmarc.{domain}", f"_dmarc.{home}")))
        policy = next((each for each in policies.values() if isinstance(each, str)), None)
        if policy is None:
            return Verdict.UNSURE if any(isinstance(each, OSError) for each in policies.values()) else Verdict.NONE
        tags = "".join(policy.lower().split()).split(";")
        strict = "adkim=s" in tags
        aligned = domain in signers or (not strict and home in {organisation(each) for each in signers})
        return Verdict.PASS if aligned else Verdict.UNSURE

    async def _texts(self, names: Iterable[str]) -> Mapping[str, "str | OSError | None"]:
        async def asked(name: str) -> "str | OSError | None":
            try:
                return await self._names.text(name)
            except OSError as error:
                return error

        wanted = list(names)
        return dict(zip(wanted, await asyncio.gather(*(asked(name) for name in wanted)), strict=True))


def _dkim(signatures: tuple[Signature, ...], whole: list[Signature], *, unknown: bool) -> Verdict:
    if whole:
        return Verdict.PASS
    if unknown:
        return Verdict.UNSURE
    return Verdict.FAIL if signatures else Verdict.NONE
