"""Canaries in every field of Channel and of what is asked by links: in clear nowhere, and nowhere after an erasure."""

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import LargeBinary, MetaData

from contracts.catalogue import SERVICES
from faults.mails import ON_THEIR_WAY
from tests.faults.canaries import BORN, Plant, in_databases, in_files
from tests.faults.filling import PLAIN, Hand
from tests.faults.test_canaries import by_api
from tests.faults.test_erasure import Opener
from tests.faults.walking_channel import ELSEWHERE, walked_in_channel
from tests.journeys.channel_steps import SUPPORT, asked_link
from tests.journeys.live import REPOSITORY, Live, signed_in, started, wait
from tests.journeys.pages import tree, words

# Whichever test comes first waits for the whole pathway.
pytestmark = pytest.mark.timeout(900)
BIRTHDAYS = (BORN, "13 July 1931", "13/07/1931", "13 Jul 1931")
NO_WORDS = {
    "/meetings/{meeting_id}/order": "buttons that move a case on the agenda",
    "/meetings/{meeting_id}/room": "buttons that begin and end a meeting",
    "/meetings/{meeting_id}/cases/{slot_id}/attendees": "ticks beside the members",
    "/cases/{reference}/slots/{slot_id}": "buttons that go on to a case",
    "/cases/{reference}/assess/{draft}": "a button that throws a draft away",
}
"""The forms of Channel that are not filled in here, each with why no words can be lost there."""
FORMS = re.compile(r"""text(?:area)?_field\(\s*\w+, "([a-z_]+)""")
SHEETS = re.compile(r"""Field\("([a-z_]+)", "(?:words|line)\"""")
TEMPLATES = REPOSITORY / "services" / "channel" / "web" / "templates"
OF_MEETINGS = ("/meetings/{meeting_id}/move ", "/meetings/{meeting_id}/cancel ", "/panel/{meeting_id} ")
"""Where somebody says why a meeting is moved or cancelled, or why they do not come: sealed under the meeting's key."""

KEPT: dict[str, dict[str, str]] = {
    "channel": {
        "awareness": "that somebody of an age band and a district was referred, which is all that the list ever held",
        "clock": "that something was due and when, and whether it was done in time",
        "pack_read": "who opened a pack and when, so that whoever had it can be told of the erasure",
        "pack_share": "to whom a pack was open and until when, for the same reason",
        "police_decision": "that the police decided, and when",
        "slot": "that a panel heard the case with this reference",
    },
    "notify": {},
}
"""Tables with a subject and without a sealed column of which rows stay, each with what is worth keeping."""


