"""A concern shows which others of the same front door are about the same person, and which are so no longer."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from chassis.actor import Actor
from services.notify import operations
from tests.notify.conftest import Site
from tests.notify.looking import rows
from tests.notify.made import KENT_WORKER, NOW, REFERENCE, concern, handle, merged, separated

SECOND, THIRD, ELSEWHERE = "KM-2222-2222", "KM-3333-3333", "KM-4444-4444"
LATER = NOW + timedelta(days=2)
SHARED = "Pack to the Prevent and Channel team"


async def concerns(site: Site) -> tuple[UUID, UUID]:
    """Receive two concerns for the Kent front door and one for Medway; return the subjects of the first two."""
    first, second = uuid4(), uuid4()
    await handle(site.runtime, concern(), subject=first)
    await handle(site.runtime, concern(reference=SECOND), subject=second)
    await handle(site.runtime, concern(reference=ELSEWHERE, front_door="medway-front-door"), subject=uuid4())
    await site.sign_in(KENT_WORKER)
    return first, second


async def seen(site: Site, subject: UUID) -> str:
    return (await site.get(f"/concerns/{subject}")).text


async def test_shows_the_others_that_this_front_door_may_see(site: Site) -> None:
    first, second = await concerns(site)
    assert "Also about this person" not in await seen(site, first)
    await handle(site.runtime, merged(REFERENCE, SECOND, ELSEWHERE), subject=uuid4())
    page = await seen(site, first)
    assert "Also about this person" in page
    assert f'href="/concerns/{second}"' in page
    assert ELSEWHERE not in page


async def test_says_so_when_it_was_wrong_and_what_was_shared_meanwhile(site: Site) -> None:
    first, second = await concerns(site)
    person = uuid4()
    await handle(site.runtime, merged(REFERENCE, SECOND), subject=person)
    await handle(site.runtime, separated((REFERENCE,), (SECOND,), at=LATER), subject=person)
    for subject, other in ((first, SECOND), (second, REFERENCE)):
        page = await seen(site, subject)
        assert "Also about this person" not in page
        assert "No longer taken to be about the same person" in page
        assert other in page
        assert SHARED in page


@pytest.mark.parametrize("again", [1, 3])
async def test_is_the_same_however_often_and_late_an_event_comes(site: Site, again: int) -> None:
    first, _ = await concerns(site)
    person = uuid4()
    for _ in range(again):
        await handle(site.runtime, separated((REFERENCE,), (SECOND,), at=LATER), subject=person)
        await handle(site.runtime, merged(REFERENCE, SECOND), subject=person)
    page = await seen(site, first)
    assert "Also about this person" not in page
    assert "No longer taken" in page


async def test_merged_again_is_one_person_again(site: Site) -> None:
    first, _ = await concerns(site)
    person = uuid4()
    await handle(site.runtime, merged(REFERENCE, SECOND), subject=person)
    await handle(site.runtime, separated((REFERENCE,), (SECOND,), at=LATER), subject=person)
    await handle(site.runtime, merged(REFERENCE, SECOND, at=LATER + timedelta(days=1)), subject=person)
    page = await seen(site, first)
    assert "Also about this person" in page
    assert "No longer taken" not in page


async def test_one_that_leaves_a_person_of_three_leaves_the_others_together(site: Site) -> None:
    first, second = await concerns(site)
    third, person = uuid4(), uuid4()
    await handle(site.runtime, concern(reference=THIRD), subject=third)
    await handle(site.runtime, merged(REFERENCE, SECOND, THIRD), subject=person)
    await handle(site.runtime, separated((REFERENCE, THIRD), (SECOND,), at=LATER), subject=person)
    page = await seen(site, first)
    assert f'Also about this person: <a class="govuk-link" href="/concerns/{third}">' in page
    assert "No longer taken" in page
    assert "Also about this person" not in await seen(site, second)


async def test_a_person_who_became_another_is_that_one(site: Site) -> None:
    first, _ = await concerns(site)
    one, kept = uuid4(), uuid4()
    await handle(site.runtime, merged(REFERENCE, SECOND), subject=one)
    await handle(site.runtime, merged(REFERENCE, SECOND, THIRD, at=LATER), subject=kept)
    people = {row.person for row in await rows(site.runtime, "SELECT person FROM same_person")}
    assert people == {kept}
    assert "Also about this person" in await seen(site, first)


async def test_is_forgotten_with_the_concern(site: Site) -> None:
    first, second = await concerns(site)
    await handle(site.runtime, merged(REFERENCE, SECOND), subject=uuid4())
    async with site.runtime.database.transaction(Actor.service("notify")) as session:
        await operations.erase_subject(session, second)
    assert [row.reference for row in await rows(site.runtime, "SELECT reference FROM same_person")] == [REFERENCE]
    assert "Also about this person" not in await seen(site, first)
