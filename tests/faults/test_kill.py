"""SIGKILL of every process in turn, the database too, while referrals come in: nothing is lost, nothing doubled."""

import json
import os
import random
import signal
import smtplib
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial
from uuid import uuid4

import httpx2
import pytest

from bench.load import form
from contracts.catalogue import SERVICES
from samples.send import REFERENCE
from tests.journeys.live import REPOSITORY, Live, mailed, started, wait

COUNT = 200
CLIENTS = 4
SECONDS_BETWEEN_KILLS = 2.5
DRAINED_SECONDS = 120.0
VICTIMS = ("postgres", *SERVICES, "provider")
FORM = (REPOSITORY / "samples" / "boy-of-nine-thanet.docx").read_bytes()


@dataclass(frozen=True)
class Sent:
    """One submission: through which door, with which mark of its own, and what the client knows of it."""

    door: str
    mark: str
    outcome: str
    reference: str = ""


def by_api(live: Live, chance: random.Random) -> Sent:
    """Refer once, without asking again: no answer means that the client does not know."""
    mark = str(uuid4())
    headers = {"Idempotency-Key": mark}
    try:
        with httpx2.Client(timeout=20, trust_env=False) as client:
            answer = client.post(f"{live.urls['intake']}/api/v1/referrals", json=form(chance), headers=headers)
    except httpx2.ConnectError:
        return Sent("api", mark, "refused")
    except httpx2.HTTPError:
        return Sent("api", mark, "unknown")
    if answer.status_code == 201:
        return Sent("api", mark, "ok", str(answer.json()["reference"]))
    return Sent("api", mark, "refused" if answer.status_code == 503 else f"answered {answer.status_code}")


def by_mail(live: Live, _: random.Random) -> Sent:
    """Mail once: only an answer 250 to the content is an acceptance."""
    mark = f"<{uuid4()}@school.example>"
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "referrer@school.example", "police@example.test", "Referral"
    message["Message-ID"] = mark
    message.set_content("SYNTHETIC: a form is attached.\n")
    message.add_attachment(FORM, maintype="application", subtype="octet-stream", filename="form.docx")
    try:
        code, reply = mailed(live, message, timeout=20)
    except (smtplib.SMTPException, OSError):
        return Sent("mail", mark, "unknown")
    if code == 250:
        return Sent("mail", mark, "ok", REFERENCE.findall(reply)[0])
    return Sent("mail", mark, "refused" if 400 <= code < 500 else f"answered {code}")


def submissions(live: Live, done: threading.Event) -> list[Sent]:
    """Send until COUNT submissions were accepted and the killer has done its work."""
    sent: list[Sent] = []

    def client(seed: int) -> None:
        chance = random.Random(seed)
        while Counter(each.outcome for each in list(sent))["ok"] < COUNT or not done.is_set():
            one = (by_mail if chance.random() < 0.25 else by_api)(live, chance)
            sent.append(one)
            # Someone who was refused comes back a little later; the others come evenly, not as a flood.
            time.sleep(0.5 if one.outcome != "ok" else 0.3)

    with ThreadPoolExecutor(CLIENTS) as pool:
        for working in [pool.submit(client, seed) for seed in range(CLIENTS)]:
            working.result()
    return sent


def killing(live: Live, done: threading.Event, killed: list[tuple[str, int]]) -> None:
    """Kill every kind of process once, each a little after the one before has been started again."""
    try:
        for name in VICTIMS:
            time.sleep(SECONDS_BETWEEN_KILLS)
            pid = live.processes()[name]
            os.kill(pid, signal.SIGKILL)
            killed.append((name, pid))
            said = f"{name} stopped (signal 9); started again."
            wait(partial(told, live, said), 60, f"The restart of {name}")
    finally:
        done.set()


def told(live: Live, sentence: str) -> bool:
    """Whether the supervisor has said a sentence."""
    return sentence in live.output.read_text()


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Aftermath"]:
    """A system that lost every process once under load, and what its clients know."""
    with started(tmp_path_factory.mktemp("kill")) as live:
        done, killed = threading.Event(), list[tuple[str, int]]()
        with ThreadPoolExecutor(1) as background:
            killer = background.submit(killing, live, done, killed)
            sent = submissions(live, done)
            killer.result()
        yield Aftermath(live, sent, killed, time.monotonic())


@dataclass(frozen=True)
class Aftermath:
    """The system after the last fault, what was sent, and who was killed."""

    live: Live
    sent: list[Sent]
    killed: list[tuple[str, int]]
    ended: float

    def accepted(self) -> list[str]:
        """Return the references that clients were given."""
        return [each.reference for each in self.sent if each.outcome == "ok"]

    def open_lines(self) -> Sequence[Mapping[str, object]]:
        """Return the required ledger lines that nobody has stored yet."""
        return self.live.of("intake", "SELECT team, referral_id FROM ledger_line WHERE required AND stored_at IS NULL")


