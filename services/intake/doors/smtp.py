"""Takes mail by SMTP: answers "accepted" only once it is kept and announced."""

from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession

from chassis import telemetry
from chassis.errors import ThroughlineError, Unavailable
from chassis.runtime import Runtime
from chassis.settling import OutcomeUnknown
from services.intake.domain import Receipt
from services.intake.doors.arriving import arrived
from services.intake.doors.keeping import Keeper
from services.intake.doors.reading_room import ReadingRoom

log = telemetry.logger("intake.doors")


class MailHandler:
    """Answers the SMTP conversation."""

    def __init__(self, runtime: Runtime, room: ReadingRoom) -> None:
        """Keep mail in the runtime's database and ring for the reading room."""
        self._runtime = runtime
        self._room = room
        self._keeper = Keeper(runtime)

    def __dir__(self) -> tuple[str, ...]:
        """Name the hooks, for which the library searches all attributes at every connection."""
        return ("handle_DATA", "handle_exception")

    async def handle_DATA(self, _server: SMTP, _session: SmtpSession, envelope: Envelope) -> str:  # noqa: N802
        """Keep and announce a mail; the answer is given after the commit, so 250 means that it is safe."""
        try:
            receipt = await self._accept(envelope)
        except OutcomeUnknown:
            return "451 4.3.0 Whether the mail was kept is not known: send it again in a few minutes"
        except Unavailable:
            return "451 4.3.0 The mailbox cannot keep mail at the moment: send it again in a few minutes"
        except ThroughlineError as error:
            log.warning("A mail could not be kept.", extra={"facts": {"reason": error.reason}})
            return "451 4.3.0 The mail could not be kept: send it again, or use the web form"
        except Exception as error:
            log.exception("A mail could not be kept.", extra={"facts": {"error": type(error).__name__}})
            return "451 4.3.0 The mail could not be kept: send it again, or use the web form"
        self._room.ring()
        return f"250 2.0.0 Accepted as {receipt.reference}"

    async def handle_exception(self, error: Exception) -> str:
        """Answer a broken conversation without a word about the inside."""
        log.warning("A mail conversation broke.", extra={"facts": {"error": type(error).__name__}})
        return "451 4.3.0 The conversation broke: send the mail again"

    async def _accept(self, envelope: Envelope) -> Receipt:
        body = envelope.original_content or b""
        original = arrived(self._runtime, body, tuple(envelope.rcpt_tos), envelope.mail_from or "")
        return await self._keeper.keep(original)
