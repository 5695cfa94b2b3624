"""When a message may leave: nobody is woken (safety paper IN-5)."""

from datetime import datetime, time, timedelta

from nuanxin.kernel.clock import SHANGHAI, business_day
from nuanxin.kernel.parameters import parameter


def not_before(now: datetime, *, adcode: str = "330000") -> datetime | None:
    """Return the instant before which a message must wait; None inside the hours for messages."""
    hours = parameter("notices.text_hours", adcode=adcode, on=business_day(now)).value
    opens, closes = (time.fromisoformat(text) for text in hours)
    here = now.astimezone(SHANGHAI)
    if opens <= here.time() < closes:
        return None
    day = here.date() + timedelta(days=1 if here.time() >= closes else 0)
    return datetime.combine(day, opens, SHANGHAI)
