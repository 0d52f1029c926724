"""Bombs are refused by what they declare, within a second; locked, broken and unknown files each with their reason."""

import os
from collections.abc import Callable

import pytest

from samples.make import SAMPLES
from services.intake.domain import QuarantineReason
from services.intake.domain.quarantine import SENTENCES
from services.intake.readers import Attachment, Cage, Cause, examination
from services.intake.readers.archives import with_members, xml_cause
from services.intake.readers.examination import file_cause, mail_cause, unread_cause
from services.intake.writers import filled_docx
from tests.effort import effort
from tests.intake import hostile
from tests.intake.builders import mail

AT_ONCE = 1.0


def named(name: str, body: bytes) -> Attachment:
    """Return an attachment whose name alone says what it is."""
    return Attachment(name, "application/octet-stream", body)


class TestFiles:
    @pytest.mark.parametrize(
        ("make", "name", "cause"),
        [
            (hostile.flat_bomb, "a.docx", Cause.TOO_BIG),
            (hostile.lying_bomb, "a.docx", Cause.TOO_BIG),
            (hostile.shy_bomb, "a.docx", Cause.DAMAGED),
            (hostile.overlapping_bomb, "a.docx", Cause.TOO_BIG),
            (hostile.many_entries, "a.docx", Cause.TOO_BIG),
            (hostile.nested, "a.docx", Cause.TOO_BIG),
            (hostile.laughs, "a.docx", Cause.TOO_BIG),
            (hostile.wide_laughs, "a.docx", Cause.TOO_BIG),
            (hostile.other_letters, "a.docx", Cause.DAMAGED),
            (hostile.locked_word, "a.docx", Cause.LOCKED),
            (hostile.locked_archive, "a.docx", Cause.LOCKED),
            (lambda: hostile.OLE + bytes(900), "a.doc", Cause.UNKNOWN_KIND),
            (lambda: b"not a zip", "a.docx", Cause.DAMAGED),
            (lambda: hostile.archive(("x.txt", b"x")), "a.docx", Cause.DAMAGED),
            (lambda: hostile.archive(("x.txt", b"x")), "a.json", Cause.UNKNOWN_KIND),
            (hostile.locked_pdf, "a.pdf", Cause.LOCKED),
            (hostile.swelling_pdf, "a.pdf", Cause.TOO_BIG),
            (hostile.folded_pdf, "a.pdf", Cause.TOO_BIG),
            (hostile.declaring_pdf, "a.pdf", Cause.TOO_BIG),
            (lambda: b"x" * 30_000_001, "a.json", Cause.TOO_BIG),
        ],
    )
    def test_that_mean_harm_are_refused_at_once(self, make: Callable[[], bytes], name: str, cause: Cause) -> None:
        file = named(name, make())
        with effort() as spent:
            assert file_cause(file) is cause
        assert spent.seconds < AT_ONCE
        assert SENTENCES[QuarantineReason(cause)]

    def test_ours_are_let_through(self) -> None:
        for sample in SAMPLES[:5]:
            assert file_cause(named("form.docx", filled_docx(sample.referral))) is Cause.NONE
        assert file_cause(named("form.json", b"{}")) is Cause.NONE
        assert file_cause(named("form.pdf", hostile.pdf(b"<< /Type /Catalog >>"))) is Cause.NONE

    @pytest.mark.parametrize(
        ("body", "cause"),
        [
            (b"\x89PNG\r\n", Cause.UNKNOWN_KIND),
            (hostile.archive(("x.txt", b"x")), Cause.UNKNOWN_KIND),
            (hostile.word(b"<a/>"), Cause.UNKNOWN_KIND),
            (hostile.locked_archive(), Cause.LOCKED),
            (hostile.flat_bomb(), Cause.TOO_BIG),
            (hostile.locked_word(), Cause.LOCKED),
        ],
    )
    def test_that_nobody_reads_have_a_reason_too(self, body: bytes, cause: Cause) -> None:
        assert unread_cause(named("picture.bin", body)) is cause

    def test_streams_that_lie_within_each_other_are_counted_as_often(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(examination, "LARGEST_PDF_WORK", 1000)
        stored = b"stream\n\x78\x01" + b"\x00\x00\x00\xff\xff" * 40
        assert file_cause(named("a.pdf", hostile.pdf(stored * 10))) is Cause.TOO_BIG


class TestZipFiles:
    def test_are_opened_one_level_deep_and_their_files_named_without_folders(self) -> None:
        body = hostile.archive(("folder/", b""), ("../folder/form.docx", b"PK"), ("__MACOSX/._form.docx", b"x"))
        holder, form, after = with_members([named("a.zip", body), named("b.txt", b"x")])
        assert (holder.name, holder.cause, holder.body) == ("a.zip", Cause.NONE, body)
        assert (form.name, form.body, form.may_be_form) == ("a.zip: form.docx", b"PK", True)
        assert after.name == "b.txt"

    @pytest.mark.parametrize(
        ("make", "cause"),
        [
            (hostile.locked_archive, Cause.LOCKED),
            (hostile.nested, Cause.TOO_BIG),
            (hostile.flat_bomb, Cause.TOO_BIG),
            (hostile.lying_bomb, Cause.TOO_BIG),
            (hostile.overlapping_bomb, Cause.TOO_BIG),
            (hostile.many_entries, Cause.TOO_BIG),
            (hostile.hidden_directory, Cause.TOO_BIG),
            (hostile.shy_archive, Cause.DAMAGED),
            (hostile.strangely_packed, Cause.DAMAGED),
            (lambda: hostile.archive(*((f"{number}.txt", b"x") for number in range(21))), Cause.TOO_BIG),
            (lambda: hostile.archive(("a.txt", os.urandom(1_000) * 30_001)), Cause.TOO_BIG),
            (lambda: b"PK no zip", Cause.DAMAGED),
        ],
    )
    def test_stay_closed_as_a_whole_for_what_they_declare_or_unpack_to(
        self, make: Callable[[], bytes], cause: Cause
    ) -> None:
        body = make()
        with effort() as spent:
            (holder,) = with_members([named("a.zip", body)])
        assert spent.seconds < AT_ONCE
        assert holder.cause is cause

    def test_share_one_bound_in_a_mail(self) -> None:
        body = hostile.archive(*((f"{number}.txt", b"x") for number in range(15)))
        files = tuple(with_members([named("a.zip", body), named("b.zip", body)]))
        assert [file.cause for file in files] == [Cause.NONE] * 16 + [Cause.TOO_BIG]

    def test_that_are_called_a_form_are_none(self) -> None:
        form = Attachment("form.docx", "application/zip", hostile.archive(("a.txt", b"x")))
        assert tuple(with_members([form])) == (form,)


class TestXml:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
    def test_entities_are_seen_however_wide_their_letters(self, encoding: str) -> None:
        assert xml_cause('<!DOCTYPE a [<!ENTITY e "x">]><a/>'.encode(encoding)) is Cause.TOO_BIG

    def test_a_document_type_alone_is_not_words(self) -> None:
        assert xml_cause(b"<!DOCTYPE a><a/>") is Cause.DAMAGED

    def test_what_holds_a_million_tags_is_no_form(self) -> None:
        assert xml_cause(b"<a/>" * 1_000_001) is Cause.TOO_BIG


class TestMails:
    @pytest.mark.parametrize("make", [hostile.deep_mail, hostile.wide_mail, hostile.endless_lines])
    def test_that_declare_too_much_are_refused_at_once(self, make: Callable[[], bytes]) -> None:
        raw = make()
        with effort() as spent:
            assert mail_cause(raw) is Cause.TOO_BIG
        assert spent.seconds < AT_ONCE

    def test_ordinary_ones_are_let_through(self) -> None:
        raw = hostile.mail_with(*((f"{number}.json", b"{}" * 1000) for number in range(100))).as_bytes()
        assert mail_cause(raw) is Cause.NONE
        assert mail_cause(mail("-- \n" * 5000).as_bytes()) is Cause.NONE


class TestInTheCage:
    async def test_each_is_refused_with_its_sentence(self) -> None:
        cage = Cage()
        await cage.start()
        try:
            reading = await cage.read_form(named("a.docx", hostile.laughs()))
            assert (reading.cause, reading.reason) == (Cause.TOO_BIG, SENTENCES[QuarantineReason.TOO_BIG])
            message = await cage.read_message(hostile.deep_mail())
            assert (message.cause, message.problems) == (Cause.TOO_BIG, (SENTENCES[QuarantineReason.TOO_BIG],))
            message = await cage.read_message(hostile.mail_with(("a.exe", b"MZ"), ("b.json", b"{}")).as_bytes())
            assert [file.cause for file in message.attachments] == [Cause.UNKNOWN_KIND, Cause.NONE]
        finally:
            await cage.stop()
