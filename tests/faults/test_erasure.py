"""An erased subject: nothing sealed opens, inboxes answer `erased`, the ledger says it, nothing is in clear."""

import base64
import contextlib
import email
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx2
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.crypto import SealBroken, TopicKeys, together, unseal
from chassis.wire import EnvelopeUnreadable, decode
from cli import vault
from cli.provision import BUS, KEYS
from contracts.catalogue import SERVICES, TOPIC_BY_NAME
from contracts.envelope import Envelope
from contracts.vocabulary import ReferralForm
from samples.send import REFERENCE
from services.intake.writers import filled_docx
from tests.faults.canaries import Plant, in_databases, in_files
from tests.faults.test_canaries import by_mail, key_of, read
from tests.faults.walking import walked
from tests.journeys.live import Live, aside, mailed, signed_in, wait
from tests.journeys.pages import answered, tree
from tests.journeys.steps import GATEWAY, mailed_link

WRITTEN = {
    "triage: assessment.sealed_assessment",
    "triage: assessment_draft.sealed_draft",
    "triage: begun_work.sealed_words",
    "triage: correction.sealed_words",
    "triage: decision.sealed_concern",
    "triage: deconfliction.sealed_contact",
    "triage: deconfliction.sealed_note",
    "triage: decision.sealed_rationale",
    "triage: history.sealed_note",
    "triage: obligation.sealed_message",
    "triage: obligation.sealed_report",
    "triage: person_merge.sealed_note",
    "triage: person_merge.sealed_undone_note",
    "triage: person_referral.sealed_identity",
    "triage: referral.sealed_concern",
    "triage: sameness.sealed_reason",
    "triage: transfer.sealed_message",
    "triage: transfer.sealed_reason",
    "channel: correction.sealed_correction",
    "channel: pack.sealed_parts",
    "notify: acknowledgement.by_sealed",
    "notify: acknowledgement.report_sealed",
    "notify: signpost.message_sealed",
    "notify: transfer.message_sealed",
}
"""Where the pathway leaves words that open before the erasure."""


