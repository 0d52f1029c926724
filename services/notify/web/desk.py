"""The delivery desk: how every notice stands, one notice with its attempts, and the demonstration's mail folder."""

from http import HTTPStatus
from pathlib import Path
from uuid import UUID

from starlette.responses import Response

from chassis.web import FormErrors, PageRequest, blank, parse, refused
from services.notify import operations, queries, readers
from services.notify.domain import (
    Held,
    Kind,
    MailAbsent,
    NoticeAbsent,
    Result,
    SecondWordNeeded,
    State,
    may_be_held,
    needs_second_word,
    owner_of,
)
from services.notify.web.attempt_words import form_of, words_of_attempts
from services.notify.web.came_back import came_back_lines, what_to_do
from services.notify.web.finding import address_behind, choices, has_history, place_of, searched
from services.notify.web.forms import WHY_LABELS, WHY_NOT_LABELS, WHY_NOT_WORDS, SendAgainForm, SuppressForm
from services.notify.web.naming import (
    ASK_NAMES,
    KIND_NAMES,
    OWNER_WORDS,
    RESULT_NAMES,
    STATE_COLOURS,
    STATE_NAMES,
    WAY_NAMES,
    age_in_words,
    ask_standing,
    force_name,
    last_answer,
    recipient_name,
    service_name,
)

HELD_WORDS = {
    Held.NOW: "The notice is held back. Who is told of that stands below.",
    Held.AFTER_SECOND_WORD: "Somebody is in immediate danger: it is sent until another person of the desk confirms.",
}


async def delivery_desk(page: PageRequest) -> Response:
    """Show how the notices stand, newest first, and the signposts that nobody has answered."""
    search = searched(page)
    async with page.transaction() as session:
        counts = await queries.counts_by_state(session)
        found = await queries.notices_sought(session, search.sought, place_of(page))
        signposts = await queries.signposts_waiting(session)
        transfers = await queries.transfers_waiting(session)
        asked = await queries.asks_waiting(session, now=page.now)
        unreadable = await queries.unreadable(session, now=page.now)
    return page.render(
        "delivery_desk",
        status=422 if search.form.errors else 200,
        form=search.form,
        is_sought=search.is_sought,
        choices=choices(page),
        counts=counts,
        notices=found.notices,
        more=address_behind(page, "delivery_desk", found.more),
        most_counted=queries.MOST_COUNTED,
        chosen=search.sought.state,
        way_names=WAY_NAMES,
        may_follow=has_history,
        signposts=signposts,
        transfers=transfers,
        asked=asked,
        unreadable=unreadable,
        ask_names=ASK_NAMES,
        ask_standing=lambda one: ask_standing(one, page.now),
        force_name=lambda one: force_name(page, one.area, one.force),
        kind_names=KIND_NAMES,
        state_names=STATE_NAMES,
        state_colours=STATE_COLOURS,
        recipient_name=lambda one: recipient_name(page, one),
        service_name=lambda one: service_name(page, one.area, one.service),
        last_answer=last_answer,
        age=lambda at: age_in_words(at, page.now),
    )


async def notice(page: PageRequest) -> Response:
    """Show one notice: exactly what was sent, and every attempt."""
    return await _notice(page, blank())


async def send_again(page: PageRequest) -> Response:
    """Make a notice due again, with the reason."""
    form = parse(SendAgainForm, await page.form())
    if isinstance(form, FormErrors):
        return await _notice(page, form, status=422)
    notice_id = _id(page.path["id"])
    async with page.transaction() as session:
        await operations.send_again(session, notice_id, str(form.reason), now=page.now)
    page.flash("The notice is due again and goes out within a few seconds.")
    return page.redirect("notice", id=notice_id)


async def suppress(page: PageRequest) -> Response:
    """Hold a notice back, with the reason; where somebody is in immediate danger a second person must confirm."""
    sent = await page.form()
    form = parse(SuppressForm, sent)
    if isinstance(form, FormErrors):
        return await _notice(page, form, status=422)
    notice_id = _id(page.path["id"])
    try:
        async with page.transaction() as session:
            held = await operations.suppress(session, notice_id, str(form.why_not), now=page.now)
    except SecondWordNeeded as wrong:
        return await _notice(page, refused(sent, ("why_not", str(wrong))), status=HTTPStatus.FORBIDDEN)
    page.flash(HELD_WORDS[held])
    return page.redirect("notice", id=notice_id)


async def _notice(page: PageRequest, form: FormErrors, status: int = 200) -> Response:
    async with page.transaction() as session:
        found = await queries.notice_found(session, _id(page.path["id"]))
        wish = await queries.held_back(session, found.listed.id)
        came_back = await queries.came_back(session, found.listed.id)
    under_way = found.listed.state in {State.DUE, State.SENDING, State.FAILED}
    return page.render(
        "notice",
        way_names=WAY_NAMES,
        result_names=RESULT_NAMES,
        status=status,
        form=form,
        found=found,
        listed=found.listed,
        recipient=recipient_name(page, found.listed),
        kind=KIND_NAMES[Kind(found.listed.kind)],
        state=STATE_NAMES[State(found.listed.state)],
        colour=STATE_COLOURS[State(found.listed.state)],
        last_answer=last_answer(found.listed),
        form_words=_form_words(found),
        words=words_of_attempts(found),
        may_send_again=not under_way and found.listed.kind != Kind.ASK_CODE,
        why=WHY_LABELS,
        may_be_held=may_be_held(State(found.listed.state)),
        needs_second_word=needs_second_word(Kind(found.listed.kind), urgent=found.listed.urgent),
        is_held=found.listed.state == State.SUPPRESSED,
        wish=wish,
        why_not=WHY_NOT_LABELS,
        why_not_words=WHY_NOT_WORDS,
        told_of_it=OWNER_WORDS[owner_of(Kind(found.listed.kind), found.publisher)],
        may_follow=has_history(found.listed),
        came_back=came_back_lines(came_back),
        what_to_do=what_to_do(came_back, State(found.listed.state)),
    )


def _form_words(found: queries.NoticeFound) -> str:
    """Return whether the form went with the newest attempt that could have had one; "" where none could."""
    left = {Result.ACCEPTED, Result.UNKNOWN}
    newest = next((each for each in found.attempts if each.form and Result(each.result) in left), None)
    return form_of(found, newest) if newest else ""


async def mail_folder(page: PageRequest) -> Response:
    """List the mails that this demonstration has sent into its folder."""
    return page.render("mail_folder", mails=readers.stored_mails(_folder(page)))


async def mail(page: PageRequest) -> Response:
    """Show one mail of the demonstration as plain text."""
    return page.render("mail", mail=readers.stored_mail(_folder(page), page.path["name"]))


def _folder(page: PageRequest) -> Path:
    folder = page.runtime.settings.mail_directory
    if page.runtime.settings.mode != "demo" or folder is None:
        raise MailAbsent("There is no mail folder here: in real use mail leaves by the mail server.")
    return folder


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NoticeAbsent from None