@pytest.mark.timeout(420)
class TestAfterEveryKill:
    def test_every_process_was_killed_and_its_restart_said(self, aftermath: Aftermath) -> None:
        assert [name for name, _ in aftermath.killed] == list(VICTIMS)
        said = aftermath.live.output.read_text()
        for name in VICTIMS:
            assert f"{name} stopped (signal 9); started again." in said, name

    def test_no_client_saw_an_error_that_is_not_come_again(self, aftermath: Aftermath) -> None:
        outcomes = Counter(each.outcome for each in aftermath.sent)
        assert outcomes["ok"] >= COUNT
        assert set(outcomes) <= {"ok", "refused", "unknown"}, outcomes

    def test_every_accepted_one_is_with_every_team_exactly_once(self, aftermath: Aftermath) -> None:
        live = aftermath.live
        left = max(10.0, DRAINED_SECONDS - (time.monotonic() - aftermath.ended))
        wait(lambda: not aftermath.open_lines(), left, "A complete ledger of every referral")
        referrals = {row["reference"]: row for row in live.of("intake", "SELECT * FROM referral")}
        accepted = aftermath.accepted()
        assert len(set(accepted)) == len(accepted), "Two submissions were given the same reference."
        assert set(accepted) <= set(referrals), "An accepted referral is lost."
        lines = Counter(
            (row["referral_id"], row["team"])
            for row in live.of("intake", "SELECT referral_id, team FROM ledger_line WHERE required AND announced")
        )
        teams = {"imu", "gateway", "front-door", "dovetail", "statistics"}
        for reference in accepted:
            assert {team for team in teams if lines[referrals[reference]["id"], team] == 1} == teams
        self.each_case_exists_once(live, referrals)

    def each_case_exists_once(self, live: Live, referrals: Mapping[str, Mapping[str, object]]) -> None:
        ids = Counter(row["id"] for row in referrals.values())
        for service, table in (("triage", "referral"), ("channel", "awareness"), ("notify", "concern")):
            held = Counter(row["subject"] for row in live.of(service, f"SELECT subject FROM {table}"))
            assert held == ids, f"{service} holds other cases than intake accepted."
        told = live.of("notify", "SELECT subject, recipient_key FROM notice WHERE kind = 'concern-received'")
        assert {row["subject"] for row in told} == set(ids), "A front door was not told."
        assert max(Counter((row["subject"], row["recipient_key"]) for row in told).values()) == 1, "One was told twice."
        keys = Counter(row["statistics_key"] for row in referrals.values())
        assert Counter(row["key"] for row in live.of("stats", "SELECT key FROM fact WHERE stage = 'intake'")) == keys

    def test_an_unknown_one_exists_once_or_never(self, aftermath: Aftermath) -> None:
        stored = len(aftermath.live.of("intake", "SELECT 1 FROM referral"))
        outcomes = Counter(each.outcome for each in aftermath.sent)
        # One more is the referral of the test that asks again.
        assert outcomes["ok"] <= stored <= outcomes["ok"] + outcomes["unknown"] + outcomes["refused"] + 1

    def test_asking_again_with_the_same_key_gives_the_first_answer(self, aftermath: Aftermath) -> None:
        live, chance = aftermath.live, random.Random(7)
        body, headers = form(chance), {"Idempotency-Key": str(uuid4())}
        url = f"{live.urls['intake']}/api/v1/referrals"
        with httpx2.Client(timeout=60, trust_env=False) as client:
            first = client.post(url, json=body, headers=headers)
            assert first.status_code == 201, first.text
            os.kill(live.processes()["intake"], signal.SIGKILL)
            wait(lambda: answers(client, live), 90, "Intake's return")
            again = client.post(url, json=body, headers=headers)
        assert (again.status_code, again.json()["reference"]) == (201, first.json()["reference"])

    def test_nothing_is_parked(self, aftermath: Aftermath) -> None:
        done = aftermath.live.command("parked", "list", "--json")
        assert (done.returncode, json.loads(done.stdout or "null")) == (0, []), done.stderr

    def test_the_audit_verifies(self, aftermath: Aftermath) -> None:
        done = aftermath.live.command("audit", "verify")
        assert done.returncode == 0, done.stdout + done.stderr


def answers(client: httpx2.Client, live: Live) -> bool:
    """Say whether intake is ready."""
    try:
        return client.get(f"{live.urls['intake']}/health/ready").status_code == 200
    except httpx2.HTTPError:
        return False
