"""Takes referrals in at every door, also while the database is away: then they wait sealed on disk, with a receipt."""

from services.intake.spool.acceptance import MAIL_PATIENCE_SECONDS, accept
from services.intake.spool.draining import drain
from services.intake.spool.keeping import Keeper
from services.intake.spool.opening import sheltered
from services.intake.spool.shelter import Shelter, is_stuck, shelter_of, waiting_of, waits
from services.intake.spool.store import Waiting

__all__ = [
    "MAIL_PATIENCE_SECONDS",
    "Keeper",
    "Shelter",
    "Waiting",
    "accept",
    "drain",
    "is_stuck",
    "shelter_of",
    "sheltered",
    "waiting_of",
    "waits",
]
