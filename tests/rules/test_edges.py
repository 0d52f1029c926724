"""Only the edge commits, and nobody reads the machine's clock who could be handed the time."""

import ast

from tests.rules.served import metadata
from tests.rules.tree import all_files, calls, named, parsed

COMMITS = {
    "chassis/database.py": "one message or request is one transaction",
    "chassis/migrate.py": "the migrations of a start are one transaction",
    "chassis/sending.py": "numbers and marks rows on a connection of its own, beside every request",
    "chassis/audit/sealer.py": "seals rows on a connection of its own, beside every request",
    "chassis/transports/kafka_consumer.py": "confirms offsets on Kafka, each by name",
}
READS_THE_MACHINE = {
    "chassis/clock.py": "business time is the machine's with an offset",
    "chassis/sessions.py": "a session ends by real time, whatever the demonstration's clock says",
    "chassis/audit/sealer.py": "a checkpoint says when it was really signed",
    "chassis/relay.py": "the replay window and publishing are the machine's affair",
    "chassis/sending.py": "when a row was published is the machine's affair",
    "chassis/outbox.py": "when a row was recorded is the machine's affair",
    "chassis/purging.py": "keeping windows are the machine's affair",
    "chassis/inbox/inbox.py": "patience with gaps and retries is the machine's affair",
    "chassis/inbox/parked.py": "as above",
    "chassis/inbox/receipts.py": "when an answer came is the machine's affair: a replay is followed by it",
    "chassis/ops/erasure.py": "as above",
    "chassis/ops/replaying.py": "the replay window and its progress are the machine's affair",
    "chassis/ops/routes.py": "ages of what waits are shown in machine time",
    "cli/commands/doctor.py": "how old a file is, the machine's clock says",
    "cli/commands/up.py": "the stamp of a state folder says when it was really made",
    "deploy/provision.py": "as above",
    "services/notify/jobs/sending.py": "retries wait in machine time, so that shifting the clock cannot flood a server",
    "services/notify/jobs/upkeep.py": "as above",
    "services/notify/jobs/other_ways.py": "as above",
    "services/notify/clients/webhook.py": "a signature carries the real time, which a receiver compares with its own",
    "services/notify/jobs/receipts.py": "a provider is asked in machine time",
    "services/monitor/jobs.py": "spans are kept by the time of the machines that made them",
}
COMMITTING = (".commit", ".begin")
"""What ends a transaction: by itself, or at the end of its block."""
CLOCKS = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "dt.datetime.now")


def _files_with(*names: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for file in all_files():
        for call in calls(parsed(file), *names):
            where = named(file, call)
            found.setdefault(where.rpartition(":")[0], where)
    return found


class TestCommits:
    def test_only_the_edge_commits(self) -> None:
        found = _files_with(*COMMITTING)
        assert {where for file, where in found.items() if file not in COMMITS} == set()

    def test_no_reason_is_left_over(self) -> None:
        assert COMMITS.keys() - _files_with(*COMMITTING).keys() == set()

    def test_a_commit_is_seen(self) -> None:
        tree = ast.parse("async with engine.begin() as connection:\n    await connection.commit()")
        assert len(list(calls(tree, *COMMITTING))) == 2


class TestClock:
    def test_the_machine_clock_is_read_where_there_is_a_reason(self) -> None:
        found = _files_with(*CLOCKS)
        assert {where for file, where in found.items() if file not in READS_THE_MACHINE} == set()
        assert READS_THE_MACHINE.keys() - found.keys() == set(), "A reason without a reader is to be struck."

    def test_no_table_takes_the_time_by_itself(self) -> None:
        timed = [
            f"{owner}.{column}"
            for owner, tables in metadata().items()
            for table in tables.tables.values()
            for column in table.columns
            if column.server_default is not None or column.default is not None or column.onupdate is not None
        ]
        assert timed == [], "Values come from operations, times from their `now`."
