"""One logging set-up for the web workers, relays, consumers and Celery."""

import logging
import traceback
from typing import Any, Protocol, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

from chassis.observability.context import trace_context
from chassis.observability.journal import Sink, StderrSink, field_name, open_sink

# syslog priorities, which is what journalctl -p understands
_PRIORITY = {"debug": "7", "info": "6", "notice": "5", "warning": "4", "error": "3", "critical": "2", "exception": "3"}
_NOISY = {"uvicorn.access": logging.CRITICAL, "sqlalchemy.engine": logging.WARNING, "amqp": logging.WARNING}


class _LogSettings(Protocol):
    """The fields of any settings object that end in every record."""

    @property
    def service(self) -> str: ...
    @property
    def colour(self) -> str: ...
    @property
    def release(self) -> str: ...
    @property
    def log_level(self) -> str: ...


class _Output:
    """The current sink and the fields every record carries; replaced as a whole by configure_logging."""

    sink: Sink = StderrSink()
    static: dict[str, str] = {}  # noqa: RUF012 - rebound, never mutated


def current_sink() -> Sink:
    """Where the records of this process go."""
    return _Output.sink


def compose(level: str, message: str, logger: str, fields: dict[str, Any]) -> dict[str, str]:
    """One record: message, priority, who and release, the current trace, then ``fields``."""
    trace = trace_context.current()
    record = {"MESSAGE": message, "PRIORITY": _PRIORITY.get(level, "6"), **_Output.static, "LOGGER": logger}
    if trace.trace_id:
        record["TRACE_ID"] = trace.trace_id
    if trace.request_id:
        record["REQUEST_ID"] = trace.request_id
    if trace.event_id:
        record["EVENT_ID"] = trace.event_id
    for name, value in fields.items():
        record[field_name(name)] = value if isinstance(value, str) else str(value)
    return record


def write_record(level: str, message: str, logger: str, fields: dict[str, Any]) -> None:
    """Write one record; never raises."""
    _Output.sink.write(compose(level, message, logger, fields))


def _emit(_: WrappedLogger, method: str, event: EventDict) -> EventDict:
    message = str(event.pop("event", ""))
    logger = str(event.pop("source", ""))
    readable = " ".join(f"{name}={value}" for name, value in event.items() if name != "exception")
    write_record(method, f"{message} {readable}".rstrip(), logger, dict(event))
    raise structlog.DropEvent


class _StandardLibraryHandler(logging.Handler):
    """Brings gunicorn, SQLAlchemy, kombu and Celery into the same records."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            fields: dict[str, Any] = {}
            if record.exc_info and record.exc_info[0] is not None:
                fields["exception"] = "".join(traceback.format_exception(*record.exc_info))
            write_record(record.levelname.lower(), record.getMessage(), record.name, fields)
        except Exception:
            self.handleError(record)


def configure_logging(settings: _LogSettings, sink: Sink | None = None) -> None:
    """Send structlog and standard library records of this process to the journal (or to ``sink``)."""
    _Output.sink = sink or open_sink()
    static = {
        "SYSLOG_IDENTIFIER": f"longhouse-{settings.service}",
        "SERVICE": settings.service,
        "COLOUR": settings.colour,
        "RELEASE": settings.release,
    }
    _Output.static = {name: value for name, value in static.items() if value}
    level = logging.getLevelNamesMapping()[settings.log_level]
    structlog.configure(
        processors=[structlog.processors.format_exc_info, _emit],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [_StandardLibraryHandler()]
    root.setLevel(level)
    logging.captureWarnings(True)
    for name, threshold in _NOISY.items():
        logging.getLogger(name).setLevel(threshold)


def get_logger(name: str) -> FilteringBoundLogger:
    """Return a logger: ``get_logger(__name__).info("order placed", order_id=…)``; keywords become journal fields."""
    return cast(FilteringBoundLogger, structlog.get_logger(source=name))
