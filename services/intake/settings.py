"""What intake reads from its environment, and local practice read from the area files."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Literal

from pydantic import SecretStr

import areas
from areas import Area, Areas, Recipient
from chassis.clock import LONDON, due_at, is_working_day
from chassis.settings import ServiceSettings
from services.intake.domain import EQUALITY_FIELDS, DeskPractice, OnDuty, Practice, RequiredRecipient, plain_name


class AreaPractices:
    """Turns area files into the values that intake works with."""

    def __init__(self, known: Areas, default_area: str) -> None:
        """Use the area files; `default_area` takes referrals whose district no area knows."""
        self._areas = known
        self._default = default_area
        self.by_district = lru_cache(maxsize=1000)(self._by_district)
        self._by_mail_address = lru_cache(maxsize=1000)(self._practice_of_mail_address)

    def _by_district(self, district: str, on: date) -> Practice:
        """Return the practice of the area with this district, of the default area where no area has it."""
        area = self._areas.of_district(district, on) or self._areas.current(self._default, on)
        return practice(self._areas, area, district)

    def by_mail_addresses(self, addresses: tuple[str, ...], on: date) -> Practice:
        """Return the practice of the area whose desk has one of the addresses, or of the default area."""
        found = (self._by_mail_address(address, on) for address in addresses)
        return next(filter(None, found), None) or self.by_district("", on)

    def _practice_of_mail_address(self, address: str, on: date) -> Practice | None:
        area = self._areas.of_mail_address(address, on)
        return practice(self._areas, area, "") if area else None

    def by_version(self, area: str, version: str, district: str) -> Practice:
        """Return the practice of a stored version; raises LookupError when it is not known."""
        found = self._areas.version(area, version)
        if found is None:
            message = f"Version {version} of area {area} is not here: put its file back into the areas folder."
            raise LookupError(message)
        return practice(self._areas, found, district)

    def by_area(self, area: str, on: date) -> Practice:
        """Return the practice of an area in force on a day, for an unknown district; raises UnknownArea."""
        return practice(self._areas, self._areas.current(area, on), "")

    def areas(self, on: date) -> tuple[tuple[str, str], ...]:
        """Return (id, name) of every area in force, the default area first."""
        current = [self._areas.current(name, on) for name in self._areas.names()]
        current.sort(key=lambda area: (area.area != self._default, area.name))
        return tuple((area.area, area.name) for area in current)

    def check_withholding(self, may_withhold: Mapping[str, frozenset[str]]) -> None:
        """Raise AreaFileError, naming file and line, where an area withholds what an audience's contract needs."""
        self._areas.check_withholding(may_withhold)

    def districts(self, on: date) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return (area name, its districts) for every area in force, the default area first, each in the alphabet."""
        current = [self._areas.current(name, on) for name in self._areas.names()]
        current.sort(key=lambda area: (area.area != self._default, area.name))
        return tuple((area.name, tuple(sorted(area.districts))) for area in current)


def practice(known: Areas, area: Area, district: str) -> Practice:
    """Return what intake needs of an area for a district as somebody wrote it; `known` says where its rules stand."""
    closes = area.clocks.closes_at.strftime("%H:%M")
    return Practice(
        area=area.area,
        version=area.version,
        prefix=area.reference_prefix,
        district=area.district(district),
        front_door=area.front_door_for(district).id,
        front_door_of=lambda age: area.front_door_for(district, age).id,
        recipients=tuple(
            _recipient(each, closes, _rules(known, area, number)) for number, each in enumerate(area.recipients)
        ),
        tells=frozenset(telling.stage for telling in area.referrer_told if telling.tell),
        desk=desk_practice(area),
        institutions={
            plain_name(name): each.id
            for each in area.statistics.institutions
            for name in (each.name, *each.other_spellings)
        },
    )


def desk_practice(area: Area) -> DeskPractice:
    """Return by when the desk of an area completes what came in, and who answers there at a moment."""
    closes = area.desk.opening_hours.working_days.closes.strftime("%H:%M")
    days = area.clocks.desk_completion
    return DeskPractice(complete_by=partial(due_at, working_days=days, closes=closes), on_duty=partial(_on_duty, area))


def _on_duty(area: Area, at: datetime) -> OnDuty:
    local = at.astimezone(LONDON)
    time, working_day = local.time(), is_working_day(local.date())
    desk = area.desk
    is_open = desk.opening_hours.is_open(time, working_day=working_day)
    cover = desk.out_of_hours
    owner = area.duty_officer(time, working_day=working_day).name
    covers = ("Intake desk", desk.organisation) if is_open else (cover.name, cover.organisation)
    return OnDuty(is_open, *covers, owner)


def _rules(known: Areas, area: Area, number: int) -> dict[str, str]:
    """Return file and line of what an area says about the fields of one recipient, by the field or path."""
    place = partial(known.place, area.area, area.version, "recipients", number)
    rules = {path: place("withhold", position) for position, path in enumerate(area.recipients[number].withhold)}
    return rules | {
        "documents": place("documents"),
        **dict.fromkeys(EQUALITY_FIELDS, place("equality_monitoring")),
        "announce_unread": place("announce_unread"),
    }


def _recipient(each: Recipient, closes: str, rules: Mapping[str, str]) -> RequiredRecipient:
    days = each.acknowledged_within_working_days
    return RequiredRecipient(
        team=each.team,
        service=each.service,
        audience=each.audience,
        required=each.required,
        withheld=frozenset(each.withhold),
        documents=each.documents,
        equality_monitoring=each.equality_monitoring,
        urgent_within_minutes=each.urgent_within_minutes,
        rules=rules,
        announce_unread=each.announce_unread,
        stored_within_seconds=each.stored_within_seconds,
        acknowledge_by=None if days is None else partial(due_at, working_days=days, closes=closes),
    )


class IntakeSettings(ServiceSettings):
    """Environment of intake; `smtp_port` 0 takes any free port, `web_sendings_per_minute` holds for one address.

    `mail_relays` are the names under which our own relays write Authentication-Results, `mail_domain` is that of the
    Message-IDs of our own mails. IMAP is read only where `imap_host` is given; its password stands in a file of its own
    or in the environment, and is shown nowhere; with `imap_token_url` it is opened with a token from there (XOAUTH2)
    instead. `clamd_address` is unix:/path, tcp://host:port or console: (the
    twin for demonstrations); where the scanner does not answer, files are read without it or held until it is back.
    """

    default_area: str = "kent-and-medway"
    saved_form_days: int = 28
    web_sendings_per_minute: int = 60
    suggestions_directory: Path | None = None
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 2525
    smtp_size_limit: int = 30 * 1024 * 1024
    smtp_tls: Literal["off", "offered", "required"] = "off"
    smtp_certificate: Path | None = None
    smtp_key: Path | None = None
    smtp_connections: int = 200
    smtp_recipients: int = 100
    smtp_seconds: float = 300
    mail_domain: str = "notify.throughline.example"
    mail_relays: frozenset[str] = frozenset()
    mail_dns: bool = False
    imap_host: str = ""
    imap_port: int = 993
    imap_security: Literal["tls", "starttls", "none"] = "tls"
    imap_authorities: Path | None = None
    imap_username: str = ""
    imap_password: SecretStr = SecretStr("")
    imap_password_file: Path | None = None
    imap_token_url: str = ""
    imap_token_scope: str = ""
    imap_client_id: str = ""
    imap_client_secret_file: Path | None = None
    imap_refresh_token_file: Path | None = None
    imap_address: str = ""
    imap_folder: str = "INBOX"
    imap_done_folder: str = ""
    imap_seconds: float = 30
    reading_rooms: int = 1
    clamd_address: str = ""
    clamd_when_away: Literal["read", "hold"] = "hold"
    spool_directory: Path | None = None
    spool_size_limit: int = 2 * 1024 * 1024 * 1024
    spool_references: int = 1000

    @cached_property
    def localities(self) -> AreaPractices:
        """Local practice, read once."""
        return AreaPractices(areas.load(self.areas_directory), self.default_area)