@dataclass(frozen=True)
class Erased:
    """A referral before and after its erasure in every service."""

    live: Live
    plant: Plant
    reference: str
    subject: UUID
    statistics_key: UUID
    opened_before: set[str]
    link: str
    announced_before: list[str]
    receipts: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Opener:
    """Tries every key of the installation on every sealed value that is stored about a subject."""

    live: Live
    subject: UUID

    def opens(self) -> list[str]:
        """Return where a value lies that opens, by database and table; a subject without keys leaves none."""
        return [place for place, _ in aside(self._all())]

    def telling(self, mark: str) -> set[str]:
        """Return where a value lies that opens and, unpacked, holds a mark."""
        found = [*aside(self._all()), *(("bus", words) for words in self._on_the_bus())]
        return {place for place, words in found if any(mark.encode() in each for each in unpacked(words))}

    async def _all(self) -> list[tuple[str, bytes]]:
        found: list[tuple[str, bytes]] = []
        for service in SERVICES:
            ciphers = await self._ciphers(service)
            connection = await asyncpg.connect(self.live.database_url(vault.database_of(service)))
            try:
                found += await self._in_tables(connection, service, ciphers)
                rows = await connection.fetch("SELECT * FROM outbox WHERE subject = $1", self.subject)
                found += [(f"{service}: outbox", words) for row in rows if (words := self._opened_row(row))]
                for table in ("inbox_held", "inbox_parked"):
                    rows = await connection.fetch(f"SELECT envelope FROM {table} WHERE subject = $1", self.subject)
                    bodies = (self._opened_body(row["envelope"]) for row in rows)
                    found += [(f"{service}: {table}", words) for words in bodies if words]
            finally:
                await connection.close()
        return found

    async def _ciphers(self, service: str) -> list[AESGCM]:
        """Return the subject's keys in a service's key store, unwrapped."""
        keys = await self._keys_of_all(service)
        return [keys[self.subject]] if self.subject in keys else []

    async def _keys_of_all(self, service: str) -> dict[UUID, AESGCM]:
        """Return every key in a service's key store, unwrapped: what is about two is sealed under the keys of both."""
        wrapping = AESGCM(base64.b64decode(vault.load(self.live.folder).key_encryption_keys[service]))
        connection = await asyncpg.connect(self.live.database_url(KEYS))
        try:
            rows = await connection.fetch(f"SELECT subject, wrapped FROM key_{service}.subject_key")
        finally:
            await connection.close()
        return {row["subject"]: AESGCM(unseal(wrapping, row["wrapped"], row["subject"].bytes)) for row in rows}

    async def _in_tables(self, connection: Any, service: str, ciphers: list[AESGCM]) -> list[tuple[str, bytes]]:
        columns = await connection.fetch(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND data_type = 'bytea'"
        )
        found: list[tuple[str, bytes]] = []
        others = await self._keys_of_all(service)
        for name, column in columns:
            values = await connection.fetch(f"SELECT {column} AS value FROM {name} WHERE {column} IS NOT NULL")
            opened = (self._opened(ciphers, row["value"], others) for row in values)
            found += [(f"{service}: {name}.{column}", words) for words in opened if words is not None]
        return found

    def _opened(self, ciphers: list[AESGCM], value: bytes, others: dict[UUID, AESGCM]) -> bytes | None:
        named, layers = together(value)
        # What is said of several people opens under the keys of all of them, in their order.
        if self.subject in named and all(each in others for each in named):
            for each in reversed(named):
                layers = unseal(others[each], layers, each.bytes)
            return layers
        for cipher in ciphers:
            with contextlib.suppress(SealBroken):
                return unseal(cipher, value, self.subject.bytes)
        return None

    def _topic_keys(self) -> TopicKeys:
        held = vault.load(self.live.folder).topic_keys
        return TopicKeys({topic: [key_of(each) for each in keys] for topic, keys in held.items()})

    def _opened_row(self, row: Any) -> bytes:
        bound = f"{row['event_id']}|{row['type']}|{row['subject']}".encode()
        return self._opened_under_topic(row["topic"], row["key_id"], row["sealed"], bound)

    def _opened_body(self, body: bytes) -> bytes:
        with contextlib.suppress(EnvelopeUnreadable):
            held: Envelope = decode(body)
            return self._opened_under_topic(held.topic, held.key_id, held.sealed, held.associated_data())
        return b""

    def _opened_under_topic(self, topic: str, key_id: str, sealed: bytes, bound: bytes) -> bytes:
        """Return what was said; nothing where it does not open."""
        if not TOPIC_BY_NAME[topic].sealed:
            return sealed
        with contextlib.suppress(SealBroken):
            return self._topic_keys().unseal(topic, key_id, sealed, bound)
        return b""

    def on_the_bus(self) -> int:
        """Return how many messages on the bus still open under their topic's key."""
        return len(self._on_the_bus())

    def _on_the_bus(self) -> list[bytes]:
        rows = self.live.rows(BUS, "SELECT topic, body FROM bus.message WHERE topic NOT LIKE 'receipts.%'")
        about = str(self.subject).encode()
        opened = [self._opened_body(row["body"]) for row in rows if about in row["body"]]
        return [words for words in opened if words]


def unpacked(value: bytes) -> Iterator[bytes]:
    """Yield a value and whatever is packed in it: the parts of a mail, the files of a Word document."""
    yield value
    if value.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(value)) as packed:
            yield from (packed.read(name) for name in packed.namelist())
    elif b"MIME-Version:" in value:
        parts = email.message_from_bytes(value).walk()
        bodies = [part.get_payload(decode=True) for part in parts if not part.is_multipart()]
        for body in bodies:
            assert isinstance(body, bytes)
            yield from unpacked(body)


@pytest.fixture(scope="module")
def erased(live: Live) -> Erased:
    """A referral of canaries that went the whole pathway and was then erased everywhere."""
    plant = Plant()
    reference = by_mail(live, plant)
    assert live.command("ledger", reference, "--wait", "60").returncode == 0
    wait(lambda: read(live, reference), 60, "The reading of the original")
    walked(live, reference, plant)
    (row,) = live.of("intake", "SELECT id, statistics_key FROM referral WHERE reference = $1", reference)
    subject: UUID = row["id"]
    wait(lambda: not unsettled(live, subject), 60, "The end of the pathway's messages")
    before, announced = set(Opener(live, subject).opens()), announced_under(live, row["statistics_key"])
    link = mailed_link(live, reference, "signpost-links")
    assert all(named(live, subject).values()), named(live, subject)
    order = {"subject": str(subject), "reason": "a test of erasure"}
    receipts = {service: live.operate(service, "POST", "erase", order) for service in SERVICES}
    return Erased(live, plant, reference, subject, row["statistics_key"], before, link, announced, receipts)


def named(live: Live, subject: UUID) -> dict[str, int]:
    """Return how many rows, sealed or not, lead from what officers do to a subject and are to be gone."""
    tables = ("begun_work", "clock", "person_key", "person_merge", "person_referral")
    found = {table: f"SELECT count(*) AS n FROM {table} WHERE subject = $1" for table in tables}
    found["sameness"] = """SELECT count(*) AS n FROM sameness JOIN referral
        ON referral.reference IN (earlier_reference, later_reference) WHERE referral.subject = $1"""
    return {table: live.of("triage", query, subject)[0]["n"] for table, query in found.items()}


