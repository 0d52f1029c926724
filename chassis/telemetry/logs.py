"""Log lines as JSON on standard error: one sentence, its facts apart, and never the text of an exception."""

import json
import linecache
import logging
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from opentelemetry.trace import get_current_span

from chassis.errors import ThroughlineError
from chassis.telemetry.allowed import Scalar, keep
from chassis.telemetry.metrics import counter
from contracts.catalogue import SERVICES

_OURS = "throughline"
_OWN_PACKAGES = frozenset({_OURS, "areas", "chassis", "cli", "contracts", "samples", "services", *SERVICES})
# Their access lines hold raw paths, and the audit already knows who opened what.
_SILENT = ("granian.access", "uvicorn.access", "opentelemetry", "mail.log", "httpx2", "httpcore2")
_LIBRARIES = ("uvicorn", "uvicorn.error", "granian", "_granian", "sqlalchemy", "sqlalchemy.engine", "sqlalchemy.pool",
              "asyncio", "aiosmtpd", "alembic", "authlib", "urllib3", "py.warnings")  # fmt: skip
_WITHHELD = "A library wrote a line that may hold data; look at its place."
_MOST_FRAMES = 30

_dropped = counter("telemetry.fact.dropped", "1", "Facts refused because their key or shape is not allowed")


def logger(name: str) -> logging.Logger:
    """Return the logger of one of our modules: `log.info("Sentence.", extra={"facts": {...}})`."""
    return logging.getLogger(name)


class JsonLines(logging.Formatter):
    """Writes {"time", "level", "service", "sentence", "facts", "trace_id"} and, after a failure, "error"."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON without any value that the list of allowed facts does not know."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "sentence": _sentence(record),
            "facts": _facts(record),
            "trace_id": _trace_id(),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = _failure(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


class StandardError(logging.Handler):
    """Writes to whatever standard error is at that moment; a line that cannot be written is lost without a word.

    The standard handler would print the record instead, arguments and all.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        with suppress(OSError, ValueError):
            sys.stderr.write(f"{self.format(record)}\n")
            sys.stderr.flush()


def configure_logs(service: str, level: str) -> None:
    """Send every logger of this process through one formatter; libraries speak from warnings upwards only."""
    handler = StandardError()
    handler.setFormatter(JsonLines(service))
    root = logging.getLogger()
    root.handlers[:] = [handler, *(other for other in root.handlers if not _is_plain(other))]
    root.setLevel(logging.WARNING)
    for name in _OWN_PACKAGES:
        logging.getLogger(name).setLevel(level.upper())
    for name in _LIBRARIES:
        _take_over(logging.getLogger(name))
    for name in _SILENT:
        silenced = logging.getLogger(name)
        silenced.handlers[:] = [logging.NullHandler()]
        silenced.propagate = False
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_crash
    threading.excepthook = _log_thread_crash


def _is_plain(handler: logging.Handler) -> bool:
    # A test's own capture stays; whatever would print lines in another form goes.
    return type(handler) in {logging.StreamHandler, StandardError}


def _take_over(library: logging.Logger) -> None:
    library.handlers.clear()
    library.propagate = True
    library.setLevel(logging.WARNING)


def _sentence(record: logging.LogRecord) -> str:
    # The template, never the template with its arguments: a library's arguments may be a line of somebody's letter.
    text = str(record.msg).partition("\n")[0][:300]
    if record.name.partition(".")[0] in _OWN_PACKAGES or record.args or _is_literal(text, record.pathname):
        return text
    return _WITHHELD


def _is_literal(text: str, path: str) -> bool:
    # A library may have filled the template itself; then its text does not stand in its source.
    return bool(text) and any(text in line for line in linecache.getlines(path))


def _facts(record: logging.LogRecord) -> dict[str, Scalar]:
    given = getattr(record, "facts", None)
    kept = keep(given if isinstance(given, Mapping) else {})
    facts = kept.facts
    if kept.dropped:
        _dropped.add(kept.dropped)
        facts["dropped_facts"] = kept.dropped
    if record.name.partition(".")[0] not in _OWN_PACKAGES:
        facts["logger"] = record.name
        facts["place"] = f"{Path(record.pathname).name}:{record.lineno}"
    return facts


def _trace_id() -> str:
    context = get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else ""


def _failure(error: BaseException) -> dict[str, object]:
    return {
        "class": type(error).__name__,
        # A library's `reason` (UnicodeError, OSError) is prose about the data.
        "reason": error.reason if isinstance(error, ThroughlineError) else "",
        "causes": [type(cause).__name__ for cause in _causes(error)],
        "frames": _frames(error.__traceback__),
    }


def _causes(error: BaseException) -> list[BaseException]:
    causes: list[BaseException] = []
    cause = error.__cause__ or error.__context__
    while cause is not None and cause not in causes and len(causes) < _MOST_FRAMES:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    return causes


def _frames(traceback: TracebackType | None) -> list[str]:
    frames: list[str] = []
    while traceback is not None:
        frames.append(f"{_short(traceback.tb_frame.f_code.co_filename)}:{traceback.tb_lineno}")
        traceback = traceback.tb_next
    return frames[-_MOST_FRAMES:]


def _short(path: str) -> str:
    return "/".join(Path(path).parts[-3:])


def _log_crash(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger(_OURS).critical("The process stops after an error.", exc_info=(kind, error, traceback))


def _log_thread_crash(crash: threading.ExceptHookArgs) -> None:
    if crash.exc_value is None:
        return
    error = (crash.exc_type, crash.exc_value, crash.exc_traceback)
    logging.getLogger(_OURS).error("A thread stopped after an error.", exc_info=error)
