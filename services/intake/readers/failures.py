"""Why a file cannot be taken apart, each with its cause and the sentence for people."""

from services.intake.readers.values import Cause


class Unreadable(Exception):
    """A file that cannot be taken apart, with the sentence for people."""

    def __init__(self, cause: Cause, sentence: str) -> None:
        """Keep the cause and the sentence."""
        super().__init__(sentence)
        self.cause = cause


class TooBig(Unreadable):
    """A file that is, or would become, too large; found before it is opened."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(Cause.TOO_BIG, "The file is too large or unpacks to too much; open the original with care.")


class Damaged(Unreadable):
    """A file that is not what its name says."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(Cause.DAMAGED, "The file is damaged or is not what its name says; open the original.")


class Locked(Unreadable):
    """A file that opens only with a password."""

    def __init__(self) -> None:
        """Say so."""
        sentence = "The file is locked with a password: ask the sender for a copy without one."
        super().__init__(Cause.LOCKED, sentence)


class NotAForm(Unreadable):
    """A file in which nothing of the referral form was found."""

    def __init__(self, sentence: str) -> None:
        """Keep the sentence."""
        super().__init__(Cause.NOT_A_FORM, sentence)
