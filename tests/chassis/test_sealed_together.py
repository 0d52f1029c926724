"""What is about several subjects is sealed under the keys of all of them: deleting any one destroys it."""

from uuid import uuid4

import pytest

from chassis.app import Runtime
from chassis.crypto import SealBroken, together
from chassis.errors import SubjectErased


class TestSealedTogether:
    async def test_opens_for_each_of_them_and_for_nobody_else(self, intake: Runtime) -> None:
        subjects = [uuid4() for _ in range(3)]
        sealed = await intake.keys.seal_together([*subjects, subjects[0]], b"synthetic")
        assert b"synthetic" not in sealed
        assert together(sealed)[0] == tuple(sorted(subjects))
        for subject in subjects:
            assert await intake.keys.unseal(subject, sealed) == b"synthetic"
        with pytest.raises(SealBroken):
            await intake.keys.unseal(uuid4(), sealed)

    @pytest.mark.parametrize("which", [0, 1, 2])
    async def test_opens_never_again_once_one_is_erased(self, intake: Runtime, which: int) -> None:
        subjects = [uuid4() for _ in range(3)]
        sealed = await intake.keys.seal_together(subjects, b"synthetic")
        await intake.keys.erase(subjects[which])
        for subject in subjects:
            with pytest.raises(SubjectErased):
                await intake.keys.unseal(subject, sealed)
        with pytest.raises(SubjectErased):
            await intake.keys.seal_together(subjects, b"again")

    async def test_that_is_cut_short_is_broken(self, intake: Runtime) -> None:
        subjects = [uuid4(), uuid4()]
        sealed = await intake.keys.seal_together(subjects, b"synthetic")
        for length in (1, 3, 20, 60):
            with pytest.raises(SealBroken):
                await intake.keys.unseal(subjects[0], sealed[:length])

    async def test_names_nobody_where_it_is_sealed_for_one(self, intake: Runtime) -> None:
        sealed = await intake.keys.seal(uuid4(), b"synthetic")
        assert together(sealed) == ((), sealed)
