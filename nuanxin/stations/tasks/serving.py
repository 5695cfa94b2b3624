"""Jobs of desk hours: the reminder of the day before."""

from procrastinate.contrib.django import app

from nuanxin.kernel import clock
from nuanxin.stations.actions.booking_reminders import remind_bookings


@app.periodic(cron="*/10 * * * *")
@app.task(name="stations.remind_bookings", queueing_lock="stations.remind_bookings")
def remind(timestamp: int) -> None:
    """Every ten minutes: who has something booked for tomorrow and may be told now."""
    remind_bookings(now=clock.now())
