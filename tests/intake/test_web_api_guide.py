"""The guide for partners' developers: every example runs, in its order, against the running service."""

import asyncio
import os
import re
import shutil
from pathlib import Path

import pytest

from services.intake.app import service
from tests.chassis.test_known_failures_database import served
from tests.conftest import RunningOf
from tests.intake.builders import rows
from tests.intake.partnered import credentials

GUIDE = Path(__file__).parents[2] / "docs" / "api.md"
EXAMPLES = re.findall(r"^```sh\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
REFERRALS = 5
"""One, one with a file, and three of a batch; what is repeated, asked for or added makes no other."""


def test_the_guide_has_an_example_of_each_kind() -> None:
    text = "".join(EXAMPLES)
    for address in ("token", "referrals", "referrals/batch", "referrals/$REFERENCE", "referrals/$REFERENCE/versions"):
        assert f'$API/api/v1/{address}"' in text, address


@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples call curl")
async def test_every_example_runs(running_of: RunningOf, tmp_path: Path) -> None:
    intake = await running_of(service(), doors=False)
    client_id, secret = credentials(intake)
    async with served(intake) as port:
        given = {"API": f"http://127.0.0.1:{port}", "CLIENT_ID": client_id, "CLIENT_SECRET": secret}
        run = await asyncio.create_subprocess_exec(
            "bash", "-euo", "pipefail", "-c", "\n".join(EXAMPLES),
            cwd=tmp_path, env=os.environ | given | {"no_proxy": "127.0.0.1"},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await run.communicate()
    assert run.returncode == 0, said.decode("utf-8", "replace")
    assert len(await rows(intake.runtime, "SELECT id FROM referral")) == REFERRALS
    assert len(await rows(intake.runtime, "SELECT version FROM referral_version")) == REFERRALS + 1
