"""The figures of notify that the dashboard shows: attempts by way and result, and what came back by what it is."""

from uuid import uuid4

from chassis.app import Runtime
from chassis.telemetry import metrics_text
from services.notify import jobs
from tests.notify.conftest import MailServer
from tests.notify.made import NOW, concern, handle


def figure(name: str, *labels: str) -> float:
    """Return the sum of a figure over the lines that hold all labels."""
    lines = [line for line in metrics_text().splitlines() if line.startswith(f"{name}{{")]
    return sum(float(line.rpartition(" ")[2]) for line in lines if all(label in line for label in labels))


async def test_attempts_are_counted_by_way_and_by_how_they_ended(notify: Runtime, mail_server: MailServer) -> None:
    before = figure("notify_notice_attempted_total", 'way="smtp"', 'outcome="accepted"')
    await handle(notify, concern(), subject=uuid4())
    await jobs.send_due(notify, NOW)
    assert len(mail_server.taken) == 1
    assert figure("notify_notice_attempted_total", 'way="smtp"', 'outcome="accepted"') == before + 1
