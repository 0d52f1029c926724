"""A world with something on every page, and which of its pages who opens."""

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any
from uuid import UUID, uuid4

from samples.send import REFERENCE
from services.intake.web.form.steps import STEPS
from tests.faults.canaries import Plant
from tests.faults.test_canaries import appended, envelope, parked_for
from tests.journeys.channel_world import Visits, in_channel
from tests.journeys.live import Live, aside, mail_aside, mailed, signed_in, wait
from tests.journeys.looking import ABSENT, ENDED, LOST, NEVER_ASKED, NO_OLDER
from tests.journeys.pages import answered
from tests.journeys.releases_made import ANNA
from tests.journeys.releases_made import released as released_by_two
from tests.journeys.steps import (
    ACTION,
    CLOSURE,
    COORDINATOR,
    GATEWAY,
    IMU,
    NORTH,
    NORTH_IMU,
    REASON,
    SUPERVISOR,
    assessed,
    case_of,
    cleared,
    decided,
    drafted,
    mailed_link,
    new_day,
    new_name,
    ready,
    recorded,
    referred,
    risk_owner,
)
from tests.journeys.test_pathway import BOARD, FRONT_DOOR

REFUSED = 422
DESK, OPS = "dana.desk@kent-police.example", "olu.ops@throughline.example"
MEDWAY, PRIVACY = "meera.medway@medway-council.example", "priya.privacy@throughline.example"


@dataclass(frozen=True)
class World:
    """What the pages show: real referrals at different stages, by the words in the pages' addresses."""

    live: Live
    fresh: str
    cleared: str
    handed: str
    unread: str
    names: dict[str, str]
    channel: Visits


@contextlib.contextmanager
def staged(live: Live) -> Iterator[World]:
    """Referrals at every stage, a signpost, a release, an unread original and a parked message."""
    fresh, clear, handed, signposted = (referred(live) for _ in range(4))
    for reference in (clear, handed, signposted):
        ready(live, reference)
    decided(live, handed, "pass-on")
    case_of(live, handed, "accept")
    with signed_in(live, "triage", GATEWAY) as client:
        page = client.get(f"/referrals/{signposted}/decision/signpost")
        front_door = re.findall(r'<option value="([^"]+)"', page.text)[0]
    decided(live, signposted, "signpost", service=front_door, message="SYNTHETIC: please call the school.")
    sent = envelope(live, "wrong-key", Plant())
    aside(appended(live, sent))
    parked = wait(lambda: parked_for(live, sent.subject), 90, "A parked message")
    pair = suspected(live)
    unread = mailed_without_form(live)
    police = at_every_turn(live, clear) | elsewhere(live)
    released(live)
    link = wait(lambda: mailed_link(live, signposted, "signpost-links"), 60, "The mail with the link")
    (made,) = live.of("notify", "SELECT id FROM signpost WHERE reference = $1", signposted)
    police |= {"signpost": str(made["id"]), "signpost-link": link.partition("/signpost-links/")[2]}
    offer = wait(lambda: mailed_link(live, police["offered"], "transfer-links"), 60, "The mail with the offer")
    police |= {"transfer-link": offer.partition("/transfer-links/")[2]}
    wait(lambda: live.of("monitor", "SELECT 1 FROM checkpoint WHERE service = 'intake'"), 120, "Intake's checkpoint")
    named = names(live, fresh, unread) | {"parked": str(parked["id"]), "pair": pair} | police
    channel = in_channel(live)
    # By now the calendar has moved on, and the first referrals' links are over.
    last = referred(live)
    have_it = wait(lambda: mailed_link(live, last, "concern-links"), 60, "The mail that asks whether somebody has it")
    named["concern-link"] = have_it.partition("/concern-links/")[2]
    yield World(
        live,
        fresh,
        clear,
        handed,
        unread,
        named,
        channel,
    )
    assert live.command("clock", "reset").returncode == 0
    live.command("parked", "discard", str(parked["id"]), "--reason", "made by a test")


