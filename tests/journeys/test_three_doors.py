"""A referral by mail, by API and by web form reaches every team, once, and the command line can show it."""

import json
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from samples.send import REFERENCE, send_by_form
from tests.journeys.live import REPOSITORY, Live, mailed, wait

SAMPLES = REPOSITORY / "samples"
TEAMS = {"imu": "triage", "gateway": "triage", "front-door": "notify", "dovetail": "channel", "statistics": "stats"}
REFERRERS = {
    "mail": ("girl-of-fourteen-medway.docx", "referrer@school.example"),
    "api": ("man-of-twenty-two-dartford.json", "constable@kent-police.example"),
    "web": ("web/student-of-seventeen-ashford.json", "lecturer@mock-college.example"),
}


def submitted(live: Live, door: str) -> str:
    """Send a sample through a door; return the reference that the door gave."""
    path = SAMPLES / REFERRERS[door][0]
    if door == "web":
        return send_by_form(path, live.doors).reference
    done = live.command("submit", str(path), "--json")
    assert done.returncode == 0, done.stderr
    (sent,) = json.loads(done.stdout)
    assert sent["door"] == door
    return str(sent["reference"])


def mails(live: Live) -> list[tuple[str, str]]:
    """Return the recipient and the words of every mail in the demonstration's folder."""
    found = []
    for path in live.folder.mail.glob("*.eml"):
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        body = message.get_body(("plain",))
        found.append((str(message["To"]), f"{message['Subject']} {body.get_content() if body else ''}"))
    return found


@pytest.mark.parametrize("door", sorted(REFERRERS))
class TestADoor:
    def test_leads_to_every_team_and_back_to_the_referrer(self, live: Live, door: str) -> None:
        reference = submitted(live, door)
        done = live.command("ledger", reference, "--wait", "60", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        lines = {line["team"]: line for line in json.loads(done.stdout)["lines"]}
        assert {team: lines[team]["service"] for team in TEAMS} == TEAMS
        assert all(lines[team]["required"] and lines[team]["stored_at"] for team in TEAMS)
        self.shows_spans_of_every_service(live, reference)
        to = REFERRERS[door][1]
        wait(lambda: [mail for mail in mails(live) if to in mail[0] and reference in mail[1]], 60, f"A receipt to {to}")

    def shows_spans_of_every_service(self, live: Live, reference: str) -> None:
        wanted = {"intake", "triage", "channel", "notify"}

        def services() -> set[str]:
            shown = live.command("trace", reference)
            words = {line.strip("│├└─ ").split(" ")[0] for line in shown.stdout.splitlines()}
            return words & wanted if shown.returncode == 0 else set()

        wait(lambda: services() == wanted, 60, "A trace through every service")


def mail_with_form(identity: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "referrer@school.example", "police@example.test", "Referral"
    message["Message-ID"] = identity
    message.set_content("A form is attached.\n")
    form = (SAMPLES / "boy-of-nine-thanet.docx").read_bytes()
    message.add_attachment(form, maintype="application", subtype="octet-stream", filename="form.docx")
    return message


class TestARepeat:
    def test_of_a_message_is_one_referral(self, live: Live) -> None:
        before = len(live.of("intake", "SELECT 1 FROM referral"))
        message = mail_with_form(f"<{uuid4()}@school.example>")
        given = []
        for _ in range(3):
            code, reply = mailed(live, message)
            assert code == 250, reply
            given.append(REFERENCE.findall(reply))
        assert given[0]
        assert given == [given[0]] * 3
        assert len(live.of("intake", "SELECT 1 FROM referral")) == before + 1

    def test_of_a_request_is_one_referral(self, live: Live) -> None:
        body = json.loads((SAMPLES / "man-of-thirty-eight-thanet.json").read_text())
        headers = {"Idempotency-Key": str(uuid4()), **live.bearer()}
        url = f"{live.urls['intake']}/api/v1/referrals"
        before = len(live.of("intake", "SELECT 1 FROM referral"))
        answers = [httpx2.post(url, json=body, headers=headers, timeout=60) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [201] * 3
        assert len({answer.json()["reference"] for answer in answers}) == 1
        assert len(live.of("intake", "SELECT 1 FROM referral")) == before + 1

    def test_of_a_key_with_another_body_is_refused(self, live: Live) -> None:
        body = json.loads((SAMPLES / "man-of-thirty-eight-thanet.json").read_text())
        headers = {"Idempotency-Key": str(uuid4()), **live.bearer()}
        url = f"{live.urls['intake']}/api/v1/referrals"
        assert httpx2.post(url, json=body, headers=headers, timeout=60).status_code == 201
        body["person"]["forenames"] = "Somebody Else"
        assert httpx2.post(url, json=body, headers=headers, timeout=60).status_code in {409, 422}


BAD_BODIES: dict[str, bytes] = {
    "broken": b'{"person": ',
    "not an object": b"[1, 2]",
    "wrong types": b'{"person": 7, "concerns": [], "referrer": null, "sharing_acknowledged": "perhaps"}',
    "nul": rb'{"person": {"forenames": "A\u0000", "surname": "B", "approximate_age": 9}}',
    "surrogate": rb'{"person": {"forenames": "A\ud800", "surname": "B", "approximate_age": 9}}',
    "not utf-8": b'{"person": "\xff\xfe"}',
    "deep": b"[" * 50_000,
    "oversize": b'{"person": "' + b"x" * 30_000_000 + b'"}',
}


@pytest.mark.parametrize("kind", sorted(BAD_BODIES))
def test_a_bad_request_is_answered_with_a_sentence(live: Live, kind: str) -> None:
    url = f"{live.urls['intake']}/api/v1/referrals"
    headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid4()), **live.bearer()}
    try:
        answer = httpx2.post(url, content=BAD_BODIES[kind], headers=headers, timeout=60)
    except httpx2.WriteError:
        assert kind == "oversize", "Only a body beyond the limit may be cut off while it is sent."
        return
    assert 400 <= answer.status_code < 500, f"{kind}: {answer.status_code}"
    assert answer.headers["content-type"].startswith("application/problem+json")
    problem: dict[str, Any] = answer.json()
    assert problem["detail"].strip()


def test_a_mail_without_a_readable_form_is_kept_and_announced(live: Live) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "neighbour@home.example", "police@example.test", "Worried"
    message["Message-ID"] = f"<{uuid4()}@home.example>"
    message.set_content("SYNTHETIC: I have no form, I am only worried.\n")
    message.add_attachment(b"PK\x03\x04 broken", maintype="application", subtype="octet-stream", filename="form.docx")
    code, reply = mailed(live, message)
    assert code == 250
    reference = REFERENCE.findall(reply)[0]
    entry = wait(lambda: stored(live, reference), 60, "The announcement of the original")
    assert {"imu", "gateway"} <= set(entry)
    held = "SELECT d.size FROM document d JOIN referral r USING (subject) WHERE r.reference = $1"
    assert wait(lambda: live.of("triage", held, reference), 60, "The original in the police's service")


def stored(live: Live, reference: str) -> dict[str, str] | None:
    """Return when each team stored a referral, once every required one has."""
    lines = [line for line in live.ledger(reference)["lines"] if line["required"]]
    return {line["team"]: line["stored_at"] for line in lines} if all(line["stored_at"] for line in lines) else None


def test_nothing_is_parked_and_the_audit_verifies(live: Live) -> None:
    submitted(live, "api")
    parked = live.command("parked", "list", "--json")
    assert (parked.returncode, json.loads(parked.stdout)) == (0, [])
    done = live.command("audit", "verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("good") == 6
