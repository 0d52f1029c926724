"""The templates of mails: each kind in its versions and languages, what they carry, and the pages that show them."""

import re

import pytest

from services.notify.domain import ALLOWED_IN_MAIL, Kind, carried
from services.notify.readers import MACHINE_DRAFTED, MailTemplate, mail_template, mail_templates
from services.notify.web.naming import CARRIED_NAMES
from tests.notify.conftest import Site
from tests.notify.made import DESK, ENGINEER, KENT_WORKER

TEMPLATES = mail_templates()
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

    @pytest.mark.parametrize("template", TEMPLATES, ids=NAMES)
    def test_each_carries_only_what_mails_may(self, template: MailTemplate) -> None:
        assert set(carried(template.text)) <= ALLOWED_IN_MAIL

    def test_what_may_be_carried_has_a_name_that_people_read(self) -> None:
        assert set(CARRIED_NAMES) == ALLOWED_IN_MAIL

    @pytest.mark.parametrize("kind", Kind)
    def test_both_languages_carry_the_same(self, kind: Kind) -> None:
        english, welsh = mail_template(kind, "en"), mail_template(kind, "cy")
        assert set(carried(english.text)) == set(carried(welsh.text))

    @pytest.mark.parametrize("kind", sorted({each.kind for each in TEMPLATES if each.language == "cy"}))
    def test_welsh_says_that_a_machine_drafted_it(self, kind: Kind) -> None:
        assert mail_template(kind, "cy").is_machine_drafted
        assert mail_template(kind, "cy").text.count(MACHINE_DRAFTED) == 1


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
