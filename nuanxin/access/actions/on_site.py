"""Tries at confirming on site: slowed down by name and by place, so that nobody learns a list."""

from datetime import datetime, timedelta
from uuid import UUID

from nuanxin.access import rules
from nuanxin.access.actions import limits
from nuanxin.access.states import AttemptKind
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import TooMany
from nuanxin.kernel.names import normalise_name


def check_on_site_tries(*, place: str, name: str, now: datetime) -> None:
    """Raise ``TooMany`` when this name, or this place (the code on the wall), failed too often."""
    day = business_day(now)
    of_name = limits.count_attempts(
        AttemptKind.ON_SITE_NAME, _name_key(name), since=limits.start_of_day(now)
    )
    of_place = limits.count_attempts(
        AttemptKind.ON_SITE_PLACE, _place_key(place), since=now - timedelta(hours=1)
    )
    if of_name >= rules.setting("on_site_tries_day", day) or of_place >= rules.setting(
        "on_site_tries_hour", day
    ):
        raise TooMany(
            "access.on_site_used_up", "试的次数多了。请现场的工会干部看一眼身份证，当面帮你办。"
        )


def note_on_site_miss(*, place: str, name: str, now: datetime) -> None:
    """Count a try that matched nobody."""
    limits.note_attempt(AttemptKind.ON_SITE_NAME, _name_key(name), succeeded=False, now=now)
    limits.note_attempt(AttemptKind.ON_SITE_PLACE, _place_key(place), succeeded=False, now=now)


def _name_key(name: str) -> UUID:
    return limits.key_of("on_site_name", normalise_name(name))


def _place_key(place: str) -> UUID:
    return limits.key_of("on_site_place", place)
