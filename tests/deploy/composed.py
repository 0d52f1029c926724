"""docker-compose.yml, read as an engine reads it, and its containers as plain processes of this machine."""

import contextlib
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+):-(?P<otherwise>[^}]*)\}|\$\$")
ADDRESS = re.compile(r"(?<![\w.-])([a-z]+|0\.0\.0\.0):(\d{2,5})(?!\d)")


def compose(given: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the file with its variables filled in from `given`, or as if none were set."""
    parsed: dict[str, Any] = _filled(yaml.safe_load(FILE.read_text(encoding="utf-8")), given or {})
    return parsed


def _filled(node: Any, given: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        return {name: _filled(value, given) for name, value in node.items()}
    if isinstance(node, list):
        return [_filled(value, given) for value in node]
    if isinstance(node, str):
        return VARIABLE.sub(lambda found: given.get(found["name"], found["otherwise"]) if found["name"] else "$", node)
    return node


@dataclass(frozen=True)
class Mount:
    """A volume, or a file of the repository, and where a container finds it."""

    source: str
    target: str

    @property
    def named(self) -> bool:
        """Whether it is a volume of the file and not a path."""
        return not self.source.startswith(".")


def mounts(container: Mapping[str, Any]) -> tuple[Mount, ...]:
    """Return what a container mounts."""
    return tuple(Mount(*written.split(":")[:2]) for written in container.get("volumes", ()))


def free_port() -> int:
    """Return a port that nobody uses at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Here:
    """The file's containers on this machine: their addresses are free ports, their volumes folders of a test."""

    def __init__(self, folder: Path, given: Mapping[str, str] | None = None) -> None:
        """Keep everything below the folder."""
        self.file = compose(given)
        self.folder = folder
        self._ports: dict[tuple[str, str], int] = {}
        self._stack = contextlib.ExitStack()

    def port(self, host: str, port: int) -> int:
        """Return what stands for a container's port."""
        return self._ports.setdefault((host, str(port)), free_port())

    def volume(self, name: str) -> Path:
        """Return the folder that stands for a volume."""
        path = self.folder / "volumes" / name
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def told(self, container: str, text: str) -> str:
        """Return a word of a container's command or settings with the addresses and paths of this machine."""
        for mount in sorted(mounts(self.file["services"][container]), key=lambda one: -len(one.target)):
            if not mount.named:
                text = text.replace(mount.target, str(ROOT / mount.source))
                continue
            text = text.replace(mount.target, str(self.volume(mount.source)))
            self._linked(container, mount)
        text = text.replace("/var/lib/throughline/", f"{self._root(container)}/var/lib/throughline/")
        return ADDRESS.sub(lambda found: self._address(container, found[1], found[2]), text)

    def _address(self, container: str, host: str, port: str) -> str:
        if host == "localhost":
            host = next(
                name
                for name, one in self.file["services"].items()
                if any(published.endswith(f":{port}") for published in one.get("ports", ()))
            )
        if host in {"0.0.0.0", "127.0.0.1"}:  # noqa: S104  the container's own
            host = container
        return f"127.0.0.1:{self.port(host, int(port))}" if host in self.file["services"] else f"{host}:{port}"

    def _root(self, container: str) -> Path:
        return self.folder / "containers" / container

    def _linked(self, container: str, mount: Mount) -> None:
        link = self._root(container) / mount.target.removeprefix("/")
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(self.volume(mount.source))

    def environment(self, container: str) -> dict[str, str]:
        """Return exactly the variables that the file gives a container, and how programs are found."""
        given = self.file["services"][container].get("environment", {})
        told = {name: self.told(container, str(value)) for name, value in given.items()}
        for name, value in told.items():
            if name in {"THROUGHLINE_HOST", "THROUGHLINE_BOUNCE_HOST"} or (
                container == "intake" and name == "THROUGHLINE_SMTP_HOST"
            ):
                told[name] = "127.0.0.1"
            elif name in {"THROUGHLINE_PORT", "THROUGHLINE_BOUNCE_PORT"} or (
                container == "intake" and name == "THROUGHLINE_SMTP_PORT"
            ):
                told[name] = str(self.port(container, int(value)))
        if container == "notify":
            told["THROUGHLINE_SMTP_PORT"] = str(self.port("mailpit", int(told["THROUGHLINE_SMTP_PORT"])))
            told["THROUGHLINE_SMTP_HOST"] = "127.0.0.1"
        return {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"} | told

    def command(self, container: str, *words: str) -> list[str]:
        """Return a container's program and words, or other words for the same program."""
        service = self.file["services"][container]
        said = [*service.get("entrypoint", ()), *(words or service["command"])]
        return [sys.executable if word == "python" else self.told(container, word) for word in said]

    def run(self, container: str, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a container that ends, and return how it ended."""
        return subprocess.run(
            self.command(container, *words),
            cwd=ROOT,
            env=self.environment(container),
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def healthy(self, container: str) -> bool:
        """Ask the container's own health check."""
        kind, *words = self.file["services"][container]["healthcheck"]["test"]
        assert kind == "CMD"
        program = [sys.executable if word == "python" else word for word in words]
        asked = subprocess.run(program, cwd=ROOT, env=self.environment(container), capture_output=True, check=False)
        return asked.returncode == 0

    @contextlib.contextmanager
    def running(self, container: str) -> Iterator["subprocess.Popen[bytes]"]:
        """Run a container for as long as the block lasts; its words go to a log of its own."""
        with (self.folder / f"{container}.log").open("ab") as log:
            process = subprocess.Popen(
                self.command(container), cwd=ROOT, env=self.environment(container), stdout=log, stderr=log
            )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
