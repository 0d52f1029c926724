"""What whoever signs in is asked for themselves, and their answer: no case, only what they need to look it up."""

from dataclasses import dataclass

from chassis import audit
from chassis.database import Session
from chassis.web import FormErrors, PageRequest, Response, blank, parse, refused
from services.channel import operations, queries
from services.channel.domain import (
    OBLIGATION_LABELS,
    Obligation,
    ObligationEnded,
    Practice,
    Practices,
    marks,
)
from services.channel.operations import ASKED_AS, Look, Reply
from services.channel.queries import Held, ObligationView
from services.channel.web.forms import MineForm
from services.channel.web.views.asked_as import asked_as, id_in
from services.channel.web.views.begun import Writing, values_of, writing
from services.channel.web.views.change_told import taking, takings, wrong_taking
from services.channel.web.views.obligations import read_answers


async def mine(page: PageRequest) -> Response:
    """Show what the person who signed in is asked for, without identity."""
    async with page.transaction() as session:
        lines = await queries.asked_of_me(session, asked_as(page))
    shown = [
        {
            **vars(each),
            "called": OBLIGATION_LABELS[each.kind],
            "marks": marks("open", each.due_at, page.now, paused=each.paused, seen=each.seen_at is not None),
        }
        for each in lines
    ]
    return page.render("mine", title="My requests", lines=shown)


async def my_request(page: PageRequest) -> Response:
    """Show one thing that the person is asked for, or keep their answer."""
    async with page.transaction() as session:
        mine = await _mine(page, session)
        await _seen(page, session, mine)
    held, owed = mine.held, mine.owed
    if page.request.method != "POST":
        return _show(page, mine, blank())
    data = await page.form()
    form = parse(MineForm, data)
    if isinstance(form, FormErrors):
        return _show(page, mine, form, 422)
    answers, wrong = read_answers(owed.questions, data)
    if mine.stops is None and not owed.questions and not form.reason:
        wrong = (("reason", "Enter what you did or know"),)
    if wrong := (*wrong_taking(mine.stops, form.taken, form.reason), *wrong):
        return _show(page, mine, refused(data, *wrong), 422)
    taken, words = taking(mine.stops, form.taken, form.reason)
    reply = Reply(owed.id, ASKED_AS[owed.kind], page.now, page.actor.name, words, answers, taken=taken)
    async with page.transaction() as session:
        await operations.answer_here(session, held, reply, _practice(page, held))
    page.flash(f"Your answer about {held.reference} is with the team.")
    return page.redirect("mine")


@dataclass(frozen=True)
class Mine:
    """What somebody is asked for, the case that it belongs to, and what they have begun to write.

    `stops` says of a change of consent whether consent ended.
    """

    held: Held
    owed: ObligationView
    writing: Writing
    stops: bool | None


async def _mine(page: PageRequest, session: Session) -> Mine:
    line = await queries.my_obligation(session, asked_as(page), id_in(page.path["obligation"]))
    owed = await queries.obligation(session, line.subject, line.id)
    if owed.ended_at is not None:
        raise ObligationEnded("This has been answered or cancelled: nothing more is asked of you.")
    held = await queries.held(session, line.subject)
    await audit.record_read(session, subject=held.subject, now=page.now, reason="my-request")
    return Mine(held, owed, await writing(page, session, held), await queries.change_stops(session, owed.id))


async def _seen(page: PageRequest, session: Session, mine: Mine) -> None:
    look = Look(mine.owed.id, ASKED_AS[mine.owed.kind], page.now)
    await operations.obligation_seen(session, mine.held, look, _practice(page, mine.held), page.now)


def _practice(page: PageRequest, held: Held) -> Practice:
    local: Practices = page.runtime.clients
    return local.under(held.area, held.area_version, held.district, page.now)


def _show(page: PageRequest, mine: Mine, form: FormErrors, status: int = 200) -> Response:
    held, owed = mine.held, mine.owed
    values: dict[str, object] = {
        "title": f"{OBLIGATION_LABELS[owed.kind]}: {held.reference}",
        "form": form,
        "owed": owed,
        "about": held.summary.about_whom() if held.summary else "",
        "is_request": owed.kind is Obligation.REQUEST,
        "takings": takings(mine.stops),
    }
    return page.render("my_request", status=status, **{**values, **values_of(page, mine.writing)})
