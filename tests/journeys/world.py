"""A world with something on every page, and which of its pages who opens."""

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from uuid import uuid4

from samples.send import REFERENCE
from services.intake.web.form.steps import STEPS
from tests.faults.canaries import Plant
from tests.faults.test_canaries import appended, envelope, parked_for
from tests.journeys.live import Live, aside, mail_aside, mailed, signed_in, wait
from tests.journeys.looking import ABSENT, ENDED
from tests.journeys.pages import answered
from tests.journeys.steps import COORDINATOR, GATEWAY, IMU, SUPERVISOR, case_of, decided, ready, referred
from tests.journeys.test_pathway import BOARD, FRONT_DOOR, offered

DESK, OPS = "dana.desk@kent-police.example", "olu.ops@throughline.example"
CHAIR = "chidi.chair@kent-council.example"
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


@contextlib.contextmanager
def staged(live: Live) -> Iterator[World]:
    """Referrals at every stage, a signpost, a release, an unread original and a parked message."""
    fresh, clear, handed, signposted = (referred(live) for _ in range(4))
    for reference in (clear, handed, signposted):
        ready(live, reference)
    decided(live, handed, "pass-on")
    case_of(live, handed, "accept")
    front_door = "kent-front-door"
    with signed_in(live, "triage", GATEWAY) as client:
        page = client.get(f"/referrals/{signposted}/decision/signpost")
        front_door = re.findall(r'<option value="([^"]+)"', page.text)[0]
    decided(live, signposted, "signpost", service=front_door, message="SYNTHETIC: please call the school.")
    sent = envelope(live, "wrong-key", Plant())
    aside(appended(live, sent))
    parked = wait(lambda: parked_for(live, sent.subject), 90, "A parked message")
    pair = suspected(live)
    unread = mailed_without_form(live)
    released(live)
    wait(lambda: live.of("notify", "SELECT 1 FROM signpost"), 60, "The signpost")
    wait(lambda: live.of("monitor", "SELECT 1 FROM checkpoint WHERE service = 'intake'"), 120, "Intake's checkpoint")
    yield World(
        live, fresh, clear, handed, unread, names(live, fresh, unread) | {"parked": str(parked["id"]), "pair": pair}
    )
    live.command("parked", "discard", str(parked["id"]), "--reason", "made by a test")


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
    surname = f"Alike-{uuid4().hex[:8]}"
    both = {referred(live, surname) for _ in range(2)}
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
        if live.of("stats", "SELECT 1 FROM release"):
            return
        with signed_in(live, "stats", BOARD) as client:
            answered(client, wait(lambda: offered(client), 60, "A closed month"), {}, of="releases")
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
    (release,) = live.of("stats", "SELECT area, number FROM release LIMIT 1")
    return {
        "subject": str(concern["subject"]),
        "original": str(original["document_id"]),
        "count": str(counts[0]["id"]),
        "held": str(held["id"]),
        "aside": f"/desk/mails /desk/mails/{mail_aside(live)}",
        "signpost": str(live.of("notify", "SELECT id FROM signpost LIMIT 1")[0]["id"]),
        "notice": str(live.of("notify", "SELECT id FROM notice LIMIT 1")[0]["id"]),
        "mail": mails[0],
        "release": f"/releases/{release['area']}/{release['number']}",
    }


def visits(world: World) -> dict[str, list[tuple[str, Sequence[str]]]]:
    """Return which addresses each member of staff opens at each service; the empty person is the public."""
    fresh, clear, handed, ids = world.fresh, world.cleared, world.handed, world.names
    later, _, earlier = ids["pair"].partition("/")
    decisions = ("propose-closure", "signpost", "lead-partnership", "pass-on", "refer-section-36", "offer-transfer")
    return {
        "intake": [
            ("", ["/", "/referral", "/referral/call-999", "/progress", "/progress/asked", ENDED]),
            ("", [f"/referral/questions/{step.key}" for step in STEPS]),
            (DESK, ["/desk", f"/desk/referrals/{world.unread}", "/desk/ledger", f"/desk/ledger/{fresh}"]),
            (DESK, ["/desk?list=overdue", "/desk/pairs", f"/desk/pairs/{ids['pair']}"]),
            (DESK, [f"/desk/referrals/{world.unread}/another"]),
            (DESK, ["/desk/ledger?which=all", "/desk/routing", f"/desk/routing/{fresh}"]),
            (DESK, ["/desk/reconciliation", f"/desk/reconciliation/{ids['count']}", *ids["aside"].split()]),
        ],
        "triage": [
            (IMU, ["/", "/imu", f"/referrals/{fresh}", f"/referrals/{fresh}/deconfliction"]),
            (IMU, [f"/referrals/{later}/same", f"/referrals/{later}/same?other={earlier}"]),
            (GATEWAY, ["/gateway", f"/find?reference={fresh}", f"/referrals/{handed}", f"/referrals/{clear}/decision"]),
            (GATEWAY, [f"/referrals/{clear}/decision/{command}" for command in decisions]),
            (GATEWAY, ["/work", "/search", "/forecast", "/obligations", f"/referrals/{clear}/print"]),
            (GATEWAY, [f"/referrals/{clear}/{page}" for page in ("assess", "assessments/1", "pack", "note")]),
            (GATEWAY, [f"/referrals/{clear}/correction", f"/referrals/{clear}/clocks/extend-clock?clock=assessment"]),
            (SUPERVISOR, ["/gateway", "/imu", "/workload", f"/referrals/{clear}/allocate", ABSENT]),
        ],
        "channel": [
            (COORDINATOR, ["/", "/awareness", "/cases", f"/find?reference={handed}", f"/cases/{handed}"]),
            (COORDINATOR, [f"/cases/{handed}/actions/{kind}" for kind in ("give-back", "accept", "record-gathered")]),
            (CHAIR, ["/cases", "/awareness"]),
        ],
        "notify": [
            (FRONT_DOOR, ["/", "/inbox", f"/concerns/{ids['subject']}", f"/signposts/{ids['signpost']}"]),
            (MEDWAY, ["/inbox"]),
            (OPS, ["/desk", f"/notices/{ids['notice']}", "/mail", f"/mail/{ids['mail']}"]),
        ],
        "stats": [(BOARD, ["/", ids["release"]])],
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
        "triage": [(GATEWAY, f"/referrals/{world.unread}/documents/{ids['held']}")],
        "stats": [(BOARD, f"{ids['release']}/tables.csv")],
    }
