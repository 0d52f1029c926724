"""The demonstration's sign-in: no address of it fails, and people and services are called by words."""

import re

import pytest
from flask.testing import FlaskClient

from cli import staff
from cli.ports import FIXED, Ports
from cli.provider import create
from contracts.catalogue import SERVICES
from contracts.vocabulary import ROLE_WORDS, Role

ASKING = "/oauth2/authorize?response_type=code&scope=openid&redirect_uri=http://127.0.0.1:8002/auth/callback&client_id="


@pytest.fixture
def browser() -> FlaskClient:
    return create(staff.load(), Ports(FIXED).service_urls()).test_client()


def test_the_bare_address_names_the_staff_and_leads_to_every_service(browser: FlaskClient) -> None:
    shown = browser.get("/")
    assert shown.status_code == 200
    assert re.findall('<a href="([^"]+)"', shown.text) == [f"http://127.0.0.1:{FIXED[name]}" for name in SERVICES]
    assert all(member.name in shown.text for member in staff.load())


@pytest.mark.parametrize(
    ("path", "status"), [("/favicon.ico", 204), ("/oauth2/authorize", 400), ("/oauth2/end_session", 200)]
)
def test_no_address_lacks_its_page(browser: FlaskClient, path: str, status: int) -> None:
    assert browser.get(path).status_code == status


def test_a_service_that_asks_is_shown_its_own_people_first_in_words(browser: FlaskClient) -> None:
    shown = browser.get(ASKING + "throughline-triage").text
    assert "signing in to triage (police: Gateway team and intelligence unit)." in shown
    assert shown.index("Intelligence unit officer") < shown.index("Others, who have no work there")
    assert "imu" not in shown.lower().replace("imran", "")


def test_another_client_may_pick_anybody(browser: FlaskClient) -> None:
    assert browser.get(ASKING + "somebody").text.count('name="sub"') == len(staff.load())


def test_every_role_is_called_by_words() -> None:
    assert set(ROLE_WORDS) == set(Role)
