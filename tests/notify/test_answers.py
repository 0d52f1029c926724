"""What a referrer is sent can be answered: the answer names its referral, and an addition is acknowledged."""

from uuid import uuid4

from chassis.app import Runtime
from services.intake.domain import references_in
from services.notify import jobs
from tests.notify.conftest import MailServer
from tests.notify.made import NOW, REFERENCE, REFERRER_ADDRESS, concern, handle, referrer_message

KENT_ADDRESS = "central-referral-unit@kent-council.example"


class TestMailToTheReferrer:
    async def test_an_answer_of_the_referrer_names_the_referral_by_the_message_id(
        self, notify: Runtime, mail_server: MailServer
    ) -> None:
        await handle(notify, referrer_message(), subject=uuid4())
        await handle(notify, concern(), subject=uuid4())
        await jobs.send_due(notify, NOW)
        ids = {message["To"]: message["Message-ID"] for message in mail_server.messages()}
        assert references_in(ids[REFERRER_ADDRESS]) == (REFERENCE,)
        assert references_in(ids[KENT_ADDRESS]) == ()

    async def test_names_both_references_where_an_outage_gave_a_second_one(
        self, notify: Runtime, mail_server: MailServer
    ) -> None:
        both = f"{REFERENCE} / KM-ZZZZ-ZZZZ"
        await handle(notify, referrer_message(reference=both), subject=uuid4())
        await jobs.send_due(notify, NOW)
        [message] = mail_server.messages()
        assert message["Subject"] == f"Your referral {both}"
        assert f"Your reference: {both}" in message.get_payload()
        assert references_in(message["Message-ID"]) == (REFERENCE,)
        assert " " not in message["Message-ID"]

    async def test_tells_the_referrer_that_an_addition_came(self, notify: Runtime, mail_server: MailServer) -> None:
        await handle(notify, referrer_message(addition=True, in_reply_to="<added@school.example>"), subject=uuid4())
        await jobs.send_due(notify, NOW)
        [message] = mail_server.messages()
        assert (message["Subject"], message["In-Reply-To"]) == (
            f"Your referral {REFERENCE}: your addition",
            "<added@school.example>",
        )
        assert "What you added" in message.get_payload()
