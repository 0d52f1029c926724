"""What is the same for every test is worked out once for a process: templates compiled, area files read, roots trusted.

Each test builds its service anew, as a process does when it starts; these three were most of what that cost. The keys
hold the whole input, so that a test that changes a template or an area file gets what it wrote.
"""

from collections.abc import Iterator
from functools import cache, partial
from types import CodeType

import httpcore2
import pytest
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket

from areas import loader
from chassis.web import templating


class Compiled(BytecodeCache):
    """Templates compiled in this process, by name and source."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._held.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._held[bucket.key, bucket.checksum] = bucket.code


@pytest.fixture(scope="session", autouse=True)
def worked_out_once() -> Iterator[None]:
    """Let templates, area files and the machine's trusted roots be read once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(templating, "Environment", partial(Environment, bytecode_cache=Compiled()))
        patch.setattr(loader, "parse_area", cache(loader.parse_area))
        patch.setattr(httpcore2, "default_ssl_context", cache(httpcore2.default_ssl_context))
        yield
