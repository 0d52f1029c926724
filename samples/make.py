"""Writes the sample files, the same bytes every time: python -m samples.make."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from contracts.vocabulary import ReferralForm
from contracts.vocabulary.nrf import QUESTIONS, Kind
from samples import adults, people
from samples.people import NOTICE, Form, Sample
from services.intake.writers import answers, blank_docx, blank_pdf, filled_docx

HERE = Path(__file__).parent
BLANK = "blank/referral-form"

SAMPLES = (
    Sample("boy-of-nine-thanet", Form.WORD, people.NINE_YEARS_OLD),
    Sample("girl-of-fourteen-medway", Form.WORD, people.FOURTEEN_YEARS_OLD),
    Sample("boy-of-fifteen-swale", Form.WORD, people.FIFTEEN_YEARS_OLD),
    Sample("man-of-twenty-seven-gravesham", Form.WORD, adults.TWENTY_SEVEN_YEARS_OLD),
    Sample("man-of-thirty-four-maidstone", Form.WORD, adults.THIRTY_FOUR_YEARS_OLD),
    Sample("man-of-seventy-one-sevenoaks", Form.WORD, adults.SEVENTY_ONE_YEARS_OLD),
    Sample("boy-of-sixteen-folkestone", Form.JSON, people.SIXTEEN_YEARS_OLD),
    Sample("student-of-nineteen-canterbury", Form.JSON, adults.NINETEEN_YEARS_OLD),
    Sample("man-of-twenty-two-dartford", Form.JSON, adults.TWENTY_TWO_YEARS_OLD),
    Sample("mother-of-forty-five-tunbridge-wells", Form.JSON, adults.FORTY_FIVE_YEARS_OLD),
    Sample("man-of-thirty-eight-thanet", Form.JSON, adults.THIRTY_EIGHT_YEARS_OLD),
    Sample("boy-of-fifteen-swale-again", Form.JSON, people.FIFTEEN_YEARS_OLD_AGAIN),
    Sample("girl-of-twelve-medway", Form.WEB, people.TWELVE_YEARS_OLD),
    Sample("student-of-seventeen-ashford", Form.WEB, people.SEVENTEEN_YEARS_OLD),
    Sample("man-of-fifty-two-dover", Form.WEB, adults.FIFTY_TWO_YEARS_OLD),
    Sample("woman-of-sixty-three-tonbridge", Form.WEB, adults.SIXTY_THREE_YEARS_OLD),
)


def files() -> Mapping[str, bytes]:
    """Return every generated file by its path inside samples/."""
    made = {path_of(sample): body_of(sample) for sample in SAMPLES}
    return made | {f"{BLANK}.docx": blank_docx(), f"{BLANK}.pdf": blank_pdf()}


def path_of(sample: Sample) -> str:
    """Return the path of a sample inside samples/."""
    return f"web/{sample.name}.json" if sample.form is Form.WEB else f"{sample.name}.{sample.form}"


def body_of(sample: Sample) -> bytes:
    """Return the bytes of a sample in its form."""
    if sample.form is Form.WORD:
        return filled_docx(sample.referral, NOTICE)
    if sample.form is Form.WEB:
        return _json({"fields": dict(web_fields(sample.referral))})
    return _json(sample.referral.model_dump(mode="json"))


def web_fields(form: ReferralForm) -> Mapping[str, str]:
    """Return the fields as a browser posts them: one text per field name, a date in three boxes."""
    dates = {path for path, question in QUESTIONS.items() if question.kind is Kind.DATE}
    fields: dict[str, str] = {}
    for path, answer in answers(form).items():
        if path in dates:
            year, month, day = answer.split("-")
            fields |= {f"{path}-day": str(int(day)), f"{path}-month": str(int(month)), f"{path}-year": year}
        else:
            fields[path] = answer
    return fields


def main() -> None:
    """Write every file that is not there or not up to date, and say which."""
    for path, body in files().items():
        target = HERE / path
        if not target.exists() or target.read_bytes() != body:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(body)
            sys.stdout.write(f"wrote samples/{path}\n")


def _json(content: object) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


if __name__ == "__main__":
    main()
