"""Writes the set of forms in every shape and what is to be found in each: python -m samples.make_forms."""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from contracts.vocabulary import ReferralForm
from contracts.vocabulary.words import Aspect, Need
from samples import adults, people
from samples.shapes import mail, pdf, word
from samples.shapes.mail import File
from samples.shapes.sheets import Sheet, sheet
from services.intake.writers import answers, filled_docx, filled_pdf, filled_text

HERE = Path(__file__).parent / "forms"
MAN, GIRL, BOY = adults.TWENTY_SEVEN_YEARS_OLD, people.FOURTEEN_YEARS_OLD, people.FIFTEEN_YEARS_OLD
CHILD, TEEN, OLD = people.NINE_YEARS_OLD, people.SIXTEEN_YEARS_OLD, adults.SEVENTY_ONE_YEARS_OLD
STUDENT, OFFICER, MOTHER = adults.NINETEEN_YEARS_OLD, adults.THIRTY_FOUR_YEARS_OLD, adults.FORTY_FIVE_YEARS_OLD
WORKER, WARDEN, DAUGHTER = adults.THIRTY_EIGHT_YEARS_OLD, adults.FIFTY_TWO_YEARS_OLD, adults.SIXTY_THREE_YEARS_OLD
READ, DESK = "read", "desk"


@dataclass(frozen=True)
class FormFile:
    """One file of the set: the shape that it has, what a person finds in each form in it, and where it must end.

    `outcome` is "read" when nobody needs to look, "desk" when somebody must.
    """

    name: str
    shape: str
    body: bytes
    forms: tuple[Mapping[str, str], ...] = field(default=())
    outcome: str = READ


def ticked(form: ReferralForm) -> ReferralForm:
    """Return a form with some of the choices ticked that the new form offers."""
    told = form.concerns.model_copy(
        update={"aspects": (Aspect.SPECIFIC_EVENT, Aspect.ONLINE), "needs": (Need.VICTIM, Need.GRIEVANCE)}
    )
    return form.model_copy(update={"concerns": told})


def forms() -> tuple[FormFile, ...]:
    """Return the whole set, in a fixed order, the same bytes every time."""
    found = (*_own(), *_word(), *_unclear(), *_pdf(), *_texts(), *_mails(), *_broken())
    return tuple(found)


def _own() -> Iterator[FormFile]:
    for name, form in (("girl", GIRL), ("student", ticked(STUDENT)), ("warden", WARDEN), ("child", ticked(CHILD))):
        given = (dict(answers(form)),)
        yield FormFile(f"own-{name}.docx", "our Word form", filled_docx(form), given)
        yield FormFile(f"own-{name}.pdf", "our PDF form", filled_pdf(form), given)
        yield FormFile(f"own-{name}.json", "our JSON", form.model_dump_json(indent=1).encode(), given)
        yield FormFile(f"own-{name}.txt", "text by label", filled_text(form).encode(), given)


WORD_SHAPES = (
    ("table", "Word table", word.table),
    ("headings-in-rows", "Word table, headings in rows", word.headings_in_rows),
    ("labels-above", "Word table, labels above", word.labels_above),
    ("one-cell", "Word table, label and answer in one cell", word.in_one_cell),
    ("four-columns", "Word table, four columns", word.four_columns),
    ("merged", "Word table, merged cells", word.merged),
    ("legacy", "Word, legacy fields", word.legacy_fields),
    ("text-boxes", "Word, text boxes", word.text_boxes),
    ("paragraphs", "Word paragraphs", word.paragraphs),
    ("controls", "Word, others' controls", word.strange_controls),
)


def _word() -> Iterator[FormFile]:
    variants = (
        ("2018", MAN, "{0:%d/%m/%Y}"),
        ("2024-08", GIRL, "{0.day} {0:%B} {0.year}"),
        ("unknown", OFFICER, "{0.day}.{0.month}.{0.year}"),
    )
    for number, (name, shape, draw) in enumerate(WORD_SHAPES):
        for edition, form, dates in variants[: 2 if number % 2 else 3]:
            filled = sheet(form, edition, dates=dates)
            yield FormFile(f"{name}-{edition}.docx", shape, word.document(filled, draw), (filled.expected,))
    own = sheet(ticked(BOY), "2025")
    yield FormFile("table-2025.docx", "Word table", word.document(own, word.table), (own.expected,))
    welsh = sheet(ticked(MOTHER), "2025-cy", dates="{0.day} Hydref {0.year}")
    welsh = welsh.written("person.date_of_birth", "17 Mawrth 1981")
    yield FormFile("table-2025-cy.docx", "Word table", word.document(welsh, word.table), (welsh.expected,))
    yield FormFile("typed-2025-cy.txt", "text by label", mail.typed(welsh).encode(), (welsh.expected,))
    same = _referrer_first(sheet(MOTHER, "2018"))
    yield FormFile("same-as-above.docx", "Word table", word.document(same, word.table), (same.expected,))
    struck = word.document(sheet(OLD, "2018"), word.table, more=word.struck_out("Surname: Wrongname"))
    yield FormFile("struck-out.docx", "Word table", struck, (sheet(OLD, "2018").expected,))


