"""What notify takes apart: templates of mails, the demonstration's mail folder, and mails that come back."""

from services.notify.readers.bounces import LARGEST, bounce
from services.notify.readers.mails import (
    StoredMail,
    file_name,
    notices_mailed,
    stored_mail,
    stored_mails,
)
from services.notify.readers.templates import MACHINE_DRAFTED, TEMPLATES, MailTemplate, mail_template, mail_templates

__all__ = [
    "LARGEST",
    "MACHINE_DRAFTED",
    "TEMPLATES",
    "MailTemplate",
    "StoredMail",
    "bounce",
    "file_name",
    "mail_template",
    "mail_templates",
    "notices_mailed",
    "stored_mail",
    "stored_mails",
]
