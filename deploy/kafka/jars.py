"""Fetches Apache Kafka with Maven, once, into a folder that git ignores; says plainly when that cannot be."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from chassis.errors import ThroughlineError

POM = Path(__file__).with_name("pom.xml")
CACHE = Path(__file__).resolve().parents[2] / ".kafka"
OLDEST_JAVA = 17
FETCH_SECONDS = 600
INSTALL = "on Debian: apt-get install default-jre-headless maven"


class KafkaNotHere(ThroughlineError):
    """Apache Kafka cannot be had on this machine: no Java, no Maven, or the download was refused."""

    reason: ClassVar[str] = "kafka-not-here"


def java() -> str:
    """Return the path of a Java that Kafka runs on; raises KafkaNotHere."""
    found = shutil.which("java")
    if found is None:
        message = f"Apache Kafka needs Java {OLDEST_JAVA} or later, and none is on the path: install it ({INSTALL})."
        raise KafkaNotHere(message)
    said = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < OLDEST_JAVA:
        message = f"Apache Kafka needs Java {OLDEST_JAVA} or later, and this one is older: install one ({INSTALL})."
        raise KafkaNotHere(message)
    return found


def jars() -> Path:
    """Return the folder of Kafka's jars, fetched the first time (43 MB); raises KafkaNotHere with Maven's answer."""
    folder, wanted = CACHE / "lib", hashlib.sha256(POM.read_bytes()).hexdigest()
    stamp = folder / "pom.sha256"
    CACHE.mkdir(exist_ok=True)
    with _alone(CACHE / "lock"):
        if not stamp.exists() or stamp.read_text() != wanted:
            fresh = CACHE / "fetching"
            shutil.rmtree(fresh, ignore_errors=True)
            _fetch(fresh)
            (fresh / stamp.name).write_text(wanted)
            shutil.rmtree(folder, ignore_errors=True)
            fresh.rename(folder)
    return folder


def _fetch(folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        message = f"Maven, which fetches Apache Kafka, is not on the path: install it ({INSTALL})."
        raise KafkaNotHere(message)
    command = [maven, "--batch-mode", "--quiet", "--strict-checksums", "--file", str(POM)]
    command += ["dependency:copy-dependencies", f"-DoutputDirectory={folder}", "-DincludeScope=runtime"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=FETCH_SECONDS)
    except subprocess.TimeoutExpired as error:
        message = f"Maven did not fetch Apache Kafka within {FETCH_SECONDS} seconds: look at the line and try again."
        raise KafkaNotHere(message) from error
    if done.returncode or not any(folder.glob("kafka_*.jar")):
        message = f"Maven could not fetch Apache Kafka; mend what it answers and try again: {_answer(done.stdout)}"
        raise KafkaNotHere(message)


def _answer(said: str) -> str:
    """Return the first thing that Maven calls an error, without the colours."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", said)
    errors = [line.removeprefix("[ERROR]").strip() for line in plain.splitlines() if line.startswith("[ERROR]")]
    return next((line for line in errors if line), plain.strip()[-400:] or "nothing")


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Hold the lock file, so that two runs do not fetch into one folder."""
    handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
