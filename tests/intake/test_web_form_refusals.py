"""Every page that refuses or fails, for the public: in the language that the reader chose, and 999 on each."""

from typing import Any

import pytest
from lxml import html

from chassis.database import DatabaseUnavailable
from chassis.settling import OutcomeUnknown
from services.intake.web.form import saving
from services.intake.web.form.visit import LANGUAGE
from tests.conftest import Running
from tests.intake import wordings
from tests.intake.test_web_views import PAGE, intake

__all__ = ["intake"]

LINK = f"/saved/{'A' * 43}"


def said(page: str) -> tuple[str, str, set[str]]:
    """Return the language of a page, its heading, and every text on it."""
    root: Any = html.fromstring(page)
    texts = {" ".join(text.split()) for text in root.xpath("//body//text()")}
    return root.get("lang"), root.xpath("string(//h1)"), texts


def in_welsh(page: str) -> str:
    """Return the heading of a page that is Welsh through."""
    language, heading, texts = said(page)
    english = {text for text in wordings.wordings() if len(text) > 6 and "%(" not in text}
    assert (language, texts & english) == ("cy", set())
    assert any("ffoniwch 999 nawr" in text for text in texts)
    return heading


class TestARefusal:
    async def test_of_a_lost_session_is_told_in_the_language_that_was_chosen(self, intake: Running) -> None:
        await intake.client.get(f"{PAGE}name?lang=cy")
        del intake.client.cookies["throughline_intake"]
        answer = await intake.client.post(f"{PAGE}name", data={"person.surname": "Sample"})
        assert answer.status_code == 403
        assert in_welsh(answer.text) == "Bu’r dudalen hon ar agor yn rhy hir"
        english = await intake.client.post(f"{PAGE}name?lang=en", data={"person.surname": "Sample"})
        assert said(english.text)[:2] == ("en", "This page was open for too long")

    @pytest.mark.parametrize(("site", "given_back"), [("same-origin", True), ("cross-site", False), ("", False)])
    async def test_of_a_lost_session_gives_back_what_was_typed_on_our_own_page(
        self, intake: Running, site: str, given_back: bool
    ) -> None:
        words = "SYNTHETIC: it took somebody an hour to write this down <b>carefully</b>."
        sent = {"concerns.narrative": words, "do": "continue"}
        answer = await intake.client.post(
            f"{PAGE}concerns", data=sent, headers={"sec-fetch-site": site} if site else {}
        )
        assert answer.status_code == 403
        assert (words in said(answer.text)[2]) == given_back
        assert "<b>" not in answer.text
        assert ('href="?"' in answer.text) == given_back

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [("GET", "/nowhere", 404), ("GET", f"{PAGE}nothing", 404), ("DELETE", "/referral", 405)],
    )
    async def test_of_an_address_is_told_in_it(self, intake: Running, method: str, path: str, status: int) -> None:
        await intake.client.get("/?lang=cy")
        answer = await intake.client.request(method, path)
        assert answer.status_code == status
        in_welsh(answer.text)

    async def test_of_what_cannot_be_kept_is_told_in_it(self, intake: Running) -> None:
        answer = await intake.client.get(f"{PAGE}name?change=%00&lang=cy")
        assert answer.status_code == 400
        in_welsh(answer.text)

    @pytest.mark.parametrize("error", [DatabaseUnavailable("Away."), OutcomeUnknown("Away."), RuntimeError("A bug.")])
    async def test_of_a_service_that_fails_is_told_in_it(
        self, intake: Running, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        async def fails(*_: Any, **__: Any) -> None:
            raise error

        await intake.client.get("/?lang=cy")
        monkeypatch.setattr(saving, "saved_form", fails)
        answer = await intake.client.get(LINK)
        assert answer.status_code in {500, 503}
        in_welsh(answer.text)
        english = (await intake.client.get(f"{LINK}?lang=en")).text
        assert "call 999 now" in english
        assert ("A bug." in english) is False

    async def test_of_a_link_that_is_over_is_told_in_it(self, intake: Running) -> None:
        answer = await intake.client.get(f"{LINK}?lang=cy")
        assert (answer.status_code, said(answer.text)[0]) == (404, "cy")


class TestTheLanguage:
    async def test_is_kept_beside_the_session(self, intake: Running) -> None:
        await intake.client.get("/?lang=cy")
        assert intake.client.cookies[LANGUAGE] == "cy"
        await intake.client.get("/?lang=en")
        assert said((await intake.client.get("/")).text)[0] == "en"

    async def test_is_none_that_we_do_not_speak(self, intake: Running) -> None:
        intake.client.cookies.set(LANGUAGE, "<script>")
        assert said((await intake.client.get("/?lang=xx")).text)[0] == "en"
