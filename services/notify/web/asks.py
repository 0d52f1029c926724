"""Pages for people outside whom Channel asks: a link shows nothing, a code opens it, an answer is given once."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from starlette.responses import Response

from chassis.web import FormData, FormErrors, PageRequest, blank, parse, refused
from contracts.vocabulary import AskKind
from services.notify import operations, queries
from services.notify.domain import (
    ANSWERABLE,
    MAIL_WORDS,
    OPEN_FOR,
    AskAbsent,
    AskClosed,
    AskState,
    Entered,
    LinkTo,
    Mailing,
    ask_state,
    linked_id,
)
from services.notify.queries import AskContent, AskFound
from services.notify.settings import code_key, link_key
from services.notify.web.ask_forms import CodeForm, can_say, questions_of, read_reply, typed_in, written
from services.notify.web.guests import MOST_OPENED, TOO_OFTEN, gone, is_patient
from services.notify.web.naming import area_name, organisation_of

OPENED, WHO = "opened_asks", "answers_asks_as"
WHO_FIELDS = ("by", "role", "organisation")
BARRED = "Wrong codes were entered too often within a day: try again tomorrow, or ring the Channel team"
NOT_OPENED = {
    Entered.WRONG: "That is not the code in the newest mail: check it and enter it again",
    Entered.SPENT: "That is not the code, and it was tried too often: have another one mailed",
    Entered.NONE: "That code does not work any more, or was used: have another one mailed",
}
NOT_MAILED = {
    Mailing.HOUR: "Five codes were mailed within the hour: enter the newest, or wait before you ask for another",
    Mailing.DAY: "Twenty codes were mailed within a day: try again tomorrow, or ring the Channel team",
    Mailing.BARRED: BARRED,
}


async def ask_link(page: PageRequest) -> Response:
    """Show what Channel asks to whoever holds its link and has entered the code; take codes and answers in."""
    try:
        found = await _linked(page)
    except AskAbsent:
        return gone(page)
    state = _state(page, found)
    data = await page.form() if page.request.method == "POST" else FormData()
    if state is not AskState.OPEN:
        return await _closed(page, found, state, data)
    step = _STEPS.get(data.get("step"))
    if step is None:
        return await _here(page, found, blank())
    if not is_patient(page):
        return await _here(
            page, found, refused(data, ("by" if step is _sent and _is_open(page, found) else "code", TOO_OFTEN)), 429
        )
    return await step(page, found, data)


async def _here(page: PageRequest, found: AskFound, form: FormErrors, status: int = 200) -> Response:
    """Show the ask where this browser has opened it, and otherwise nothing but the way to a code."""
    if not _is_open(page, found):
        return _code_first(page, found, form, status)
    try:
        async with page.transaction() as session:
            await operations.look_at_ask(session, found.listed.id, now=page.now)
            opened = await queries.ask_opened(session, found.listed.id)
    except AskClosed:
        return _again(page)  # it was ended in this very moment: the page says so
    if opened.content is None:
        return await _closed(page, found, AskState.ENDED, FormData())  # it was erased in this very moment
    values = {"found": found, "opened": opened, "content": opened.content, **_shell(page, found)}
    if found.listed.kind not in ANSWERABLE:
        return page.render("ask_pack", status=status, **values)
    first = form.errors or form.values.fields
    who = {"organisation": organisation_of(page, found.listed), **page.session.get(WHO, {})}
    return page.render(
        "ask",
        status=status,
        form=form if first else blank({**who, **opened.draft}),
        questions=questions_of(opened.content.questions),
        taken=tuple(can_say(opened.content).items()),
        **_told_apart(found, opened.content),
        **values,
    )


def _told_apart(found: AskFound, content: AskContent) -> dict[str, bool]:
    """Return what the page makes of what is shown: whether confidentiality is stated, and a brief to acknowledge."""
    headings = [part.heading.casefold() for part in content.shown]
    briefed = found.listed.kind is AskKind.SESSION and any("brief" in each for each in headings)
    return {"stated": any("confidential" in each for each in headings), "briefed": briefed}


def _code_first(
    page: PageRequest, found: AskFound, form: FormErrors, status: int, unsent: Sequence[tuple[str, str]] = ()
) -> Response:
    """Show nothing but the way to a code, and what somebody wrote who must enter one before."""
    values = {"code_waits": found.code_waits, "unsent": unsent, **_shell(page, found)}
    return page.render("ask_closed", status=status, form=form, **values)


async def _code_wanted(page: PageRequest, found: AskFound, _: FormData) -> Response:
    async with page.transaction() as session:
        went = await operations.mail_code(session, found.listed.id, code_key(page.runtime.secrets), now=page.now)
    if went is not Mailing.GOES:
        return await _here(page, found, refused(FormData(), ("code", NOT_MAILED[went])), 429)
    page.flash("A code is on its way to the mailbox that the link was sent to. It works for 15 minutes, once.")
    return _again(page)


async def _code_entered(page: PageRequest, found: AskFound, data: FormData) -> Response:
    form = parse(CodeForm, data)
    if isinstance(form, FormErrors):
        return await _here(page, found, form, 422)
    async with page.transaction() as session:
        result = await operations.enter_code(
            session, found.listed.id, form.code, code_key(page.runtime.secrets), now=page.now
        )
    if result is not Entered.RIGHT:
        return await _here(page, await _linked(page), refused(FormData(), ("code", NOT_OPENED[result])), 422)
    opened = {each: until for each, until in page.session.get(OPENED, {}).items() if each != _key(found)}
    newest = dict([*opened.items()][-MOST_OPENED:])
    if page.actor.kind == "public":
        page.session.rotate()  # whoever planted the cookie of this browser is left outside
    page.session[OPENED] = {**newest, _key(found): (page.now + OPEN_FOR).isoformat()}
    return _again(page)


async def _sent(page: PageRequest, found: AskFound, data: FormData) -> Response:
    if found.listed.kind not in ANSWERABLE:
        return await _here(page, found, blank())
    if _key(found) not in page.session.get(OPENED, {}):
        # Asked anew meanwhile, or never opened here: words go back to whoever typed them, and the questions stay shut.
        return _code_first(page, found, blank(), 422, _words(data))
    if not _is_open(page, found) or data.get("step") != "answer":
        return await _kept(page, found, data)
    try:
        wrong = await _given(page, found, data)
    except AskClosed:
        return _again(page)  # pressed twice, or a colleague was first: the page says so
    if wrong is not None:
        return await _here(page, found, wrong, 422)
    page.session[WHO] = {name: data.get(name) for name in WHO_FIELDS}
    page.flash("Thank you. The Channel team has been told.")
    return _again(page)


async def _given(page: PageRequest, found: AskFound, data: FormData) -> FormErrors | None:
    """Keep an answer and tell Channel, or return the form with what is to be mended; AskClosed where it is too late."""
    async with page.transaction() as session:
        content = (await queries.ask_opened(session, found.listed.id)).content
        if content is None:
            raise AskClosed("What was asked has been erased; open the link again: the page says so.")
        reply = read_reply(found.listed.kind, content, data)
        if isinstance(reply, FormErrors):
            return reply
        await operations.answer_ask(session, found.listed.id, reply, now=page.now)
    return None


_STEPS: Mapping[str, Callable[[PageRequest, AskFound, FormData], Awaitable[Response]]] = {
    "code": _code_wanted,
    "enter": _code_entered,
    "save": _sent,
    "acknowledge": _sent,
    "answer": _sent,
}


async def _kept(page: PageRequest, found: AskFound, data: FormData) -> Response:
    """Keep what was written, also when the time in this browser ran out while somebody wrote; note a brief as read."""
    here, said = _is_open(page, found), data.get("step") == "acknowledge"
    try:
        async with page.transaction() as session:
            await operations.keep_draft(session, found.listed.id, written(typed_in(data), data), now=page.now)
            if here and said:
                await operations.acknowledge(session, found.listed.id, now=page.now)
    except AskClosed:
        return _again(page)
    done = "Thank you. The Channel team is told that you have read the brief." if said else "Your words are kept."
    page.flash(done if here else "Your words are kept: have a code mailed, and you can send them.")
    return _again(page)


async def _closed(page: PageRequest, found: AskFound, state: AskState, data: FormData) -> Response:
    """Say kindly why nothing is shown; what was typed is given back, and a try at a pack that is shut is recorded.

    Whoever has answered may look as often as they like; any other look counts, and of too many nothing is kept.
    """
    is_answered = state is AskState.ANSWERED
    is_few = is_answered or is_patient(page)
    is_recorded = is_few and found.listed.kind not in ANSWERABLE
    if is_recorded:
        async with page.transaction() as session:
            await operations.refuse_look(session, found.listed.id, now=page.now)
    return page.render(
        "ask_over",
        token=page.path["token"],
        status=200 if is_answered else 404 if is_few else 429,
        is_recorded=is_recorded,
        found=found,
        state=str(state),
        unsent=[] if is_answered else _words(data),
        **_shell(page, found),
    )


def _words(data: FormData) -> list[tuple[str, str]]:
    """Return what somebody wrote, for them to keep: the questions stay sealed where nothing is open."""
    questions = typed_in(data)
    names = {each.answer: f"Your words to question {place}" for place, each in enumerate(questions, 1)}
    names["report"] = "Your words"
    return [(names[name], words) for name, words in written(questions, data).items() if name in names]


def _state(page: PageRequest, found: AskFound) -> AskState:
    """Return how an ask stands for whoever comes now; one whose words were erased has ended."""
    state = ask_state(found.listed.times, page.now)
    return AskState.ENDED if found.is_erased and state in {AskState.OPEN, AskState.NOT_YET} else state


def _shell(page: PageRequest, found: AskFound) -> dict[str, object]:
    listed = found.listed
    words = MAIL_WORDS[listed.kind]
    return {
        "listed": listed,
        "kind": str(listed.kind),
        "asker": area_name(page, listed.area),
        "organisation": organisation_of(page, listed),
        "asked_words": words,
        "named": f"{words[:1].upper()}{words[1:]}",
    }


async def _linked(page: PageRequest) -> AskFound:
    ask_id = linked_id(link_key(page.runtime.secrets), LinkTo.ASK, page.path["token"])
    if ask_id is None:
        raise AskAbsent
    async with page.transaction() as session:
        return await queries.ask_found(session, ask_id, now=page.now)


def _key(found: AskFound) -> str:
    """Return the name under which a browser remembers what it opened: what is asked anew needs a code again."""
    return str(found.listed.event_id)


def _is_open(page: PageRequest, found: AskFound) -> bool:
    until = page.session.get(OPENED, {}).get(_key(found))
    return until is not None and page.now < datetime.fromisoformat(until)


def _again(page: PageRequest) -> Response:
    return page.redirect("ask_link", token=page.path["token"])