def announced_under(live: Live, key: UUID) -> list[str]:
    """Return which tables of the senders hold what was announced under a statistics key."""
    return [
        f"{service}: {table}"
        for service in ("intake", "triage", "channel")
        for table in ("outbox", "dispatch")
        if live.of(service, f"SELECT 1 FROM {table} WHERE subject = $1", key)
    ]


def unsettled(live: Live, subject: UUID) -> list[str]:
    """Return what is still on its way about a subject: announcements that nobody has stored, mail that has not gone."""
    waiting = "SELECT topic AS name FROM dispatch WHERE subject = $1 AND stored_at IS NULL"
    # What is answered or called off before it is sent never goes.
    mail = "SELECT kind AS name FROM notice WHERE subject = $1 AND state IN ('due', 'sending', 'failed')"
    found = [row for service in SERVICES for row in live.of(service, waiting, subject)]
    return [str(row["name"]) for row in (*found, *live.of("notify", mail, subject))]


class TestAnErasedSubject:
    def test_gets_a_deletion_receipt_of_every_service(self, erased: Erased) -> None:
        assert {service: receipt["service"] for service, receipt in erased.receipts.items()} == {
            service: service for service in SERVICES
        }
        assert {receipt["subject"] for receipt in erased.receipts.values()} == {str(erased.subject)}
        assert erased.receipts["intake"]["events"] > 0
        assert erased.receipts["triage"]["documents"] > 0

    def test_leaves_no_sealed_value_that_opens(self, erased: Erased) -> None:
        assert erased.opened_before >= WRITTEN, "The opener does not open everything, so that it proves nothing."
        assert Opener(erased.live, erased.subject).opens() == []

    def test_has_no_key_in_any_store_and_gets_none_again(self, erased: Erased) -> None:
        for service in SERVICES:
            keys = erased.live.rows(KEYS, f"SELECT 1 FROM key_{service}.subject_key WHERE subject = $1", erased.subject)
            assert keys == [], service

    def test_is_nobody_in_the_person_index_and_nobodys_work(self, erased: Erased) -> None:
        assert not any(named(erased.live, erased.subject).values()), named(erased.live, erased.subject)

    def test_is_told_to_nobody_who_holds_a_link(self, erased: Erased) -> None:
        assert "/signpost-links/" in erased.link
        with httpx2.Client(timeout=60, trust_env=False, follow_redirects=True) as guest:
            page = guest.get(erased.link)
            assert page.status_code < 500
            if tree(page).xpath(".//form"):
                page = answered(guest, page, {})
            assert page.status_code < 500
            assert erased.plant.mark not in page.text

    def test_leads_to_no_fact_in_the_statistics(self, erased: Erased) -> None:
        # Rows beside those of the subject, written in the same moment, would tell which facts are whose.
        assert {"intake: outbox", "intake: dispatch", "triage: outbox", "triage: dispatch"} <= {
            *erased.announced_before
        }
        assert announced_under(erased.live, erased.statistics_key) == []

    def test_is_answered_with_erased_on_replay(self, erased: Erased) -> None:
        live = erased.live
        order = {"topic": "intake.police.v1", "subject": str(erased.subject), "dry_run": False}
        assert live.operate("intake", "POST", "replay", order)["sent"] > 0
        query = "SELECT erased_at FROM dispatch WHERE subject = $1 AND topic = 'intake.police.v1'"
        wait(lambda: all(row["erased_at"] for row in live.of("intake", query, erased.subject)), 60, "The answer erased")

    def test_stands_as_erased_in_the_ledger(self, erased: Erased) -> None:
        def lines() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = erased.live.ledger(erased.reference)["lines"]
            return found

        personal = ("imu", "gateway", "front-door", "dovetail")
        wait(
            lambda: {line["state"] for line in lines() if line["team"] in personal} == {"erased"},
            60,
            f"The ledger's word erased ({[(line['team'], line['state']) for line in lines()]})",
        )

    def test_leaves_nothing_in_clear_and_no_mail(self, erased: Erased) -> None:
        live, marks = erased.live, (erased.plant.mark,)
        assert in_databases(live, marks) == []
        # Mail about an erased person goes within a minute.
        wait(lambda: not in_files(live.folder.mail, (*marks, erased.reference)), 120, "The removal of the sent mail")
        assert in_files(live.folder.root, marks) == []

    def test_is_shown_to_officers_without_a_word_of_it(self, erased: Erased) -> None:
        with signed_in(erased.live, "triage", GATEWAY) as browser:
            page = browser.get(f"/referrals/{erased.reference}")
            assert page.status_code < 500
            assert erased.plant.mark not in page.text

    def test_the_audit_still_verifies(self, erased: Erased) -> None:
        done = erased.live.command("audit", "verify")
        assert done.returncode == 0, done.stdout + done.stderr

    def test_another_subject_is_untouched(self, erased: Erased) -> None:
        plant = Plant()
        reference = by_mail(erased.live, plant)
        wait(lambda: read(erased.live, reference), 60, "The reading of another referral")
        (row,) = erased.live.of("intake", "SELECT id FROM referral WHERE reference = $1", reference)
        assert Opener(erased.live, row["id"]).opens()

    def test_the_bus_keeps_nothing_that_opens(self, erased: Erased) -> None:
        assert Opener(erased.live, erased.subject).on_the_bus() == 0


