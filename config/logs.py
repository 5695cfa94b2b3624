"""Logging: short lines on stderr. Nothing in them may name a person; exceptions are kept whole
only where a defect of ours would be looked for.
"""

import logging
from typing import Any

# What they complain about is that the database went away; their stack says nothing more.
_SAY_IT_SHORT = ("procrastinate", "psycopg.pool")


class LineFormatter(logging.Formatter):
    """One line a record, and the stack below it unless the logger is known to repeat itself."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of ``record``."""
        if record.name.startswith(_SAY_IT_SHORT):
            record.exc_text = record.exc_info = None
            return " ".join(super().format(record).split())
        return super().format(record)


def logging_settings() -> dict[str, Any]:
    """Return Django's ``LOGGING``."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": LineFormatter,
                "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
                "datefmt": "%Y-%m-%d %H:%M:%S",
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            # A page that is not there and one that is not allowed are answers, not events.
            "django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        },
    }
