"""The form as a file: blank for anybody, filled only for the browser that has just sent it."""

from io import BytesIO

import pytest
from docx import Document

from tests.conftest import Running
from tests.intake.test_web_views import answers, fill_in, intake, post

__all__ = ["intake"]

BEGINS = {"docx": b"PK", "pdf": b"%PDF"}


@pytest.mark.parametrize("kind", ["docx", "pdf"])
async def test_the_blank_form_is_there_for_anybody(intake: Running, kind: str) -> None:
    answer = await intake.client.get(f"/blank-form.{kind}")
    assert answer.content.startswith(BEGINS[kind])
    assert answer.headers["content-disposition"] == f'attachment; filename="prevent-referral-form.{kind}"'
    assert f'href="/blank-form.{kind}"' in (await intake.client.get("/")).text


@pytest.mark.parametrize("kind", ["docx", "pdf"])
async def test_the_copy_is_there_only_for_whoever_sent_it(intake: Running, kind: str) -> None:
    path = f"/referral/copy.{kind}"
    assert (await intake.client.get(path)).headers["location"] == "/"
    await fill_in(intake, answers())
    await post(intake, "/referral/declaration", {"sharing_acknowledged": "yes"})
    assert f'href="{path}"' in (await intake.client.get("/referral/copy")).text
    assert "leaves out the equality monitoring" in (await intake.client.get("/referral/copy")).text
    copy = await intake.client.get(path)
    assert copy.content.startswith(BEGINS[kind])
    if kind == "docx":
        assert answers()["person.surname"] in Document(BytesIO(copy.content)).element.xml
    intake.client.cookies.clear()
    assert (await intake.client.get(path)).headers["location"] == "/"
