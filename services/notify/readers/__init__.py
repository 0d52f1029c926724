"""What notify takes apart: templates of mails, the demonstration's mail folder, and mails that come back."""

from services.notify.readers.mails import (
    TEMPLATES,
    MailTemplate,
    StoredMail,
    file_name,
    mail_template,
    notices_mailed,
    stored_mail,
    stored_mails,
)

__all__ = [
    "TEMPLATES",
    "MailTemplate",
    "StoredMail",
    "file_name",
    "mail_template",
    "notices_mailed",
    "stored_mail",
    "stored_mails",
]
