"""What mails call the clocks of the police and of Channel: nothing that says what the intelligence unit found."""

from collections.abc import Mapping

CLOCKS: Mapping[str, str] = {
    "deconfliction": "deconfliction",
    "assessment": "the Gateway assessment",
    "information-gathering": "the gathering of information",
    "section-36-decision": "the decision about a section 36 referral",
    "closure-sign-off": "the sign-off of a closure",
    "acceptance": "the acceptance of a handover",
    "transfer-answer": "the answer to a transfer",
    "signpost": "the answer to a signpost",
    "information-request": "the answer to a request for information",
    "partnership-action": "an action of a partnership",
    "partnership-review": "the review of a partnership",
    "closure-review": "the review of a closure",
    "immediate-danger": "the taking of a referral that tells of immediate danger",
    "answer": "the answer to a pack",
    "action": "an action of a case",
    "change-acknowledged": "the answer to a change of consent",
    "session-report": "the report of a session",
    "panel-decision": "the decision of a panel",
    "plan": "the plan of a case",
    "consent": "the answer about consent",
    "consent-at-18": "consent at eighteen",
    "plan-review": "the review of a plan",
    "reassessment": "a new assessment",
    "closing-report": "the closing report",
    "review-after-closure": "the review after a closure",
    "concern-acknowledgement": "the acknowledgement of a safeguarding concern by a front door",
    "given-back-answer": "the answer of the police to a case given back",
}
ANY_CLOCK = "a review"
"""What a clock is called that is not listed: reviews of conflicts and investigations among them."""

CLOCKS_CY: Mapping[str, str] = {
    "deconfliction": "gwirio rhag gwrthdaro",
    "assessment": "asesiad y Porth",
    "information-gathering": "casglu gwybodaeth",
    "section-36-decision": "y penderfyniad ar atgyfeiriad adran 36",
    "closure-sign-off": "cymeradwyo cau achos",
    "acceptance": "derbyn trosglwyddiad",
    "transfer-answer": "yr ateb i drosglwyddiad",
    "signpost": "yr ateb i gyfeirio rhywun at wasanaeth",
    "information-request": "yr ateb i gais am wybodaeth",
    "partnership-action": "cam gweithredu gan bartneriaeth",
    "partnership-review": "adolygiad o bartneriaeth",
    "closure-review": "adolygiad o gau achos",
    "immediate-danger": "cymryd atgyfeiriad sy’n sôn am berygl uniongyrchol",
    "answer": "yr ateb i becyn",
    "action": "cam gweithredu mewn achos",
    "change-acknowledged": "yr ateb i newid mewn cydsyniad",
    "session-report": "yr adroddiad ar sesiwn",
    "panel-decision": "penderfyniad panel",
    "plan": "cynllun achos",
    "consent": "yr ateb ynghylch cydsyniad",
    "consent-at-18": "cydsyniad yn ddeunaw oed",
    "plan-review": "adolygiad o gynllun",
    "reassessment": "asesiad newydd",
    "closing-report": "yr adroddiad cau",
    "review-after-closure": "yr adolygiad ar ôl cau",
    "concern-acknowledgement": "cydnabod pryder diogelu gan ddrws ffrynt",
    "given-back-answer": "ateb yr heddlu i achos a roddwyd yn ôl",
}
"""The same in Welsh, a machine's draft like the template that they stand in."""
ANY_CLOCK_CY = "adolygiad"


def clock_in_words(name: str, language: str = "en") -> str:
    """Return what a mail in a language calls a clock."""
    return CLOCKS_CY.get(name, ANY_CLOCK_CY) if language == "cy" else CLOCKS.get(name, ANY_CLOCK)
