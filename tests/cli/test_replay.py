"""`throughline replay`: what it shows, which services it asks, and when it exits with a failure."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import pytest
from typer.testing import CliRunner, Result

from chassis.ops.bodies import ReplayFollowed
from cli.clients import Operator
from cli.commands import replay
from cli.errors import BadInput, NotRunning, ServiceAnswered
from cli.main import commands
from contracts.vocabulary import check_character

SUBJECT = "0193f7c2-0000-7000-8000-000000000000"
REFERENCE = f"KM-7F3K-92Q{check_character('KM', '7F3K92Q')}"
NOTHING = {
    "topics": [],
    "would_send": 0,
    "waiting": 0,
    "outside_window": 0,
    "left_out": [],
    "sent": 0,
    "answers": 0,
    "ordered_at": "2026-11-21T09:00:00+00:00",
    "last_id": 7,
    "sentence": "No published event matches.",
}
POLICE = {
    "topic": "intake.police.v1",
    "events": 3,
    "subjects": 2,
    "first_at": "2026-11-21T09:00:00+00:00",
    "last_at": None,
    "recipients": [{"recipient": "triage", "handled": 2, "parked": 0, "missing": 1}],
}
PLANNED = NOTHING | {"topics": [POLICE], "would_send": 3, "sentence": "3 events would be sent again."}
SENT = PLANNED | {"sent": 3, "answers": 3, "sentence": "3 events are sent again."}


def outside() -> ServiceAnswered:
    return ServiceAnswered("intake: x", title="replay-outside-window", detail="intake can rebuild from then on.")


def unknown() -> ServiceAnswered:
    return ServiceAnswered("intake: x", title="replay-subject-unknown", detail="intake knows nothing.")


class Plane:
    """Stands for the operations plane: what each service answers, and what it was asked."""

    answers: Mapping[str, Any]
    lines: tuple[dict[str, int], ...]
    asked: list[tuple[str, str, Mapping[str, object]]]

    def __init__(self, _: object) -> None:
        """Connect to nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing."""

    def get(self, service: str, path: str) -> Any:
        """Answer a ledger."""
        self.asked.append((service, path, {}))
        return {"subject": SUBJECT}

    def post(self, service: str, path: str, body: Mapping[str, object]) -> Any:
        """Answer as told, or refuse."""
        self.asked.append((service, path, body))
        answer = self.answers.get(service, NOTHING)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def followed(self, service: str, path: str, body: Mapping[str, object]) -> Iterator[Any]:
        """Yield the lines as told."""
        self.asked.append((service, path, body))
        yield from self.lines


@pytest.fixture
def plane(monkeypatch: pytest.MonkeyPatch) -> type[Plane]:
    Plane.answers, Plane.lines, Plane.asked = {}, ({"waiting": 0, "answered": 3},), []
    monkeypatch.setattr(replay, "Operations", Plane)
    monkeypatch.setattr(Operator, "of", lambda _: None)
    return Plane


def replayed(*words: str) -> Result:
    return CliRunner().invoke(commands, ["replay", *words, "--state", "nowhere"])


class TestDryRun:
    def test_shows_what_each_recipient_would_refuse(self, plane: type[Plane]) -> None:
        plane.answers = {"intake": PLANNED}
        shown = replayed("--since", "2026-11-21T00:00:00Z", "--dry-run")
        assert shown.exit_code == 0
        for word in (
            "intake.police.v1",
            "2026-11-21 09:00:00",
            "refused as repeat",
            "triage",
            "3 events would be sent",
        ):
            assert word in shown.output
        assert "triage, channel, notify: nothing matches." in shown.output
        assert {path for _, path, _ in plane.asked} == {"replay"}
        assert all(body["dry_run"] for _, _, body in plane.asked)

    def test_says_what_is_left_out_once(self, plane: type[Plane]) -> None:
        for name in ("intake", "triage"):
            plane.answers = {**plane.answers, name: PLANNED | {"left_out": [f"{name}.statistics.v1"]}}
        shown = replayed("--since", "2026-11-21T00:00:00Z", "--dry-run").output
        assert "Left out: intake.statistics.v1, triage.statistics.v1." in shown

    def test_prints_json_for_programs(self, plane: type[Plane]) -> None:
        plane.answers = {"intake": PLANNED, "channel": outside()}
        shown = replayed("--since", "2026-11-21T00:00:00Z", "--dry-run", "--json")
        found = json.loads(shown.stdout)
        assert [each["service"] for each in found] == ["intake", "triage", "channel", "notify"]
        assert found[0]["topics"] == [POLICE]
        assert (found[2]["good"], found[2]["refusal"]) == (False, "intake can rebuild from then on.")
        assert shown.exit_code == 1


class TestWhomItAsks:
    def test_a_topic_has_one_publisher(self, plane: type[Plane]) -> None:
        replayed("--topic", "triage.dovetail.v1", "--dry-run")
        assert [service for service, _, _ in plane.asked] == ["triage"]

    def test_a_reference_stands_for_its_subject(self, plane: type[Plane]) -> None:
        plane.answers = {"intake": PLANNED}
        assert replayed("--subject", REFERENCE.lower(), "--dry-run").exit_code == 0
        assert plane.asked[0] == ("intake", f"ledger/{REFERENCE}", {})
        assert {body["subject"] for _, path, body in plane.asked if path == "replay"} == {SUBJECT}

    def test_who_has_never_heard_of_the_subject_is_not_mentioned(self, plane: type[Plane]) -> None:
        plane.answers = {"intake": PLANNED, **dict.fromkeys(("triage", "channel", "notify"), unknown())}
        shown = replayed("--subject", SUBJECT, "--dry-run")
        assert (shown.exit_code, "nothing" in shown.output) == (0, False)

    def test_a_subject_that_nobody_knows_is_bad_input(self, plane: type[Plane]) -> None:
        plane.answers = dict.fromkeys(("intake", "triage", "channel", "notify"), unknown())
        with pytest.raises(BadInput, match="No service has announced anything about this subject"):
            replay.run(Path(), replay.Window("", SUBJECT, "", ""), dry_run=True, wait=1, tell=print)

    @pytest.mark.parametrize("subject", ["KM-AAAA-AAAA", "0193f7c2", "somebody"])
    def test_a_mistyped_reference_is_told(self, plane: type[Plane], subject: str) -> None:
        with pytest.raises(BadInput, match=f"'{subject}' is neither a referral's reference"):
            replay.run(Path(), replay.Window("", subject, "", ""), dry_run=True, wait=1, tell=print)
        assert plane.asked == []

    def test_any_other_refusal_ends_the_command(self, plane: type[Plane]) -> None:
        plane.answers = {"intake": ServiceAnswered("intake: no.", title="replay-would-link", detail="no.")}
        assert isinstance(replayed("--since", "2026-11-21T00:00:00Z").exception, ServiceAnswered)


class TestARealRun:
    def test_follows_until_everything_is_sent_and_answered(self, plane: type[Plane]) -> None:
        plane.answers = {"intake": SENT}
        lines = ({"waiting": 3, "answered": 0}, {"waiting": 0, "answered": 2}, {"waiting": 0, "answered": 3})
        plane.lines = (*lines, {"waiting": 9, "answered": 9})
        told: list[str] = []
        window = replay.Window("intake.police.v1", "", "", "")
        (outcome,) = replay.run(Path(), window, dry_run=False, wait=5, tell=told.append)
        assert (outcome.unsent, outcome.answered, outcome.good) == (0, 3, True)
        assert told[1:] == [
            "intake: 3 of 3 sent again, 2 of 3 receipts back",
            "intake: 3 of 3 sent again, 3 of 3 receipts back",
        ]
        _, path, asked = plane.asked[-1]
        assert (path, asked["last_id"], asked["ordered_at"]) == ("replay/progress", 7, NOTHING["ordered_at"])

    def test_shows_how_many_receipts_came_back(self, plane: type[Plane]) -> None:
        plane.answers, plane.lines = {"intake": SENT}, ({"waiting": 0, "answered": 2},)
        shown = replayed("--topic", "intake.police.v1")
        assert (shown.exit_code, "2 of 3" in shown.output) == (0, True)

    def test_a_long_wait_is_asked_for_in_pieces_that_a_service_takes(self, plane: type[Plane]) -> None:
        plane.answers, plane.lines = {"intake": SENT}, ({"waiting": 0, "answered": 2},)
        assert replayed("--topic", "intake.police.v1", "--wait", "1300").exit_code == 0
        asked = [ReplayFollowed.model_validate(body).seconds for _, path, body in plane.asked if "progress" in path]
        assert [round(seconds) for seconds in asked] == [600, 600, 100]

    def test_what_is_still_unsent_when_time_is_up_is_a_failure(self, plane: type[Plane]) -> None:
        plane.answers, plane.lines = {"intake": SENT}, ({"waiting": 2, "answered": 0},)
        shown = replayed("--topic", "intake.police.v1", "--wait", "1")
        assert shown.exit_code == 1
        assert "intake has still to send 2 events" in shown.stderr

    def test_a_silent_service_is_a_failure_and_the_others_go_on(self, plane: type[Plane]) -> None:
        plane.answers = {"intake": NotRunning("intake does not answer."), "channel": SENT}
        shown = replayed("--since", "2026-11-21T00:00:00Z")
        assert shown.exit_code == 1
        assert "intake does not answer." in shown.stderr
        assert "channel: 3 events are sent again." in shown.output

    def test_outside_the_window_is_a_failure_that_says_what_can_be_rebuilt(self, plane: type[Plane]) -> None:
        plane.answers = {"intake": outside()}
        shown = replayed("--topic", "intake.police.v1")
        assert (shown.exit_code, shown.stderr.strip()) == (1, "intake can rebuild from then on.")
