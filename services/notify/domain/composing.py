"""How a mail is composed: from a template and from those values alone that a mail may carry."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from string import Template
from typing import ClassVar

from chassis.errors import Missing, ThroughlineError

ALLOWED_IN_MAIL = frozenset(
    {
        "reference",
        "link",
        "acknowledge_link",
        "until",
        "team",
        "sentence",
        "urgent_subject",
        "urgent_line",
        "form_line",
        "clock",
        "what",
        "asker",
        "due",
        "code",
    }
)
"""Every value that a mail may carry: reference, link, the recipient's own name, sentences of area files, a clock; what
sort of thing is asked, by which team, by which day; a one-time code; whether the form is attached."""

_NEVER_CARRIED = "A mail template asks for a value that mails never carry; use only the allowed ones."
_SUBJECT = re.compile(r"Subject: (?P<subject>[^\n]+)\n\n(?P<body>.+)\Z", re.DOTALL)


class TemplateBroken(ThroughlineError):
    """A mail template lacks its subject line or asks for a value that mails never carry."""

    reason: ClassVar[str] = "template-broken"


class TemplateAbsent(Missing):
    """There is no such template."""

    reason: ClassVar[str] = "template-absent"

    def __init__(self) -> None:
        """Say where to look."""
        super().__init__("There is no such template; go back to the list of messages and choose one.")


class CaseAbsent(Missing):
    """Nobody has been told anything of a case with this reference, in the reader's areas."""

    reason: ClassVar[str] = "case-absent"

    def __init__(self) -> None:
        """Say what to check."""
        super().__init__("Nothing has been told of a referral with this reference; check it and enter it again.")


@dataclass(frozen=True)
class Text:
    """A composed mail: its subject line and its plain-text body."""

    subject: str
    body: str


def compose(template: str, values: Mapping[str, str]) -> Text:
    """Return the text of a mail from a template ("Subject: …", a blank line, the body) and allowed values.

    Raises TemplateBroken when the template has another shape or asks for anything that mails never carry.
    """
    parts = _parts(template)
    if not set(values) <= ALLOWED_IN_MAIL:
        raise TemplateBroken(_NEVER_CARRIED)
    try:
        subject, body = (part.substitute(values) for part in parts)
    except (KeyError, ValueError):
        raise TemplateBroken("A mail template asks for a value that this kind of mail does not have.") from None
    return Text(subject.strip(), re.sub(r"\n{3,}", "\n\n", body))


def carried(template: str) -> tuple[str, ...]:
    """Return the names of the values that a template carries, in the order in which they first stand there."""
    return tuple(Template(template).get_identifiers())


@cache
def _parts(template: str) -> tuple[Template, Template]:
    """Return the subject line and the body of a template."""
    if not set(carried(template)) <= ALLOWED_IN_MAIL:
        raise TemplateBroken(_NEVER_CARRIED)
    found = _SUBJECT.match(template)
    if found is None:
        raise TemplateBroken("A mail template must begin with one Subject line and a blank line.")
    return Template(found["subject"]), Template(found["body"])
