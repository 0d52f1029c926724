"""Mails that come back, written as the servers of this world write them; all of them synthetic."""

from email.message import EmailMessage

TO = "central-referral-unit@kent-council.example"


def report(
    action: str = "failed", status: str = "5.1.1", *, words: str = "This is the mail system.", **more: str
) -> bytes:
    """Return a report as RFC 3464 writes it; `more` are fields of the recipient, with _ for -."""
    fields = {"Final-Recipient": f"rfc822; {TO}", "Action": action, "Status": status}
    fields |= {name.replace("_", "-"): value for name, value in more.items()}
    return enclosed("\n".join(f"{name}: {value}" for name, value in fields.items() if value), words)


def enclosed(recipient: str, words: str = "This is the mail system.") -> bytes:
    """Return a report with these lines about the recipient, as Postfix lays it out."""
    return f"""From: MAILER-DAEMON@mail.kent-council.example (Mail Delivery System)
To: bounces@notify.test
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="XX"

--XX
Content-Description: Notification
Content-Type: text/plain; charset=utf-8

{words}

--XX
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.kent-council.example
X-Postfix-Queue-ID: 4F2
Arrival-Date: Mon, 23 Nov 2026 10:00:00 +0000 (GMT)

{recipient}

--XX
Content-Type: text/rfc822-headers

From: Throughline <no-reply@throughline.example>
To: {TO}
Subject: KM-7F3K-92QM: a safeguarding concern is waiting for you

--XX--
""".replace("\n", "\r\n").encode()


POSTFIX = report("failed", "5.1.1", Diagnostic_Code=f"smtp; 550 5.1.1 <{TO}>: Recipient address rejected")
POSTFIX_EXPIRED = report("failed", "4.4.1", Diagnostic_Code="X-Postfix; connect to mail: Connection timed out")
POSTFIX_DELAYED = report("delayed", "4.4.1", Will_Retry_Until="Sat, 28 Nov 2026 10:00:00 +0000 (GMT)")
POSTFIX_DELIVERED = report("delivered", "2.1.5", words="Your mail was delivered.")
SENDMAIL_RELAYED = report("relayed (to non-DSN-aware mailer)", "2.1.5")
LIST_EXPANDED = report("expanded", "2.1.5")
EXCHANGE = report(
    "failed",
    "5.1.10",
    Diagnostic_Code=f"smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient {TO} not found by SMTP address lookup",
    words="Your message couldn't be delivered. (Microsoft Exchange)",
)
GMAIL = report(
    "failed", "5.2.2", Remote_MTA="dns; gmail-smtp-in.l.google.com", Diagnostic_Code="smtp; 552-5.2.2 over quota"
)
WITHOUT_ACTION = enclosed(f"Final-Recipient: rfc822; {TO}\nStatus: 5.7.1 (rejected)")
WITHOUT_STATUS = enclosed(f"Final-Recipient: rfc822; {TO}\nAction: failed\nDiagnostic-Code: smtp; 554 no thanks")
IN_CAPITALS = enclosed(f"FINAL-RECIPIENT: RFC822;{TO}\nACTION: FAILED\nSTATUS: 5.1.2")
TWO_RECIPIENTS = enclosed(
    f"Final-Recipient: rfc822; other@x.example\nAction: delivered\nStatus: 2.0.0\n\n"
    f"Final-Recipient: rfc822; {TO}\nAction: failed\nStatus: 5.1.1"
)
EMPTY_REPORT = enclosed("X-Nothing: at all")


def plain(sender: str, subject: str, words: str, **headers: str) -> bytes:
    """Return a mail in plain words."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, "bounces@notify.test", subject
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(words)
    return mail.as_bytes().replace(b"\n", b"\r\n")


QMAIL = plain(
    "MAILER-DAEMON@mx.x.example",
    "failure notice",
    f"Hi. This is the qmail-send program at mx.x.example.\nI'm afraid I wasn't able to deliver your message.\n"
    f"This is a permanent error; I've given up.\n\n<{TO}>:\n550 5.1.1 no mailbox here by that name\n",
)
EXIM = plain(
    "Mail Delivery System <Mailer-Daemon@mx.x.example>",
    "Mail delivery failed: returning message to sender",
    f"A message that you sent could not be delivered.\n  {TO}\n    host mx [192.0.2.1]: 550 No such user\n",
    X_Failed_Recipients=TO,
    Auto_Submitted="auto-replied",
)
EXIM_DELAYED = plain(
    "Mail Delivery System <Mailer-Daemon@mx.x.example>",
    "Warning: message 1ab delayed 24 hours",
    "No action is required on your part. Delivery attempts will continue for some time: it is still being retried.",
    Auto_Submitted="auto-replied",
)
EXCHANGE_PLAIN = plain(
    "Microsoft Outlook <MicrosoftExchange329e@council.example>",
    "Undeliverable: KM-7F3K-92QM: a safeguarding concern is waiting for you",
    "Delivery has failed to these recipients or groups: The mailbox is full (5.2.2).",
)
OUT_OF_OFFICE = plain(
    "frances@kent-council.example",
    "Automatic reply: KM-7F3K-92QM: a safeguarding concern is waiting for you",
    "I am away until Monday. Mail to my old address could not be delivered since May. In an emergency ring 999.",
    Auto_Submitted="auto-replied",
    X_Auto_Response_Suppress="All",
)
OUT_OF_OFFICE_UNMARKED = plain("frances@kent-council.example", "Out of Office", "Back on Monday.")
VACATION = plain("frances@kent-council.example", "away", "Gone fishing.", Precedence="bulk", Auto_Submitted="no")
READ_RECEIPT = b"""From: frances@kent-council.example\r
Subject: Read: KM-7F3K-92QM\r
Content-Type: multipart/report; report-type=disposition-notification; boundary=YY\r
\r
--YY\r
Content-Type: text/plain\r
\r
Read.\r
--YY\r
Content-Type: message/disposition-notification\r
\r
Final-Recipient: rfc822; frances@kent-council.example\r
Disposition: automatic-action/MDN-sent-automatically; displayed\r
--YY--\r
"""
A_PERSON_WRITES = plain("frances@kent-council.example", "Re: your mail", "It could not be delivered, somebody says.")
QUOTES_A_REPORT = (
    b"From: frances@kent-council.example\r\nSubject: Re: look\r\n"
    b"Content-Type: multipart/mixed; boundary=ZZ\r\n\r\n--ZZ\r\nContent-Type: text/plain\r\n\r\nWhat is this?\r\n"
    b"--ZZ\r\nContent-Type: message/rfc822\r\n\r\n" + POSTFIX + b"\r\n--ZZ--\r\n"
)


def nested(levels: int) -> bytes:
    """Return a mail whose parts lie within each other."""
    head, tail = b"", b""
    for level in range(levels):
        mark = b"m%d" % level
        head += b'Content-Type: multipart/mixed; boundary="%s"\r\n\r\n--%s\r\n' % (mark, mark)
        tail = b"\r\n--%s--\r\n" % mark + tail
    return b"From: MAILER-DAEMON@x.example\r\n" + head + b"Content-Type: text/plain\r\n\r\nbounce\r\n" + tail
