"""The clock of statistics: it has no timed work, because people make releases."""

from chassis.jobs import Job

JOBS: tuple[Job, ...] = ()
