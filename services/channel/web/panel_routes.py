"""The part of the site map that is used while a panel meeting runs, and the minutes afterwards."""

from chassis.web import Page
from services.channel.domain import CHAIR_MEETINGS, RECORD_MEETINGS, RUN_MEETINGS, SEE_CASES
from services.channel.web.views import minutes, room, rooming, slotting, voting

_MEETING = "/meetings/{meeting_id}"
_CASE = "/cases/{reference}"
_SLOT = f"{_CASE}/slots/{{slot_id}}"
_MINUTES, _MINUTE = f"{_MEETING}/minutes", f"{_MEETING}/minutes/{{slot_id}}"

PANEL_PAGES: tuple[Page, ...] = (
    Page("GET", f"{_MEETING}/room", room.room, RUN_MEETINGS),
    Page("POST", f"{_MEETING}/room", room.run_meeting, RECORD_MEETINGS, name="room"),
    Page("GET", f"{_MEETING}/last-minutes", minutes.check_minutes, RECORD_MEETINGS),
    Page("POST", f"{_MEETING}/last-minutes", minutes.keep_check, RECORD_MEETINGS, name="check_minutes"),
    Page("GET", _MINUTES, minutes.minutes, RUN_MEETINGS),
    Page("POST", _MINUTES, minutes.approve_minutes, CHAIR_MEETINGS, name="minutes"),
    Page("GET", f"{_MINUTES}/print", minutes.minutes_print, RUN_MEETINGS),
    Page("GET", _MINUTE, minutes.minute, RECORD_MEETINGS),
    Page("POST", _MINUTE, minutes.write_minute, RECORD_MEETINGS, name="minute"),
    Page("GET", f"{_CASE}/panel", slotting.case_panel, SEE_CASES),
    Page("GET", f"{_CASE}/panel/force", rooming.home_force, RUN_MEETINGS),
    Page("POST", f"{_CASE}/panel/force", rooming.set_home_force, RUN_MEETINGS, name="home_force"),
    Page("GET", _SLOT, slotting.slot, RUN_MEETINGS),
    Page("POST", _SLOT, slotting.go_on, RECORD_MEETINGS, name="slot"),
    Page("GET", f"{_SLOT}/room", rooming.slot_room, RECORD_MEETINGS),
    Page("POST", f"{_SLOT}/room", rooming.change_room, RECORD_MEETINGS, name="slot_room"),
    Page("GET", f"{_SLOT}/guest", rooming.slot_guest, RECORD_MEETINGS),
    Page("POST", f"{_SLOT}/guest", rooming.let_guest_in, RECORD_MEETINGS, name="slot_guest"),
    Page("GET", f"{_SLOT}/conflict", rooming.slot_conflict, RECORD_MEETINGS),
    Page("POST", f"{_SLOT}/conflict", rooming.declare_conflict, RECORD_MEETINGS, name="slot_conflict"),
    Page("GET", f"{_SLOT}/said", rooming.slot_said, RECORD_MEETINGS),
    Page("POST", f"{_SLOT}/said", rooming.keep_said, RECORD_MEETINGS, name="slot_said"),
    Page("GET", f"{_SLOT}/actions", voting.slot_actions, RECORD_MEETINGS),
    Page("POST", f"{_SLOT}/actions", voting.give_actions, RECORD_MEETINGS, name="slot_actions"),
    Page("GET", f"{_SLOT}/undecided", voting.slot_undecided, RECORD_MEETINGS),
    Page("POST", f"{_SLOT}/undecided", voting.leave_undecided, RECORD_MEETINGS, name="slot_undecided"),
    Page("GET", f"{_SLOT}/decisions/{{command}}", voting.slot_decide, CHAIR_MEETINGS),
    Page("POST", f"{_SLOT}/decisions/{{command}}", voting.decide_slot, CHAIR_MEETINGS, name="slot_decide"),
)