def at_every_turn(live: Live, clear: str) -> dict[str, str]:
    """Bring police referrals to every turn that has pages of its own; return what their addresses name."""
    stopped, secret, led, offered_away, proposed, pursued = (referred(live) for _ in range(6))
    for reference in (led, offered_away, proposed):
        ready(live, reference)
    for reference in (stopped, pursued):
        recorded(live, reference, "deconfliction", IMU, outcome="record-conflict", rationale=REASON)
    recorded(live, pursued, "investigation", IMU, officer="Ines Sample (synthetic)", rationale=REASON)
    recorded(live, secret, "restriction", SUPERVISOR, rationale=REASON)
    recorded(live, secret, "access", SUPERVISOR, officer=GATEWAY, rationale=REASON)
    decided(live, led, "lead-partnership", risk_owner="Gwen Gateway (synthetic)")
    recorded(live, led, "obligations/action", message=REASON, **ACTION)
    decided(live, offered_away, "offer-transfer", force="southvale-police", message=REASON)
    decided(live, proposed, "propose-closure", **{**CLOSURE, "risk_owner": risk_owner(live, proposed)})
    recorded(live, clear, f"same?other={offered_away}", answer="linked", reason=REASON)
    assessed(live, clear)
    owed = "SELECT o.id FROM obligation o JOIN referral USING (subject) WHERE reference = $1"
    begun(live, led)
    left = "SELECT b.id FROM begun_work b JOIN referral USING (subject) WHERE reference = $1"
    listed = "SELECT a.id FROM access a JOIN referral USING (subject) WHERE reference = $1"
    whose = "SELECT p.person FROM person_referral p JOIN referral USING (subject) WHERE reference = $1"
    return {
        "stopped": stopped,
        "pursued": f"/referrals/{pursued}/investigation",
        "begun": f"/referrals/{led}/begun/{live.of('triage', left, led)[0]['id']}",
        "restricted": f"/referrals/{secret}",
        "access": f"/referrals/{secret}/access/{live.of('triage', listed, secret)[0]['id']}/end",
        "led": f"/referrals/{led}",
        "owed": f"/referrals/{led}/obligations/{live.of('triage', owed, led)[0]['id']}",
        "offered": offered_away,
        "proposed": f"/referrals/{proposed}",
        "person": f"/people/{live.of('triage', whose, clear)[0]['person']}",
        "draft": drafted(live, clear),
    }


def begun(live: Live, reference: str) -> None:
    """Press Continue on a decision that lacks most of what it needs, and leave it."""
    with signed_in(live, "triage", GATEWAY) as client:
        page = client.get(f"/referrals/{reference}/decision/signpost")
        assert answered(client, page, {"rationale": REASON, "step": "check"}).status_code == REFUSED


def elsewhere(live: Live) -> dict[str, str]:
    """Refer one person in two areas, of which in the second the police gather; return the addresses there."""
    one: dict[str, Any] = {"surname": new_name(), "forenames": new_name(), "date_of_birth": new_day()}
    here, there = (referred(live, **one, district=district) for district in ("Thanet", "Aldmere"))
    cleared(live, there, NORTH_IMU)
    assessed(live, there, NORTH)
    decided(live, there, "gather-information", NORTH)
    recorded(live, there, "obligations/request", NORTH, officer="A sample school", message=REASON)
    owed = "SELECT o.id FROM obligation o JOIN referral USING (subject) WHERE reference = $1"
    other = "SELECT other_subject AS id FROM likeness_elsewhere JOIN referral USING (subject) WHERE reference = $1"
    found = wait(lambda: live.of("triage", other, here), 60, "What another area holds")
    return {
        "elsewhere": f"/referrals/{here}/elsewhere?other={found[0]['id']}",
        "gathering": f"/referrals/{there}",
        "asked": f"/referrals/{there}/obligations/{live.of('triage', owed, there)[0]['id']}",
    }


def mailed_without_form(live: Live) -> str:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "neighbour@home.example", "police@example.test", "Worried"
    message["Message-ID"] = f"<{uuid4()}@home.example>"
    message.set_content("SYNTHETIC: I am worried, and I have no form.\n")
    code, reply = mailed(live, message)
    assert code == 250
    return str(REFERENCE.findall(reply)[0])


def suspected(live: Live) -> str:
    """Refer one person twice; return the later and the earlier reference, as the pair's address has them."""
    alike: dict[str, Any] = {"surname": new_name(), "forenames": new_name(), "date_of_birth": new_day()}
    both = {referred(live, **alike) for _ in range(2)}
    (pair,) = live.of(
        "intake",
        "SELECT later.reference AS later, earlier.reference AS earlier FROM referral_pair AS pair"
        " JOIN referral AS later ON later.id = pair.later_id JOIN referral AS earlier ON earlier.id = pair.earlier_id"
        " WHERE later.reference = ANY($1) AND earlier.reference = ANY($1)",
        list(both),
    )
    return f"{pair['later']}/{pair['earlier']}"


