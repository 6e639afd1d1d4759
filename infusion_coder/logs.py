"""Logs as keys and values, with ids and without patients."""

import re
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

# PostgreSQL tells which values broke a constraint, and those can be a patient's.
DATABASE_DETAIL = re.compile(r"^(DETAIL|CONTEXT|HINT|QUERY):.*$", re.MULTILINE)


def without_database_detail(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The event with PostgreSQL's DETAIL lines, which quote a row's values, taken out of its traceback."""
    for key in ("exception", "event"):
        if isinstance(event.get(key), str):
            event[key] = DATABASE_DETAIL.sub(r"\1: (withheld)", event[key])
    return event


def configuration(*, level: str, style: str) -> dict[str, Any]:
    """Django's LOGGING: every record through structlog, to standard error; style is CONSOLE or JSON."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    closing: list[structlog.typing.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        without_database_detail,
        structlog.processors.JSONRenderer() if style == "JSON" else structlog.dev.ConsoleRenderer(colors=False),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": "structlog.stdlib.ProcessorFormatter",
                "processors": closing,
                "foreign_pre_chain": shared,
            },
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django would add handlers of its own, among them one that mails.
            "django": {"handlers": [], "level": level, "propagate": True},
        },
    }
