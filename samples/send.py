"""Sends referrals through the real doors: the partner API, the mailbox and the public web form."""

import contextlib
import json
import mimetypes
import re
import smtplib
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx2
from lxml import html

REFERENCE = re.compile(r"\b[A-Z]{2,3}-[0-9A-Z]{4}-[0-9A-Z]{4}\b")
NUMBERED = re.compile(r"\.[0-9]+(?=\.|$)", re.ASCII)
SECONDS = 30.0
TRIES = 4
TRY_AGAIN = frozenset({429, 502, 503, 504})
MOST_PAGES = 150
MAIL_SUFFIXES = frozenset({".docx", ".pdf", ".eml"})
SENDER = "referrer@school.example"
MAILBOX = "preventreferrals@kent-and-medway.example"


class NotSent(Exception):
    """The door refused the referral or did not answer; the sentence says which and why."""


@dataclass(frozen=True)
class Doors:
    """Where the doors are: the base URL of intake, the host and port of its mailbox, and a partner's credentials.

    `partner` is a client id and its secret; without one nothing can be sent by the API.
    """

    intake_url: str
    smtp_host: str
    smtp_port: int
    partner: tuple[str, str] = field(default=("", ""), repr=False)


@dataclass(frozen=True)
class Sent:
    """One accepted referral: its file, the door it went through, and the reference the door gave."""

    file: str
    door: str
    reference: str


def send(path: Path, doors: Doors) -> Sent:
    """Send one file through the door that its name suffix belongs to; NotSent when it was not accepted."""
    if path.suffix.lower() == ".json":
        return send_to_api(path, doors)
    if path.suffix.lower() in MAIL_SUFFIXES:
        return send_by_mail(path, doors)
    message = f"{path.name} is none of .json, .docx, .pdf and .eml: save it as one of these and submit it again."
    raise NotSent(message)


def send_to_api(path: Path, doors: Doors) -> Sent:
    """POST a JSON referral to the partner API; a lost answer is asked for again under the same key."""
    body = path.read_bytes()
    headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
    with httpx2.Client(timeout=SECONDS, trust_env=False) as client:
        for attempt in range(TRIES):
            with contextlib.suppress(httpx2.HTTPError):
                headers |= bearer(client, doors.intake_url, doors.partner)
                answer = client.post(f"{doors.intake_url}/api/v1/referrals", content=body, headers=headers)
                if answer.status_code not in TRY_AGAIN:
                    return Sent(str(path), "api", _reference_in_answer(path, answer))
            time.sleep(2**attempt / 4)
    message = f"The partner API at {doors.intake_url} does not answer: start the system and submit {path.name} again."
    raise NotSent(message)


