"""The templates of mails: each kind in its versions and languages, what they carry, and the pages that show them."""

import hashlib
import json
import quopri
import re
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from areas.parts import AreaPart, Language, Reached
from chassis.app import Runtime
from contracts.vocabulary import AskKind
from services.notify import jobs
from services.notify.domain import ALLOWED_IN_MAIL, Kind, carried, clock_in_words
from services.notify.domain.asks import MAIL_WORDS, MAIL_WORDS_CY
from services.notify.domain.clocks import CLOCKS, CLOCKS_CY
from services.notify.operations.writing import OF_CONCERNS
from services.notify.readers import MACHINE_DRAFTED, MailTemplate, mail_template, mail_templates
from services.notify.web.naming import CARRIED_NAMES
from tests.notify.asks_made import ask
from tests.notify.conftest import MailServer, Site, content_of
from tests.notify.looking import rows
from tests.notify.made import DESK, ENGINEER, KENT_WORKER, NOW, concern, duty_page, handle, signpost

TEMPLATES = mail_templates()
ENGLISH_ALONE = {
    Kind.DUTY_PAGED: "goes to whoever is on duty with the police at that hour: the area file has no language for them",
}
"""The kinds that have no Welsh, and why not."""
NAMES = [each.name for each in TEMPLATES]


class TestTemplates:
    @pytest.mark.parametrize("kind", Kind)
    def test_every_kind_has_one_in_english(self, kind: Kind) -> None:
        assert mail_template(kind, "en").language == "en"

    @pytest.mark.parametrize("kind", Kind)
    def test_the_newest_version_is_used(self, kind: Kind) -> None:
        for language in {each.language for each in TEMPLATES if each.kind is kind}:
            versions = [each.version for each in TEMPLATES if (each.kind, each.language) == (kind, language)]
            assert mail_template(kind, language).version == max(versions)
            assert sorted(versions) == list(range(1, max(versions) + 1)), "a version that was in use is missing"

    def test_a_version_that_was_in_use_is_never_changed(self) -> None:
        published = json.loads((Path(__file__).parent / "templates_published.json").read_text("utf-8"))
        now = {each.name: hashlib.sha256(each.text.encode()).hexdigest() for each in TEMPLATES}
        assert now == published, (
            "A template is never changed: put its words back, make a new version, and list its digest in "
            "tests/notify/templates_published.json."
        )

    @pytest.mark.parametrize("template", TEMPLATES, ids=NAMES)
    def test_each_carries_only_what_mails_may(self, template: MailTemplate) -> None:
        assert set(carried(template.text)) <= ALLOWED_IN_MAIL

    def test_what_may_be_carried_has_a_name_that_people_read(self) -> None:
        assert set(CARRIED_NAMES) == ALLOWED_IN_MAIL

    def test_every_kind_has_one_in_welsh_or_a_reason_why_not(self) -> None:
        assert set(Kind) - {each.kind for each in TEMPLATES if each.language == "cy"} == ENGLISH_ALONE.keys()

    @pytest.mark.parametrize("kind", Kind)
    def test_both_languages_carry_the_same(self, kind: Kind) -> None:
        english, welsh = mail_template(kind, "en"), mail_template(kind, "cy")
        assert set(carried(english.text)) == set(carried(welsh.text))

    @pytest.mark.parametrize("kind", sorted({each.kind for each in TEMPLATES if each.language == "cy"}))
    def test_welsh_says_that_a_machine_drafted_it(self, kind: Kind) -> None:
        assert mail_template(kind, "cy").is_machine_drafted
        assert mail_template(kind, "cy").text.count(MACHINE_DRAFTED) == 1


