"""The public form in Welsh: nothing untranslated, and everybody told that a machine drafted it."""

import re
from html import unescape
from typing import Any

import pytest
from jinja2 import Environment
from lxml import html

from services.intake.web.form import language
from services.intake.web.form.steps import STEPS
from tests.conftest import Running
from tests.intake import wordings
from tests.intake.builders import rows
from tests.intake.test_web_views import PAGE, answers, fill_in, intake, post, problems, refusal

__all__ = ["intake"]

TEMPLATES = wordings.PUBLIC_PAGES / "templates"
PUBLIC = (
    *("start", "task_list", "question", "call_999", "check_answers", "declaration", "receipt", "copy", "public"),
    *("save", "saved", "saved_form", "saved_gone", "macros/questions", "refusal", "too_many"),
    *("progress", "progress_asked", "progress_gone", "progress_link", "progress_referral"),
)
PLACEHOLDER = re.compile(r"%\(\w+\)s")
SAME_IN_BOTH = {"%(label)s %(number)s", "Roma"}
DRAFTED = "Peiriant a luniodd ddrafft"


class TestTheCatalogue:
    def test_says_everything_that_the_form_says_and_nothing_else(self) -> None:
        known = {message.id for message in wordings.catalogue() if message.id}
        assert known == set(wordings.wordings()), "Run python -m tests.intake.wordings, and write what it names."

    def test_leaves_nothing_untranslated(self) -> None:
        messages = [message for message in wordings.catalogue() if message.id]
        assert [message.id for message in messages if not message.string or message.fuzzy] == []
        assert {message.id for message in messages if message.id == message.string} <= SAME_IN_BOTH

    def test_keeps_every_placeholder(self) -> None:
        for message in wordings.catalogue():
            if message.id:
                given, kept = (sorted(PLACEHOLDER.findall(str(text))) for text in (message.id, message.string))
                assert given == kept, message.id

    def test_is_compiled_from_what_is_committed(self) -> None:
        assert wordings.compiled(wordings.catalogue()) == wordings.MO.read_bytes()

    def test_is_unsigned_until_a_translator_signs(self) -> None:
        assert language.is_draft("cy") == (wordings.catalogue().last_translator == language.UNSIGNED)
        assert not language.is_draft("en")

    @pytest.mark.parametrize("name", PUBLIC)
    def test_leaves_no_bare_words_in_a_template(self, name: str) -> None:
        tokens = Environment(autoescape=True).lex((TEMPLATES / f"{name}.html").read_text())
        # What a tag asks of the template is no word of the page, but it may hold the tag together.
        text = re.sub(r"<[^>]*>", " ", "".join(value if kind == "data" else "" for _, kind, value in tokens))
        assert re.findall(r"[A-Za-z]{2,}", text) == []


class TestWelshPages:
    async def test_turn_with_a_link_that_keeps_the_place(self, intake: Running) -> None:
        page: Any = html.fromstring((await intake.client.get(f"{PAGE}name?change=yes")).text)
        [link] = page.xpath("//a[@hreflang='cy']")
        assert link.get("href") == "?change=yes&lang=cy"
        welsh: Any = html.fromstring((await intake.client.get(f"{PAGE}name{link.get('href')}")).text)
        assert welsh.get("lang") == "cy"
        assert "Beth yw enw’r person?" in welsh.text_content()
        assert DRAFTED in welsh.text_content()
        stays = (await intake.client.get("/")).text
        assert 'lang="cy"' in stays
        assert DRAFTED not in (await intake.client.get("/?lang=en")).text

    async def test_hold_no_english(self, intake: Running) -> None:
        await intake.client.get("/?lang=cy")
        await fill_in(intake, answers() | {"concerns.immediate_danger": "yes"}, everything=True)
        english = {text for text in wordings.wordings() if len(text) > 6 and "%(" not in text} - SAME_IN_BOTH
        welsh = {language.say("cy", text) for text in wordings.wordings()}
        paths = ("/", "/referral", "/referral/check", "/referral/declaration", "/referral/call-999", "/referral/save")
        for path in (
            *paths,
            "/saved",
            "/progress",
            "/progress/asked",
            "/progress/a-link",
            *(f"{PAGE}{step.key}" for step in STEPS),
        ):
            root: Any = html.fromstring((await intake.client.get(path)).text)
            said = {" ".join(text.split()) for text in root.xpath("//body//text()")}
            assert said & (english - welsh) == set(), path

    async def test_refuse_in_welsh(self, intake: Running) -> None:
        await intake.client.get("/?lang=cy")
        page = await refusal(intake, f"{PAGE}name", {"person.forenames": "x" * 201})
        assert problems(page.text) == [
            "Rhaid i enwau cyntaf y person fod yn 200 nod neu lai",
            "Rhowch gyfenw’r person",
        ]
        root: Any = html.fromstring(page.text)
        assert root.xpath("string(//title)").startswith("Gwall: ")
        assert "Mae problem" in page.text
        [first, *_] = root.xpath("//p[@class='govuk-error-message']/span/text()")
        assert first == "Gwall:"
        danger = await refusal(intake, f"{PAGE}danger", {})
        assert problems(danger.text) == ["Dewiswch ‘Ie’ os oes rhywun mewn perygl uniongyrchol"]

    async def test_make_a_referral_in_welsh(self, intake: Running) -> None:
        await intake.client.get("/?lang=cy")
        await fill_in(intake, answers())
        check = unescape((await intake.client.get("/referral/check")).text)
        assert "8 Hydref 2014" in check
        assert "yn siarad ac yn deall Saesneg" in check, "the hidden words of a link keep the capitals of names"
        await post(intake, "/referral/declaration", {"sharing_acknowledged": "yes"})
        [row] = await rows(intake.runtime, "SELECT language FROM referral")
        assert row.language == "cy"
        assert "Atgyfeiriad wedi’i dderbyn" in (await intake.client.get("/referral/receipt")).text
