"""The mailbox: takes mail by SMTP, answers "accepted" only once it is kept and announced, and has it read at once."""

from services.intake.doors.arriving import looked_at
from services.intake.doors.letterbox import Letterbox
from services.intake.doors.mailbox import mailbox
from services.intake.doors.outcomes import outcomes_of
from services.intake.doors.reading_room import ReadingRoom
from services.intake.doors.smtp import MailHandler

__all__ = ["Letterbox", "MailHandler", "ReadingRoom", "looked_at", "mailbox", "outcomes_of"]
