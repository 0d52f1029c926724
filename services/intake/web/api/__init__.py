"""The partner API: one referral in, a reference out, and every refusal said field by field."""

from services.intake.web.api.access import Gate
from services.intake.web.api.bodies import checked_form
from services.intake.web.api.describing import document, written
from services.intake.web.api.examples import EXAMPLE
from services.intake.web.api.problems import AGE_SENTENCE, Refused
from services.intake.web.api.routes import router

__all__ = ["AGE_SENTENCE", "EXAMPLE", "Gate", "Refused", "checked_form", "document", "router", "written"]
