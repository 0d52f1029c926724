"""The pages of a case's assessments: written part by part, read, compared, seen over time, and no number is made."""

import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import httpx2
import pytest

from chassis.actor import Actor
from contracts.vocabulary import Role
from contracts.vocabulary.assessment import Presence
from services.channel.domain import Command
from services.channel.domain.assessing import ASKS
from services.channel.domain.planning import NoItem
from tests.assessed import figures, post, typed_into
from tests.channel.assessments_made import COLLEAGUE, VAF, assess, begun, equipped, written
from tests.channel.builders import CORA, NOW, GivenPractices, coordinator, parts, passed, rows
from tests.channel.conftest import Console, hidden
from tests.channel.planning_made import item, plan, planned, stand

HOSTILE = "<script>alert(1)</script> {{ 7*7 }} '; DROP TABLE case_file;--"
PLACE = "/cases/KM-7F3K-92QM"
CONCLUSION = {"summary": "A summary.", "management_plan": "", "changed": "Nothing."}


@pytest.fixture
def practices() -> GivenPractices:
    return equipped()


async def accepted(console: Console) -> UUID:
    """Return a case that was accepted, whose pack brought the police's assessment."""
    subject = await console.team.open(passed(**parts()))
    await console.team.act(subject, Command.ACCEPT)
    return subject


async def begin(client: httpx2.AsyncClient) -> str:
    """Begin a draft and return its address."""
    started = await post(client, f"{PLACE}/assess", instrument="vaf")
    assert started.status_code == 303, started.text
    return str(started.headers["location"])


async def fill(
    client: httpx2.AsyncClient, place: str, presence: Presence = Presence.NOT_KNOWN, words: str = "", **said: str
) -> None:
    """Fill every part of a draft."""
    for dimension in VAF.dimensions:
        saved = await post(client, f"{place}/{dimension.id}", **typed_into(dimension, presence, words, ASKS))
        assert saved.status_code == 303, saved.text
    saved = await post(client, f"{place}/conclusion", **{**CONCLUSION, **said})
    assert saved.headers["location"] == f"{place}/check"


