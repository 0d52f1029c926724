"""What the parts of an area file are built from: a frozen base, and the shapes of names, addresses and times."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]
FieldPath = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$", max_length=120)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]
MailAddress = Annotated[str, StringConstraints(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;.]+$", max_length=254)]
Prefix = Annotated[str, StringConstraints(pattern=r"^[A-HJKMNP-Z]{2,4}$")]
SecureAddress = Annotated[
    str, StringConstraints(pattern=r"^https://[^\s]+$|^http://127\.0\.0\.1(:\d+)?/[^\s]*$", max_length=400)
]
WorkingDays = Annotated[int, Field(ge=0, le=260)]
Months = Annotated[int, Field(ge=1, le=1200)]


class AreaPart(BaseModel):
    """A part of an area file: frozen, and refusing keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Way(StrEnum):
    """A way to tell somebody: a mail, GOV.UK Notify, a signed webhook, or the inbox page alone."""

    SMTP = "smtp"
    GOVUK_NOTIFY = "govuk-notify"
    WEBHOOK = "webhook"
    INBOX = "inbox"


Ways = Annotated[tuple[Way, ...], Field(min_length=1, max_length=2)]


class Tls(StrEnum):
    """Whether the line over which a mail leaves is encrypted, and the certificate of the server checked."""

    REQUIRED = "required"
    IF_OFFERED = "if-offered"
    NEVER = "never"


_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


class Smtp(AreaPart):
    """How the mails of an area leave: `tls` says it of single mail domains, whoever there is written to.

    A domain that is not named is if-offered. A domain below a named one is another.
    """

    tls: tuple[tuple[str, Tls], ...] = ()

    @field_validator("tls", mode="before")
    @classmethod
    def _read(cls, given: object) -> object:
        if isinstance(given, tuple):
            return given
        if not isinstance(given, Mapping):
            raise ValueError("tls names mail domains, each with required, if-offered or never")  # noqa: TRY004
        for domain, policy in given.items():
            if not isinstance(domain, str) or not _DOMAIN.fullmatch(domain):
                raise ValueError(f"{domain!r} is no mail domain; write it in small letters, as in west-shire.example")
            if policy not in tuple(Tls):
                raise ValueError(f"{domain} is said to be {policy!r}; write required, if-offered or never")
        return tuple(sorted(given.items()))

    def tls_of(self, address: str) -> Tls:
        """Return how a mail to an address leaves."""
        return dict(self.tls).get(address.rpartition("@")[2].casefold(), Tls.IF_OFFERED)


class Language(StrEnum):
    """A language in which somebody is written to."""

    ENGLISH = "en"
    WELSH = "cy"


class Reached(AreaPart):
    """Somebody who is told: at which address, and by which ways, the second where the first does not succeed.

    `webhook` is where a signed webhook goes. What goes by webhook is signed with the secret that the installation keeps
    for it. Messages are written in `language`, where there is one in it.
    """

    email: MailAddress
    ways: Ways = (Way.SMTP,)
    webhook: SecureAddress | None = None
    language: Language = Language.ENGLISH

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if len(set(self.ways)) < len(self.ways):
            raise ValueError("ways names the same way twice; the second way must be another one")
        if Way.WEBHOOK in self.ways and self.webhook is None:
            raise ValueError("ways names webhook, but no webhook says where to; add its https address")
        return self


class Escalation(Reached):
    """A person who is told when a clock ran out so many working days ago and nobody has acted."""

    after_working_days: WorkingDays
    name: Words
    organisation: Words
