"""The views of the Channel console."""

from services.channel.web.views.acting import act, commit
from services.channel.web.views.case import case, document
from services.channel.web.views.lists import awareness, cases, find, home

__all__ = ["act", "awareness", "case", "cases", "commit", "document", "find", "home"]
