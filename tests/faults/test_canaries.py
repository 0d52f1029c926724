"""Canary values in every personal field: in clear they are found nowhere, and what looks for them can find them."""

import base64
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from shutil import copy
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx2
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.crypto import TopicKeys, seal
from chassis.settings import TopicKey
from chassis.transports.partitions import partition_of
from chassis.wire import encode
from cli import vault
from cli.provision import BUS
from contracts.catalogue import PARTITIONS, SERVICES
from contracts.envelope import Envelope, associated_data
from contracts.intake.police import ReferralReceived
from contracts.vocabulary import ReferralForm
from faults.mails import KEPT, NOTICES, ON_THEIR_WAY, PERHAPS, REPEATED, SET_ASIDE, WAITING, digests_key, judged
from samples.send import REFERENCE, send_by_form
from services.intake.writers import filled_docx
from tests.faults.canaries import BORN, Plant, in_databases, in_files, web_fields
from tests.faults.walking import returned, walked
from tests.journeys.live import Live, aside, mailed, signed_in, wait
from tests.journeys.pages import words
from tests.journeys.steps import GATEWAY, indexed

# Whichever test comes first waits for the whole pathway.
pytestmark = pytest.mark.timeout(900)
ANSWERED_IN_CLEAR = "referrer.email"


@dataclass(frozen=True)
class Planted:
    """What was planted: the marks that begin every canary, the addresses that mail may be sent to, the references."""

    live: Live
    marks: tuple[str, ...]
    addresses: tuple[str, ...]
    references: tuple[str, ...]
    answers: tuple[str, ...]


def by_api(live: Live, plant: Plant) -> str:
    headers = {"Idempotency-Key": str(uuid4()), **live.bearer()}
    url = f"{live.urls['intake']}/api/v1/referrals"
    answer = httpx2.post(url, json=plant.form(), headers=headers, timeout=60)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["reference"])


def by_mail(live: Live, plant: Plant) -> str:
    form = ReferralForm.model_validate(plant.form())
    message = EmailMessage()
    message["From"], message["To"] = plant.value("mail.sender", mail=True), "police@example.test"
    message["Subject"] = f"About {plant.value('mail.subject')}"
    message["Message-ID"] = f"<{uuid4()}@canary.example>"
    message.set_content(f"{plant.value('mail.body')}\n")
    name = f"{plant.value('mail.attachment')}.docx"
    message.add_attachment(filled_docx(form), maintype="application", subtype="octet-stream", filename=name)
    code, reply = mailed(live, message)
    assert code == 250, reply
    return str(REFERENCE.findall(reply)[0])


def by_web(live: Live, plant: Plant, folder: Path) -> str:
    path = folder / "web.json"
    path.write_text(json.dumps({"fields": web_fields(plant.form())}))
    return send_by_form(path, live.doors).reference