class TestWelsh:
    """An area's file says who is written to in Welsh; whatever has no Welsh goes in English."""

    async def test_is_sent_to_whom_the_file_has_written_to_in_it(
        self, notify: Runtime, mail_server: MailServer
    ) -> None:
        write_in_welsh(notify)
        for kind in (AskKind.INFORMATION, AskKind.INVITATION):
            await handle(notify, ask(kind, at=NOW), subject=uuid4())
        await handle(notify, signpost("victim-support"), subject=uuid4())
        await jobs.send_due(notify, NOW)
        said = [quopri.decodestring(content_of(envelope)).decode() for envelope in mail_server.taken]
        assert len(said) == 3
        assert not [each for each in said if MACHINE_DRAFTED not in each]
        assert [each for each in said if "cais am wybodaeth" in each and "3 Rhagfyr 2026" in each]
        assert [row.template for row in await rows(notify, "SELECT template FROM notice ORDER BY template")] == [
            "ask-made.v1.cy",
            "ask-made.v1.cy",
            "signpost-made.v1.cy",
        ]

    async def test_is_english_where_there_is_none_and_where_nothing_is_said(
        self, notify: Runtime, mail_server: MailServer
    ) -> None:
        await handle(notify, ask(at=NOW), subject=uuid4())
        write_in_welsh(notify)
        await handle(notify, duty_page(), subject=uuid4())
        await handle(notify, ask(at=NOW, recipient="", address="typed@partner.example"), subject=uuid4())
        await jobs.send_due(notify, NOW)
        templates = {row.template for row in await rows(notify, "SELECT template FROM notice")}
        assert templates == {"ask-made.v1.cy", "ask-made.v1.en", "duty-paged.v1.en"}

    async def test_tells_a_front_door_of_danger_in_it(self, notify: Runtime, mail_server: MailServer) -> None:
        write_in_welsh(notify)
        await handle(notify, concern(immediate_danger=True), subject=uuid4())
        await jobs.send_due(notify, NOW)
        (mail,) = (message_from_bytes(content_of(each), policy=default) for each in mail_server.taken)
        said = mail.get_content()
        assert mail["Subject"].startswith("Brys: KM-")
        assert "mewn perygl uniongyrchol" in said
        assert OF_CONCERNS["cy"][-1] in said
        assert not [word for word in OF_CONCERNS["en"] if word.strip() in said]

    async def test_tells_the_person_who_is_told_next_which_clock_of_a_front_door_ran_out(
        self, notify: Runtime, mail_server: MailServer
    ) -> None:
        write_in_welsh(notify)
        await handle(notify, concern(), subject=uuid4())
        await jobs.send_due(notify, NOW)
        mail_server.taken.clear()
        later = NOW + timedelta(days=30)
        await jobs.escalate_concerns(notify, later)
        await jobs.send_due(notify, later)
        said = [message_from_bytes(content_of(each), policy=default).get_content() for each in mail_server.taken]
        assert said
        assert not [each for each in said if CLOCKS_CY["concern-acknowledgement"] not in each]
        assert not [each for each in said if MACHINE_DRAFTED not in each]

    def test_has_words_for_every_clock(self) -> None:
        assert CLOCKS_CY.keys() == CLOCKS.keys()
        assert not CLOCKS_CY.items() & CLOCKS.items()
        assert clock_in_words("conflict-review", "cy") == "adolygiad"

    def test_has_words_for_everything_that_is_asked(self) -> None:
        assert set(MAIL_WORDS_CY) == set(MAIL_WORDS) == set(AskKind)


def write_in_welsh(notify: Runtime) -> None:
    """Let everybody whom the area files name be written to in Welsh."""
    notify.areas = replace(
        notify.areas, files=tuple(replace(file, area=_welsh(file.area)) for file in notify.areas.files)
    )


def _welsh(part: Any) -> Any:
    if isinstance(part, tuple):
        return tuple(map(_welsh, part))
    if not isinstance(part, AreaPart):
        return part
    changed = {name: _welsh(getattr(part, name)) for name in type(part).model_fields}
    return part.model_copy(update=changed | ({"language": Language.WELSH} if isinstance(part, Reached) else {}))


class TestPages:
    async def test_lists_every_template_with_what_it_carries(self, site: Site) -> None:
        await site.sign_in(DESK)
        page = (await site.get("/messages")).text
        assert not [name for name in NAMES if f"/messages/{name}" not in page]
        assert "the reference, the recipient’s own name, a link" in page
        assert page.count(">In use<") == len({(each.kind, each.language) for each in TEMPLATES})

    @pytest.mark.parametrize("name", NAMES)
    async def test_shows_each_with_a_sample_that_holds_a_reference_never_given(self, site: Site, name: str) -> None:
        await site.sign_in(DESK)
        answer = await site.get(f"/messages/{name}")
        assert answer.status_code == 200
        assert "Nothing is sent by looking" in answer.text
        text = _words(answer.text)
        assert "bytes, plain text" in text or "names nobody" in text
        assert "${" not in text.partition("A sample")[2]

    async def test_shows_where_a_concern_goes_in_danger_and_out_of_hours(self, site: Site) -> None:
        await site.sign_in(DESK)
        text = _words((await site.get("/messages/concern-received.v1.en?area=kent-and-medway")).text)
        shown = dict(re.findall(r"((?:In opening|Out of) hours(?:, immediate danger)?) \d[^@]*? to (\S+@\S+) ,", text))
        assert shown == {
            "In opening hours": "central-referral-unit@kent-council.example",
            "In opening hours, immediate danger": "central-referral-unit@kent-council.example",
            "Out of hours": "central-referral-unit@kent-council.example",
            "Out of hours, immediate danger": "out-of-hours@kent-council.example",
        }
        assert text.count("Urgent: KM-0000-0000") == 2

    async def test_an_unknown_template_is_explained(self, site: Site) -> None:
        await site.sign_in(DESK)
        answer = await site.get("/messages/..%2Fpasswords")
        assert answer.status_code == 404
        assert (await site.get("/messages/no-such.v1.en")).status_code == 404

    async def test_is_for_the_desk_and_those_who_run_the_system(self, site: Site) -> None:
        await site.sign_in(ENGINEER)
        assert (await site.get("/messages")).status_code == 200
        await site.sign_in(KENT_WORKER)
        assert (await site.get("/messages")).status_code == 403
        assert (await site.get("/messages/duty-paged.v1.en")).status_code == 403


def _words(page: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", page).split())