@dataclass(frozen=True)
class Walked:
    """What was written on the walk, and where it was found in clear while nobody had been erased."""

    live: Live
    hand: Hand
    marks: tuple[str, ...]
    references: tuple[str, str]
    subjects: tuple[UUID, UUID]
    in_clear: dict[str, list[str]]
    sealed: frozenset[str]
    link: str


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A system of its own, because its clock is moved: mails of others would grow old, and go."""
    with started(tmp_path_factory.mktemp("channel")) as running:
        yield running


@pytest.fixture(scope="module")
def walked(live: Live) -> Walked:
    """Two referrals of canaries went the whole Channel way; everything is looked at before anybody is erased."""
    plants, plant = (Plant(), Plant()), Plant()
    one, other = (by_api(live, each) for each in plants)
    for reference in (one, other):
        done = live.command("ledger", reference, "--wait", "60")
        assert done.returncode == 0, done.stdout
    hand = walked_in_channel(live, one, other, plant)
    wait(lambda: not live.of("notify", ON_THEIR_WAY)[0]["n"], 60, "The sending of every mail")
    subjects = tuple(
        live.of("intake", "SELECT id FROM referral WHERE reference = $1", each)[0]["id"] for each in (one, other)
    )
    marks = tuple(each.mark for each in (*plants, plant))
    told = {place for each in subjects for mark in marks for place in Opener(live, each).telling(mark)}
    addresses = (*hand.mails, *(f"{each.canaries['referrer.email']}@canary.example" for each in plants))
    found = dict(in_clear(live, marks, addresses))
    link = asked_link(live, one, ELSEWHERE)
    return Walked(live, hand, marks, (one, other), (subjects[0], subjects[1]), found, frozenset(told), link)


def in_clear(live: Live, marks: tuple[str, ...], addresses: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
    """Yield where canaries are found in clear, by the kind of place."""
    folder = live.folder
    yield "files", [each for each in in_files(folder.root, marks) if Path(each).parent != folder.mail]
    yield "output", in_files(live.output, marks)
    yield "tables", in_databases(live, marks)
    yield "birthdays", [*in_databases(live, (BORN,)), *in_files(folder.logs, BIRTHDAYS)]
    metrics = {each: httpx2.get(f"{live.urls[each]}/metrics", timeout=60).text for each in SERVICES}
    assert all(metrics.values())
    yield "metrics", [each for each, text in metrics.items() if any(mark in text for mark in marks)]
    yield "mails", [each.name for each in folder.mail.glob("*.eml") if says(each, marks, addresses)]


def says(path: Path, marks: tuple[str, ...], addresses: tuple[str, ...]) -> bool:
    """Say whether a mail tells something of a person, its headers and every part of it decoded."""
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert message["To"]
    headers = [str(value) for name, value in message.items() if name != "To" or str(value).strip("<>") not in addresses]
    bodies = [str(part.get_content()) for part in message.walk() if not part.is_multipart()]
    text = "\n".join([*headers, *bodies])
    assert text.strip()
    return any(word in text for word in (*marks, *BIRTHDAYS))


class TestEveryField:
    def test_of_every_form_has_a_canary(self, walked: Walked) -> None:
        pages = import_module("services.channel.web.routes").PAGES
        forms = {page.path for page in pages if page.method == "POST"} | {"/asks/{token}"}
        assert forms - set(walked.hand.shown) == set(NO_WORDS)

    def test_that_a_page_showed_has_a_canary(self, walked: Walked) -> None:
        written = walked.hand.written
        left = {row: names - written.get(row, set()) - PLAIN for row, names in walked.hand.shown.items()}
        assert {row: names for row, names in left.items() if names} == {}

    def test_that_a_template_names_has_a_canary(self, walked: Walked) -> None:
        sources = [
            path.read_text()
            for path in (*TEMPLATES.glob("*.html"), TEMPLATES.parent.parent.parent / "notify/web/templates/ask.html")
        ]
        sheets = [path.read_text() for path in (TEMPLATES.parent / "views").glob("*.py")]
        named = {name for text in sources for name in FORMS.findall(text)} | {
            name for text in sheets for name in SHEETS.findall(text)
        }
        assert {"message", "best_interests", "dissent", "chairs_words", "taker", "findings"} <= named
        written = {name for names in walked.hand.written.values() for name in names}
        assert named - written - PLAIN == set()


class TestNothingInClear:
    @pytest.mark.parametrize("kind", ["files", "output", "tables", "birthdays", "metrics", "mails"])
    def test_is_a_canary(self, walked: Walked, kind: str) -> None:
        assert walked.in_clear[kind] == []

    def test_but_under_seal_wherever_channel_keeps_words(self, walked: Walked) -> None:
        """What was written is there and opens with the keys: a walk that left a column empty would prove nothing."""
        sealed = {f"{service}: {place}" for service in ("channel", "notify") for place in sealed_columns(service)}
        ours = {each for each in sealed if each.startswith(("channel: ", "notify: ask"))}
        assert ours - walked.sealed - ELSE_SEALED == set()


def metadata_of(service: str) -> MetaData:
    """Return the tables of a service."""
    found: Any = import_module(f"services.{service}.models").metadata
    assert isinstance(found, MetaData)
    return found


def sealed_columns(service: str) -> list[str]:
    """Return the sealed columns of the tables that speak of a subject."""
    return [
        f"{table.name}.{column.name}"
        for table in metadata_of(service).tables.values()
        if "subject" in table.c
        for column in table.c
        if isinstance(column.type, LargeBinary)
    ]


ELSE_SEALED = frozenset(
    {
        "channel: case_file.sealed_speak_to",
        "channel: plan_draft.sealed_plan",
        "channel: transfer_received.sealed_answer",
    }
)
"""Sealed columns into which nobody writes on this walk: a halt, a draft that the closure dropped, another area's."""


@pytest.fixture(scope="module")
def erased(walked: Walked) -> Walked:
    """Both people erased in every service; what was on its way has arrived before."""
    live = walked.live
    for subject in walked.subjects:
        wait(lambda each=subject: not untold(live, each), 60, "The end of the messages")  # type: ignore[misc]
        for service in SERVICES:
            live.operate(service, "POST", "erase", {"subject": str(subject), "reason": "a test of erasure"})
    return walked


def untold(live: Live, subject: UUID) -> list[str]:
    """Return which services have announced something about a subject that is not stored yet."""
    waiting = "SELECT 1 FROM dispatch WHERE subject = $1 AND stored_at IS NULL LIMIT 1"
    return [service for service in SERVICES if live.of(service, waiting, subject)]


