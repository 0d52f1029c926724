"""What the clock makes statistics do: compute the drafts that people have begun, and prove releases again."""

from datetime import timedelta

from chassis.jobs import Job
from services.stats.jobs.drafts import drafts
from services.stats.jobs.mixing import mix
from services.stats.jobs.packs import packs
from services.stats.jobs.proving import look, prove, prove_asked

JOBS: tuple[Job, ...] = (
    Job("drafts", timedelta(seconds=1), drafts),
    Job("packs", timedelta(seconds=1), packs),
    Job("mix-facts", timedelta(0), mix, daily=True),
    Job("prove-releases", timedelta(0), prove, daily=True),
    Job("prove-asked", timedelta(seconds=5), prove_asked),
    Job("look-at-proofs", timedelta(minutes=1), look),
)
