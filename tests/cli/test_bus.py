"""Another bus on the command line: what is refused before anything starts, and who is given which password."""

import json
from pathlib import Path

import pytest

from cli import bus, vault
from cli.commands import up
from cli.commands.up import Wishes
from cli.errors import BadInput, BusNotReady
from cli.ports import free
from cli.state import StateFolder
from cli.system import Plan, environment_of
from contracts.catalogue import SERVICES

SECRET = "only-the-administrators"
GIVEN = f"kafka://admin:{SECRET}@broker-1:9092,broker-2:9092"


def wishes(state: Path, url: str) -> Wishes:
    return Wishes(state, "demo", samples=False, ephemeral=False, bus_url=url, ready_file=None)


class TestChosen:
    def test_nothing_and_postgres_stay_as_they_are(self) -> None:
        assert bus.chosen("") == ""
        assert bus.chosen("postgresql+asyncpg://a@/b") == "postgresql+asyncpg://a@/b"

    def test_the_administrator_stands_in_the_address(self) -> None:
        assert bus.chosen(GIVEN) == GIVEN

    def test_or_in_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(bus.ADMINISTRATOR, "root:p/w:@")
        assert bus.chosen("kafka+ssl://broker:9093") == "kafka+ssl://root:p%2Fw%3A%40@broker:9093"

    @pytest.mark.parametrize(
        ("url", "sentence"),
        [
            ("rabbit://somewhere", "--bus names no bus"),
            ("kafka://broker:9092", "needs its administrator"),
            (f"kafka://admin:{SECRET}@broker", "--bus cannot be read"),
            (f"kafka://admin:{SECRET}@:9092", "--bus cannot be read"),
            ("kafka://admin@broker:9092", "--bus cannot be read"),
            (f"kafka://admin:{SECRET}@broker:99999", "--bus cannot be read"),
            (f"kafka://admin:{SECRET}@broker:0", "--bus cannot be read"),
            (f"kafka://admin:{SECRET}@[::1:9092", "--bus cannot be read"),
            (f"kafka://admin:{SECRET}@[{SECRET}]:9092", "--bus cannot be read"),
        ],
    )
    def test_what_cannot_be_read_is_refused_without_its_password(
        self, url: str, sentence: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv(bus.ADMINISTRATOR, raising=False)
        with pytest.raises(BadInput, match=sentence) as refused:
            bus.chosen(url)
        assert SECRET not in str(refused.value)


class TestRefusals:
    def test_an_unreadable_bus_leaves_no_folder(self, tmp_path: Path) -> None:
        with pytest.raises(BadInput):
            up.run(wishes(tmp_path / "state", "kafka://nobody"))
        assert not (tmp_path / "state").exists()

    async def test_a_bus_that_does_not_answer(self) -> None:
        with pytest.raises(BusNotReady, match=r"Kafka at 127\.0\.0\.1:9 does not answer") as refused:
            await bus.prepare(f"kafka://admin:{SECRET}@127.0.0.1:9", {})
        assert SECRET not in str(refused.value)

    def test_doctor_says_so_too(self) -> None:
        well, words = bus.look("kafka://intake:throwaway@127.0.0.1:9")
        assert not well
        assert words.startswith("Kafka at 127.0.0.1:9 does not answer")


class TestSecrets:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> StateFolder:
        made = StateFolder(tmp_path)
        made.secrets.mkdir()
        addresses = vault.Addresses(
            lambda role, password, name: f"postgresql+asyncpg://{role}:{password}@/{name}",
            {},
            ("127.0.0.1", 0),
            bus.service_urls(GIVEN),
        )
        vault.deal(made, vault.load(made), addresses)
        return made

    def test_each_service_signs_in_as_itself(self, folder: StateFolder) -> None:
        passwords = vault.load(folder).bus_passwords
        assert len(set(passwords.values())) == len(SERVICES)
        for service in SERVICES:
            share = json.loads(vault.secrets_file(folder, service).read_text())
            assert share["bus_url"] == f"kafka://{service}:{passwords[service]}@broker-1:9092,broker-2:9092"

    def test_the_administrators_password_is_written_nowhere(self, folder: StateFolder) -> None:
        assert [path.name for path in folder.root.rglob("*") if path.is_file() and SECRET in path.read_text()] == []

    def test_nor_does_a_service_find_it_in_its_environment(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(bus.ADMINISTRATOR, f"admin:{SECRET}")
        plan = Plan(StateFolder(tmp_path), "demo", free(demo=True), GIVEN)
        for service in SERVICES:
            environment = environment_of(plan, service)
            assert environment["THROUGHLINE_BUS_URL"] == ""
            assert SECRET not in " ".join(environment.values())
