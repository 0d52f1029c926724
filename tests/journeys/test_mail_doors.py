"""Mail in the whole system: two forms in one mail reach every team, and a bounce of our receipt alarms nobody."""

import smtplib
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from uuid import uuid4

from tests.journeys.live import REPOSITORY, Live, mailed, wait

SAMPLES = REPOSITORY / "samples"
SENDER, MAILBOX = "referrer@school.example", "preventreferrals@kent-and-medway.example"
FORMS = ("girl-of-fourteen-medway.docx", "boy-of-nine-thanet.docx")


def two_forms() -> EmailMessage:
    """Return a mail with two forms."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SENDER, MAILBOX, "Two referrals"
    message["Message-ID"] = f"<{uuid4()}@school.example>"
    message.set_content("Two forms are attached.\n")
    for name in FORMS:
        form = (SAMPLES / name).read_bytes()
        message.add_attachment(form, maintype="application", subtype="octet-stream", filename=name)
    return message


def receipts(live: Live, reference: str) -> list[Path]:
    """Return the mails in the demonstration's folder that name a reference."""
    return [path for path in live.folder.mail.glob("*.eml") if reference.encode() in path.read_bytes()]


def bounced(live: Live, receipt: Path) -> int:
    """Send back one of our mails as a server does that cannot deliver it; return the code of the answer."""
    head = b"From: MAILER-DAEMON@school.example\r\nMessage-ID: <%s@school.example>\r\n" % uuid4().hex.encode()
    kind = b"Content-Type: multipart/report; report-type=delivery-status; boundary=part\r\n\r\n"
    words = b"--part\r\nContent-Type: text/plain\r\n\r\nYour mail could not be delivered.\r\n"
    ours = b"--part\r\nContent-Type: message/rfc822\r\n\r\n" + receipt.read_bytes() + b"\r\n--part--\r\n"
    with smtplib.SMTP(*live.smtp, timeout=60) as client:
        client.ehlo()
        client.docmd("MAIL", "FROM:<>")
        client.rcpt(MAILBOX)
        return client.data(head + kind + words + ours)[0]


class TestMail:
    def test_with_two_forms_reaches_every_team_twice_and_its_bounce_nobody(self, live: Live) -> None:
        code, said = mailed(live, two_forms())
        assert code == 250, said
        first = said.rsplit(maxsplit=1)[-1]

        def other() -> str:
            query = """SELECT other.reference FROM same_mail JOIN referral AS first ON first.id = first_id
                JOIN referral AS other ON other.id = same_mail.referral_id WHERE first.reference = $1"""
            found = live.of("intake", query, first)
            return str(found[0]["reference"]) if found else ""

        second = wait(other, 60, "The second referral")
        for reference in (first, second):
            done = live.command("ledger", reference, "--wait", "60")
            assert done.returncode == 0, done.stdout + done.stderr
            wait(partial(receipts, live, reference), 60, f"A receipt for {reference}")
        before = live.of("intake", "SELECT count(*) AS n FROM referral")[0]["n"]
        assert bounced(live, receipts(live, second)[0]) == 250
        wait(lambda: live.of("intake", "SELECT 1 FROM set_aside WHERE state = 'waiting'"), 60, "The bounce on the list")
        assert live.of("intake", "SELECT count(*) AS n FROM referral")[0]["n"] == before
