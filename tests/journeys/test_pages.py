"""Every page of every service in a real browser: accessible, small enough for a phone, and without a script's error."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from chassis.policy import PUBLIC
from contracts.catalogue import SERVICES
from tests.journeys.live import Live
from tests.journeys.looking import NARROW, Look, sign_in
from tests.journeys.refusing import refused_at, unsent
from tests.journeys.world import World, downloads, staged, visits

QUEUES = (
    ("intake", "dana.desk@kent-police.example", "/desk", r"at \d+:\d\d[ap]m"),
    ("triage", "gwen.gateway@kent-police.example", "/gateway", "must take it by|due "),
)
"""The queues, who works them, and what their first line must tell beside the reference: by when somebody acts."""
ASK_NOTHING = {
    "/referrals/{reference}/take",
    "/referrals/{reference}/assess/{draft}",
    "/referrals/{reference}/assess/{draft}/check",
    "/referrals/{reference}/assess/{draft}/{part}",
    "/referrals/{reference}/practice",
    "/practice/{area}/{version}",
}
"""Forms of the police that ask for no word, keep what is unfinished, or need an area with a newer practice."""

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def world(live: Live) -> Iterator[World]:
    with staged(live) as made:
        yield made


@pytest.mark.parametrize("service", SERVICES)
def test_every_page_is_well_made(world: World, browser: Browser, pictures: Path | None, service: str) -> None:
    problems = []
    for person, addresses in visits(world)[service]:
        context = browser.new_context()
        look = Look(sign_in(context, world.live, service, person), pictures, service)
        for address in addresses:
            look.at(f"{world.live.urls[service]}{address}")
        problems += look.problems
        for who, address in downloads(world).get(service, []):
            if who == person:
                answer = context.request.get(f"{world.live.urls[service]}{address}")
                assert answer.ok, f"{address}: {answer.status}"
                assert answer.headers["content-disposition"].startswith("attachment")
        context.close()
    assert problems == []


def test_every_form_of_the_police_refuses_what_is_empty(world: World, browser: Browser, pictures: Path | None) -> None:
    problems: list[str] = []
    sent: set[str] = set()
    for person, addresses in visits(world)["triage"]:
        context = browser.new_context()
        look = Look(sign_in(context, world.live, "triage", person), pictures, "triage")
        for address in addresses:
            if address.partition("?")[0] not in sent and refused_at(look, f"{world.live.urls['triage']}{address}"):
                sent.add(address.partition("?")[0])
        problems += look.problems
        context.close()
    assert problems == []
    assert unsent(import_module("services.triage.web.routes").PAGES, sent) == ASK_NOTHING


@pytest.mark.parametrize(("service", "person", "address", "told"), QUEUES)
def test_what_is_worked_from_a_phone_is_read_without_scrolling_sideways(
    world: World, browser: Browser, service: str, person: str, address: str, told: str
) -> None:
    context = browser.new_context(viewport=NARROW)  # type: ignore[arg-type]
    page = sign_in(context, world.live, service, person)
    page.goto(f"{world.live.urls[service]}{address}")
    assert page.evaluate("[...document.querySelectorAll('main table')].every(t => t.offsetWidth <= innerWidth)")
    time = page.get_by_role("cell").filter(has_text=re.compile(told)).first.bounding_box()
    reference = page.get_by_role("rowheader").first.bounding_box()
    assert time is not None
    assert reference is not None
    assert time["x"] + time["width"] <= NARROW["width"]
    # The next line stands right below: no column that nobody sees leaves a row half empty.
    assert time["y"] <= reference["y"] + reference["height"] + 1
    context.close()


@pytest.mark.parametrize("service", SERVICES)
def test_every_page_of_the_site_map_is_looked_at(world: World, service: str) -> None:
    addresses = [each.partition("?")[0] for _, group in visits(world)[service] for each in group]
    addresses += [address for _, address in downloads(world).get(service, [])]
    form = {"/referral/check", "/referral/declaration", "/referral/receipt", "/referral/copy"}
    walked = addresses + sorted(form)
    left = []
    for page in import_module(f"services.{service}.web.routes").PAGES:
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", page.path)
        if page.method == "GET" and not any(re.fullmatch(pattern, each) for each in walked):
            left.append(page.path)
    # A referral by API has no document; the services' own tests fetch these.
    with_document = {"/concerns/{subject}/documents/{document}", "/cases/{reference}/documents/{document_id}"}
    # The journey of the web form looks at these, a mailed link leads there; what fills in a list is no page.
    by_link = {"/saved", "/saved/{token}", "/referral/save", "/referral/saved", "/autocomplete/{kind}.json"}
    by_link |= {"/progress/referral", "/referral/copy.docx", "/referral/copy.pdf", "/newer"}
    # What an alarm, a closure or a meeting before this one leads to, what only leads on, and files: Channel's own
    # tests look at them.
    of_channel = {"/cases/{reference}/interventions/{intervention}/why", "/cases/{reference}/reviews/{review}"}
    of_channel |= {"/meetings/{meeting_id}/last-minutes", "/cases/{reference}/chronology/text"}
    of_channel |= {f"/{who}/{{meeting_id}}/calendar" for who in ("meetings", "panel")} | {"/asks/{token}/calendar"}
    of_channel |= {"/cases/{reference}/assessments/compare"}
    # What only a release has that shows something, and what follows a mail that came back: their own tests fetch these.
    shown = {f"/releases/{{area}}/{{number}}/{file}" for file in ("table.csv", "trend.csv", "chart.svg")}
    shown |= {"/drafts/{area}/{number}/table", "/desk/not-told/{unreached_id:uuid}"}
    # A pack is of a whole quarter, which the journey does not release.
    shown |= {f"/packs/{{area}}/{{number}}/{{quarter}}{file}" for file in ("", "/{kind}")}
    assert set(left) <= with_document | by_link | of_channel | shown
    public = {page.path for page in import_module(f"services.{service}.web.routes").PAGES if page.permission == PUBLIC}
    assert service in {"intake", "notify"} or not public
