"""What somebody who is told of a change of consent says to it in the console: the same choices as by the link."""

from contracts.vocabulary import ChangeTaken
from contracts.vocabulary.asking import change_words
from services.channel.web.views.writing import Sentences


def takings(stops: bool | None) -> list[tuple[str, str]]:  # noqa: FBT001 - as it was found
    """Return what can be chosen, none where it is no change of consent (`stops` is None)."""
    return [] if stops is None else [(each.value, words) for each, words in change_words(stops=stops).items()]


def wrong_taking(stops: bool | None, chosen: str, words: str) -> Sentences:  # noqa: FBT001 - as it was found
    """Return what is wrong with what was chosen and written besides."""
    if stops is None:
        return ()
    if chosen not in change_words(stops=stops):
        return (("taken", "Select what has been done about the change"),)
    if stops and chosen == ChangeTaken.GOES_ON and not words:
        return (("reason", "Enter on which basis the work goes on"),)
    return ()


def taking(stops: bool | None, chosen: str, words: str) -> tuple[ChangeTaken | None, str]:  # noqa: FBT001 - as it was found
    """Return what was made of the change and all that was said, as by the link; the words alone where it is none."""
    if stops is None:
        return None, words
    taken = ChangeTaken(chosen)
    return taken, f"{change_words(stops=stops)[taken]} {words}".strip()
