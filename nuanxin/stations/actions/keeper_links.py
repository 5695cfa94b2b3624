"""The keeper's link: opens the page of one station without an app and without signing in."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from nuanxin.access.actions.limits import count_attempts, key_of, note_attempt
from nuanxin.access.states import AttemptKind
from nuanxin.kernel import sealing
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Malformed, NotFound, TooMany
from nuanxin.kernel.text import as_written
from nuanxin.records.actions import logged_name
from nuanxin.stations.actions.opening import lock_managed
from nuanxin.stations.actions.recording import record
from nuanxin.stations.actions.reporting import Speaker
from nuanxin.stations.models import KeeperLink
from nuanxin.stations.rules.local import number_at
from nuanxin.stations.states import Standing
from nuanxin.stations.states.reporting import ReportSource

LINK_PATH = "/s/{token}/"
MOST_LINKS = 10
WRONG_AN_HOUR = 30


@dataclass(frozen=True, slots=True)
class MadeLink:
    """A link, shown once and kept nowhere."""

    id: int
    link: str


@dataclass(frozen=True, slots=True)
class OpenLink:
    """What a link opens."""

    id: int
    station_id: int
    code: str
    label: str

    @property
    def speaker(self) -> Speaker:
        """Return who speaks through it."""
        return Speaker(ReportSource.KEEPER, f"link {self.id}")


@transaction.atomic
def make_keeper_link(*, code: str, label: str, actor: Actor, now: datetime) -> MadeLink:
    """Make a link for whoever keeps the station. Raises ``NotFound``, ``Forbidden``, ``Malformed``
    stations.link_label, ``Conflict`` stations.too_many_links, stations.is_closed.
    """
    station = lock_managed(code, actor)
    name = as_written(label)[:40]
    if not name:
        raise Malformed("stations.link_label", "写清给谁用，比如“站长沈老师”。")
    if station.standing == Standing.CLOSED:
        raise Conflict("stations.is_closed", "这个驿站已经关停，不用再开链接。")
    if KeeperLink.objects.filter(station=station, closed_at=None).count() >= MOST_LINKS:
        raise Conflict("stations.too_many_links", f"一个驿站最多 {MOST_LINKS} 个链接，先停用几个。")
    days = number_at("keeper_link_days", station.adcode, business_day(now))
    token = secrets.token_urlsafe(18)
    made = KeeperLink.objects.create(
        station=station,
        token_hash=_hash(token),
        label=name,
        made_at=now,
        made_by=actor.account_id,
        made_by_name=logged_name(actor)[:60],
        expires_at=now + timedelta(days=days),
    )
    record("stations.keeper_link_made", station, actor, now, {"link": made.id})
    return MadeLink(made.id, settings.PUBLIC_ADDRESS + LINK_PATH.format(token=token))


@transaction.atomic
def close_keeper_link(*, link_id: int, code: str, actor: Actor, now: datetime) -> None:
    """Close a link; from the next tap on it opens nothing. Raises ``NotFound``, ``Forbidden``."""
    station = lock_managed(code, actor)
    link = KeeperLink.objects.filter(id=link_id, station=station).first()
    if link is None:
        raise NotFound()
    if link.closed_at is None:
        link.closed_at = now
        link.save(update_fields=["closed_at"])
        record("stations.keeper_link_closed", station, actor, now, {"link": link.id})


def open_keeper_link(token: str, *, now: datetime) -> OpenLink | None:
    """Return what the link opens, None for one that is unknown, closed or over."""
    link = (
        KeeperLink.objects.filter(token_hash=_hash(token[:64]), closed_at=None, expires_at__gt=now)
        .exclude(station__standing=Standing.CLOSED)
        .select_related("station")
        .first()
    )
    if link is None:
        return None
    return OpenLink(link.id, link.station_id, link.station.code, link.label)


def note_wrong_link(*, network: str, now: datetime) -> None:
    """Count a link that was never given out. Raises ``TooMany`` stations.wrong_links."""
    key = key_of("station_link", network)
    since = now - timedelta(hours=1)
    if count_attempts(AttemptKind.STATION_LINK, key, since=since) >= WRONG_AN_HOUR:
        raise TooMany(
            "stations.wrong_links", "点错的次数太多，过一小时再试。", retry_after_seconds=3_600
        )
    note_attempt(AttemptKind.STATION_LINK, key, succeeded=False, now=now)


def _hash(token: str) -> UUID:
    return sealing.lookup_hash("station_link", token)