def released(live: Live) -> None:
    assert live.command("clock", "+2months").returncode == 0
    try:
        if not live.of("stats", "SELECT 1 FROM release_ending WHERE ending = 'signed'"):
            released_by_two(live)
    finally:
        live.command("clock", "reset")


def names(live: Live, reference: str, unread: str) -> dict[str, str]:
    """Return the ids that pages are asked for by."""
    (concern,) = live.of("notify", "SELECT subject FROM concern WHERE reference = $1", reference)
    (original,) = live.of("intake", "SELECT document_id FROM referral WHERE reference = $1", unread)
    wait(lambda: live.of("triage", "SELECT 1 FROM referral WHERE reference = $1", unread), 60, "The unread original")
    (held,) = live.of(
        "triage", "SELECT d.id FROM document d JOIN referral r USING (subject) WHERE r.reference = $1 LIMIT 1", unread
    )
    mails = wait(lambda: [path.stem for path in live.folder.mail.glob("*.eml")], 60, "A mail")
    counts = wait(lambda: live.of("intake", "SELECT id FROM reconciliation LIMIT 1"), 60, "The count of a day")
    signed = (
        "SELECT r.area, r.number FROM release r JOIN release_ending e ON e.release_id = r.id WHERE ending = 'signed'"
    )
    release = live.of("stats", f"{signed} ORDER BY r.number LIMIT 1")[0]
    (told,) = live.of(
        "notify", "SELECT area, recipient_key FROM notice WHERE recipient_kind = 'front-door' ORDER BY id LIMIT 1"
    )
    return {
        "subject": str(concern["subject"]),
        "original": str(original["document_id"]),
        "count": str(counts[0]["id"]),
        "held": str(held["id"]),
        "aside": f"/desk/mails /desk/mails/{mail_aside(live)}",
        "notice": str(live.of("notify", "SELECT id FROM notice LIMIT 1")[0]["id"]),
        "mail": mails[0],
        "release": f"/releases/{release['area']}/{release['number']}",
        "release-draft": f"/drafts/{release['area']}/{release['number']}",
        "correction": f"/drafts/{release['area']}/correction",
        "recipient": f"/recipients/{told['area']}/{told['recipient_key']}",
    }


