"""A form that a referrer sent again by mail: whether it corrects the one before, and what it leaves to a person."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from contracts.vocabulary import ReferralForm
from services.intake.domain.arrivals import Addition
from services.intake.domain.links import same_person
from services.intake.domain.readings import Found, bounded
from services.intake.domain.written import flattened

LEFT_EMPTY = "This corrected form leaves empty what the one before answered; a person says whether it still holds: {}."
STILL_WAITED = "The form before it still waited for a person: look at its original too."
ABOUT_ITSELF = frozenset({"edition", "language"})
"""What a form says of itself; leaving it out says nothing of the person."""
ROW = re.compile(r"\.\d+(?=\.|$)")
MOST_NAMED = 20


@dataclass(frozen=True)
class Before:
    """The version that a form may correct; `waits` says that a person still has to look at it."""

    form: ReferralForm | None = field(repr=False)
    found: Found
    waits: bool
    immediate_danger: bool


def correction_of(before: Before, addition: Addition) -> Addition | None:
    """Return a form from a mail as a correction of the version before; None where it is not exactly the same person's.

    Nothing is merged: a question that only the earlier form answers goes to the desk, with that answer as a doubtful
    one. What waited for a person goes on waiting, and danger that was told of stays told of: software settles neither.
    """
    if addition.form is None or before.form is None or not same_person(addition.form.person, before.form.person):
        return None
    read_before = before.found.values if before.waits else {}
    lost = dict(_only_before({**read_before, **answered(before.form)}, addition))
    reasons = [
        addition.reason,
        LEFT_EMPTY.format(", ".join(sorted(lost)[:MOST_NAMED])) if lost else "",
        STILL_WAITED if before.waits else "",
    ]
    reason, found = " ".join(each for each in reasons if each), addition.found
    texts = tuple(bounded((*found.texts, *before.found.texts))) if reason else ()
    doubtful = tuple(dict.fromkeys((*found.doubtful, *lost)))
    found = replace(found, values={**found.values, **lost}, doubtful=doubtful, texts=texts)
    return replace(addition, reason=reason, found=found, immediate_danger=before.immediate_danger)


def answered(form: ReferralForm) -> Mapping[str, str]:
    """Return the answers of a form as text by their path, without those that say nothing."""
    return dict(flattened(form.model_dump(mode="json", exclude_defaults=True)))


def _only_before(answers: Mapping[str, str], addition: Addition) -> Iterator[tuple[str, str]]:
    given = {**addition.found.values, **(answered(addition.form) if addition.form else {})}
    questions = {ROW.sub("", path) for path, text in given.items() if text.strip()} | ABOUT_ITSELF
    yield from ((path, text) for path, text in answers.items() if text.strip() and ROW.sub("", path) not in questions)
