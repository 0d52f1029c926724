"""What our own mail relay found out about a sender, read from its Authentication-Results (RFC 8601)."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache

from publicsuffixlist import PublicSuffixList

from services.intake.domain import SenderEvidence, Source, Verdict
from services.intake.readers.headers import MailHeaders

RESULT = re.compile(r"([a-z][a-z0-9-]*)(?:\s*/\s*\d+)?\s*=\s*([a-z]+)\b(.*)", re.IGNORECASE | re.DOTALL)
SIGNER = re.compile(r"\bheader\.(?:d|i)\s*=\s*\"?(?:[^\s\"@;]*@)?([a-z0-9.-]+)", re.IGNORECASE)
METHODS = ("spf", "dkim", "dmarc")
HOPS = 1
"""How many Received headers may stand above what our relay says: its own, where it adds its findings below that."""


@dataclass(frozen=True)
class Finding:
    """What one check of one relay came to."""

    method: str
    verdict: Verdict
    signer: str = ""


def evidence_in(headers: MailHeaders, relays: Collection[str]) -> SenderEvidence:
    """Return what our own relays say of the sender; `relays` are their names in small letters (authserv-id).

    Anybody can write such a header. Those of other names are ignored, and so is what stands below a hop that was not
    our relay's. Of each check the topmost word counts: our relay writes above everything that came with the mail.
    """
    found = _findings(headers, relays)
    signatures = found.get("dkim", ())
    return SenderEvidence(
        source=Source.RELAY if found else Source.NOBODY,
        spf=_first(found.get("spf", ())),
        dkim=Verdict.PASS if any(each.verdict == Verdict.PASS for each in signatures) else _first(signatures),
        dmarc=_first(found.get("dmarc", ())),
        domain=domain_of(headers.sender),
        signers=tuple(dict.fromkeys(each.signer for each in signatures if each.verdict == Verdict.PASS)),
        replies_elsewhere=replies_elsewhere(headers),
    )


def _findings(headers: MailHeaders, relays: Collection[str]) -> dict[str, tuple[Finding, ...]]:
    found: dict[str, tuple[Finding, ...]] = {}
    for above, value in headers.results:
        if above > HOPS:
            break
        here = list(findings(value, relays))
        for method in METHODS:
            mine = tuple(each for each in here if each.method == method)
            if mine:
                found.setdefault(method, mine)
    return found


def findings(value: str, relays: Collection[str]) -> Iterator[Finding]:
    """Return what one Authentication-Results header says, nothing when none of the relays wrote it."""
    name, *results = _split(_without_comments(value))
    words = name.split()
    if not words or words[0].strip('"').lower() not in relays:
        return
    for result in results:
        if said := RESULT.match(result.strip()):
            signer = SIGNER.search(said[3]) if said[1].lower() == "dkim" else None
            yield Finding(said[1].lower(), Verdict.from_word(said[2]), signer[1].lower().strip(".") if signer else "")


def _without_comments(value: str) -> str:
    kept, depth, quoted, escaped = [], 0, False, False
    for letter in value:
        if not escaped and letter == '"' and not depth:
            quoted = not quoted
        opens, closes = (letter == "(" and not escaped and not quoted), (letter == ")" and not escaped and not quoted)
        depth += opens
        if not depth:
            kept.append(letter)
        depth -= closes and depth > 0
        escaped = letter == "\\" and not escaped
    return "".join(kept)


def _split(value: str) -> list[str]:
    """Return the parts between semicolons that do not stand in quotation marks."""
    parts = re.findall(r'(?:"(?:\\.|[^"\\])*"|[^;"]|")+', value)
    return parts or [""]


def _first(found: Collection[Finding]) -> Verdict:
    return next((each.verdict for each in found), Verdict.UNTOLD)


def replies_elsewhere(headers: MailHeaders) -> bool:
    """Say whether Reply-To belongs to another organisation than From."""
    asked, given = domain_of(headers.reply_to), domain_of(headers.sender)
    return bool(asked) and asked != given and organisation(asked) != organisation(given)


def domain_of(address: str) -> str:
    """Return the domain of an address in small letters, "" without one."""
    return address.rpartition("@")[2].lower().strip(".")


def organisation(domain: str) -> str:
    """Return the domain that somebody registered, as `school.example` for `mail.school.example`."""
    return _suffixes().privatesuffix(domain) or domain


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()
