"""Single steps of the police pathway, taken through the pages as a person without scripts takes them."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import choice
from typing import Any
from uuid import uuid4

import httpx2

from tests.journeys.live import REPOSITORY, Live, signed_in, wait
from tests.journeys.pages import answered, tree, words

SAMPLE = REPOSITORY / "samples" / "boy-of-sixteen-folkestone.json"
IMU = "imran.intelligence@kent-police.example"
GATEWAY = "gwen.gateway@kent-police.example"
SUPERVISOR = "sam.supervisor@kent-police.example"
COORDINATOR = "cora.coordinator@kent-council.example"
NORTH, NORTH_SUPERVISOR = "nora.gateway@northmere-police.example", "nils.supervisor@northmere-police.example"
NORTH_IMU = "ines.intelligence@northmere-police.example"
NORTH_CHANNEL = "neil.coordinator@northmere-council.example"
REASON = "SYNTHETIC: a reason made up for a test."
# In the future sixteen months from now, too, and within two years from today.
REVIEW_ON = datetime.now(UTC).date() + timedelta(days=600)
CLOSURE = {
    "reason": "mistaken",
    "finding": "SYNTHETIC: the essay was set by the school.",
    "alternatives": "SYNTHETIC: a signpost was offered and not wanted.",
    "earlier": "SYNTHETIC: looked, and read all there is.",
    **{f"review_on-{part}": str(getattr(REVIEW_ON, part)) for part in ("day", "month", "year")},
}

ACTION = {
    "officer": "somebody-else",
    "officer_name": "Gwen Gateway (synthetic)",
    "review_on-day": "18",
    "review_on-month": "5",
    "review_on-year": "2099",
}
"""To whom a partnership gives an action, and until when."""
Parts = Mapping[str, Mapping[str, object]]
"""Answers by the part of the form that they belong to, such as `{"concerns": {"immediate_danger": True}}`."""


def referred(live: Live, surname: str = "", *, of: Parts | None = None, **person: Any) -> str:
    """Refer the sample as a new person by API; return the reference once every team has stored it."""
    reference = posted(live, surname, of=of, **person)
    done = live.command("ledger", reference, "--wait", "60")
    assert done.returncode == 0, done.stdout
    indexed(live, reference)
    return reference


def posted(live: Live, surname: str = "", *, of: Parts | None = None, **person: Any) -> str:
    """Refer the sample as a new person by API; return the reference at once."""
    body = json.loads(SAMPLE.read_text())
    # A person and a concern like no others of the tests, so that nobody is likened to them who is not meant to be.
    nobody = {
        "forenames": new_name(),
        "surname": new_name(),
        "date_of_birth": new_day(),
        "approximate_age": None,
        "family": "",
    }
    body["person"] |= nobody | {"addresses": []} | ({"surname": surname} if surname else {}) | person
    body["concerns"]["narrative"] = f"SYNTHETIC: {' '.join(new_name() for _ in range(40))}."
    for part, answers in (of or {}).items():
        body[part] |= answers
    headers = {"Idempotency-Key": str(uuid4()), **live.bearer()}
    answer = httpx2.post(f"{live.urls['intake']}/api/v1/referrals", json=body, headers=headers, timeout=60)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["reference"])


def indexed(live: Live, reference: str) -> None:
    """Wait until the person index knows a referral, so that others are looked for and found."""
    known = "SELECT 1 FROM person_key JOIN referral USING (subject) WHERE reference = $1 LIMIT 1"
    wait(lambda: live.of("triage", known, reference), 60, "The referral's place in the person index")


def new_name() -> str:
    """Return a name that nobody has and that sounds like no other."""
    return "".join(choice("bdfgklmnprstvz") + choice("aeiou") for _ in range(5)).capitalize()


def new_day() -> str:
    """Return a birthday that hardly anybody else has."""
    number = uuid4().int
    return f"{1950 + number % 60}-{1 + number // 60 % 12:02}-{1 + number // 720 % 28:02}"


def risk_owner(live: Live, reference: str) -> str:
    """Return whom the police's service names as risk owner."""
    return str(live.of("triage", "SELECT risk_owner FROM referral WHERE reference = $1", reference)[0]["risk_owner"])


def state(live: Live, reference: str) -> str:
    """Return where a referral stands with the police."""
    return str(live.of("triage", "SELECT state FROM referral WHERE reference = $1", reference)[0]["state"])


def cleared(live: Live, reference: str, officer: str = IMU) -> None:
    """The intelligence unit finds nothing against it."""
    with signed_in(live, "triage", officer) as browser:
        page = browser.get(f"/referrals/{reference}/deconfliction")
        page = answered(browser, page, {"outcome": "record-clear"})
        assert page.url.path == f"/referrals/{reference}", words(page)
        assert "In Gateway assessment" in words(page)


def assessed(live: Live, reference: str, officer: str = GATEWAY, said: str = REASON) -> None:
    """A Gateway officer writes an assessment part by part, and completes it."""
    with signed_in(live, "triage", officer) as browser:
        page = _first_part(browser, reference)
        while page.url.path.rpartition("/")[2] != "check":
            page = answered(browser, page, {**_said(page, said), "step": "next"})
        page = answered(browser, page, {})
        assert page.url.path == f"/referrals/{reference}", words(page)
        assert "Gateway assessment completed" in words(page)


