"""The form as a file: blank, to fill in away from here, and filled in with what this browser has just sent."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from types import MappingProxyType

from chassis.web import PageRequest, Response
from contracts.vocabulary import ReferralForm
from services.intake.web.form.answers import Draft, referral_form
from services.intake.web.form.language import ENGLISH
from services.intake.writers import blank_docx, blank_pdf, filled_docx, filled_pdf

RECEIPT = "receipt"
"""What the session keeps of the referral that it has just sent."""
MEDIA: Mapping[str, str] = MappingProxyType(
    {"docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "pdf": "application/pdf"}
)
FILLED: Mapping[str, Callable[[ReferralForm], bytes]] = MappingProxyType({"docx": filled_docx, "pdf": filled_pdf})


@cache
def blank(kind: str) -> bytes:
    """Return the blank form, made once."""
    return blank_docx() if kind == "docx" else blank_pdf()


async def blank_word(_request: PageRequest) -> Response:
    """Hand over the blank form as a Word file."""
    return _file(await asyncio.to_thread(blank, "docx"), "prevent-referral-form", "docx")


async def blank_portable(_request: PageRequest) -> Response:
    """Hand over the blank form as a PDF that can be filled in."""
    return _file(await asyncio.to_thread(blank, "pdf"), "prevent-referral-form", "pdf")


async def copy_word(request: PageRequest) -> Response:
    """Hand over what this browser has just sent, as a Word file."""
    return await _copy(request, "docx")


async def copy_portable(request: PageRequest) -> Response:
    """Hand over what this browser has just sent, as a PDF."""
    return await _copy(request, "pdf")


async def _copy(request: PageRequest, kind: str) -> Response:
    known = request.session.get(RECEIPT)
    if not known or "draft" not in known:
        return request.redirect("start")
    day, language = date.fromisoformat(known["sent_on"]), known.get("language", ENGLISH)
    form = referral_form(Draft.kept(known["draft"]), day, language)
    return _file(await asyncio.to_thread(FILLED[kind], form), str(known["reference"]), kind)


def _file(body: bytes, name: str, kind: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}.{kind}"'}
    return Response(body, media_type=MEDIA[kind], headers=headers)
