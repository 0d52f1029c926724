"""What is found to be intelligence material, what is not, and that no form takes it where others read."""

import json
from typing import Any

import pytest

from chassis import marks
from chassis.web import Form, FormErrors, parse
from chassis.web.bodies import FormData
from services.triage.web import forms
from tests.rules.tree import ROOT

MARKED = (
    "TOP SECRET",
    "*TOP* *SECRET*",
    "it says secret//noforn below",
    "noforn",
    "uk eyes only, please",
    "tlp red",
    "This is TOP SECRET//STRAP and so on",
    "UK EYES ONLY",
    "T\u200bOP SECRET",
    "ＳＥＣＲＥＴ",
    "SECRET\nThe rest follows.",
    "[SECRET] see below",
    "SECRET - UK",
    "It is marked secret by the unit",
    "Graded B24",
    "sanitised, 2CP",
    "2 B C source",
    "intel B2",
    "E/4/1",
    "2/B/C",
    "the source evaluation was B",
    "handling code 3 applies",
    "a 3x5x2 was sent",
    "on a 5 x 5 x 5 form",
    "intel log 4411",
    "the intelligence log shows it",
    "intelligence report 1234/26",
    "see IR URN 9",
    "lawful sharing permitted",
    "TLP:AMBER",
    "No onward dissemination",
    "a CHIS said so",
    "a covert human intelligence source",
    "information from MI5",
    "TOP SEC\ufe0fRET",
    "TOP\u2800SECRET",
    "see intel_log_4411.docx",
    "the intel-log of May",
    "reporting provided by the Security Service",
    "TOPSECRET",
    "T\u00adOP SEC\u00adRET",
    "\u0422\u041e\u0420 \u0405\u0415\u0421R\u0415\u0422",
    "\u03a4OP SE\u03f9R\u0395T",
    "\u1d1b\u1d0f\u1d18 \ua731\u1d07\u1d04\u0280\u1d07\u1d1b",
    "S\u0336E\u0336C\u0336R\u0336E\u0336T",
    "\U0001d413\U0001d40e\U0001d40f \U0001d412\U0001d404\U0001d402\U0001d411\U0001d404\U0001d413",
    "T O P  S E C R E T",
    "T O P S E C R E T",
    "T.O.P. S.E.C.R.E.T.",
    "[S-E-C-R-E-T]",
    "UK\u2013EYES ONLY",
    "\u0421\u041d\u0406\u0405 told us",
    "A C H I S said so",
    "a \u0421 \u041d \u0406 \u0405 said so",
    "int\u0435l l\u043eg 4411",
    "i n t e l  l o g 4411",
    "gra\u0501ed B24, grad\u00e9d B24",
    "\uff27\uff52\uff41\uff44\uff45\uff44 \uff22\uff12\uff14",
    "on a 3\u04455\u04452",
    "\u0422L\u0420:R\u0415D",
    "information from \u041c I 5",
)
PLAIN = (
    "",
    "He kept it a secret from his mother.",
    "IT WAS A SECRET HE SAID",
    "They call it the Top secret club.",
    "OFFICIAL-SENSITIVE",
    "He lives at B24 9QQ, near ME14 1AP.",
    "She is in class 2B, C block.",
    "graded A1 in maths, B 2 times",
    "the A2 road, on 1/2/2026",
    "the strap of his bag",
    "five eyes on him",
    "He says that MI5 follows him.",
    "log 1234 of 2 May",
    "the school's URN 118884",
    "Source: his teacher, a 15 year old friend",
    "No intelligence was held; the intelligence unit recorded clear.",
    "an intelligence assessment by the psychologist (IQ 110)",
    "information from the school security service",
    "the handling of the complaint",
    "evaluated a 3 hour plan",
    "\u041e\u043d \u0441\u043a\u0430\u0437\u0430\u043b: \u0441\u0435\u043a\u0440\u0435\u0442.",
    "\u0398\u03b1 \u03c4\u03bf \u03c0\u03c9 \u03c3\u03c4\u03bf \u03c3\u03c7\u03bf\u03bb\u03b5\u03af\u03bf.",
    "\u0642\u0627\u0644 \u0625\u0646\u0647 \u0633\u0631",
    "Zo\u00eb M\u00fcller, J. R. R. Sample, at 1 - 2 - 3 High Street",
    "He spelt it S E C R E T on the wall.",
    "grades A B B, then A * A; a P.S.H.E. lesson; the U.K. and the N.H.S.",
    "I. C. H. is what he signs",
)