def visits(world: World) -> dict[str, list[tuple[str, Sequence[str]]]]:
    """Return which addresses each member of staff opens at each service; the empty person is the public."""
    fresh, clear, handed, ids = world.fresh, world.cleared, world.handed, world.names
    later, _, earlier = ids["pair"].partition("/")
    clock = f"clock=assessment&about={UUID(int=0)}"
    decisions = ("propose-closure", "signpost", "lead-partnership", "pass-on", "refer-section-36", "offer-transfer")
    return {
        "intake": [
            ("", ["/", "/referral", "/referral/call-999", "/progress", "/progress/asked", ENDED]),
            ("", [f"/referral/questions/{step.key}" for step in STEPS]),
            (DESK, ["/desk", f"/desk/referrals/{world.unread}", "/desk/ledger", f"/desk/ledger/{fresh}"]),
            (DESK, ["/desk?list=overdue", "/desk/pairs", f"/desk/pairs/{ids['pair']}"]),
            (DESK, [f"/desk/referrals/{world.unread}/another"]),
            (DESK, ["/desk/ledger?which=all", "/desk/routing", f"/desk/routing/{fresh}"]),
            (DESK, ["/desk/not-told"]),
            (DESK, ["/desk/reconciliation", f"/desk/reconciliation/{ids['count']}", *ids["aside"].split()]),
        ],
        "triage": [
            (IMU, ["/", "/imu", f"/referrals/{fresh}", f"/referrals/{fresh}/deconfliction"]),
            (IMU, [f"/referrals/{later}/same", f"/referrals/{later}/same?other={earlier}"]),
            (GATEWAY, ["/gateway", f"/find?reference={fresh}", f"/referrals/{handed}", f"/referrals/{clear}/decision"]),
            (GATEWAY, [f"/referrals/{clear}/decision/{command}" for command in decisions]),
            (GATEWAY, ["/work", "/search", "/forecast", "/obligations", f"/referrals/{clear}/print"]),
            (GATEWAY, [f"/referrals/{clear}/{page}" for page in ("assess", "assessments/1", "pack", "note")]),
            (GATEWAY, [f"/referrals/{clear}/correction", f"/referrals/{clear}/clocks/extend-clock?{clock}"]),
            (GATEWAY, [ids["draft"], f"{ids['draft']}/check", f"{ids['draft']}/concern"]),
            (GATEWAY, [f"/referrals/{clear}/assessments/2/against/1", ids["person"], f"{ids['person']}/separate"]),
            (GATEWAY, [ids["led"], f"{ids['led']}/obligations/action", f"{ids['led']}/partnership/review"]),
            (GATEWAY, [f"{ids['owed']}/done", f"{ids['owed']}/cancel", ids["elsewhere"], ids["restricted"]]),
            (GATEWAY, [f"/referrals/{ids['offered']}", f"/referrals/{ids['offered']}/decision/call-transfer-back"]),
            (NORTH, [ids["gathering"], f"{ids['gathering']}/obligations/request", f"{ids['asked']}/done"]),
            (NORTH, [f"{ids['gathering']}/decision/information-gathered", "/obligations", "/forecast"]),
            (IMU, [f"/referrals/{ids['stopped']}", f"/referrals/{ids['stopped']}/investigation"]),
            (IMU, [f"{ids['pursued']}/{answer}" for answer in ("accepted", "refused", "back")]),
            (SUPERVISOR, [ids["begun"], "/practice", NO_OLDER, f"/referrals/{clear}/practice"]),
            (SUPERVISOR, ["/gateway", "/imu", "/workload", f"/referrals/{clear}/allocate", ABSENT]),
            (SUPERVISOR, [f"{ids['proposed']}/decision/{end}" for end in ("sign-closure-off", "send-closure-back")]),
            (SUPERVISOR, [f"{ids['restricted']}/{page}" for page in ("restriction/end", "access")]),
            (SUPERVISOR, [ids["access"], f"/referrals/{clear}/restriction"]),
        ],
        "channel": [
            (COORDINATOR, ["/", "/awareness", "/cases", f"/find?reference={handed}", f"/cases/{handed}"]),
            (COORDINATOR, [f"/cases/{handed}/actions/{kind}" for kind in ("give-back", "accept", "record-gathered")]),
            *world.channel,
        ],
        "notify": [
            (FRONT_DOOR, ["/", "/inbox", f"/concerns/{ids['subject']}", f"/signposts/{ids['signpost']}"]),
            (MEDWAY, ["/inbox", "/unacknowledged"]),
            ("", [f"/signpost-links/{ids['signpost-link']}", f"/transfer-links/{ids['transfer-link']}"]),
            ("", [LOST, NEVER_ASKED, f"/concern-links/{ids['concern-link']}"]),
            (OPS, ["/desk", f"/notices/{ids['notice']}", "/mail", f"/mail/{ids['mail']}"]),
            (OPS, ["/desk/queue", "/unacknowledged", ids["recipient"], f"/previews?reference={fresh}"]),
            (OPS, ["/messages", "/messages/concern-received.v2.en", "/who-is-told"]),
        ],
        "stats": [
            (BOARD, ["/", "/releases", ids["release"], "/national", "/reconciliation", "/packs"]),
            (BOARD, [f"/{page}/kent-and-medway" for page in ("figures", "timeliness", "institutions")]),
            (BOARD, ["/figures/kent-and-medway?measure=received&by=sector&grain=month"]),
            (ANNA, ["/releases", ids["release-draft"], ids["correction"]]),
        ],
        "monitor": [
            (OPS, ["/", "/services/triage", "/way", f"/way?reference={handed}", "/parked"]),
            (OPS, [f"/parked/triage/{ids['parked']}", "/checkpoints", "/checkpoints/intake"]),
            (PRIVACY, ["/"]),
        ],
    }


def downloads(world: World) -> dict[str, list[tuple[str, str]]]:
    """Return which files are fetched where, by whom."""
    ids = world.names
    return {
        "intake": [
            (DESK, f"/desk/documents/{ids['original']}"),
            ("", "/blank-form.docx"),
            ("", "/blank-form.pdf"),
        ],
        "triage": [
            (GATEWAY, f"/referrals/{world.unread}/documents/{ids['held']}"),
            (GATEWAY, "/obligations.csv"),
        ],
        "stats": [(BOARD, f"{ids['release']}/{file}.csv") for file in ("tables", "definitions", "timeliness")],
    }
