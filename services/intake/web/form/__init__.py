"""The public form: its pages, what is typed on them, and the languages that they speak."""

from services.intake.web.form.answers import Draft, referral_form
from services.intake.web.form.visit import Visit

__all__ = ["Draft", "Visit", "referral_form"]
