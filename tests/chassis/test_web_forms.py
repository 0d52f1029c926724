"""Forms within limits, from our own pages only, kept as typed, and explained in sentences."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from lxml import html
from pydantic import model_validator
from starlette.testclient import TestClient

from chassis.web import Form, FormData, FormErrors, blank, parse, parse_date, refused
from tests.chassis.web_example import ExampleForm, found, make, token_in

BOUNDARY = "example-boundary"
MULTIPART = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
URLENCODED = {"content-type": "application/x-www-form-urlencoded"}


def part(name: str, value: bytes, *, extra: str = "") -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n'
    return head.encode() + value + b"\r\n"


def multipart(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


@pytest.fixture
def visitor() -> TestClient:
    return make().client(raise_server_exceptions=False)


@pytest.fixture
def token(visitor: TestClient) -> str:
    return token_in(visitor.get("/example").text)


def fields(**values: str | tuple[str, ...]) -> FormData:
    return blank({name.replace("__", "-"): value for name, value in values.items()}).values


class TestTrust:
    def test_a_form_from_our_page_is_taken(self, visitor: TestClient, token: str) -> None:
        answer = visitor.post("/example", data={"csrf_token": token, "surname": "Test", "consent": "yes"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")

    @pytest.mark.parametrize("sent", ["", "0" * 64, "\u20ac" * 64])
    def test_without_its_token_nothing_is_taken(self, visitor: TestClient, token: str, sent: str) -> None:
        answer = visitor.post("/example", data={"csrf_token": sent, "surname": "Test", "consent": "yes"})
        assert token
        assert answer.status_code == 403
        assert "nothing was saved" in answer.text

    def test_a_token_belongs_to_one_browser(self, visitor: TestClient, token: str) -> None:
        visitor.cookies.clear()
        assert visitor.get("/example").status_code == 200
        assert visitor.post("/example", data={"csrf_token": token, "surname": "Test"}).status_code == 403

    def test_a_browser_that_says_cross_site_is_refused(self, visitor: TestClient, token: str) -> None:
        headers = {"sec-fetch-site": "cross-site"}
        assert visitor.post("/example", data={"csrf_token": token, "surname": "T"}, headers=headers).status_code == 403

    def test_the_token_ends_with_the_sign_in(self, visitor: TestClient, token: str) -> None:
        visitor.get("/enter")
        assert visitor.post("/example", data={"csrf_token": token, "surname": "T"}).status_code == 403


class TestLimits:
    def bodies(self, token: str) -> Iterable[tuple[str, dict[str, str], bytes, int]]:
        proof = part("csrf_token", token.encode())
        name = f"csrf_token={token}&surname="
        many = b"".join(part(f"f{number}", b"x") for number in range(501))
        files = b"".join(part("documents", b"x", extra=f'; filename="{number}.txt"') for number in range(21))
        endless = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="a"\r\n'.encode() + b"x-h: y\r\n" * 10_000
        unclosed = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="a"; filename="b'.encode()
        yield ("fields", URLENCODED, b"&".join(b"f%d=x" % number for number in range(100_000)), 413)
        yield ("large field", MULTIPART, multipart(proof, part("surname", b"x" * 200_000)), 413)
        yield "many parts", MULTIPART, multipart(proof, many), 413
        yield "many files", MULTIPART, multipart(proof, files), 413
        yield ("too large", MULTIPART, multipart(part("a", b"x" * 26 * 2**20, extra='; filename="a"')), 413)
        yield "endless headers", MULTIPART, endless, 400
        yield "unclosed", MULTIPART, unclosed, 400
        cut = multipart(proof, part("documents", b"x", extra='; filename="a"'))[:-30]
        yield "cut off", MULTIPART, cut, 400
        yield "no boundary", {"content-type": "multipart/form-data"}, b"anything", 400
        yield ("nameless part", MULTIPART, f"--{BOUNDARY}\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode(), 400)
        yield "null", URLENCODED, f"{name}a%00b".encode(), 400
        yield "null in name", URLENCODED, f"{name}a&b%00=1".encode(), 400
        yield "half a pair", URLENCODED, f"{name}%ED%A0%80".encode(), 400
        yield "latin", URLENCODED, f"{name}%E9".encode(), 400
        yield "raw bytes", URLENCODED, name.encode() + b"\xff\xfe", 400
        yield "null in part", MULTIPART, multipart(proof, part("surname", b"a\0b")), 400
        yield ("half a pair in part", MULTIPART, multipart(proof, part("surname", b"\xed\xa0\x80")), 400)
        yield ("null in file name", MULTIPART, multipart(proof, part("f", b"x", extra='; filename="a\0b"')), 400)
        yield "json", {"content-type": "application/json"}, b"{}", 400
        escape = {"content-type": f"multipart/form-data; charset=unicode_escape; boundary={BOUNDARY}"}
        yield "escaped pair", escape, multipart(proof, part("surname", b"\\ud800")), 422

    def test_hostile_bodies_get_a_clear_refusal(self, visitor: TestClient, token: str) -> None:
        wrong = []
        for name, headers, body, status in self.bodies(token):
            answer = visitor.post("/example", content=body, headers=headers)
            heading = found(html.fromstring(answer.text), "count(//h1)")
            if answer.status_code != status or heading != 1:
                wrong.append((name, answer.status_code, status))
        assert not wrong

    def test_a_body_beyond_every_limit_is_cut_off_wherever_it_goes(self, visitor: TestClient) -> None:
        def pieces(count: int) -> Iterable[bytes]:
            for _ in range(count):
                yield b"x" * 2**20

        assert visitor.post("/example", content=pieces(40), headers=URLENCODED).status_code == 413
        assert visitor.post("/api/v1/take", content=pieces(40)).json() == 40 * 2**20
        refused_there = visitor.post("/api/v1/take", content=pieces(50))
        assert (refused_there.status_code, refused_there.json()["title"]) == (413, "form-too-large")

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(body=some.binary(max_size=300), kind=some.sampled_from([URLENCODED, MULTIPART]))
    def test_no_body_is_a_server_error(self, visitor: TestClient, body: bytes, kind: dict[str, str]) -> None:
        assert visitor.post("/example", content=body, headers=kind).status_code < 500

    def test_files_arrive_whole(self, visitor: TestClient, token: str) -> None:
        content = bytes(range(256)) * 8000
        answer = visitor.post(
            "/example",
            data={"csrf_token": token, "surname": "Test", "consent": "yes"},
            files={"documents": ("a.bin", content)},
        )
        assert answer.status_code == 303


class TestParse:
    def test_a_good_form_becomes_its_value(self) -> None:
        sent = fields(
            surname="  Test ", consent="yes", needs=("a", "b"),
            birth_date__day="1", birth_date__month="02", birth_date__year="2010",
        )  # fmt: skip
        form = parse(ExampleForm, sent)
        assert isinstance(form, ExampleForm)
        assert (form.surname, form.birth_date, form.needs) == ("Test", date(2010, 2, 1), ("a", "b"))

    def test_blank_answers_count_as_not_given(self) -> None:
        form = parse(ExampleForm, fields(surname="   ", birth_date__day=" "))
        assert isinstance(form, FormErrors)
        assert form.errors == (("surname", "Enter the surname"), ("consent", "Select yes if they consent"))

    def test_sentences_are_in_the_order_of_the_fields(self) -> None:
        form = parse(ExampleForm, fields(surname="x" * 21, birth_date__day="31", consent="maybe"))
        assert isinstance(form, FormErrors)
        assert [message for _, message in form.errors] == [
            "Surname must have 20 characters or fewer",
            "Date of birth must include a month and a year",
            "Select yes if they consent",
        ]

    def test_a_rule_about_the_whole_form_is_shown_at_its_first_field(self) -> None:
        class Either(Form):
            phone: str = ""
            email: str = ""

            @model_validator(mode="after")
            def one_is_needed(self) -> "Either":
                if not self.phone and not self.email:
                    raise ValueError("Enter a telephone number or an email address")
                return self

        form = parse(Either, fields())
        assert isinstance(form, FormErrors)
        assert form.errors == (("phone", "Enter a telephone number or an email address"),)
        assert not isinstance(parse(Either, fields(email="sam@example.test")), FormErrors)

    def test_an_error_of_the_rules_joins_the_form(self) -> None:
        form = refused(fields(surname="Test"), ("surname", "Somebody of that name is already here"))
        assert form.adding("area", "Select an area").message("area") == "Select an area"
        assert form.value("surname") == "Test"

    def test_an_error_of_the_rules_leads_to_the_first_field_of_a_date(self) -> None:
        wrong = ("birth_date", "Enter an earlier day")
        assert refused(fields(), wrong, of=ExampleForm).target("birth_date") == "birth_date-day"
        assert refused(fields(), wrong).target("birth_date") == "birth_date"

    def test_what_was_typed_is_never_repeated_in_a_sentence(self) -> None:
        canary = "zebulon"
        form = parse(ExampleForm, fields(surname=canary * 10, consent=canary, birth_date__day=canary))
        assert isinstance(form, FormErrors)
        assert canary not in repr(form.errors)


class TestDate:
    @pytest.mark.parametrize(
        ("day", "month", "year", "sentence"),
        [
            ("31", "2", "2020", "Date must be a real date"),
            ("", "2", "2020", "Date must include a day"),
            ("1", "", "", "Date must include a month and a year"),
            ("1", "2", "20", "Date must be a real date"),
            ("one", "2", "2020", "Date must be a real date"),
            ("\u0661", "2", "2020", "Date must be a real date"),
            ("1", "2", "0000", "Date must be a real date"),
            ("9" * 5000, "2", "2020", "Date must be a real date"),
        ],
    )
    def test_says_what_is_wrong(self, day: str, month: str, year: str, sentence: str) -> None:
        with pytest.raises(ValueError, match=sentence):
            parse_date(fields(d__day=day, d__month=month, d__year=year), "d")

    def test_a_year_from_which_days_cannot_be_counted_is_a_slip(self) -> None:
        with pytest.raises(ValueError, match="no later than 2199: check the year"):
            parse_date(FormData({"on-day": ("31",), "on-month": ("12",), "on-year": ("9999",)}), "on", "the day")

    def test_nothing_typed_is_no_date(self) -> None:
        assert parse_date(fields(), "d") is None


class TestShownAgain:
    def page(self, visitor: TestClient, token: str, **answers: Any) -> html.HtmlElement:
        answer = visitor.post("/example", data={"csrf_token": token} | answers)
        assert answer.status_code == 422
        return html.fromstring(answer.text)

    def test_keeps_what_was_typed(self, visitor: TestClient, token: str) -> None:
        page = self.page(
            visitor, token, surname='"><script>x', needs=["a", "c"], area="medway", concern="line\r\nline",
            **{"birth_date-day": "31", "birth_date-month": "2"},
        )  # fmt: skip
        assert found(page, "string(//input[@name='surname']/@value)") == '"><script>x'
        assert found(page, "//input[@name='needs'][@checked]/@value") == ["a", "c"]
        assert found(page, "string(//select[@name='area']/option[@selected]/@value)") == "medway"
        assert found(page, "string(//textarea[@name='concern'])").strip() == "line\nline"
        assert found(page, "string(//input[@name='birth_date-day']/@value)") == "31"

    def test_the_summary_leads_to_the_fields_and_the_title_says_error(self, visitor: TestClient, token: str) -> None:
        page = self.page(visitor, token, **{"birth_date-day": "31"})
        links = found(page, "//*[contains(@class, 'error-summary')]//a/@href")
        assert links == ["#surname", "#birth_date-day", "#consent"]
        assert all(found(page, f"//*[@id='{link[1:]}']") for link in links)
        assert page.findtext(".//title").startswith("Error: ")

    def test_every_field_has_a_label(self, visitor: TestClient) -> None:
        page = html.fromstring(visitor.get("/example").text)
        for field_id in found(page, "//input[@type!='hidden']/@id | //select/@id | //textarea/@id"):
            assert found(page, f"//label[@for='{field_id}']"), field_id