def _written() -> list[str]:
    """Return the words of the sample referrals, and every paragraph for officers: nothing of it is marked."""
    samples = [json.loads(path.read_text()) for path in sorted((ROOT / "samples").glob("*.json"))]
    narratives = [str(each["concerns"]["narrative"]) for each in samples if "concerns" in each]
    pages = [(ROOT / "docs" / name).read_text() for name in ("gateway-officer.md", "area-guide.md")]
    return [*narratives, *(part for page in pages for part in page.split("\n\n"))]


class TestFound:
    @pytest.mark.parametrize("text", MARKED)
    def test_names_what_marks_it(self, text: str) -> None:
        found = marks.found(f"The school telephoned.\n{text}")
        assert found
        assert len(found) <= marks.LONGEST

    @pytest.mark.parametrize("text", PLAIN)
    def test_leaves_plain_words_alone(self, text: str) -> None:
        assert marks.found(text) == ""

    @pytest.mark.parametrize("text", _written(), ids=lambda text: text[:30])
    def test_leaves_alone_what_the_samples_and_the_areas_say(self, text: str) -> None:
        assert marks.found(text) == ""

    def test_says_the_words_as_they_stand(self) -> None:
        assert marks.found("It came on a form marked (UK  EYES only), then TOP SECRET.") == "UK EYES"
        assert marks.found("See intel log 4411, please.") == "intel log"

    def test_is_quick_on_long_texts(self) -> None:
        assert marks.found("information from a school, graded a, source b, 1 / 2 intel report " * 1500) == ""

    @pytest.mark.parametrize("blank", [" ", "\n", "\t", " \n"])
    @pytest.mark.timeout(30)
    def test_is_quick_on_long_blanks(self, blank: str) -> None:
        assert marks.found(f"graded{blank * 10_000}x, marked{blank * 10_000}x") == ""
        assert marks.found(f"graded{blank * 10_000}B24")
        assert marks.found(f"tlp{blank * 10_000}x, secret{blank * 10_000}/, uk{blank * 10_000}eyes") == ""

    def test_only_markings_are_too_high_for_the_unit_itself(self) -> None:
        assert marks.too_high("Graded B24, intel log 4411, CHIS.") == ""
        assert marks.too_high("It is TOP SECRET.") == "TOP SECRET"


def _texts(form: type[Form]) -> list[str]:
    """Return the fields of a form into which sentences can be typed."""
    return [name for name, info in form.model_fields.items() if info.annotation is str]


def _filled(form: type[Form], name: str, text: str) -> Any:
    given = {"row_version": ("1",), name: (text,)}
    return parse(form, FormData(given))


FORMS = [
    each for each in vars(forms).values() if isinstance(each, type) and issubclass(each, Form) and each is not Form
]
CHOSEN = {
    *("step", "reason", "service", "force", "risk_owner", "outcome", "officer", "answer", "keeps", "accepted"),
    *("officer_id", "words", "finding", "presence", "clock", "pause_reason", "other", "kind", "instrument", "seen"),
}
"""Fields that hold what was chosen or searched for, or an id; no sentence of theirs is kept for others to read."""
OF_THE_UNIT = {("DeconflictionForm", "rationale"), ("PursueForm", "rationale")}


class TestForms:
    @pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
    def test_no_field_that_others_read_takes_it(self, form: type[Form]) -> None:
        taken = [
            name
            for name in _texts(form)
            if not isinstance(_filled(form, name, "See intel log 4411."), FormErrors)
            and name not in CHOSEN
            and (form.__name__, name) not in OF_THE_UNIT
        ]
        assert taken == []

    @pytest.mark.parametrize("form", [forms.DecisionForm, forms.SafeguardForm, forms.AccessForm])
    def test_the_sentence_names_the_words_and_keeps_what_was_typed(self, form: type[Form]) -> None:
        refused = _filled(form, "rationale", "Long words, then intel log 4411.")
        assert isinstance(refused, FormErrors)
        assert refused.message("rationale").startswith("“intel log” looks like intelligence material: write it in")
        assert refused.value("rationale") == "Long words, then intel log 4411."

    @pytest.mark.parametrize("form", [forms.DeconflictionForm, forms.PursueForm])
    def test_the_unit_may_name_its_own_logs_and_nothing_above_official(self, form: type[Form]) -> None:
        assert not isinstance(_filled(form, "rationale", "See intel log 4411."), FormErrors)
        refused = _filled(form, "rationale", "It is TOP SECRET.")
        assert isinstance(refused, FormErrors)
        assert "above what this system may hold" in refused.message("rationale")
