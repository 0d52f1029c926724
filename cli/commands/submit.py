"""`throughline submit`: referrals from files, each through the door that fits it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from cli import console
from cli.clients import Operator
from cli.errors import BadInput
from samples import send


def run(files: Sequence[Path], state: Path) -> Iterator[send.Sent]:
    """Send the files one after the other and yield each acceptance; BadInput at the first that is refused."""
    operator = Operator.of(state)
    intake = operator.service_urls["intake"]
    doors = send.Doors(intake, operator.smtp[0] or str(urlsplit(intake).hostname), operator.smtp[1], operator.partner)
    for path in files:
        _check(path)
    with console.progress() as progress:
        task = progress.add_task("Sending", total=len(files))
        for path in files:
            progress.update(task, description=f"Sending {path.name}")
            try:
                yield send.send(path, doors)
            except send.NotSent as error:
                raise BadInput(str(error)) from error
            progress.advance(task)


def _check(path: Path) -> None:
    """Raise BadInput for what is no file, cannot be read or holds nothing: two empty mails would be one referral."""
    if not path.is_file():
        message = f"{path} is not a file: name .json, .docx, .pdf or .eml files."
        raise BadInput(message)
    try:
        empty = not path.read_bytes().strip()
    except OSError as error:
        message = f"{path} cannot be read ({error.strerror}): check who owns it."
        raise BadInput(message) from error
    if empty:
        message = f"{path} is empty: name a file that holds a referral."
        raise BadInput(message)
