"""What somebody is writing, as the page of their work lists it."""

from collections.abc import Callable, Iterable

from chassis.assessing import DraftOf
from chassis.errors import NotYet
from chassis.web.assessing.work import Equipped
from chassis.web.pages import PageRequest


def draft_lines(
    page: PageRequest, drafts: Iterable[DraftOf], practice: Callable[[DraftOf], Equipped]
) -> list[dict[str, object]]:
    """Return drafts by the title of their instrument, by its id where the area's file is not here any more."""
    return [
        {
            "label": f"Assessment with {_called(each, practice)}, {each.reference}",
            "href": page.url("assess_draft", reference=each.reference, draft=each.id),
            "at": each.saved_at,
        }
        for each in drafts
    ]


def _called(draft: DraftOf, practice: Callable[[DraftOf], Equipped]) -> str:
    try:
        found = practice(draft).instruments.get(draft.instrument)
    except NotYet:
        return draft.instrument
    return found.name if found else draft.instrument
