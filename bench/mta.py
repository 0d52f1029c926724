"""Postfix as the peer: Debian's package, run beside the system's own, from a configuration and queue of its own."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

EXTRACTED = Path(__file__).parent.parent / ".postfix"
INSTALLED = Path("/")


@dataclass(frozen=True)
class Programs:
    """Where Postfix's programs are: the root that its package was installed or extracted under."""

    root: Path

    def program(self, name: str) -> str:
        """Return the path of one of its commands, such as smtp-sink."""
        return str(self.root / "usr/sbin" / name)

    @property
    def daemons(self) -> Path:
        """The folder of its daemons."""
        return self.root / "usr/lib/postfix/sbin"

    @property
    def libraries(self) -> Path:
        """The folder of its own libraries."""
        return self.root / "usr/lib/postfix"

    def environment(self) -> dict[str, str]:
        """Return the environment that lets extracted programs find their libraries."""
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LD_LIBRARY_PATH": str(self.libraries)}


def found() -> Programs | None:
    """Return the programs that are installed, or that an earlier run has extracted."""
    for root in (INSTALLED, EXTRACTED):
        if (root / "usr/lib/postfix/sbin/master").is_file():
            return Programs(root)
    return None


def version() -> str:
    """Return Postfix's version, or nothing when it is not here."""
    programs = found()
    if programs is None or not shutil.which(programs.program("postconf")):
        return ""
    command = [programs.program("postconf"), "-d", "-h", "mail_version"]
    told = subprocess.run(command, env=programs.environment(), capture_output=True, text=True, check=False)
    return told.stdout.strip()