class TestErasedFromChannel:
    def test_leaves_no_sealed_value_that_opens(self, erased: Walked) -> None:
        assert [place for each in erased.subjects for place in Opener(erased.live, each).opens()] == []

    @pytest.mark.parametrize("service", ["channel", "notify"])
    def test_leaves_every_sealed_column_empty(self, erased: Walked, service: str) -> None:
        columns = (each.split(".") for each in sealed_columns(service))
        asked = "SELECT 1 FROM {0} WHERE subject = ANY($1) AND {1} IS NOT NULL AND {1} <> '' LIMIT 1"
        left = [each for each in columns if erased.live.of(service, asked.format(*each), list(erased.subjects))]
        assert left == []

    @pytest.mark.parametrize(
        ("service", "table"),
        [
            ("channel", "begun_work"),
            ("channel", "plan_draft"),
            ("channel", "assessment_draft"),
            ("notify", "notice"),
            ("notify", "ask_code JOIN ask ON ask.id = ask_id"),
            ("notify", "ask WHERE coalesce(remind_at, chase_at) IS NOT NULL AND true"),
        ],
    )
    def test_leaves_no_draft_no_code_and_nothing_to_remind_of(self, erased: Walked, service: str, table: str) -> None:
        joined = "AND" if " WHERE " in table else "WHERE"
        asked = f"SELECT 1 FROM {table} {joined} subject = ANY($1)"
        assert erased.live.of(service, asked, list(erased.subjects)) == []

    def test_has_pages_that_say_so_and_show_no_word(self, erased: Walked) -> None:
        assert len(erased.hand.looked) >= len(NO_WORDS)
        wrong = []
        for person in {person for person, _ in erased.hand.looked}:
            with signed_in(erased.live, "channel", person) as browser:
                for address in sorted(address for who, address in erased.hand.looked if who == person):
                    page = browser.get(address)
                    if page.status_code >= httpx2.codes.INTERNAL_SERVER_ERROR or told(erased, page):
                        wrong.append((person, address, page.status_code, told(erased, page)))
        assert wrong == []

    def test_is_named_erased_on_its_page_and_on_lists(self, erased: Walked) -> None:
        with signed_in(erased.live, "channel", SUPPORT) as browser:
            for reference in erased.references:
                assert "rased" in words(browser.get(f"/cases/{reference}")), reference
            for address in ("/cases", "/work", "/due", "/owed", "/interventions", "/reviews", "/meetings", "/outcomes"):
                page = browser.get(address)
                assert page.status_code < httpx2.codes.INTERNAL_SERVER_ERROR, address
                assert not told(erased, page), address

    def test_is_told_to_nobody_who_holds_a_link(self, erased: Walked) -> None:
        with httpx2.Client(timeout=60, trust_env=False, follow_redirects=True) as browser:
            page = browser.get(erased.link)
            assert page.status_code < httpx2.codes.INTERNAL_SERVER_ERROR
            assert not told(erased, page)
            assert not tree(page).xpath(".//form[@method='post']"), words(page)

    def test_leaves_no_mail(self, erased: Walked) -> None:
        folder = erased.live.folder
        # Mail about an erased person goes within a minute.
        wait(lambda: not in_files(folder.mail, erased.marks), 120, "The removal of the sent mail")


def told(erased: Walked, page: httpx2.Response) -> list[str]:
    """Return which canaries about a case a page holds, by where they were written; a meeting alone is nobody's."""
    *forms, mark = erased.marks
    written = {value: path for path, value in erased.hand.plant.canaries.items()}
    found = [written.get(each, "") for each in re.findall(rf"{mark}\d+", page.text)]
    return [each for each in forms if each in page.text] + [each for each in found if not each.startswith(OF_MEETINGS)]


class TestTablesWithASubject:
    @pytest.mark.parametrize("service", ["channel", "notify"])
    def test_are_emptied_or_kept_for_a_reason(self, service: str) -> None:
        """Fails when a new table is forgotten: it is named in the erasure, or here with why its rows stay."""
        tables = {table.name: table for table in metadata_of(service).tables.values() if "subject" in table.c}
        sealed = {each.partition(".")[0] for each in sealed_columns(service)}
        assert set(tables) - sealed == set(KEPT[service])
        source = (REPOSITORY / "services" / service / "operations" / "erasing.py").read_text()
        assert [name for name in sealed if not re.search(rf"\b{name}\b", source)] == []
