"""Logging: short lines on stderr. Nothing in them may name a person; exceptions are kept whole
only where a defect of ours would be looked for.
"""

import logging
import re
from typing import Any

from nuanxin.kernel.text import without_numbers

# What they complain about is that the database went away; their stack says nothing more.
_SAY_IT_SHORT = ("procrastinate", "psycopg.pool")

# What starts a new line or turns the reading direction: nobody writes lines of his own here.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")

# Addresses that open something to whoever has them: of these a log says where, not with what.
_OPENS = re.compile(r"(/(?:a|i|q|s|door/enter|stations/screen)/)[A-Za-z0-9_-]{8,}")


class LineFormatter(logging.Formatter):
    """One line a record, and the stack below it unless the logger is known to repeat itself.

    The last guard behind the rule that nothing logged may name a person: numbers of a person's
    length are cut, and what somebody typed begins no line. Links that open without signing in are cut.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of ``record``."""
        if record.name.startswith(_SAY_IT_SHORT):
            record.exc_text = record.exc_info = None
            return without_numbers(" ".join(super().format(record).split()))
        written = _OPENS.sub(r"\1…", super().format(record))
        return _UNSEEN.sub("?", without_numbers(written))

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return the line itself: a line break that somebody typed does not break it."""
        return super().formatMessage(record).replace("\r", "\\r").replace("\n", "\\n")


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
