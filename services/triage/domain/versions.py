"""What a later version says that the one before did not, and which of a mail's words are only quoted in it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contracts.vocabulary import ReferralForm
from contracts.vocabulary.nrf import answered


@dataclass(frozen=True)
class ChangedAnswer:
    """One answer that is another one now; `before` or `after` is empty where nothing was said."""

    label: str
    before: str
    after: str


def changed_answers(before: ReferralForm, after: ReferralForm) -> tuple[ChangedAnswer, ...]:
    """Return the answers that differ between two forms, as pages show them, in the order of the later form."""
    old, new = _by_path(before), _by_path(after)
    paths = [*new, *(path for path in old if path not in new)]
    pairs = ((path, old.get(path, ("", "")), new.get(path, ("", ""))) for path in paths)
    return tuple(ChangedAnswer(now[0] or then[0], then[1], now[1]) for _, then, now in pairs if then[1] != now[1])


def _by_path(form: ReferralForm) -> dict[str, tuple[str, str]]:
    return {
        answer.path: (label_in(section.title, answer.label), answer.text)
        for section in answered(form)
        for answer in section.answers
    }


def label_in(section: str, label: str) -> str:
    """Return how pages call a question away from its section."""
    return label if label == section else f"{section}: {label}"


@dataclass(frozen=True)
class Passage:
    """Some lines of what a referrer wrote, with their line breaks; `quoted` ones only repeat an earlier message."""

    text: str
    quoted: bool


_MARKED = re.compile(r"\s*>")
_WROTE = re.compile(r".*\b(?:wrote|ysgrifennodd)\b.*:\s*$", re.IGNORECASE)
_WROTE_BEGINS = re.compile(r"\s*(?:On|Ar)\b", re.IGNORECASE)
_ORIGINAL = re.compile(r"\s*-{2,}\s*(?:original message|neges wreiddiol)\s*-{2,}\s*$", re.IGNORECASE)
_HEADER = re.compile(r"\s*\*?(?:from|sent|date|to|subject|oddi wrth|anfonwyd|at|pwnc)\s*:", re.IGNORECASE)
_HEADERS = 3


def passages(text: str, reference: str) -> tuple[Passage, ...]:
    """Return what was written, in order, apart from what is quoted; every line is in one of the two.

    Quoted are lines that begin with ">", and what stands below the head of an earlier message if it names the
    reference, as every mail of ours does: what somebody forwards from elsewhere is what they want to say.
    """
    lines = text.splitlines()
    quoted = [bool(_MARKED.match(line)) for line in lines]
    for place in _heads(lines):
        rest = range(place, len(lines))
        if reference in " ".join(lines[place:]) and not any(quoted[each] for each in rest):
            quoted[place:] = [True] * len(rest)
            break
    for place in _attributions(lines, quoted):
        quoted[place] = True
    return tuple(_runs(lines, quoted))


def _heads(lines: Sequence[str]) -> Iterator[int]:
    """Yield the lines at which an earlier message may begin without marks: an attribution, or several headers."""
    for place, line in enumerate(lines):
        headers = sum(bool(_HEADER.match(each)) for each in lines[place : place + _HEADERS + 1])
        if _ORIGINAL.match(line) or (_HEADER.match(line) and headers >= _HEADERS):
            yield place
        elif _WROTE.match(line):
            yield _begins(lines, place)


def _attributions(lines: Sequence[str], quoted: Sequence[bool]) -> Iterator[int]:
    """Yield the lines of "On Monday somebody wrote:" that stand right above a quotation."""
    for place, line in enumerate(lines):
        below = next((each for each in range(place + 1, len(lines)) if lines[each].strip()), None)
        if _WROTE.match(line) and below is not None and quoted[below]:
            yield from range(_begins(lines, place), place + 1)


def _begins(lines: Sequence[str], place: int) -> int:
    """Return where the attribution that ends in a line begins: mail programs break it in two."""
    broken = place and not _WROTE_BEGINS.match(lines[place]) and _WROTE_BEGINS.match(lines[place - 1])
    return place - 1 if broken else place


def _runs(lines: Sequence[str], quoted: Sequence[bool]) -> Iterator[Passage]:
    begin = 0
    for place in range(1, len(lines) + 1):
        if place == len(lines) or (quoted[place] != quoted[begin] and lines[place].strip()):
            text = "\n".join(lines[begin:place]).strip("\n")
            if text.strip():
                yield Passage(text, quoted[begin])
            begin = place
