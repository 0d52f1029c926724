"""What attempts at a notice said that its page does not say already: each text once, with whose it was."""

from dataclasses import dataclass

from services.notify.domain import FormSent, Result
from services.notify.queries import AttemptMade, NoticeFound
from services.notify.web.naming import RESULT_NAMES, WAY_NAMES, form_in_words


@dataclass(frozen=True)
class Words:
    """One text as it was sent: by which attempts, what stands above it, and whether the form went with it."""

    heading: str
    template: str
    subject_line: str
    body: str
    form: str


def words_of_attempts(found: NoticeFound) -> list[Words]:
    """Return what attempts said other than what was taken last, the oldest first."""
    on_notice = (found.template, found.subject_line, found.body)
    groups: dict[tuple[str, ...], list[AttemptMade]] = {}
    for one in sorted(found.attempts, key=lambda each: each.number):
        said = (one.template, one.subject_line, one.body)
        if one.subject_line and said != on_notice:
            groups.setdefault((*said, one.way, one.result, form_of(found, one)), []).append(one)
    return [_words(key, made) for key, made in groups.items()]


def form_of(found: NoticeFound, made: AttemptMade) -> str:
    """Return whether the form went with an attempt, in words; "" where there never is one."""
    if not made.form:
        return ""
    return form_in_words(FormSent(made.form), made.address, made.area_version or found.area_version)


def _words(key: tuple[str, ...], made: list[AttemptMade]) -> Words:
    template, subject_line, body, way, result, form = key
    numbers = [str(each.number) for each in made]
    which = f"Attempt {numbers[0]}" if len(numbers) == 1 else f"Attempts {', '.join(numbers[:-1])} and {numbers[-1]}"
    heading = f"{which}, by {WAY_NAMES[way]}: {RESULT_NAMES[Result(result)].lower()}"
    return Words(heading, template, subject_line, body, form)
