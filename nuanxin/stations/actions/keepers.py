"""Who keeps a station: appointed from a day, ended on a day; name and phone sealed, hints beside."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from nuanxin.access.queries import actor_of_account, find_account_by_username
from nuanxin.kernel import sealing
from nuanxin.kernel.actor import Actor, Role
from nuanxin.kernel.clock import business_day
from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.kernel.names import check_name, surname_of
from nuanxin.kernel.phone import normalise_phone
from nuanxin.stations.actions.recording import record
from nuanxin.stations.actions.register import station_for_update
from nuanxin.stations.models import Station, StationKeeper
from nuanxin.stations.states import KeeperRole


@dataclass(frozen=True, slots=True)
class KeeperDraft:
    """Somebody who will keep a station; ``username`` is his sign-in to the desk, where he has one."""

    role: KeeperRole
    name: str
    phone: str
    from_on: date
    username: str = ""


@transaction.atomic
def appoint_keeper(
    *, station_id: int, draft: KeeperDraft, actor: Actor, now: datetime
) -> StationKeeper:
    """Let somebody keep the station; a chief takes over from the one before on that day.

    Raises ``Malformed`` keeper.* and phone.*, ``Conflict`` keeper.twice.
    """
    station = station_for_update(station_id, actor=actor)
    name = check_name(draft.name)
    phone = normalise_phone(draft.phone)
    account_id = _account_of(draft.username, station, now) if draft.username else None
    if draft.role is KeeperRole.CHIEF:
        _end_chief(station, draft.from_on)
    bound_to = uuid4()
    try:
        with transaction.atomic():
            made = StationKeeper.objects.create(
                station=station, account_id=account_id, role=draft.role, bound_to=bound_to,
                name_sealed=sealing.seal("keeper_name", name, bound_to),
                phone_sealed=sealing.seal("keeper_phone", phone, bound_to),
                phone_hash=sealing.lookup_hash("phone", phone),
                name_hint=f"{surname_of(name) or name[:1]}{draft.role.label}"[:12],
                phone_hint=phone[:3] + phone[-4:], from_on=draft.from_on, registered_at=now,
                registered_by=actor.account_id,
            )  # fmt: skip
    except IntegrityError as twice:
        raise Conflict("keeper.twice", "这个账号已经在管这个驿站了。") from twice
    record("stations.keeper_appointed", station, actor, now, {"keeper": made.id})
    return made


@transaction.atomic
def end_keeper(
    *, station_id: int, keeper_id: int, until_on: date, actor: Actor, now: datetime
) -> None:
    """End somebody's keeping with a day (included). Raises ``NotFound``, ``Malformed`` keeper.day."""
    station = station_for_update(station_id, actor=actor)
    keeper = StationKeeper.objects.filter(id=keeper_id, station=station, until_on=None).first()
    if keeper is None:
        raise NotFound()
    if until_on < keeper.from_on or until_on > business_day(now):
        raise Malformed("keeper.day", "卸任的那天在上任以后、今天以前（含今天）。")
    keeper.until_on = until_on
    keeper.save(update_fields=["until_on"])
    record("stations.keeper_ended", station, actor, now, {"keeper": keeper.id})


def _end_chief(station: Station, from_on: date) -> None:
    """End the present chief the day before, or on the same day where he began then."""
    before = StationKeeper.objects.filter(
        station=station, role=KeeperRole.CHIEF, until_on=None
    ).first()
    if before is None:
        return
    if before.from_on > from_on:
        raise Malformed("keeper.day", f"现在的站长 {before.from_on} 才上任，新站长要在那天以后。")
    before.until_on = max(before.from_on, date.fromordinal(from_on.toordinal() - 1))
    before.save(update_fields=["until_on"])


def _account_of(username: str, station: Station, now: datetime) -> UUID:
    """Return the account; it must hold a keeper's post whose union has the station below it."""
    found = find_account_by_username(username)
    account_id = found.id if found is not None else None
    paths: tuple[str, ...] = ()
    if account_id is not None:
        with suppress(NotFound):  # the account is closed
            paths = actor_of_account(account_id, now).paths_for(Role.STATION_KEEPER)
    if account_id is None or not any(station.union.path.startswith(path) for path in paths):
        raise Malformed(
            "keeper.account",
            "没有这个账号，或者它的「驿站站长」职务不在管理这个驿站的工会。先到“职务”里授予，再来这里。",
        )
    return account_id
