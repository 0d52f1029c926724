"""What the description of the API shows: each is synthetic, and is sent by a test."""

from services.intake.web.api.adding import ADDED_RECEIPT
from services.intake.web.api.problems import not_valid
from services.intake.web.api.taking import RECEIPT

EXAMPLE = {
    "edition": "2025",
    "language": "en",
    "person": {
        "forenames": "Sample",
        "surname": "Synthetic-Person",
        "date_of_birth": "2009-04-27",
        "district": "Thanet",
        "addresses": [{"lines": "1 Example Street, Margate", "postcode": "CT9 9ZZ", "current": True}],
    },
    "concerns": {"narrative": "A synthetic concern, written to show where the referrer's own words go."},
    "referrer": {
        "forename": "Sample",
        "surname": "Referrer",
        "organisation": "Example School",
        "sector": "education",
        "email": "referrer@school.example",
    },
    "sharing_acknowledged": True,
}
ANOTHER = EXAMPLE | {
    "person": {"forenames": "Other", "surname": "Synthetic-Person", "approximate_age": 34, "district": "Medway"}
}
BATCH = {
    "referrals": [
        {"idempotency_key": "example-school-0001", "referral": EXAMPLE},
        {"idempotency_key": "example-school-0002", "referral": ANOTHER},
    ]
}
ACCEPTED = {"reference": "KM-7F3K-92QM", "receipt": RECEIPT, "received_at": "2026-11-21T10:00:00+00:00"}
STATUS = ACCEPTED | {
    "version": 1,
    "stages": [
        {
            "stage": "received",
            "reached_at": "2026-11-21T10:00:00+00:00",
            "words": "The referral has been received and sent to the teams that must act on it.",
        }
    ],
}
ADDITION = {"words": "SYNTHETIC: the referrer remembered something else.", "immediate_danger": False}
ADDED = {
    "reference": ACCEPTED["reference"],
    "version": 2,
    "receipt": ADDED_RECEIPT,
}
NEEDED = {"pointer": "/person/forenames", "detail": "This field is needed."}
NOT_VALID = not_valid([NEEDED]).content
RESULTS = {
    "accepted": 1,
    "refused": 1,
    "results": [
        {"index": 0, "status": 201, **ACCEPTED},
        {
            "index": 1,
            "status": 422,
            "problem": {**NOT_VALID, "errors": [NEEDED | {"pointer": f"/referrals/1/referral{NEEDED['pointer']}"}]},
        },
    ],
}
TOKEN = {
    "access_token": "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.c2lnbmF0dXJl",
    "token_type": "Bearer",
    "expires_in": 900,
    "scope": "refer:read refer:write",
}
