"""Who is told again, how long a sending is tried, and what a mail may carry."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from services.notify import domain
from services.notify.domain import (
    MOST_UNRECORDED,
    ROUTINE,
    URGENT,
    DoorFacts,
    Kind,
    RecipientKind,
    Result,
    ServiceFacts,
    Standing,
    State,
    Telling,
    TemplateBroken,
    Tried,
    after_attempt,
    compose,
    notice_id,
    reach_of,
    tellings,
)

START = datetime(2026, 11, 21, 9, tzinfo=UTC)
KENT, MEDWAY = "kent-cru", "medway-front-door"


def told(known: Standing | None, version: int = 2, door: str = KENT, *, danger: bool = False) -> list[tuple[Kind, str]]:
    found = tellings(known, version, door, immediate_danger=danger)
    return [(telling.kind, telling.recipient_key) for telling in found]


class TestTellings:
    def test_the_first_version_is_told(self) -> None:
        assert told(None, 1) == [(Kind.CONCERN_RECEIVED, KENT)]

    def test_a_later_version_is_not_mailed_to_somebody_who_has_not_looked(self) -> None:
        assert told(Standing(1, KENT, immediate_danger=False, seen=False, told=True)) == []

    def test_a_later_version_is_mailed_to_somebody_who_has_looked(self) -> None:
        assert told(Standing(1, KENT, immediate_danger=False, seen=True, told=True)) == [(Kind.CONCERN_UPDATED, KENT)]

    def test_a_later_version_is_mailed_where_every_earlier_notice_was_held_back(self) -> None:
        assert told(Standing(1, KENT, immediate_danger=False, seen=False, told=False)) == [(Kind.CONCERN_UPDATED, KENT)]

    def test_new_danger_is_mailed_at_once(self) -> None:
        known = Standing(1, KENT, immediate_danger=False, seen=False, told=True)
        assert told(known, danger=True) == [(Kind.CONCERN_UPDATED, KENT)]

    def test_a_move_tells_the_new_door_and_the_old_one(self) -> None:
        known = Standing(1, KENT, immediate_danger=False, seen=False, told=True)
        assert told(known, door=MEDWAY) == [(Kind.CONCERN_RECEIVED, MEDWAY), (Kind.CONCERN_MOVED, KENT)]

    def test_an_older_version_tells_nobody(self) -> None:
        assert told(Standing(3, MEDWAY, immediate_danger=False, seen=True, told=True), 2) == []

    def test_one_event_gives_the_same_notice_however_often_it_is_handled(self) -> None:
        event, telling = uuid4(), Telling(Kind.CONCERN_RECEIVED, RecipientKind.FRONT_DOOR, KENT)
        assert notice_id(event, telling) == notice_id(event, telling)
        assert notice_id(event, telling) != notice_id(uuid4(), telling)


class TestAfterAttempt:
    def test_an_accepted_mail_is_sent(self) -> None:
        assert after_attempt(Result.ACCEPTED, Tried(1, 0, START, urgent=False), START).state == State.SENT

    @pytest.mark.parametrize("urgent", [True, False])
    def test_a_server_that_is_always_busy_is_not_tried_for_ever(self, *, urgent: bool) -> None:
        now, attempts = START, 0
        while True:
            attempts += 1
            following = after_attempt(Result.DEFERRED, Tried(attempts, 0, START, urgent), now)
            if following.at is None:
                break
            assert following.at > now
            now = following.at
        assert following.state == State.UNDELIVERABLE
        pace = URGENT if urgent else ROUTINE
        assert now - START <= pace.give_up_after + pace.longest
        assert attempts < 600

    def test_an_outage_of_four_hours_loses_nothing(self) -> None:
        following = after_attempt(Result.DEFERRED, Tried(40, 0, START, urgent=False), START + timedelta(hours=4))
        assert following.state == State.FAILED
        assert following.at is not None
        assert following.at - START <= timedelta(hours=5)

    def test_a_refusal_is_for_a_person(self) -> None:
        assert after_attempt(Result.REFUSED, Tried(1, 0, START, urgent=True), START).state == State.UNDELIVERABLE

    def test_answers_that_never_come_are_bounded(self) -> None:
        tried = Tried(9, MOST_UNRECORDED, START, urgent=True)
        assert after_attempt(Result.UNKNOWN, tried, START).state == State.UNDELIVERABLE

    def test_what_the_area_does_not_tell_is_not_sent(self) -> None:
        tried = Tried(1, 0, START, urgent=False)
        assert after_attempt(Result.NOT_TO_BE_TOLD, tried, START).state == State.SUPPRESSED


class TestCompose:
    def test_fills_subject_and_body(self) -> None:
        text = compose("Subject: About ${reference}\n\nSee ${link}\n", {"reference": "KM-1", "link": "http://x"})
        assert (text.subject, text.body) == ("About KM-1", "See http://x\n")

    @pytest.mark.parametrize(
        "template",
        [
            "Subject: ${surname}\n\nbody",
            "No subject line",
            "Subject: one\ntwo\n\nbody",
            "Subject: ${reference}\n\n${link}",
        ],
    )
    def test_refuses_a_template_that_could_carry_more(self, template: str) -> None:
        with pytest.raises(TemplateBroken):
            compose(template, {"reference": "KM-1"})

    def test_refuses_a_value_that_mails_never_carry(self) -> None:
        with pytest.raises(TemplateBroken):
            compose("Subject: a\n\nb", {"surname": "Canary"})


class TestReach:
    doors = (
        DoorFacts("km", KENT, "Kent County Council", "cru@kent.example"),
        DoorFacts("km", MEDWAY, "Medway Council", "first@medway.example"),
    )
    services = (
        ServiceFacts("km", "kent-early-help", "help@kent.example"),
        ServiceFacts("km", "charity", "a@b.example"),
    )

    def test_is_the_front_doors_of_ones_own_organisation(self) -> None:
        assert reach_of("Medway Council", self.doors, self.services).doors == {("km", MEDWAY)}

    def test_holds_the_services_of_the_same_mail_domain(self) -> None:
        assert reach_of("Kent County Council", self.doors, self.services).services == {("km", "kent-early-help")}

    @pytest.mark.parametrize("organisation", ["", "Somebody else"])
    def test_is_empty_for_anybody_else(self, organisation: str) -> None:
        found = reach_of(organisation, self.doors, self.services)
        assert (found.doors, found.services) == (frozenset(), frozenset())


def test_every_permission_has_a_role() -> None:
    assert all(domain.PERMISSIONS.values())