def drafted(live: Live, reference: str, officer: str = GATEWAY, said: str = REASON) -> str:
    """A Gateway officer begins an assessment and leaves it for later; return the draft's address."""
    with signed_in(live, "triage", officer) as browser:
        page = _first_part(browser, reference)
        page = answered(browser, page, {**_said(page, said), "step": "later"})
        kept = "SELECT d.id FROM assessment_draft d JOIN referral USING (subject) WHERE reference = $1"
        (row,) = live.of("triage", kept, reference)
        return f"/referrals/{reference}/assess/{row['id']}"


def _first_part(browser: httpx2.Client, reference: str) -> httpx2.Response:
    page = answered(browser, browser.get(f"/referrals/{reference}/assess"), {"instrument": "gateway"})
    return browser.get(str(tree(page).xpath(".//a[contains(@class, 'task-list')]/@href")[0]))


def _said(page: httpx2.Response, said: str) -> dict[str, str]:
    """Return an answer to every question of a part: the last of each choice, and some words."""
    last = {radio.get("name"): radio.get("value") for radio in tree(page).xpath(".//input[@type='radio']")}
    return {**last, **{area.get("name"): said for area in tree(page).xpath(".//textarea[@name]")}}


def ready(live: Live, reference: str) -> None:
    """Clear and assess a referral, so that it can be decided."""
    cleared(live, reference)
    assessed(live, reference)


def recorded(live: Live, reference: str, page: str, by: str = GATEWAY, /, **answers: str) -> httpx2.Response:
    """Fill in one of a referral's pages, checking first where it asks for that; return the page that it leads to."""
    with signed_in(live, "triage", by) as browser:
        done = answered(browser, browser.get(f"/referrals/{reference}/{page}"), answers)
        if "Check before you record this" in words(done):
            done = answered(browser, done, {"step": "commit"})
        assert done.is_success, words(done)
        assert done.history, f"Nothing was recorded: {words(done)}"
        return done


def decided(live: Live, reference: str, command: str, officer: str = GATEWAY, **answers: str) -> httpx2.Response:
    """An officer records a decision, checking it first; returns the referral's page."""
    with signed_in(live, "triage", officer) as browser:
        page = browser.get(f"/referrals/{reference}/decision/{command}")
        page = answered(browser, page, {"rationale": REASON, **of_what_type(page), **answers, "step": "check"})
        assert "Check before you record this" in words(page), words(page)
        page = answered(browser, page, {"step": "commit"})
        assert page.url.path == f"/referrals/{reference}", words(page)
        return page


def of_what_type(page: httpx2.Response) -> dict[str, str]:
    """Return the type of concern where a page asks for it."""
    return {"concern": "no-ideology-identified"} if tree(page).xpath(".//input[@name='concern']") else {}


def closed(live: Live, reference: str, **answers: str) -> None:
    """A Gateway officer proposes a closure, and the supervisor signs it off."""
    owner = risk_owner(live, reference)
    decided(live, reference, "propose-closure", **{**CLOSURE, "risk_owner": owner, **answers})
    decided(live, reference, "sign-closure-off", SUPERVISOR)
    assert state(live, reference) == "closed"


def case_of(live: Live, reference: str, kind: str, **answers: str) -> str:
    """The Channel team sees the case as soon as it has come, and acts on it; returns its page's words."""
    with signed_in(live, "channel", COORDINATOR) as browser:
        wait(lambda: reference in words(browser.get("/cases")), 60, "The Channel case")
        page = browser.get(f"/cases/{reference}/actions/{kind}")
        page = answered(browser, page, answers)
        assert page.url.path == f"/cases/{reference}", words(page)
        return words(page)


def gathered(live: Live, reference: str) -> None:
    """Pass a referral on, have Channel accept it and report what it gathered."""
    decided(live, reference, "pass-on")
    case_of(live, reference, "accept")
    wait(lambda: state(live, reference) == "handed-over", 60, "The acceptance")
    case_of(live, reference, "record-gathered", summary=REASON, gathered_by="Cora Coordinator (synthetic)")
    known = "SELECT gathered FROM referral WHERE reference = $1"
    wait(lambda: live.of("triage", known, reference)[0]["gathered"], 60, "What was gathered")


def gathered_here(live: Live, reference: str) -> None:
    """Where the police gather: assess, gather, and record the gathering as complete."""
    assessed(live, reference, NORTH)
    decided(live, reference, "gather-information", NORTH)
    decided(live, reference, "information-gathered", NORTH)


def mailed_link(live: Live, reference: str, path: str) -> str:
    """Return the link in the newest mail about a referral that leads to a page of notify, nothing before it came."""
    found = [
        match[0]
        for mail in sorted(live.folder.mail.glob("*.eml"), key=lambda each: each.stat().st_mtime)
        if reference in (text := mail.read_text(errors="replace").replace("=\n", "").replace("=3D", "="))
        for match in [re.search(rf"https?://\S*{path}\S+", text)]
        if match
    ]
    return found[-1] if found else ""


def by_link(live: Live, reference: str, path: str, *steps: dict[str, str]) -> str:
    """Open the link that was mailed about a referral and answer its page, step after step; return the link."""
    link: str = wait(lambda: mailed_link(live, reference, path), 60, "The mail with the link")
    with httpx2.Client(timeout=60, trust_env=False, follow_redirects=True) as guest:
        page = answered(guest, guest.get(link), {})
        for step in steps:
            page = answered(guest, page, step)
            assert page.is_success, words(page)
    return link
