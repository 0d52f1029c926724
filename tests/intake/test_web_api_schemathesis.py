"""The API and its description agree: schemathesis sends what the description allows and what it does not."""

import asyncio
import base64
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from chassis import clock
from services.intake.app import service
from services.intake.web import api
from tests.chassis.test_known_failures_database import served
from tests.conftest import Running, RunningOf
from tests.intake.partnered import authorised, credentials

EXAMPLES = 6
SEED = 20261121
SETTINGS = """
[generation]
mode = "all"
max-examples = {examples}
deterministic = true
database = "none"

[[operations]]
include-name = "POST /api/v1/token"
headers = {{ Authorization = "Basic {basic}" }}

[[operations]]
exclude-name = "POST /api/v1/token"
headers = {{ Authorization = "{bearer}" }}
"""

# The tool breaks a pattern by an asterisk at the end, which a text may well have; NUL is what none may have.
CORRECTIONS = """
from schemathesis.specs.openapi.negative import value_channel

value_channel.violate_pattern = lambda original, pattern: original + chr(0)
"""


@pytest.fixture
async def intake(running_of: RunningOf) -> Running:
    """Intake with everything but its mailbox, called by the demonstration's partner."""
    return await authorised(await running_of(service(), doors=False))


def sayable(document: dict[str, Any]) -> dict[str, Any]:
    """Return the description with the two rules that JSON Schema has no words for.

    A date of birth is counted from today, and a file must be what its type says: any bytes are a text.
    """
    born = document["components"]["schemas"]["Person"]["properties"]["date_of_birth"]["anyOf"][0]
    assert born["format"] == "date"
    year = clock.today().year
    born["pattern"] = f"^({'|'.join(str(each) for each in range(year - 119, year))})-[0-9]{{2}}-[0-9]{{2}}$"
    for operation in ("/api/v1/referrals", "/api/v1/referrals/{reference}/versions"):
        parts = document["paths"][operation]["post"]["requestBody"]["content"]["multipart/form-data"]
        parts["encoding"]["attachment"]["contentType"] = "text/plain"
    return document


@pytest.mark.timeout(900)
async def test_schemathesis_finds_nothing(intake: Running, tmp_path: Path) -> None:
    document, settings = tmp_path / "openapi.json", tmp_path / "schemathesis.toml"
    document.write_text(json.dumps(sayable(json.loads(api.written()))))
    basic = base64.b64encode(":".join(credentials(intake)).encode()).decode()
    bearer = intake.client.headers["authorization"]
    settings.write_text(SETTINGS.format(examples=EXAMPLES, basic=basic, bearer=bearer))
    (tmp_path / "corrections.py").write_text(CORRECTIONS)
    environment = os.environ | {"SCHEMATHESIS_HOOKS": "corrections", "PYTHONPATH": str(tmp_path)}
    async with served(intake) as port:
        run = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(settings), "run", str(document),
            "--url", f"http://127.0.0.1:{port}", "--checks", "all", "--seed", str(SEED), "--no-color",
            "--suppress-health-check", "too_slow",  # no slow machine decides
            cwd=tmp_path, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await run.communicate()
    words = said.decode("utf-8", "replace")
    assert run.returncode == 0, "\n".join(line[:1500] for line in words.splitlines())
    generated = re.search(r"(\d+) generated", words)
    assert generated, words[-2000:]
    assert int(generated[1]) > 300, "It hardly tried anything."
