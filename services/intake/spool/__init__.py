"""Takes referrals in at every door, also while the database is away: then they wait sealed on disk, with a receipt."""

from services.intake.spool.acceptance import accept
from services.intake.spool.draining import drain
from services.intake.spool.opening import sheltered
from services.intake.spool.shelter import Shelter, shelter_of

__all__ = ["Shelter", "accept", "drain", "shelter_of", "sheltered"]
