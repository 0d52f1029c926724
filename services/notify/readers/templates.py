"""The templates of mails: each kind in its versions and languages."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from services.notify.domain import Kind

TEMPLATES = Path(__file__).parent.parent / "web" / "templates" / "mail"
MACHINE_DRAFTED = "Peiriant a luniodd ddrafft"
"""How the note begins that stands under Welsh which no translator has checked."""
_VERSIONED = re.compile(r"(?P<kind>[a-z-]+)\.v(?P<version>\d+)\.(?P<language>en|cy)\.txt")


@dataclass(frozen=True)
class MailTemplate:
    """One version of one template; `name` says which, such as "concern-received.v1.en"."""

    name: str
    text: str
    kind: Kind
    version: int
    language: str

    @property
    def is_machine_drafted(self) -> bool:
        """Say whether its words are a machine's draft."""
        return MACHINE_DRAFTED in self.text


@cache
def mail_templates() -> tuple[MailTemplate, ...]:
    """Return every version of every template, kind by kind, English before Welsh, the newest version first."""
    found = [_read(path, match) for path in TEMPLATES.iterdir() if (match := _VERSIONED.fullmatch(path.name))]
    kinds = list(Kind)
    return tuple(sorted(found, key=lambda each: (kinds.index(each.kind), each.language != "en", -each.version)))


def mail_template(kind: Kind, language: str) -> MailTemplate:
    """Return the newest version of a template in a language, in English where that language has none."""
    known = [each for each in mail_templates() if each.kind == kind]
    spoken = [each for each in known if each.language == language]
    return (spoken or [each for each in known if each.language == "en"])[0]


def _read(path: Path, match: re.Match[str]) -> MailTemplate:
    text = path.read_text("utf-8")
    return MailTemplate(path.stem, text, Kind(match["kind"]), int(match["version"]), match["language"])
