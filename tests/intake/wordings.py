"""Everything that the public form says, and its catalogue: python -m tests.intake.wordings brings that up to date."""

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from chassis.web.refusals import TITLES
from contracts.vocabulary import ETHNIC_GROUPS, nrf
from services.intake.web.form.checks import WHETHER
from services.intake.web.form.language import DOMAIN, LOCALE, UNSIGNED, WELSH

ROOT = Path(__file__).parents[2]
PO = LOCALE / WELSH / "LC_MESSAGES" / f"{DOMAIN}.po"
MO = PO.with_suffix(".mo")
PUBLIC_PAGES = ROOT / "services" / "intake" / "web"
SHELL = ROOT / "chassis" / "templates"
METHODS = (
    *((name, "python") for name in ("form/**.py", "views.py", "forms.py", "progress.py")),
    ("templates/**.html", "jinja2"),
)
SHELL_METHODS = (("page.html", "jinja2"), ("macros/fields.html", "jinja2"))
NAVIGATION = ("Make a referral", "Prevent referrals", "Progress of a referral")
"""What the site map and the service's own name add to every page."""
DAY = datetime(2026, 11, 21, 12, tzinfo=UTC)
HEADER = """\
# Welsh of the public form.
# Drafted by machine. While Last-Translator says so, every Welsh page says so too; a translator who has checked it all
# puts their own name there instead.
# The names of answers ("the person’s last name") stand after Rhowch, Dewiswch and i, and so in their soft mutation.
"""


def wordings() -> tuple[str, ...]:
    """Return every English text of the public form once: of its templates, its code, and the schema of the form."""
    found = [*NAVIGATION, *TITLES.values(), "Something went wrong", *_of_the_schema(nrf.SECTIONS)]
    found += [name for title, names in ETHNIC_GROUPS.values() for name in (title, *names)]
    for folder, methods in ((PUBLIC_PAGES, METHODS), (SHELL, SHELL_METHODS)):
        extracted = extract_from_dir(folder, list(methods), keywords={"_": None, "marked": None})
        found += [message if isinstance(message, str) else message[0] for _, _, message, _, _ in extracted]
    return tuple(dict.fromkeys(text for text in found if text))


def _of_the_schema(sections: tuple[nrf.Section, ...]) -> Iterator[str]:
    for section in sections:
        yield from (section.title, section.help)
        for question in section.questions:
            yield from (question.label, question.asks, question.name, question.hint)
            yield from (words for _, words in question.choices)
            if question.required and question.name.startswith(WHETHER):
                yield question.name.removeprefix(WHETHER)


def catalogue() -> Catalog:
    """Return the Welsh catalogue as it is committed."""
    with PO.open("rb") as file:
        return read_po(file, locale=WELSH, domain=DOMAIN)


def compiled(made: Catalog) -> bytes:
    """Return a catalogue as gettext reads it."""
    body = BytesIO()
    write_mo(body, made)
    return body.getvalue()


def main() -> None:
    """Add what is new to the catalogue, drop what is gone, compile it, and say what still wants Welsh."""
    known = catalogue() if PO.exists() else Catalog(locale=WELSH, domain=DOMAIN, last_translator=UNSIGNED)
    made = Catalog(
        locale=WELSH,
        domain=DOMAIN,
        project="Throughline",
        version="1",
        msgid_bugs_address="",
        header_comment=HEADER,
        last_translator=known.last_translator,
        language_team="Cymraeg",
        creation_date=DAY,
        revision_date=DAY,
        fuzzy=False,
    )
    for text in wordings():
        before = known.get(text)
        made.add(text, before.string if before else "", user_comments=before.user_comments if before else ())
    with PO.open("wb") as file:
        write_po(file, made, width=120, sort_output=False)
    MO.write_bytes(compiled(made))
    print("\n".join(str(message.id) for message in made if message.id and not message.string))  # noqa: T201


if __name__ == "__main__":
    main()
