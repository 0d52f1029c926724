"""A rule that somebody else made so wide that it reaches our topics is refused with the command that removes it."""

import pytest
from aiokafka.protocol.admin import CreateAclsRequest_v1

from chassis.transports import kafka_admin
from chassis.transports.access import access_of_contracts
from chassis.transports.kafka_admin import GROUP, READ, TOPIC, WRITE
from chassis.transports.kafka_rules import ALLOW, PREFIXED, Row, sentence, too_wide
from chassis.transports.kafka_topics import BusNotPrepared, prepare, wanted_rules
from contracts.catalogue import SERVICES
from tests.kafka import Kafka, administrator

LITERAL, DENY = 3, 2
ALL, CREATE, DESCRIBE = 2, 5, 8
OURS = {(TOPIC, "intake.police.v1"), (GROUP, "triage")}
TRUSTED = ("User:admin", "User:intake")


def row(kind: int, name: str, pattern: int = LITERAL, who: str = "User:other", may: int = READ) -> Row:
    return (kind, name, pattern, who, "*", may, ALLOW)


class TestTooWide:
    @pytest.mark.parametrize(
        "rule",
        [
            row(TOPIC, "*"),
            row(TOPIC, "*", who="User:*", may=ALL),
            row(TOPIC, "intake.", PREFIXED),
            row(TOPIC, "i", PREFIXED, may=WRITE),
            row(GROUP, "tri", PREFIXED),
            row(GROUP, "*"),
        ],
    )
    def test_reaches_ours(self, rule: Row) -> None:
        assert too_wide([rule], OURS, TRUSTED) == [rule]

    @pytest.mark.parametrize(
        "rule",
        [
            row(TOPIC, "*", who="User:admin", may=ALL),
            row(TOPIC, "*", who="User:intake"),
            row(TOPIC, "*", may=DESCRIBE),
            row(TOPIC, "*", may=CREATE),
            row(TOPIC, "orders.", PREFIXED),
            row(TOPIC, "tri", PREFIXED),
            row(TOPIC, "intake.police.v10", PREFIXED),
            row(TOPIC, "intake.police.v1", PREFIXED),
            row(TOPIC, "intake."),
            (*row(TOPIC, "*")[:6], DENY),
        ],
    )
    def test_does_not_or_is_withdrawn(self, rule: Row) -> None:
        assert too_wide([rule], OURS, TRUSTED) == []

    def test_the_sentence_is_one_and_counts_the_others(self) -> None:
        said = sentence("a:1", [row(GROUP, "*"), row(TOPIC, "*")])
        assert "and 1 more like it: it lets User:other Read every group; narrow it" in said
        assert said.endswith("--operation Read --group '*' --resource-pattern-type literal.")


WIDE = {
    "whose name begins with intake.; narrow it": row(TOPIC, "intake.", PREFIXED),
    "lets User:[*] Read every topic; narrow it": row(TOPIC, "*", who="User:*"),
}


class TestPrepare:
    @pytest.mark.parametrize("words", WIDE)
    async def test_refuses_and_changes_nothing(self, kafka: Kafka, words: str) -> None:
        async with administrator(kafka.admin_url) as client:
            stale = kafka_admin.Acl(TOPIC, "intake.police.v1", "stats", READ)
            await kafka_admin._sent(client, kafka_admin._Written(CreateAclsRequest_v1([WIDE[words]])))
            await kafka_admin.allow(client, [stale])
            try:
                with pytest.raises(BusNotPrepared, match=words):
                    await prepare(kafka.admin_url, kafka.passwords, access_of_contracts())
                assert stale.row() in await kafka_admin.acls(client)
            finally:
                await kafka_admin.withdraw(client, [WIDE[words]])
            await prepare(kafka.admin_url, kafka.passwords, access_of_contracts())
            assert await kafka_admin.acls(client) == {
                rule.row() for rule in wanted_rules(access_of_contracts(), SERVICES)
            }
