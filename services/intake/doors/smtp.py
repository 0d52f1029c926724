"""Takes mail by SMTP: answers "accepted" only once it is kept and announced."""

from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession

from chassis import telemetry
from chassis.errors import ThroughlineError, Unavailable
from chassis.settling import OutcomeUnknown
from services.intake.domain import Posted
from services.intake.doors.letterbox import Letterbox

log = telemetry.logger("intake.doors")


class MailHandler:
    """Answers the SMTP conversation."""

    def __init__(self, letterbox: Letterbox, recipients: int) -> None:
        """Hand mail over to the letterbox; a mail for more recipients than so many is to be sent again for the rest."""
        self._letterbox = letterbox
        self._recipients = recipients

    async def handle_EHLO(  # noqa: N802
        self, _server: SMTP, session: SmtpSession, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Offer what there is; nobody signs in here, whatever the library offers."""
        session.host_name = hostname
        return [response for response in responses if not response.startswith("250-AUTH")]

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: SmtpSession, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, up to the limit (RFC 5321, section 4.5.3.1.10)."""
        if len(envelope.rcpt_tos) >= self._recipients:
            return "452 4.5.3 Too many recipients: send the mail again for the others"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: SmtpSession, envelope: Envelope) -> str:  # noqa: N802
        """Keep and announce a mail; the answer is given after the commit, so 250 means that it is safe."""
        posted = Posted(recipients=tuple(envelope.rcpt_tos), envelope_sender=envelope.mail_from or "")
        try:
            reference = await self._letterbox.take(envelope.original_content or b"", posted)
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
        return f"250 2.0.0 Accepted as {reference}" if reference else "250 2.0.0 Accepted, and set aside for a person"

    async def handle_exception(self, error: Exception) -> str:
        """Answer a broken conversation without a word about the inside."""
        log.warning("A mail conversation broke.", extra={"facts": {"error": type(error).__name__}})
        return "451 4.3.0 The conversation broke: send the mail again"