@pytest.fixture(scope="module")
def planted(live: Live, tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """Three referrals of canaries, one per door; one went the whole pathway. And what was answered to bad ones."""
    plants = {"api": Plant(), "mail": Plant(), "web": Plant()}
    references = (
        by_api(live, plants["api"]),
        by_mail(live, plants["mail"]),
        by_web(live, plants["web"], tmp_path_factory.mktemp("web")),
    )
    for reference in references:
        done = live.command("ledger", reference, "--wait", "60")
        assert done.returncode == 0, done.stdout
    wait(lambda: all(read(live, reference) for reference in references), 60, "The reading of every original")
    for reference in references:  # born on the same day: software asks once it knows both, and the walk answers it
        indexed(live, reference)
    police, errors = Plant(), Plant()
    walked(live, references[0], police)
    returned(live, references[1], police)
    answers = tuple(refusals(live, errors))
    addresses = tuple(
        f"{plant.canaries[path]}@canary.example"
        for plant in plants.values()
        for path in (ANSWERED_IN_CLEAR, "mail.sender")
        if path in plant.canaries
    )
    marks = tuple(plant.mark for plant in (*plants.values(), police, errors))
    found = live.of("monitor", "SELECT correlation_id FROM span")
    assert found, "There are no spans to look at."
    return Planted(live, marks, addresses, references, answers)


def read(live: Live, reference: str) -> bool:
    return bool(
        live.of("triage", "SELECT 1 FROM referral WHERE reference = $1 AND sealed_summary IS NOT NULL", reference)
    )


def refusals(live: Live, plant: Plant) -> Iterator[str]:
    """Yield what is answered to requests that hold canaries and are refused."""
    url = live.urls["intake"]
    with httpx2.Client(base_url=url, headers=live.bearer(), timeout=60, trust_env=False) as client:
        for spoil in ("person", "gender", "date_of_birth", "sharing"):
            form = plant.form()
            if spoil == "person":
                form["person"] = plant.value("x")
            elif spoil == "sharing":
                form["sharing_acknowledged"] = plant.value("x")
            else:
                form["person"][spoil] = plant.value("x")
            headers = {"Idempotency-Key": str(uuid4()), **live.bearer()}
            answer = client.post("/api/v1/referrals", json=form, headers=headers)
            assert answer.status_code == 422, answer.text
            yield answer.text
        broken = f'{{"person": {{"forenames": "{plant.value("x")}", '.encode()
        answer = client.post("/api/v1/referrals", content=broken, headers={"Content-Type": "application/json"})
        assert 400 <= answer.status_code < 500
        yield answer.text
        for path in (f"/{plant.value('x')}", f"/desk/{plant.value('x')}", f"/api/v1/referrals/{plant.value('x')}"):
            answer = client.get(path)
            assert 400 <= answer.status_code < 500 or answer.is_redirect, f"{path}: {answer.status_code}"
            yield answer.text if not answer.is_redirect else ""
    with signed_in(live, "triage", GATEWAY) as browser:
        answer = browser.get(f"/referrals/{plant.value('x')}")
        assert answer.status_code == 404
        yield words(answer)


def envelope(live: Live, kind: str, plant: Plant) -> Envelope:
    """Return a message of intake's to the police that cannot be handled: its seal or its content is wrong."""
    keys = vault.load(live.folder).topic_keys[ReferralReceived.topic]
    event_id, subject = uuid4(), uuid4()
    made: Any = {
        "reference": "KM-0000-0000",
        "received_at": datetime.now(UTC).isoformat(),
        "door": plant.value("door") if kind == "wrong-content" else "api",
        "immediate_danger": False,
        "version": 1,
        "form": plant.form(),
        "documents": [{"id": str(uuid4()), "name": plant.value("name")}] if kind == "wrong-content" else [],
        "statistics_key": str(uuid4()),
    }
    plain, bound = json.dumps(made).encode(), associated_data(event_id, ReferralReceived.wire_type, subject)
    if kind == "wrong-key":
        sealed, key_id = seal(AESGCM(os.urandom(32)), plain, bound), keys[0]["id"]
    else:
        topic_keys = TopicKeys({ReferralReceived.topic: [key_of(each) for each in keys]})
        key_id, sealed = topic_keys.seal(ReferralReceived.topic, plain, bound)
    (area,) = live.of("triage", "SELECT area, area_version FROM referral LIMIT 1")
    return Envelope(
        event_id, ReferralReceived.wire_type, ReferralReceived.topic, area["area"], area["area_version"], subject,
        1, 1, uuid4(), None, "", key_id, sealed,
    )  # fmt: skip


def key_of(written: Mapping[str, str]) -> TopicKey:
    """Return a topic's key as the secrets file writes it."""
    return TopicKey(written["id"], base64.b64decode(written["key"]))


async def appended(live: Live, sent: Envelope) -> None:
    """Append a message to the bus as intake."""
    connection = await asyncpg.connect(live.database_url(BUS, "intake"))
    try:
        place = [partition_of(sent.subject, PARTITIONS)]
        await connection.execute(
            "SELECT bus.append($1, $2, $3, $4)", [sent.topic], place, [sent.subject], [encode(sent)]
        )
    finally:
        await connection.close()


def parked_for(live: Live, subject: UUID) -> dict[str, Any] | None:
    messages = json.loads(live.command("parked", "list", "--service", "triage", "--json").stdout)
    return next((each for each in messages if each["subject"] == str(subject)), None)


class TestNoCanaryInClear:
    def test_every_personal_field_has_one(self) -> None:
        plant = Plant()
        form = plant.form()
        personal = {"person.forenames", "person.addresses.0.lines", "person.emails.0", "concerns.narrative"}
        assert personal | {"considerations.parent_or_carer", "referrer.email"} <= set(plant.canaries)
        assert all(canary in json.dumps(form) for canary in plant.canaries.values())

    def test_in_no_file(self, planted: Planted) -> None:
        """Logs, the database's files and its write-ahead log, spool and everything else; mail has a test of its own."""
        folder = planted.live.folder
        found = [name for name in in_files(folder.root, planted.marks) if Path(name).parent != folder.mail]
        assert found == []
        assert in_files(planted.live.output, planted.marks) == []

    def test_in_no_mail_but_the_referrers_own_address(self, planted: Planted) -> None:
        mails = sorted(planted.live.folder.mail.glob("*.eml"))
        assert mails
        for path in mails:
            text = path.read_text(encoding="utf-8", errors="replace")
            for address in planted.addresses:
                text = text.replace(f"To: {address}", "").replace(f"To: <{address}>", "")
            assert not [mark for mark in planted.marks if mark in text], text

    def test_in_no_table_of_any_database(self, planted: Planted) -> None:
        assert in_databases(planted.live, planted.marks) == []

    def test_the_date_of_birth_in_no_table_and_no_log(self, planted: Planted) -> None:
        assert in_databases(planted.live, (BORN,)) == []
        assert in_files(planted.live.folder.logs, (BORN, "13 July 1931")) == []

    def test_in_no_metric(self, planted: Planted) -> None:
        for service in SERVICES:
            answer = httpx2.get(f"{planted.live.urls[service]}/metrics", timeout=60)
            assert answer.is_success
            assert answer.text
            assert not [mark for mark in planted.marks if mark in answer.text], service

    def test_in_no_answer_to_a_bad_request(self, planted: Planted) -> None:
        assert len(planted.answers) >= 9
        for text in planted.answers:
            assert not [mark for mark in planted.marks if mark in text], text

    @pytest.mark.parametrize("kind", ["wrong-key", "wrong-content"])
    def test_in_nothing_that_is_parked(self, planted: Planted, kind: str) -> None:
        live, plant = planted.live, Plant()
        sent = envelope(live, kind, plant)
        aside(appended(live, sent))
        message = wait(lambda: parked_for(live, sent.subject), 90, "The parking of a message that cannot be handled")
        try:
            assert plant.mark not in json.dumps(message)
            assert plant.mark not in live.command("parked", "show", message["id"]).stdout
            assert in_databases(live, (plant.mark,)) == []
            assert in_files(live.folder.logs, (plant.mark,)) == []
        finally:
            done = live.command("parked", "discard", message["id"], "--reason", "made by a test")
            assert done.returncode == 0, done.stderr

    def test_the_officer_may_see_what_the_grep_does_not_find(self, planted: Planted) -> None:
        """The canaries are really there: opened for the officer who reads the referral."""
        with signed_in(planted.live, "triage", GATEWAY) as browser:
            for reference, mark in zip(planted.references, planted.marks, strict=False):
                assert mark in words(browser.get(f"/referrals/{reference}"))


PLACES = {
    "stats": (vault.database_of("stats"), "INSERT INTO job_run VALUES ('{mark}', '2026-01-01', now())"),
    "monitor": (vault.database_of("monitor"), "INSERT INTO job_run VALUES ('a {mark} b', '2026-01-01', now())"),
    "bytes": (
        vault.database_of("triage"),
        "INSERT INTO web_session VALUES ('x{mark}', '{mark}'::bytea, now(), 'x')",
    ),
    "json": (
        vault.database_of("monitor"),
        """INSERT INTO service_reading (service, state, dependencies, read_at)
           VALUES ('{mark}', 'x', '{{"a": ["{mark}"]}}', now())""",
    ),
}


class TestTheGrepItself:
    @pytest.mark.parametrize("place", sorted(PLACES))
    def test_finds_a_canary_in_a_table(self, live: Live, place: str) -> None:
        database, statement = PLACES[place]
        mark = Plant().mark

        async def change(words_: str) -> None:
            connection = await asyncpg.connect(live.database_url(database))
            try:
                await connection.execute(words_)
            finally:
                await connection.close()

        aside(change(statement.format(mark=mark)))
        table = statement.split()[2]
        key = {"job_run": "name", "web_session": "id", "service_reading": "service"}[table]
        try:
            assert in_databases(live, (mark,)) == [f"{database}: public.{table}"]
        finally:
            aside(change(f"DELETE FROM {table} WHERE {key} LIKE '%{mark}%'"))
        assert in_databases(live, (mark,)) == []

    @pytest.mark.parametrize("where", ["logs", "mail", "postgres"])
    def test_finds_a_canary_in_a_file(self, live: Live, where: str) -> None:
        mark = Plant().mark
        path = live.folder.root / where / "planted.by-a-test"
        path.write_bytes(b"\x00\x01 " + mark.encode() + b"7 \xff")
        try:
            assert in_files(live.folder.root, (mark,)) == [str(path)]
        finally:
            path.unlink()


class TestTheJudgeOfMails:
    """`make faults` asks the same function; here it is shown mails that are missing, strange or repeated."""

    def test_sees_each_mail_and_each_that_is_missing(self, planted: Planted, tmp_path: Path) -> None:
        notices, folder = post_of(planted, tmp_path)
        post = judged(notices, folder, digests_key(planted.live.folder))
        assert (post.lost, post.doubled, post.counts) == ([], [], {KEPT: len(notices), REPEATED: 0, PERHAPS: 0})
        told = {notice["reference"] for notice in notices if notice["kind"] == "concern-received"}
        assert told == set(planted.references)
        (folder / f"{notices[0]['id']}.eml").unlink()
        (sentence,) = judged(notices, folder, digests_key(planted.live.folder)).lost
        assert sentence.startswith(
            f"{notices[0]['reference']}: its mail {notices[0]['kind']} is noted as {notices[0]['state']}"
        )

    @pytest.mark.parametrize(("state", "count"), [("undeliverable", SET_ASIDE), ("failed", WAITING)])
    def test_lets_one_pass_that_is_a_persons_task(
        self, planted: Planted, state: str, count: str, tmp_path: Path
    ) -> None:
        notices, folder = post_of(planted, tmp_path)
        (folder / f"{notices[0]['id']}.eml").unlink()
        post = judged([notices[0] | {"state": state}, *notices[1:]], folder, digests_key(planted.live.folder))
        assert (post.lost, post.counts[count]) == ([], 1)

    @pytest.mark.parametrize("to", ["front-door", "referrer"])
    def test_counts_repeats_under_one_name_and_finds_them_under_two(
        self, planted: Planted, to: str, tmp_path: Path
    ) -> None:
        """Also where the address is kept sealed, and what was sent is recorded under a key."""
        notices, folder = post_of(planted, tmp_path)
        notices.sort(key=lambda notice: notice["recipient_kind"] != to)
        assert notices[0]["recipient_kind"] == to
        path = folder / f"{notices[0]['id']}.eml"
        mail = path.read_bytes()
        path.write_bytes(mail.replace(b"Date: ", b"Date:  "))
        killed = [notices[0] | {"attempts": notices[0]["attempts"] + 1}, *notices[1:]]
        post = judged(killed, folder, digests_key(planted.live.folder))
        assert (post.doubled, post.counts[REPEATED], post.counts[PERHAPS]) == ([], 1, 1)
        (folder / f"{uuid4()}.eml").write_bytes(mail)
        strange, twice = judged(notices, folder, digests_key(planted.live.folder)).doubled
        assert "belongs to no notice" in strange
        assert twice.startswith("2 mails tell ")


def post_of(planted: Planted, folder: Path) -> tuple[list[dict[str, Any]], Path]:
    """Return the notices of the planted referrals, once they are sent, and a folder of our own with their mails."""
    live = planted.live
    wait(lambda: not live.of("notify", ON_THEIR_WAY)[0]["n"], 60, "The sending of every mail")
    notices = [row for row in live.of("notify", NOTICES) if row["reference"] in planted.references]
    for notice in notices:
        copy(live.folder.mail / f"{notice['id']}.eml", folder)
    return notices, folder