def _referrer_first(filled: Sheet) -> Sheet:
    """Move the referrer to the person who first identified the concerns: the form says "if different from above"."""
    names = ("forename", "surname", "role", "organisation", "relationship", "phone", "email")
    moved: dict[str, str] = {}
    for name in names:
        text = next(line.text for group in filled.groups for line in group.lines if line.path == f"referrer.{name}")
        filled = filled.written(f"first_identified_by.{name}", text).written(f"referrer.{name}", "")
        if text:
            moved[f"first_identified_by.{name}"] = text
    filled = filled.written("first_identified_by.wishes_anonymity", "Yes ☒ No ☐")
    moved |= {"first_identified_by.wishes_anonymity": "yes", "referrer.wishes_anonymity": "yes"}
    return Sheet(filled.title, filled.groups, filled.closing, {**filled.expected, **moved})


def _unclear() -> Iterator[FormFile]:
    base = sheet(WORKER, "2018")
    cases = {
        "short-year": base.written("person.date_of_birth", "03/04/05").expecting(person__date_of_birth=None),
        "both-ticked": base.written("considerations.lead_consulted", "Yes ☒ No ☒"),
        "odd-age": sheet(WARDEN, "2018")
        .written("person.approximate_age", "early fifties")
        .expecting(person__approximate_age=None),
        "odd-phone": base.written("referrer.phone", "see my signature"),
        "odd-email": base.written("referrer.email", "shift at calibration").expecting(referrer__email=None),
        "no-narrative": base.written("concerns.narrative", "").expecting(concerns__narrative=None),
    }
    for name, filled in cases.items():
        yield FormFile(f"{name}.docx", "unclear", word.document(filled, word.table), (filled.expected,), DESK)
    more = {
        "two-answers": word.paragraph("Individual's details") + word.paragraph("Surname: Another-Sample"),
        "unknown-label": word.paragraph("Vehicle registration: TEST 123"),
        "words-at-the-end": word.paragraph("PS: he said on Friday that he would not come back."),
    }
    for name, xml in more.items():
        filled = base.expecting(person__surname=None) if name == "two-answers" else base
        yield FormFile(f"{name}.docx", "unclear", word.document(base, word.table, more=xml), (filled.expected,), DESK)
    noted = word.document(base, word.table, notes="The school knows more about this than it wrote above.")
    yield FormFile("footnote.docx", "unclear", noted, (base.expected,), DESK)


def _pdf() -> Iterator[FormFile]:
    for edition, form in (("2018", WORKER), ("2024-08", GIRL), ("2025", ticked(OLD))):
        filled = sheet(form, edition)
        for name, columns in (("columns", True), ("running", False)):
            body = pdf.printed(filled, columns=columns)
            yield FormFile(f"printed-{name}-{edition}.pdf", "printed PDF", body, (filled.expected,))
    strange = sheet(DAUGHTER, "2018").expecting(edition="unknown")
    yield FormFile("others-fields.pdf", "PDF, others' fields", pdf.described_fields(strange), (strange.expected,), DESK)
    noted = pdf.with_note(filled_pdf(OLD), "Please ring before five o'clock.")
    yield FormFile("typed-over.pdf", "our PDF form", noted, (dict(answers(OLD)),), DESK)
    yield FormFile("scanned.pdf", "pictures", pdf.scanned(), (), DESK)


def _texts() -> Iterator[FormFile]:
    for edition, form in (("2018", OFFICER), ("2024-08", DAUGHTER), ("unknown", MAN)):
        filled = sheet(form, edition, boxes=False)
        yield FormFile(f"typed-{edition}.txt", "text by label", mail.typed(filled).encode(), (filled.expected,))
    boxed = sheet(CHILD, "2018")
    text = mail.typed(boxed).replace("☒", "[x]").replace("☐", "[ ]")
    yield FormFile("typed-boxes.txt", "text by label", text.encode(), (boxed.expected,))


