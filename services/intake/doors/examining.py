"""Files that came beside a form, looked at as a mail's are: the teams have had them since the form came."""

from collections.abc import Iterable
from uuid import UUID

from chassis import clock, telemetry
from chassis.actor import Actor
from chassis.runtime import Runtime
from services.intake.domain import GIVEN_UP, Quarantined
from services.intake.operations.quarantine import Examined, ToExamine, record_examination, take_to_examine
from services.intake.queries import likeness_key, localities_of
from services.intake.readers import Attachment, Cage, Cause
from services.intake.readers.failures import REASONS, sentence
from services.intake.readers.quarantine import in_quarantine

HOSTILE = frozenset({Cause.TOO_SLOW, Cause.CRASHED})
"""What is told of a file that held a reader up or broke it: nothing behind it is opened."""
ACTOR = Actor.job("intake", "reading")


async def examine(runtime: Runtime, cage: Cage, referral_id: UUID) -> None:
    """Look at the files of a referral that wait for it, and note or tell what came of them."""
    async with runtime.database.transaction(ACTOR) as session:
        taken = await take_to_examine(session, referral_id)
    if taken is None:
        return
    with telemetry.span("intake.examine-files", correlation_id=taken.correlation_id, new_trace=True):
        files = await _looked_at(cage, taken)
        if any(file.cause is Cause.UNAVAILABLE for file in files.values()):
            return
        practice = localities_of(runtime).by_version(taken.area, taken.area_version, taken.district)
        told = (GIVEN_UP,) if taken.given_up else _told(cage, files.values())
        examined = Examined(places=files, closed=_closed(files), told=told, practice=practice)
        key = likeness_key(runtime)
        async with runtime.database.transaction(ACTOR) as session:
            await record_examination(session, referral_id, examined, likeness_key=key, now=clock.now())


async def _looked_at(cage: Cage, taken: ToExamine) -> dict[int, Attachment]:
    """Return the files by their place, each marked with why it stays closed, those behind a hostile one like it."""
    files: dict[int, Attachment] = {}
    cause = Cause.CRASHED if taken.given_up else Cause.NONE
    for place, kept in taken.files.items():
        file = Attachment(kept.reference.name, kept.reference.media_type, kept.body, cause)
        files[place] = file if cause in HOSTILE else await cage.examined(file)
        cause = files[place].cause if files[place].cause in HOSTILE else Cause.NONE
    return files


def _closed(files: dict[int, Attachment]) -> tuple[Quarantined, ...]:
    return tuple(in_quarantine(place, file) for place, file in files.items() if file.cause in REASONS)


def _told(cage: Cage, files: Iterable[Attachment]) -> tuple[str, ...]:
    """Return the sentences that everybody with the referral must hear, as of a mail's files."""
    must_be = {Cause.INFECTED, Cause.NOT_SCANNED} if cage.holds_unscanned else {Cause.INFECTED}
    return tuple(sentence(file.cause) for file in files if file.cause in must_be)
