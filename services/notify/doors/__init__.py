"""Other ways into notify: the demonstration's mail server, and the mailbox to which mails come back."""

from services.notify.doors.bounces import BounceBox, bounces
from services.notify.doors.folder import Line, MailFolder, mail_folder, message_id_of

__all__ = ["BounceBox", "Line", "MailFolder", "bounces", "mail_folder", "message_id_of"]
