"""Secrets: made once, private files, and no service gets a key it has no use for."""

import json
from pathlib import Path

import pytest

from chassis.settings import load_secrets
from cli import vault
from cli.errors import StateUnreadable
from cli.state import StateFolder
from contracts.catalogue import SERVICES, TOPICS

ADDRESSES = vault.Addresses(lambda role, _, name: f"{role}@{name}", {"intake": "http://intake.test"}, ("127.0.0.1", 1))


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    """A state folder with dealt secrets."""
    made = StateFolder(tmp_path)
    made.secrets.mkdir()
    vault.deal(made, vault.load(made), ADDRESSES)
    return made


class TestDeal:
    @pytest.mark.parametrize("service", SERVICES)
    def test_gives_topic_keys_to_publisher_and_audience_only(self, folder: StateFolder, service: str) -> None:
        dealt = load_secrets(vault.secrets_file(folder, service))
        may = {topic.name for topic in TOPICS if topic.sealed and service in (topic.publisher, *topic.consumers)}
        assert set(dealt.topic_keys) == may
        assert all(len(key.key) == 32 for keys in dealt.topic_keys.values() for key in keys)

    def test_monitor_holds_no_topic_key(self, folder: StateFolder) -> None:
        assert load_secrets(vault.secrets_file(folder, "monitor")).topic_keys == {}

    def test_the_operations_token_is_with_monitor_and_the_operator_only(self, folder: StateFolder) -> None:
        holders = {path.name for path in folder.secrets.iterdir() if '"ops_token"' in path.read_text()}
        assert holders == {"monitor.json", vault.OPERATOR, vault.FILE}

    def test_no_service_holds_a_secret_of_another(self, folder: StateFolder) -> None:
        kept = vault.load(folder)
        for service in SERVICES:
            text = vault.secrets_file(folder, service).read_text()
            for other in set(SERVICES) - {service}:
                for secret in (kept.machine_credentials, kept.key_encryption_keys, kept.audit_signing_keys):
                    assert secret[other] not in text
                assert kept.role_passwords[other] not in text

    def test_every_file_is_private(self, folder: StateFolder) -> None:
        assert {path.stat().st_mode & 0o777 for path in folder.secrets.iterdir()} == {0o600}


class TestLoad:
    def test_keeps_what_was_made(self, folder: StateFolder) -> None:
        assert vault.load(folder) == vault.load(folder)

    def test_completes_what_a_newer_version_needs_and_keeps_the_rest(self, folder: StateFolder) -> None:
        path = folder.secrets / vault.FILE
        before = json.loads(path.read_text())
        removed = before["topic_keys"].pop(TOPICS[0].name)
        path.write_text(json.dumps(before))
        after = vault.load(folder)
        assert after.topic_keys[TOPICS[0].name] != removed
        assert {name: after.topic_keys[name] for name in before["topic_keys"]} == before["topic_keys"]

    def test_never_makes_new_keys_beside_old_data(self, folder: StateFolder) -> None:
        (folder.secrets / vault.FILE).unlink()
        folder.postgres.mkdir()
        with pytest.raises(StateUnreadable, match="restore"):
            vault.load(folder)

    def test_refuses_a_damaged_file(self, folder: StateFolder) -> None:
        (folder.secrets / vault.FILE).write_text("{")
        with pytest.raises(StateUnreadable, match="damaged"):
            vault.load(folder)
