"""Prints the description of the API, as it is committed in docs/partner-api-v1.openapi.json."""

import sys

from services.intake.web.api.describing import written

sys.stdout.write(written())