@dataclass(frozen=True)
class Shared:
    """Two referrals out of one mail, of which the first person is erased; where her words opened at each step."""

    live: Live
    gone: str
    stays: Opener
    marks: tuple[str, str]
    before: set[str]
    between: set[str]
    sentences: tuple[str, str]


@pytest.fixture(scope="module")
def shared(live: Live) -> Shared:
    """A mail with two forms: one person is erased, then the mail as the original of the other."""
    plants = Plant(), Plant()
    gone, other = two_by_mail(live, plants)
    (row,) = live.of("intake", "SELECT id FROM referral WHERE reference = $1", other)
    stays, mark = Opener(live, row["id"]), plants[0].mark
    wait(lambda: not unsettled(live, row["id"]), 60, "The end of the messages")
    before = stays.telling(mark)
    first = live.command("erase", gone, "--reason", "a test of erasure")
    assert first.returncode == 1, first.stdout + first.stderr
    between = stays.telling(mark)
    last = live.command("erase", gone, "--reason", "a test of erasure", "--shared-original")
    assert last.returncode == 0, last.stdout + last.stderr
    sentences = first.stderr, last.stdout
    return Shared(live, gone, stays, (mark, plants[1].mark), before, between, sentences)


def two_by_mail(live: Live, plants: tuple[Plant, Plant]) -> tuple[str, str]:
    """Send a mail with two forms that also speaks of the first person; return both references once they are read."""
    message = EmailMessage()
    message["From"], message["To"] = plants[1].value("mail.sender", mail=True), "police@example.test"
    message["Subject"] = f"About {plants[0].value('mail.subject')} and another"
    message["Message-ID"] = f"<{uuid4()}@canary.example>"
    message.set_content(f"More of {plants[0].value('mail.body')}\n")
    for number, plant in enumerate(plants):
        form = filled_docx(ReferralForm.model_validate(plant.form()))
        message.add_attachment(form, maintype="application", subtype="octet-stream", filename=f"{number}.docx")
    code, reply = mailed(live, message)
    assert code == 250, reply
    first = str(REFERENCE.findall(reply)[0])
    query = """SELECT referral.reference FROM same_mail JOIN referral ON referral.id = same_mail.referral_id
        JOIN referral AS first ON first.id = same_mail.first_id WHERE first.reference = $1"""
    wait(lambda: live.of("intake", query, first), 60, "The second referral of the mail")
    ((second),) = (row["reference"] for row in live.of("intake", query, first))
    wait(lambda: read(live, first) and read(live, second), 60, "The reading of both")
    return first, second


class TestOneOfTwoInAMail:
    def test_is_in_the_others_original_at_first_wherever_that_lies(self, shared: Shared) -> None:
        assert {"intake: document.body", "triage: document.body"} <= shared.before

    def test_is_still_there_once_only_her_referral_is_erased_and_the_receipt_says_so(self, shared: Shared) -> None:
        of_both = {"triage: likeness.sealed_evidence"}  # sealed under both keys: gone with either person
        assert shared.between == shared.before - of_both
        assert f"throughline erase {shared.gone} --shared-original" in shared.sentences[0]

    def test_is_found_nowhere_once_the_shared_original_is_erased(self, shared: Shared) -> None:
        assert shared.stays.telling(shared.marks[0]) == set()
        assert in_databases(shared.live, shared.marks[:1]) == []
        wait(lambda: not in_files(shared.live.folder.root, shared.marks[:1]), 120, "The removal of the sent mail")

    def test_leaves_the_others_own_form(self, shared: Shared) -> None:
        assert {"intake: referral_version.form", "triage: referral_version.sealed_form"} <= shared.stays.telling(
            shared.marks[1]
        )
