"""A column of several spans of time, which Django does not bring."""

from typing import TYPE_CHECKING, Any

from django.db import models
from psycopg.types.multirange import TimestamptzMultirange

if TYPE_CHECKING:
    _Field = models.Field[Any, Any]
else:
    _Field = models.Field


class TimesField(_Field):
    """``tstzmultirange``: Python's side is psycopg's ``TimestamptzMultirange``."""

    description = "Several spans of time"

    def db_type(self, connection: Any) -> str:
        """Return the column's type."""
        return "tstzmultirange"

    def get_prep_value(self, value: Any) -> Any:
        """Return ``value`` as a multirange, also when it is a plain list of ranges."""
        if value is None or isinstance(value, TimestamptzMultirange):
            return value
        return TimestamptzMultirange(value)
