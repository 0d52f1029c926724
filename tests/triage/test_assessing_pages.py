"""The pages of an assessment: every step is kept, what differs is shown, and no number is made of the answers."""

import asyncio
import re
from dataclasses import replace
from uuid import UUID

import httpx2
import pytest

from chassis.actor import Actor
from contracts.vocabulary import Role
from contracts.vocabulary.assessment import Dimension, Instrument, Presence
from tests.assessed import figures, post, typed_into
from tests.triage.assessing import COLLEAGUE, TEMPLATE, VAF, assess, newer
from tests.triage.builders import GATEWAY, IMU, officer, practice, rows
from tests.triage.conftest import Console, hidden

HOSTILE = "<script>alert(1)</script> {{ 7*7 }} '; DROP TABLE referral;--"
PLACE = "/referrals/KM-7F3K-92QM"


async def opened(console: Console, actor: Actor = GATEWAY, *, assessed: bool = False) -> httpx2.AsyncClient:
    """Return a signed-in client in front of a referral that is clear to proceed."""
    subject = await console.desk.open()
    await console.desk.clear(subject, assessed=assessed)
    return await console.signed_in(actor)


def part_of(instrument: Instrument, part: str) -> Dimension:
    """Return one dimension of an instrument."""
    return next(each for each in instrument.dimensions if each.id == part)


CONCLUSION = {"finding": "limited-information", "summary": "A summary.", "management_plan": "", "changed": "Nothing."}


async def begin(client: httpx2.AsyncClient, instrument: str = "gateway") -> str:
    """Begin a draft and return its address."""
    started_at = await post(client, f"{PLACE}/assess", instrument=instrument)
    assert started_at.status_code == 303, started_at.text
    return str(started_at.headers["location"])


async def fill(
    client: httpx2.AsyncClient, place: str, presence: Presence = Presence.NOT_KNOWN, words: str = "", **said: str
) -> None:
    """Fill every part of a draft of the Gateway template."""
    for dimension in TEMPLATE.dimensions:
        fields = typed_into(dimension, presence, words)
        saved = await post(client, f"{place}/{dimension.id}", **fields)
        assert saved.status_code == 303, saved.text
    saved = await post(client, f"{place}/conclusion", **{**CONCLUSION, **said})
    assert saved.headers["location"] == f"{place}/check"


