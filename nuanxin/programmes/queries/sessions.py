"""Sessions and bookings: one's own, the desk's, and what a keeper at the door may see."""

from datetime import datetime

from nuanxin.programmes.models import Booking


def find_change_until(application_id: int) -> datetime | None:
    """Return until when somebody with this application may still change; None without a session."""
    return (
        Booking.objects.filter(application_id=application_id, ended_at=None)
        .order_by("session__change_until")
        .values_list("session__change_until", flat=True)
        .first()
    )
