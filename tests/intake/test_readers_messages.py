"""Mails are taken apart whatever their headers say."""

from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.readers import ReadMessage, read_headers, read_message
from services.intake.readers.messages import MOST_PARTS
from services.intake.readers.wire import packed_message, unpacked_message
from tests.effort import effort


def mail(**headers: str) -> EmailMessage:
    """Return a mail with a form attached."""
    message = EmailMessage()
    message["From"] = headers.get("sender", "Ada Sample <ada@school.example>")
    message["To"] = "preventreferrals@kent-and-medway.example"
    message["Subject"] = headers.get("subject", "Referral: Zoë")
    message["Message-ID"] = "<one@school.example>"
    message.set_content("Please see the form.\n")
    message.add_attachment(b"{}", maintype="application", subtype="json", filename=headers.get("name", "form.json"))
    return message


class TestReadMessage:
    def test_takes_an_ordinary_mail_apart(self) -> None:
        message = read_message(mail().as_bytes())
        assert message.sender == "ada@school.example"
        assert message.subject == "Referral: Zoë"
        assert message.text == "Please see the form.\n"
        assert [(each.name, each.media_type, each.body) for each in message.attachments] == [
            ("form.json", "application/json", b"{}")
        ]
        assert message.form_candidates == message.attachments
        assert not read_headers(mail().as_bytes()).automatic
        assert message.problems == ()

    @pytest.mark.parametrize(
        ("given_name", "kept"),
        [
            ("../../etc/passwd.json", "passwd.json"),
            ("C:\\forms\\form.docx", "form.docx"),
            ("ä form.docx", "ä form.docx"),
            ("...", "attachment-1.json"),
            ("x" * 400 + ".docx", "x" * 145 + ".docx"),
        ],
    )
    def test_file_names_lose_their_folders(self, given_name: str, kept: str) -> None:
        assert read_message(mail(name=given_name).as_bytes()).attachments[0].name == kept

    def test_nothing_turns_the_direction_in_which_a_name_is_read(self) -> None:
        message = read_message(mail(name="form\u202efdp.exe", subject="a\u2067b").as_bytes())
        assert message.attachments[0].name == "formfdp.exe"
        assert message.subject == "a\ufffdb"

    def test_a_forwarded_mail_gives_its_attachments_too(self) -> None:
        outer = EmailMessage()
        outer["From"] = "desk@school.example"
        outer.set_content("Forwarded.")
        outer.add_attachment(mail())
        message = read_message(outer.as_bytes())
        assert [each.name for each in message.form_candidates] == ["form.json"]
        assert "Forwarded." in message.text
        assert "Please see the form." in message.text

    def test_a_mail_in_markup_alone_gives_its_words(self) -> None:
        message = EmailMessage()
        message.set_content("<style>p {}</style><p>I am <b>worried</b></p><script>x()</script>", subtype="html")
        assert read_message(message.as_bytes()).text == "I am worried"

    @pytest.mark.parametrize(
        "header", ["Auto-Submitted: auto-replied", "Precedence: bulk", "Content-Type: multipart/report; boundary=x"]
    )
    def test_automatic_mail_is_marked_so_that_nobody_answers_it(self, header: str) -> None:
        assert read_headers(f"{header}\nFrom: a@b.example\n\nx".encode()).automatic

    @pytest.mark.parametrize(
        "header",
        [
            b"From: <",
            b"From: @",
            b'From: "',
            b"From: a@b@c",
            b"From: =?utf-8?q?=00?= <x@y>",
            b"From: (((((((((((((",
            b"Subject: =?utf-8?b?////?=",
            b"Subject: =?nonsense?q?x?=",
            b"Subject: \xff\xfe\x00",
            b"Message-ID: <[",
            b"Message-ID: <a@[",
            b"Message-ID: ",
            b"Content-Type: ;;;==",
            b'Content-Type: text/plain; charset="\x00nonsense"',
            b"Content-Type: multipart/mixed",
            b'Content-Type: multipart/mixed; boundary=""',
            b"Content-Transfer-Encoding: =?",
            b"Content-Transfer-Encoding: base64",
            b"Content-Disposition: attachment; filename*=utf-8''%ff%fe",
            b"Content-Disposition: attachment; filename*0*=x; filename*1=y",
            b"Content-Disposition: ; =",
            b"Date: 99999999999999999",
            b"Auto-Submitted: \x00",
            b":",
        ],
    )
    def test_hostile_headers_raise_nothing_and_spoil_nothing_else(self, header: bytes) -> None:
        raw = b"X-First: 1\r\n" + header + b"\r\nTo: p@q.example\r\n\r\nBody\r\n"
        message = read_message(raw)
        assert isinstance(message, ReadMessage)
        assert "\x00" not in f"{message.subject}{read_headers(raw).message_id}{message.sender}{message.text}"
        assert unpacked_message(packed_message(message)) == message
        if not header.startswith((b"Content-", b":")):
            assert message.text.strip() == "Body"
            assert message.problems == ()

    @pytest.mark.parametrize("filling", [b'"', b".", b"a,", b"=?utf-8?q?a?= ", b"a=b;", b"a*0*=b;"])
    @pytest.mark.parametrize("name", [b"From", b"Subject", b"Message-ID", b"Content-Type"])
    def test_a_header_of_64_kilobytes_keeps_nobody_waiting(self, name: bytes, filling: bytes) -> None:
        # The mailbox looks at headers in the process that serves everybody else; by grammar these take up to a minute.
        head = name + b": text/plain; " + filling * (64_000 // len(filling))
        with effort() as spent:
            read_message(head + b"\r\n\r\n")
        assert spent.seconds < 2

    @pytest.mark.parametrize(
        ("header", "address"),
        [
            (b"From: =?utf-8?q?Sample=2C_Ad=C3=A9_=3Cb=40c=2Eexample=3E?= <ada@school.example>", "ada@school.example"),
            (b'From: "Sample, Ada" <ada@school.example>', "ada@school.example"),
            (b"From: Zo\xc3\xab <ada@school.example>", "ada@school.example"),
            (b"From: nobody", ""),
        ],
    )
    def test_the_sender_is_the_address_whatever_the_name_beside_it_holds(self, header: bytes, address: str) -> None:
        assert read_message(header + b"\r\n\r\nx").sender == address

    def test_headers_in_plain_utf_8_and_names_in_encoded_words_are_read(self) -> None:
        raw = (
            "Subject: Zoë\r\nContent-Type: application/json\r\n"
            'Content-Disposition: attachment; filename="=?utf-8?q?Zo=C3=AB=2Ejson?="\r\n\r\n{}'
        )
        message = read_message(raw.encode())
        assert (message.subject, message.attachments[0].name) == ("Zoë", "Zoë.json")

    def test_nested_and_endless_parts_end(self) -> None:
        nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3000))
        assert read_message(nested + b"\n\nx").attachments == ()
        many = (
            b"Content-Type: multipart/mixed; boundary=b\n\n"
            + b"--b\nContent-Type: a/b\n\nx\n" * (MOST_PARTS + 50)
            + b"--b--"
        )
        message = read_message(many)
        assert len(message.attachments) == MOST_PARTS
        assert message.problems

    @settings(max_examples=200, deadline=None)
    @given(st.binary(max_size=600))
    def test_any_bytes_at_all_are_a_message(self, raw: bytes) -> None:
        assert isinstance(read_message(raw), ReadMessage)

    @settings(max_examples=100, deadline=None)
    @given(
        st.sampled_from(
            ["From", "Subject", "Message-ID", "Content-Type", "Content-Disposition", "Content-Transfer-Encoding"]
        ),
        st.text("=?<>@[]();:\"' \\/*%abut-8QB\x00\xff", max_size=60),
    )
    def test_any_header_at_all_is_survived(self, name: str, value: str) -> None:
        raw = f"{name}: {value}\r\n\r\nx".encode("utf-8", "replace")
        assert unpacked_message(packed_message(read_message(raw))) == read_message(raw)
