"""The part of the site map that plans meetings of the panel, and what its members have of them."""

from chassis.web import Page
from services.channel.domain import RUN_MEETINGS, SEE_MEETINGS
from services.channel.web.views import agenda, meetings, my_meetings, packs

_MEETING, _SLOT = "/meetings/{meeting_id}", "/meetings/{meeting_id}/cases/{slot_id}"
_MINE, _MY_CASE = "/panel/{meeting_id}", "/panel/{meeting_id}/cases/{slot_id}"

MEETING_PAGES: tuple[Page, ...] = (
    Page("GET", "/meetings", meetings.meetings, RUN_MEETINGS),
    Page("GET", "/meetings/plan", meetings.plan_meeting, RUN_MEETINGS),
    Page("POST", "/meetings/plan", meetings.plan_meeting, RUN_MEETINGS),
    Page("GET", _MEETING, agenda.meeting, RUN_MEETINGS),
    Page("POST", _MEETING, agenda.change_agenda, RUN_MEETINGS, name="meeting"),
    Page("POST", f"{_MEETING}/order", agenda.shift, RUN_MEETINGS, name="order_agenda"),
    Page("POST", f"{_MEETING}/invitations", agenda.invite, RUN_MEETINGS, name="invite_members"),
    Page("GET", f"{_MEETING}/calendar", agenda.calendar_entry, RUN_MEETINGS),
    Page("GET", f"{_MEETING}/move", meetings.move, RUN_MEETINGS, name="move_meeting"),
    Page("POST", f"{_MEETING}/move", meetings.move, RUN_MEETINGS, name="move_meeting"),
    Page("GET", f"{_MEETING}/cancel", meetings.cancel, RUN_MEETINGS, name="cancel_meeting"),
    Page("POST", f"{_MEETING}/cancel", meetings.cancel, RUN_MEETINGS, name="cancel_meeting"),
    Page("GET", f"{_MEETING}/packs", packs.packs, RUN_MEETINGS),
    Page("POST", f"{_MEETING}/packs", packs.share, RUN_MEETINGS, name="packs"),
    Page("GET", f"{_SLOT}/attendees", agenda.attendees, RUN_MEETINGS),
    Page("POST", f"{_SLOT}/attendees", agenda.choose, RUN_MEETINGS, name="attendees"),
    Page("GET", f"{_SLOT}/guests", agenda.attendees, RUN_MEETINGS, name="invite_guest"),
    Page("POST", f"{_SLOT}/guests", agenda.guest, RUN_MEETINGS, name="invite_guest"),
    Page("GET", "/panel", my_meetings.panel, SEE_MEETINGS, name="my_meetings"),
    Page("GET", _MINE, my_meetings.my_meeting, SEE_MEETINGS),
    Page("POST", _MINE, my_meetings.answer, SEE_MEETINGS, name="my_meeting"),
    Page("GET", f"{_MINE}/calendar", my_meetings.my_calendar_entry, SEE_MEETINGS),
    Page("GET", f"{_MY_CASE}/conflict", my_meetings.my_conflict, SEE_MEETINGS),
    Page("POST", f"{_MY_CASE}/conflict", my_meetings.my_conflict, SEE_MEETINGS),
    Page("GET", f"{_MY_CASE}/pack", my_meetings.my_pack, SEE_MEETINGS),
)
