"""Files that statistics takes apart: the national figures."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter

from services.stats.domain.national import National, Source

NATIONAL = Path(__file__).parent / "national.yaml"
_SOURCES = TypeAdapter(tuple[Source, ...])
_NATIONAL = TypeAdapter(National)


@cache
def national(path: Path = NATIONAL) -> National:
    """Return the national figures with their sources; raises KeyError for a source that is not listed."""
    text: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    sources = {source.id: source for source in _SOURCES.validate_python(text.pop("sources"))}
    figures = [{**figure, "source": sources[figure["source"]]} for figure in text.pop("figures")]
    return _NATIONAL.validate_python({**text, "figures": figures})