class TestPages:
    async def test_from_the_referral_to_a_complete_assessment(self, console: Console) -> None:
        client = await opened(console)
        referral = await client.get(PLACE)
        assert f'href="{PLACE}/assess"' in referral.text
        choose = await client.get(f"{PLACE}/assess")
        assert choose.text.index('value="gateway"') < choose.text.index('value="vaf"')
        place = await begin(client)
        overview = await client.get(place)
        assert overview.text.count("Nothing written yet") == 4
        await fill(client, place, Presence.PRESENT, "Told by the school.")
        overview = await client.get(place)
        assert overview.text.count("Everything answered") == 4
        check = await client.get(f"{place}/check")
        assert "Told by the school." in check.text
        assert "Still to do" not in check.text
        done = await post(client, f"{place}/check")
        assert done.headers["location"] == PLACE
        referral = await client.get(PLACE)
        assert "Assessment 1: Gateway assessment" in referral.text
        assert "Gateway assessment completed" in referral.text
        shown = await client.get(f"{PLACE}/assessments/1")
        assert "Limited information, but a concern may exist" in shown.text
        assert "Told by the school." in shown.text

    async def test_unfinished_work_is_kept_at_every_step_and_offered_again(self, console: Console) -> None:
        client = await opened(console)
        place = await begin(client)
        later = await post(client, f"{place}/concern", **{"words-ideology": "Half a sentence", "step": "later"})
        assert later.headers["location"] == PLACE
        assert "Go on with your draft" in (await client.get(PLACE)).text
        again = await client.get(f"{place}/concern")
        assert "Half a sentence" in again.text
        check = await client.get(f"{place}/check")
        assert "Choose an answer for “Ideology, or signs of one”" in check.text
        assert f'href="{place}/concern#answer-ideology"' in check.text
        assert "Complete the assessment" not in check.text

    async def test_the_lack_of_an_ideology_is_no_reason_to_close(self, console: Console) -> None:
        client = await opened(console)
        page = await client.get(f"{await begin(client)}/concern")
        assert "The lack of an ideology is no reason to close" in page.text

    async def test_checks_have_no_field_for_content(self, console: Console) -> None:
        client = await opened(console)
        place = await begin(client)
        page = await client.get(f"{place}/checks")
        assert "<textarea" not in page.text
        fields = typed_into(part_of(TEMPLATE, "checks"), Presence.PRESENT) | {"words-pnc": "A conviction."}
        await post(client, f"{place}/checks", **fields)
        assert "A conviction." not in (await client.get(f"{place}/check")).text

    async def test_another_window_is_not_overwritten_unseen(self, console: Console) -> None:
        client = await opened(console)
        place = await begin(client)
        first = await client.get(f"{place}/safety")
        await post(client, f"{place}/safety", **{"words-gaps": "Saved in the other window."})
        stale = {name: hidden(first, name) for name in ("csrf_token", "seen")}
        refused = await client.post(f"{place}/safety", data={**stale, "words-gaps": "Typed in this one."})
        assert refused.status_code == 409
        assert "Saved in the other window." in refused.text
        assert "Typed in this one." in refused.text
        again = {name: hidden(refused, name) for name in ("csrf_token", "seen")}
        saved = await client.post(f"{place}/safety", data={**again, "words-gaps": "Both."})
        assert saved.status_code == 303

    async def test_an_open_page_is_saved_while_it_is_written(self, console: Console) -> None:
        client = await opened(console)
        place = await begin(client)
        page = await client.get(f"{place}/safety")
        sent = {name: hidden(page, name) for name in ("csrf_token", "seen")}
        reads = len(await rows(console.desk.runtime, "SELECT 1 FROM audit_entry"))
        kept = await client.post(f"{place}/safety?keep=1", data={**sent, "words-gaps": "Half a sen"})
        assert kept.json()["words"] == "Saved as you write"
        assert len(await rows(console.desk.runtime, "SELECT 1 FROM audit_entry")) == reads, (
            "Saving shows nothing, so it is no reading."
        )
        assert "Half a sen" in (await client.get(f"{place}/safety")).text
        late = await client.post(f"{place}/safety?keep=1", data={**sent, "words-gaps": "From elsewhere."})
        assert "changed elsewhere" in late.json()["words"]
        marked = await client.post(f"{place}/safety?keep=1", data={**sent, "words-gaps": "SECRET"})
        assert "intelligence material" in marked.json()["words"]
        on = {**sent, "seen": kept.json()["seen"], "words-gaps": "Half a sentence, and the rest."}
        assert (await client.post(f"{place}/safety", data=on)).status_code == 303
        assert "and the rest." in (await client.get(f"{place}/safety")).text

    async def test_of_two_windows_at_the_same_moment_one_is_asked_to_compare(self, console: Console) -> None:
        client = await opened(console)
        place = await begin(client)
        page = await client.get(f"{place}/safety")
        sent = {name: hidden(page, name) for name in ("csrf_token", "seen")}
        both = [client.post(f"{place}/safety", data={**sent, "words-gaps": words}) for words in ("One.", "Two.")]
        assert sorted([each.status_code for each in await asyncio.gather(*both)]) == [303, 409]

    async def test_two_windows_on_two_parts_keep_both(self, console: Console) -> None:
        client = await opened(console)
        place = await begin(client)
        first = await client.get(f"{place}/safety")
        await post(client, f"{place}/concern", **{"words-ideology": "One."})
        seen = {name: hidden(first, name) for name in ("csrf_token", "seen")}
        assert (await client.post(f"{place}/safety", data={**seen, "words-gaps": "Two."})).status_code == 303
        check = (await client.get(f"{place}/check")).text
        assert "One." in check
        assert "Two." in check

    async def test_what_was_checked_is_what_is_completed(self, console: Console) -> None:
        client = await opened(console)
        place = await begin(client)
        await fill(client, place)
        check = await client.get(f"{place}/check")
        await post(client, f"{place}/conclusion", **{**CONCLUSION, "summary": "Other words."})
        sent = {name: hidden(check, name) for name in ("csrf_token", "row_version", "seen")}
        refused = await client.post(f"{place}/check", data=sent)
        assert refused.status_code == 409
        assert "read it again" in refused.text
        assert "Other words." in refused.text

    async def test_a_change_by_somebody_else_is_shown_with_who_and_what(self, console: Console) -> None:
        client = await opened(console)
        place = await begin(client)
        await fill(client, place)
        check = await client.get(f"{place}/check")
        subject = UUID(str((await rows(console.desk.runtime, "SELECT subject FROM referral"))[0]["subject"]))
        async with console.desk.runtime.database.transaction(COLLEAGUE) as session:
            await assess(session, subject, practice())
        sent = {name: hidden(check, name) for name in ("csrf_token", "row_version", "seen")}
        refused = await client.post(f"{place}/check", data=sent)
        assert refused.status_code == 409
        assert "Gateway assessment completed, by Tariq Synthetic" in refused.text
        assert "A summary." in refused.text

    async def test_a_second_assessment_shows_the_earlier_answers_and_asks_what_changed(self, console: Console) -> None:
        client = await opened(console, assessed=True)
        place = await begin(client)
        concern = await client.get(f"{place}/concern")
        assert "Last time, 18 November 2026" in concern.text
        assert "<strong>Not known</strong>" in concern.text
        conclusion = await client.get(f"{place}/conclusion")
        assert "What changed since the last assessment?" in conclusion.text
        await fill(client, place, Presence.PRESENT, "New: told by the school.", changed="")
        check = await client.get(f"{place}/check")
        assert "Say what changed since the last assessment" in check.text
        await post(client, f"{place}/conclusion", **CONCLUSION)
        await post(client, f"{place}/check")
        compare = await client.get(f"{PLACE}/assessments/2/against/1")
        assert (
            compare.text.index("What differs")
            < compare.text.index("Vulnerability")
            < compare.text.index("What is the same")
        )
        assert compare.text.index("What is the same") < compare.text.index("Police National Computer")
        assert "New: told by the school." in compare.text

    async def test_hostile_words_are_shown_as_typed_and_impossible_answers_refused(self, console: Console) -> None:
        client = await opened(console)
        place = await begin(client)
        refused = await post(
            client, f"{place}/concern", **{"answer-ideology": "very-present", "words-ideology": HOSTILE}
        )
        assert refused.status_code == 422
        assert "Choose one of the answers to “Ideology, or signs of one”" in refused.text
        assert "<script>alert(1)" not in refused.text
        assert "DROP TABLE" in refused.text
        long = await post(client, f"{place}/concern", **{"words-ideology": "x" * 10_001})
        assert long.status_code == 422
        assert "must have 10,000 characters or fewer" in long.text
        assert "x" * 10_001 in long.text
        await fill(client, place, Presence.PRESENT, HOSTILE, summary=HOSTILE)
        await post(client, f"{place}/check")
        for path in (f"{PLACE}/assessments/1", PLACE):
            assert "<script>alert(1)" not in (await client.get(path)).text

    async def test_intelligence_material_is_refused_where_it_is_written_and_not_kept(self, console: Console) -> None:
        client = await opened(console)
        place = await begin(client)
        for part, field in (
            ("concern", "words-ideology"),
            ("conclusion", "summary"),
            ("conclusion", "management_plan"),
        ):
            refused = await post(client, f"{place}/{part}", **{field: "As in intel log 4411."})
            assert refused.status_code == 422, (part, field)
            assert "“intel log” looks like intelligence material" in refused.text
            assert "As in intel log 4411." in refused.text
            assert "Never write intelligence material here" in refused.text
            assert "intel log" not in (await client.get(f"{place}/{part}")).text

    @pytest.mark.parametrize("where", ["assess/no-id", "assess/{draft}/no-part", "assessments/7", "assessments/x"])
    async def test_what_is_not_there_is_said_so(self, console: Console, where: str) -> None:
        client = await opened(console, assessed=True)
        draft_id = (await begin(client)).rsplit("/", 1)[1]
        found = await client.get(f"{PLACE}/{where.format(draft=draft_id)}")
        assert found.status_code == 404

    async def test_choosing_no_instrument_is_refused_beside_the_field(self, console: Console) -> None:
        client = await opened(console)
        for sent in ({}, {"instrument": "paf"}):
            refused = await post(client, f"{PLACE}/assess", **sent)
            assert refused.status_code == 422
            assert "Choose an instrument" in refused.text

    async def test_a_draft_is_thrown_away_after_asking_once_more(self, console: Console) -> None:
        client = await opened(console)
        place = await begin(client)
        asked = await post(client, place, step="discard")
        assert "Throw this draft away?" in asked.text
        assert (await client.get(place)).status_code == 200
        assert (await post(client, place, step="discard-now")).status_code == 303
        assert (await client.get(place)).status_code == 404

    async def test_a_replaced_edition_shows_the_words_and_carries_them_over(
        self, console: Console, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = await opened(console)
        place = await begin(client)
        await fill(client, place, Presence.PRESENT, "Kept words.")
        before = await client.get(f"{place}/safety")
        local = console.desk.runtime.clients
        monkeypatch.setattr(local, "given", replace(local.given, instruments={"gateway": newer()}))
        shown = await client.get(place)
        assert "The area uses another edition by now" in shown.text
        assert "Kept words." in shown.text
        assert (await client.get(f"{place}/concern")).headers["location"] == place
        sent = {"csrf_token": hidden(before, "csrf_token"), "seen": hidden(before, "seen"), "words-gaps": "Just typed."}
        late = await client.post(f"{place}/safety", data=sent)
        assert late.status_code == 409
        assert "Just typed." in late.text
        assert (await post(client, place, step="move")).status_code == 303
        moved = await client.get(place)
        assert "Without a place in this edition" in moved.text
        assert "Kept words." in (await client.get(f"{place}/concern")).text
        monkeypatch.setattr(local, "given", replace(local.given, instruments={"vaf": VAF}))
        gone = await client.get(place)
        assert "The area does not use this instrument any more" in gone.text
        assert "Kept words." in gone.text


class TestWhoMay:
    async def test_the_intelligence_unit_reads_but_does_not_write(self, console: Console) -> None:
        client = await opened(console, IMU, assessed=True)
        assert (await client.get(f"{PLACE}/assessments/1")).status_code == 200
        assert (await client.get(f"{PLACE}/assess")).status_code == 403
        page = await client.get(PLACE)
        assert "Assessment 1: Gateway assessment" in page.text
        assert f'href="{PLACE}/assess"' not in page.text

    async def test_a_colleague_sees_that_somebody_writes_and_not_what(self, console: Console) -> None:
        client = await opened(console)
        place = await begin(client)
        await fill(client, place, Presence.PRESENT, "Only mine.")
        other = await console.signed_in(COLLEAGUE)
        choose = await other.get(f"{PLACE}/assess")
        assert "Gita Synthetic is writing an assessment of this referral too" in choose.text
        for path in (place, f"{place}/concern", f"{place}/check"):
            assert (await other.get(path)).status_code == 404
        assert "Only mine." not in (await other.get(PLACE)).text

    @pytest.mark.parametrize("path", ["assess", "assessments/1"])
    async def test_another_area_finds_nothing(self, console: Console, path: str) -> None:
        elsewhere = officer(Role.GATEWAY_OFFICER, name="Else Where", areas=frozenset({"northmere"}))
        client = await opened(console, elsewhere, assessed=True)
        assert (await client.get(f"{PLACE}/{path}")).status_code == 404

    async def test_reading_one_is_audited(self, console: Console) -> None:
        client = await opened(console, assessed=True)
        await client.get(f"{PLACE}/assessments/1")
        found = await rows(console.desk.runtime, "SELECT 1 FROM audit_entry WHERE reason = 'assessment-read'")
        assert len(found) == 1


class TestNoNumber:
    async def test_no_number_on_any_page_depends_on_the_answers(self, console: Console) -> None:
        client = await opened(console, assessed=True)
        seen: list[list[list[str]]] = []
        for number, presence in enumerate((Presence.NOT_PRESENT, Presence.PRESENT), start=2):
            place = await begin(client)
            await fill(client, place, presence, "Words.")
            written = [
                await client.get(place),
                await client.get(f"{place}/concern"),
                await client.get(f"{place}/check"),
            ]
            await post(client, f"{place}/check")
            kept = [f"assessments/{number}", f"assessments/{number}/against/1"]
            read = [await client.get(f"{PLACE}/{path}") for path in kept]
            assert not [each for each in (*written, *read) if re.search(r"score|total|out of \d", each.text.lower())]
            seen.append([figures(each) for each in (*written, *read)])
        assert seen[0] == seen[1]