def _mails() -> Iterator[FormFile]:
    old, new = sheet(OFFICER, "2018", boxes=False), sheet(DAUGHTER, "2024-08")
    attached = File("Prevent referral.docx", word.document(new, word.table))
    picture = File("logo.png", b"\x89PNG\r\n\x1a\n" + bytes(64))
    mails = {
        "typed": (mail.mail(mail.typed(old)), (old,)),
        "attached": (mail.mail(mail.COVER, [picture, attached]), (new,)),
        "html": (mail.html_mail(new), (new,)),
        "quoted": (mail.mail(mail.quoted(mail.typed(old))), (old,)),
        "forwarded": (mail.mail(mail.COVER, inside=mail.mail(mail.COVER, [attached])), (new,)),
        "typed-and-forwarded": (mail.mail("FYI\n", inside=mail.mail(mail.typed(old))), (old,)),
        "attached-mail": (mail.mail(mail.COVER, [File("note.eml", bytes(mail.mail(mail.typed(old))))]), (old,)),
        "zipped": (mail.mail(mail.COVER, [mail.zipped("Prevent referral.zip", [picture, attached])]), (new,)),
        "two-forms": (mail.mail(mail.COVER, [attached, File("b.pdf", filled_pdf(STUDENT))]), (new, STUDENT)),
    }
    for name, (message, expected) in mails.items():
        found = tuple(dict(answers(one)) if isinstance(one, ReferralForm) else one.expected for one in expected)
        outcome = DESK if name == "quoted" else READ
        yield FormFile(f"mail-{name}.eml", "mail", bytes(message), found, outcome)
    locked = mail.mail(mail.COVER, [mail.zipped("Prevent referral.zip", [attached], locked=True)])
    yield FormFile("mail-zipped-locked.eml", "mail", bytes(locked), (), DESK)
    packed = mail.mail(mail.COVER, [File("winmail.dat", b"x\x9f>\x22" + bytes(200))])
    yield FormFile("mail-winmail.eml", "mail", bytes(packed), (), DESK)
    yield FormFile("mail-no-form.eml", "mail", bytes(mail.mail("Please ring me about a pupil.\n")), (), DESK)


def _broken() -> Iterator[FormFile]:
    body, sheet_of = filled_docx(BOY), filled_pdf(BOY)
    locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(512)
    yield FormFile("cut-short.docx", "broken", body[: len(body) // 2], (), DESK)
    yield FormFile("not-word.docx", "broken", b"This is not a Word file. SYNTHETIC.", (), DESK)
    yield FormFile("locked.docx", "broken", locked, (), DESK)
    yield FormFile("cut-short.pdf", "broken", sheet_of[: len(sheet_of) // 3], (), DESK)
    yield FormFile("broken.json", "broken", b'{"person": {"surname": "Testperson"', (), DESK)
    odd = json.dumps({**BOY.model_dump(mode="json"), "extra": "SYNTHETIC"}).encode()
    yield FormFile("extra-key.json", "unclear", odd, (dict(answers(BOY)),), DESK)
    yield FormFile("letter.docx", "unclear", word.document(_letter(), word.paragraphs), (), DESK)


def _letter() -> Sheet:
    return Sheet("SYNTHETIC: a letter about nobody. I am worried about a boy in my class.", (), "", {})


def files() -> Mapping[str, bytes]:
    """Return every file of the set and, beside it, what is to be found in it, by its name in the folder."""
    made: dict[str, bytes] = {}
    for one in forms():
        found = {
            "shape": one.shape,
            "outcome": one.outcome,
            "forms": [dict(sorted(each.items())) for each in one.forms],
        }
        made[one.name] = one.body
        made[f"{one.name}.expected.json"] = (json.dumps(found, ensure_ascii=False, indent=1) + "\n").encode()
    return made


def main() -> None:
    """Write every file that is not there or not up to date, and say which."""
    HERE.mkdir(exist_ok=True)
    for name, body in files().items():
        target = HERE / name
        if not target.exists() or target.read_bytes() != body:
            target.write_bytes(body)
            sys.stdout.write(f"wrote samples/forms/{name}\n")


if __name__ == "__main__":
    main()