def bearer(client: httpx2.Client, intake_url: str, partner: tuple[str, str]) -> dict[str, str]:
    """Return the header that a partner's calls carry, good for 15 minutes.

    Raises NotSent where the partner is refused, and httpx2.HTTPError where nobody can say.
    """
    asked = {"grant_type": "client_credentials"}
    answer = client.post(f"{intake_url}/api/v1/token", data=asked, auth=partner)
    if answer.status_code in {400, 401}:
        message = f"The partner API at {intake_url} does not know this partner: {answer.json()['error_description']}"
        raise NotSent(message)
    return {"Authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}


def _reference_in_answer(path: Path, answer: httpx2.Response) -> str:
    try:
        content: Any = answer.json()
    except ValueError:
        content = {}
    if answer.is_success and isinstance(content, dict) and isinstance(content.get("reference"), str):
        return str(content["reference"])
    message = f"{path.name} was not accepted ({answer.status_code}): {_sentence(content)}"
    raise NotSent(message)


def _sentence(content: object) -> str:
    """Return what the answer says is wrong: each field that it names, or else its one sentence."""
    if not isinstance(content, dict):
        return "it gave no reason"
    fields = [f"{each['pointer']} {each['detail']}" for each in content.get("errors", ())]
    return " ".join(fields) or str(content.get("detail") or "it gave no reason")


def send_by_mail(path: Path, doors: Doors) -> Sent:
    """Mail a form as an attachment, or a whole message as it is; the reference comes with the mailbox's acceptance."""
    message = _message(path)
    try:
        with _Mailbox(doors.smtp_host, doors.smtp_port, timeout=SECONDS) as mailbox:
            mailbox.send_message(message, SENDER, [MAILBOX])
            reply = mailbox.last_reply
    except (OSError, smtplib.SMTPException) as error:
        where = f"{doors.smtp_host}:{doors.smtp_port}"
        text = f"{path.name} was not accepted by the mailbox at {where} ({_smtp_words(error)})."
        raise NotSent(text) from error
    found = REFERENCE.search(reply)
    if not found:
        text = f"{path.name} was accepted by the mailbox, which gave no reference: look for it at the intake desk."
        raise NotSent(text)
    return Sent(str(path), "mail", found[0])


class _Mailbox(smtplib.SMTP):
    """An SMTP client that remembers the reply to DATA, which holds the reference."""

    last_reply = ""

    def data(self, msg: Any) -> tuple[int, bytes]:
        code, reply = super().data(msg)
        self.last_reply = reply.decode("utf-8", "replace")
        return code, reply


def _smtp_words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error
        return f"{error.smtp_code} {words.decode('utf-8', 'replace') if isinstance(words, bytes) else words}"
    return str(error) or type(error).__name__


def _message(path: Path) -> EmailMessage:
    if path.suffix.lower() == ".eml":
        return BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    message = EmailMessage()
    message["From"], message["To"] = SENDER, MAILBOX
    message["Subject"] = "Prevent referral"
    message["Message-ID"] = f"<{uuid.uuid4()}@school.example>"
    message.set_content("Please find a referral form attached.\n")
    kind, _, subtype = (mimetypes.guess_type(path.name)[0] or "application/octet-stream").partition("/")
    message.add_attachment(path.read_bytes(), maintype=kind, subtype=subtype, filename=path.name)
    return message


def send_by_form(path: Path, doors: Doors) -> Sent:
    """Fill in the public form page by page, as a browser without scripts does, from {"fields": {name: value}}."""
    fields: Mapping[str, str] = json.loads(path.read_text(encoding="utf-8"))["fields"]
    try:
        with httpx2.Client(
            base_url=doors.intake_url, timeout=SECONDS, trust_env=False, follow_redirects=True
        ) as client:
            walk = _Walk(client, fields, path)
            page = client.get("/")
            for _ in range(MOST_PAGES):
                reference = _receipt(page)
                if reference:
                    return Sent(str(path), "web", reference)
                page = walk.submit(page)
    except httpx2.HTTPError as error:
        message = f"The web form at {doors.intake_url} does not answer: start the system and send {path.name} again."
        raise NotSent(message) from error
    message = f"{path.name}: no receipt after {MOST_PAGES} pages of the form; the last was {page.url.path}."
    raise NotSent(message)


def _receipt(page: httpx2.Response) -> str | None:
    """Return the reference when a page is a receipt: it shows one, and asks nothing more in its main part."""
    main = _main(page)
    found = REFERENCE.search(" ".join(main.itertext()))
    return found[0] if found and not _forms(main) else None


def _main(page: httpx2.Response) -> Any:
    tree: Any = html.fromstring(page.text)
    return (tree.xpath("//main") or [tree])[0]


def _forms(tree: Any) -> list[Any]:
    return [form for form in tree.xpath(".//form") if form.get("method", "get").lower() == "post"]


@dataclass
class _Walk:
    """One way through the form: every part of the task list once, every page with the answers that it asks for."""

    client: httpx2.Client
    fields: Mapping[str, str]
    path: Path
    visited: set[str] = field(default_factory=set)

    def submit(self, page: httpx2.Response) -> httpx2.Response:
        """Answer a page, or press its way on where it asks nothing; NotSent where it says what to mend."""
        main = _main(page)
        problems = [
            " ".join(entry.itertext()).strip()
            for entry in main.xpath("//*[contains(@class, 'govuk-error-summary__list')]//li")
        ]
        if page.is_error or problems:
            why = "; ".join(problems) or "no reason given"
            message = f"{self.path.name}: the form at {page.url.path} answered {page.status_code}: {why}."
            raise NotSent(message)
        forms = _forms(main)
        if not forms:
            return self._follow(main, page)
        form = forms[0]
        tokens = {each.get("name"): each.get("value", "") for each in form.xpath(".//input[@type='hidden']")}
        answers = dict(browser_answers(form, self.fields))
        return self.client.post(urljoin(str(page.url), form.get("action") or ""), data=tokens | answers)

    def _follow(self, main: Any, page: httpx2.Response) -> httpx2.Response:
        """Open a part of the task list that has not been opened, or press the button-like link of the page."""
        for row in main.xpath(".//li[contains(@class, 'govuk-task-list__item')][.//a]"):
            href = str(row.xpath(".//a/@href")[0])
            if href not in self.visited and "Completed" not in row.text_content() and "/questions/" in href:
                self.visited.add(href)
                return self.client.get(urljoin(str(page.url), href))
        for link in main.xpath(".//a[contains(@class, 'govuk-button')]"):
            return self.client.get(urljoin(str(page.url), link.get("href")))
        message = f"{self.path.name}: the page {page.url.path} has neither a form nor a way on."
        raise NotSent(message)


def browser_answers(form: Any, fields: Mapping[str, str]) -> Iterator[tuple[str, str | list[str]]]:
    """Yield what a browser sends of a form on a page: the answers that it asks for, and the button that is pressed.

    Where a list has more entries than the page shows, another one is asked for.
    """
    asked = {each.get("name") or "" for each in form.xpath(".//input|.//select|.//textarea")}
    lists = {name[: found.start()] for name in asked if (found := NUMBERED.search(name))}
    for name in asked:
        ticked = [value for key, value in fields.items() if NUMBERED.sub("", key) == name and key != name]
        if name in fields:
            yield name, fields[name]
        elif ticked:
            yield name, ticked
    waiting_for_a_row = any(
        name not in asked and name[: found.start()] in lists for name in fields if (found := NUMBERED.search(name))
    )
    if form.xpath(".//button[@name='do']"):
        yield "do", "add" if waiting_for_a_row else "continue"


def waiting(folder: Path) -> Iterator[Path]:
    """Yield the samples of a folder in the order they are sent: API, mail, then web."""
    for pattern in ("*.json", "*.docx", "*.pdf", "*.eml", "web/*.json"):
        yield from sorted(folder.glob(pattern))


def send_sample(path: Path, doors: Doors) -> Sent:
    """Send one sample: those in the folder `web` through the public form, the others by their suffix."""
    return send_by_form(path, doors) if path.parent.name == "web" else send(path, doors)