class TestWriting:
    async def test_from_the_case_to_a_complete_assessment(self, console: Console) -> None:
        await accepted(console)
        client = await console.signed_in(CORA)
        assert f'href="{PLACE}/assess"' in (await client.get(PLACE)).text
        place = await begin(client)
        overview = await client.get(place)
        assert overview.text.count("Nothing written yet") == 4
        await fill(client, place, Presence.PRESENT, "Told by the school.")
        check = await client.get(f"{place}/check")
        assert "Still to do" not in check.text
        done = await post(client, f"{place}/check")
        assert done.headers["location"] == f"{PLACE}/assessments"
        listed = await client.get(f"{PLACE}/assessments")
        assert "Assessment completed." in listed.text
        assert "Assessment 1: Vulnerability assessment framework" in listed.text
        shown = await client.get(f"{PLACE}/assessments/1")
        assert "How it is known: Told by the school." in shown.text
        assert "Finding" not in shown.text

    async def test_asks_for_words_and_how_it_is_known_and_for_no_finding(self, console: Console) -> None:
        await accepted(console)
        client = await console.signed_in(CORA)
        place = await begin(client)
        page = await client.get(f"{place}/intent")
        assert page.text.count("<textarea") == 12
        conclusion = await client.get(f"{place}/conclusion")
        assert 'name="finding"' not in conclusion.text
        await post(client, f"{place}/intent", **{"answer-harmful-means": "present", "finding": "clear-evidence"})
        check = await client.get(f"{place}/check")
        assert re.search(r"Choose an answer for “[^”]+”", check.text)
        assert "Complete the assessment" not in check.text

    async def test_the_last_answers_stand_beside_the_police_s_first(self, console: Console) -> None:
        subject = await accepted(console)
        client = await console.signed_in(CORA)
        page = await client.get(f"{await begin(client)}/engagement")
        assert "Last time, 17 November 2026 at 10:00am, by Gita Synthetic: <strong>Present</strong>" in page.text
        assert "Speaks of being singled out." in page.text
        await assess(console.team, subject, "threat", by=COLLEAGUE)
        page = await client.get(f"{await begin(client)}/engagement")
        assert "by Carl Synthetic: <strong>Present</strong>" in page.text
        conclusion = await client.get(f"{await begin(client)}/conclusion")
        assert "What changed since the last assessment?" in conclusion.text

    async def test_unfinished_work_survives_closing_the_page_and_is_offered_again(self, console: Console) -> None:
        await accepted(console)
        client = await console.signed_in(CORA)
        place = await begin(client)
        later = await post(client, f"{place}/engagement", **{"evidence-grievance": "Half a sentence", "step": "later"})
        assert later.headers["location"] == f"{PLACE}/assessments"
        assert "Go on with your draft" in (await client.get(f"{PLACE}/assessments")).text
        assert "Half a sentence" in (await client.get(f"{place}/engagement")).text
        asked = await post(client, place, step="discard")
        assert "Throw this draft away?" in asked.text
        assert (await post(client, place, step="discard-now")).status_code == 303
        assert (await client.get(place)).status_code == 404

    async def test_an_open_page_is_saved_while_it_is_written_and_that_is_no_reading(self, console: Console) -> None:
        await accepted(console)
        client = await console.signed_in(CORA)
        place = await begin(client)
        page = await client.get(f"{place}/capability")
        sent = {name: hidden(page, name) for name in ("csrf_token", "seen")}
        factor = VAF.dimensions[2].factors[0].id
        reads = len(await rows(console.team.runtime, "SELECT 1 FROM audit_entry"))
        kept = await client.post(f"{place}/capability?keep=1", data={**sent, f"evidence-{factor}": "Half a sen"})
        assert kept.json()["words"] == "Saved as you write"
        assert len(await rows(console.team.runtime, "SELECT 1 FROM audit_entry")) == reads
        late = await client.post(f"{place}/capability", data={**sent, f"evidence-{factor}": "From elsewhere."})
        assert late.status_code == 409
        assert "How it is known: Half a sen" in late.text
        assert "From elsewhere." in late.text

    async def test_a_change_by_somebody_else_is_shown_with_who_and_what(self, console: Console) -> None:
        subject = await accepted(console)
        client = await console.signed_in(CORA)
        place = await begin(client)
        await fill(client, place)
        check = await client.get(f"{place}/check")
        await assess(console.team, subject, by=COLLEAGUE)
        sent = {name: hidden(check, name) for name in ("csrf_token", "row_version", "seen")}
        refused = await client.post(f"{place}/check", data=sent)
        assert refused.status_code == 409
        assert "Assessment completed, by Carl Synthetic" in refused.text
        assert "A summary." in refused.text

    async def test_a_replaced_edition_shows_the_words_and_carries_them_over(
        self, console: Console, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await accepted(console)
        client = await console.signed_in(CORA)
        place = await begin(client)
        await fill(client, place, Presence.PRESENT, "Kept words.")
        local = console.team.runtime.clients
        newer = VAF.model_copy(update={"edition": "2027"})
        monkeypatch.setattr(local, "given", replace(local.given, instruments={"vaf": newer}))
        shown = await client.get(place)
        assert "The area uses another edition by now" in shown.text
        assert "How it is known: Kept words." in shown.text
        assert (await post(client, place, step="move")).status_code == 303
        assert "Kept words." in (await client.get(f"{place}/engagement")).text

    async def test_hostile_words_are_shown_as_typed(self, console: Console) -> None:
        await accepted(console)
        client = await console.signed_in(CORA)
        place = await begin(client)
        await fill(client, place, Presence.PRESENT, HOSTILE, summary=HOSTILE)
        await post(client, f"{place}/check")
        for path in ("assessments", "assessments/1", "assessments/1/print", "assessments/picture"):
            page = await client.get(f"{PLACE}/{path}")
            assert page.status_code == 200
            assert "<script>alert(1)" not in page.text
        assert "{{ 7*7 }}" in (await client.get(f"{PLACE}/assessments/1")).text

    async def test_before_the_pack_is_accepted_the_list_says_why_not(self, console: Console) -> None:
        await console.team.open()
        client = await console.signed_in(CORA)
        page = await client.get(f"{PLACE}/assessments")
        assert "No assessment can be completed now." in page.text
        assert "Nothing has been assessed yet" in page.text
        assert "Which instrument?" not in (await client.get(f"{PLACE}/assess")).text


class TestReading:
    async def test_the_police_s_assessment_is_read_and_compared_as_the_first(self, console: Console) -> None:
        subject = await accepted(console)
        await assess(console.team, subject, "threat", at=NOW + timedelta(days=30))
        client = await console.signed_in(CORA)
        listed = await client.get(f"{PLACE}/assessments")
        assert listed.text.index("Assessment 1: ") < listed.text.index("The police’s assessment: ")
        police = await client.get(f"{PLACE}/assessments/pack-1")
        assert "Clear evidence of vulnerability to radicalisation" in police.text
        chosen = await client.get(f"{PLACE}/assessments/compare?number=pack-1&earlier=1")
        assert chosen.headers["location"] == f"{PLACE}/assessments/pack-1/against/1"
        compare = await client.get(chosen.headers["location"])
        assert "The police’s assessment and assessment 1 compared" in compare.text
        assert compare.text.index("What differs") < compare.text.index("Speaks of being singled out.")

    async def test_any_two_are_compared_what_changed_first(self, console: Console) -> None:
        subject = await accepted(console)
        for number, factor in enumerate(("grievance", "threat", "capability"), start=1):
            await assess(console.team, subject, factor, at=NOW + timedelta(days=30 * number))
        client = await console.signed_in(CORA)
        compare = await client.get(f"{PLACE}/assessments/3/against/1")
        text = compare.text
        assert "Assessment 1 and assessment 3 compared" in text
        assert text.index("What differs") < text.index("Feelings of grievance") < text.index("What is the same")
        assert text.index("What is the same") < text.index("Need for identity")
        for path in ("compare", "compare?number=2&earlier=2"):
            led = await client.get(f"{PLACE}/assessments/{path}")
            assert led.headers["location"] == f"{PLACE}/assessments"
            assert "Choose two different assessments" in (await client.get(f"{PLACE}/assessments")).text
        for path in ("compare?number=9&earlier=1", "compare?number=1&earlier=%2F%2Fx"):
            led = await client.get(f"{PLACE}/assessments/{path}")
            assert (await client.get(led.headers["location"])).status_code == 404

    async def test_the_picture_is_a_table_of_marks_and_words(self, console: Console) -> None:
        subject = await accepted(console)
        await assess(console.team, subject, "threat", at=NOW + timedelta(days=30))
        await assess(console.team, subject, at=NOW + timedelta(days=60))
        client = await console.signed_in(CORA)
        page = await client.get(f"{PLACE}/assessments/picture")
        rows_shown = re.findall(r'<tr class="govuk-table__row">\s*<th scope="row".*?</tr>', page.text, re.DOTALL)
        assert len(rows_shown) == 22
        words = [" ".join(re.sub(r"<[^>]+>", " ", each).split()) for each in rows_shown[:2]]
        assert words == [
            "Feelings of grievance and injustice Present Not known Before: present Not known",
            "Feeling under threat Not asked Present Not known Before: present",
        ]
        assert page.text.count('scope="rowgroup"') == 3
        assert page.text.count('scope="col"') == 4
        assert (
            page.text.index("The police’s assessment")
            < page.text.index("Assessment 1")
            < page.text.index("Assessment 2")
        )
        assert all('aria-hidden="true"' in each for each in re.findall(r"<svg[^>]*>", page.text))

    async def test_the_picture_marks_what_an_item_of_the_plan_answers(self, console: Console) -> None:
        subject = await accepted(console)
        await assess(console.team, subject, "grievance", "threat")
        await stand(console.team, subject, "adopted")
        without = (NoItem(factor="threat", reason="It is over."),)
        await planned(console.team, subject, plan(item("grievance"), without=without))
        client = await console.signed_in(CORA)
        page = await client.get(f"{PLACE}/assessments/picture")
        marked = re.findall(r'<th scope="row"[^>]*>([^<]*?)\s*<strong[^>]*>In the plan', page.text)
        assert marked == ["Feelings of grievance and injustice"]

    async def test_paper_says_who_printed_it_and_the_printing_is_recorded(self, console: Console) -> None:
        subject = await accepted(console)
        await assess(console.team, subject, "threat")
        client = await console.signed_in(CORA)
        page = await client.get(f"{PLACE}/assessments/1/print")
        assert "Printed by Cora Synthetic, Sample Council" in page.text
        assert "Told by the school." in page.text
        found = await rows(console.team.runtime, "SELECT 1 FROM audit_entry WHERE reason = 'print'")
        assert len(found) == 1

    @pytest.mark.parametrize(
        "where", ["assess/no-id", "assess/{draft}/no-part", "assessments/7", "assessments/x", "assessments/7/print"]
    )
    async def test_what_is_not_there_is_said_so(self, console: Console, where: str) -> None:
        await accepted(console)
        client = await console.signed_in(CORA)
        draft = (await begin(client)).rsplit("/", 1)[1]
        assert (await client.get(f"{PLACE}/{where.format(draft=draft)}")).status_code == 404

    async def test_every_page_has_one_heading_and_a_title(self, console: Console) -> None:
        subject = await accepted(console)
        await assess(console.team, subject, "threat")
        client = await console.signed_in(CORA)
        draft = await begin(client)
        reading = ("assess", "assessments", "assessments/1", "assessments/picture", "assessments/1/print")
        for path in (*(f"{PLACE}/{each}" for each in reading), draft, f"{draft}/intent", f"{draft}/check"):
            page = await client.get(path)
            assert (path, page.status_code, page.text.count("<h1")) == (path, 200, 1)
            assert " - Channel - Throughline</title>" in page.text
            assert " style=" not in page.text
            assert 'aria-current="page">Assessments' in page.text


CHAIR = coordinator(Role.PANEL_CHAIR, name="Petra Synthetic")
SUPPORT = coordinator(Role.BUSINESS_SUPPORT_OFFICER, name="Bella Synthetic")
MEMBER = coordinator(Role.PANEL_MEMBER, name="Hamid Synthetic")
READING = ("assessments", "assessments/1", "assessments/picture", "assessments/1/print", "assessments/1/against/pack-1")


class TestWhoMay:
    @pytest.mark.parametrize("actor", [CHAIR, SUPPORT])
    async def test_those_in_the_room_read_and_do_not_write(self, console: Console, actor: Actor) -> None:
        subject = await accepted(console)
        await assess(console.team, subject, "threat")
        client = await console.signed_in(actor)
        for path in READING:
            assert (path, (await client.get(f"{PLACE}/{path}")).status_code) == (path, 200)
        assert f'href="{PLACE}/assess"' not in (await client.get(f"{PLACE}/assessments")).text
        assert (await client.get(f"{PLACE}/assess")).status_code == 403

    @pytest.mark.parametrize("actor", [MEMBER, coordinator(Role.GATEWAY_OFFICER)])
    async def test_everybody_else_reads_nothing(self, console: Console, actor: Actor) -> None:
        subject = await accepted(console)
        await assess(console.team, subject, "threat")
        client = await console.signed_in(actor)
        for path in (*READING, "assess", "assessments/compare"):
            assert (path, (await client.get(f"{PLACE}/{path}")).status_code) == (path, 403)

    async def test_another_area_finds_nothing(self, console: Console) -> None:
        subject = await accepted(console)
        await assess(console.team, subject, "threat")
        client = await console.signed_in(coordinator(areas=frozenset({"northmere"})))
        for path in (*READING, "assess"):
            assert (path, (await client.get(f"{PLACE}/{path}")).status_code) == (path, 404)

    async def test_a_colleague_sees_that_somebody_writes_and_not_what(self, console: Console) -> None:
        subject = await accepted(console)
        draft = await begun(console.team, subject, written(VAF, ("grievance",), "Only mine."))
        client = await console.signed_in(COLLEAGUE)
        assert "Cora Synthetic is writing an assessment of this case too" in (await client.get(f"{PLACE}/assess")).text
        for path in ("", "/engagement", "/check"):
            assert (await client.get(f"{PLACE}/assess/{draft}{path}")).status_code == 404
        for path in (PLACE, f"{PLACE}/assessments"):
            assert "Only mine." not in (await client.get(path)).text

    async def test_reading_one_is_audited(self, console: Console) -> None:
        subject = await accepted(console)
        await assess(console.team, subject, "threat")
        client = await console.signed_in(CORA)
        await client.get(f"{PLACE}/assessments/1")
        found = await rows(console.team.runtime, "SELECT 1 FROM audit_entry WHERE reason = 'assessment-read'")
        assert len(found) == 1


class TestNoNumber:
    async def test_no_number_on_any_page_depends_on_the_answers(self, console: Console) -> None:
        subject = await accepted(console)
        await assess(console.team, subject)
        client = await console.signed_in(CORA)
        seen: list[list[list[str]]] = []
        for number, presence in enumerate((Presence.NOT_PRESENT, Presence.PRESENT), start=2):
            place = await begin(client)
            await fill(client, place, presence, "Words.")
            pages = [await client.get(f"{place}{path}") for path in ("", "/engagement", "/check")]
            await post(client, f"{place}/check")
            paths = [f"assessments/{number}", f"assessments/{number}/against/1", f"assessments/{number}/print"]
            pages += [await client.get(f"{PLACE}/{path}") for path in (*paths, "assessments/picture")]
            assert not [each for each in pages if re.search(r"score|total|out of \d", each.text.lower())]
            seen.append([figures(each) for each in pages])
        assert seen[0] == seen[1]


class TestHandedOn:
    async def test_one_of_our_own_that_comes_back_with_a_pack_is_listed_once(self, console: Console) -> None:
        subject = await accepted(console)
        ours = await assess(console.team, subject, "threat")
        await rows(console.team.runtime, "UPDATE case_file SET state = 'returned' RETURNING 1")
        await console.team.hear(passed(**{**parts(), "assessment": ours}), subject)
        client = await console.signed_in(CORA)
        listed = await client.get(f"{PLACE}/assessments")
        assert listed.text.count("Assessment 1: Vulnerability") == 1
        assert listed.text.count(">The police’s assessment: Vulnerability") == 1
