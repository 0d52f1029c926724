"""An audit export that was shortened, emptied or signed by somebody else is not called good."""

import base64
import json
from pathlib import Path

import pytest

from cli.commands import audit as audits
from cli.commands.audit import Chain
from cli.errors import BadInput
from contracts.catalogue import SERVICES


@pytest.fixture
def export(tmp_path: Path) -> Path:
    file = tmp_path / "audit.ndjson"
    audits.export({service: Chain(bytes(32)) for service in SERVICES}, file)
    return file


class TestExported:
    def test_reads_what_export_wrote(self, export: Path) -> None:
        assert set(audits.exported(export)) == set(SERVICES)

    @pytest.mark.parametrize("kept", [0, 1, -1])
    def test_refuses_a_shortened_file(self, export: Path, kept: int) -> None:
        lines = export.read_text().splitlines()
        export.write_text("\n".join(lines[:kept]) + "\n")
        with pytest.raises(BadInput, match="is not whole"):
            audits.exported(export)

    def test_refuses_a_file_that_lost_a_line_within(self, export: Path) -> None:
        lines = export.read_text().splitlines()
        export.write_text("\n".join(lines[1:]) + "\n")
        with pytest.raises(BadInput, match="is not whole"):
            audits.exported(export)

    def test_cannot_be_written_into_nowhere(self, tmp_path: Path) -> None:
        with pytest.raises(BadInput, match="cannot be written"):
            audits.export({}, tmp_path / "absent" / "audit.ndjson")


class TestStrangers:
    def test_are_those_whose_key_is_not_the_one_known_here(self, export: Path, tmp_path: Path) -> None:
        own = base64.b64encode(bytes(32)).decode()
        keys = dict.fromkeys(SERVICES, own) | {"triage": base64.b64encode(bytes([1] * 32)).decode()}
        (tmp_path / "secrets").mkdir()
        operator = {"ops_token": "t", "service_urls": {}, "smtp": ["", 1], "audit_public_keys": keys}
        (tmp_path / "secrets" / "operator.json").write_text(json.dumps(operator))
        assert audits.strangers(audits.exported(export), tmp_path) == ("triage",)

    def test_are_not_found_where_no_key_is_known(self, export: Path, tmp_path: Path) -> None:
        assert audits.strangers(audits.exported(export), tmp_path) == ()
