"""Takes referrals in at every door, also while the database is away: then they wait sealed on disk, with a receipt."""

from services.intake.spool.acceptance import accept

__all__ = ["accept"]
