"""The clock of notify: what is due is sent, what was interrupted too often is set aside, the demonstration tidied."""

from datetime import timedelta

from chassis.jobs import Job
from services.notify.jobs.attempts import caused_by_anybody, ways_of
from services.notify.jobs.receipts import ask_for_receipts
from services.notify.jobs.sending import BATCH, send_all, send_due
from services.notify.jobs.silence import note_silence
from services.notify.jobs.upkeep import escalate_concerns, remind_of_asks, set_aside_interrupted, tidy_mail_folder
from services.notify.jobs.watching import watch_queues

__all__ = [
    "BATCH",
    "JOBS",
    "ask_for_receipts",
    "caused_by_anybody",
    "escalate_concerns",
    "note_silence",
    "remind_of_asks",
    "send_all",
    "send_due",
    "set_aside_interrupted",
    "tidy_mail_folder",
    "watch_queues",
    "ways_of",
]

JOBS = (
    Job("send-due", timedelta(seconds=1), send_due),
    Job("set-aside-interrupted", timedelta(seconds=30), set_aside_interrupted),
    Job("remind-of-asks", timedelta(seconds=30), remind_of_asks),
    Job("watch-queues", timedelta(seconds=15), watch_queues),
    Job("escalate-concerns", timedelta(seconds=15), escalate_concerns),
    Job("ask-for-receipts", timedelta(seconds=15), ask_for_receipts),
    Job("note-silence", timedelta(seconds=60), note_silence),
    Job("tidy-mail-folder", timedelta(seconds=30), tidy_mail_folder),
)
