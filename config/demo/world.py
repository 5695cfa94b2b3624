"""Building the whole world, step by step, in one transaction: it is there, or nothing is."""

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction

from config.demo import load, memberships, people, places, rows, unions
from config.demo.people import People
from config.demo.rows import Ids, World
from config.demo.scales import SCALES, Scale, Window
from config.demo.unions import UnionPlan
from config.demo.wire import Array, day_number
from config.progress import Progress
from nuanxin.kernel import clock
from nuanxin.membership.actions.stocks import fold_flows
from nuanxin.people.queries.consents import notice_versions
from nuanxin.people.states import Assurance, ConsentPurpose

SPARE = 160
"""Persons made beyond the members: those whose joining is under way."""


@dataclass(slots=True)
class BuiltWorld:
    """What was built: for the scripted things, the accounts and the manifest."""

    scale: Scale
    window: Window
    seed: int
    world: World
    people: People
    spare: People
    digest: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    objects: dict[str, Any] = field(default_factory=dict)


def default_until(now: datetime) -> date:
    """Return the last day of a world that is built now: yesterday in Asia/Shanghai."""
    return clock.business_day(now) - timedelta(days=1)


@transaction.atomic
def build_world(
    scale_name: str, *, seed: int, now: datetime, until: date | None = None
) -> BuiltWorld:
    """Build a world into an empty database; the same scale, seed and ``until`` give the same one.

    Accounts, things under way and the manifest come on top (``demo.load_demonstration``).
    """
    scale = SCALES[scale_name]
    window = Window.ending(until or default_until(now))
    random = np.random.default_rng([seed, day_number(window.until), scale.persons])
    with Progress("工会和单位", unit="个") as progress:
        plan = unions.plan_unions(scale, window, random)
        unions.found(plan, now=now)
        ground = places.enter_firms(scale, plan, random, now=now)
        progress.advance(len(plan.rows))
    joins = memberships.make_joins(scale, window, plan, random)
    joins, periods, persons = memberships.let_time_pass(scale, window, plan, joins, random)
    world = World(
        plan=plan,
        joins=joins,
        periods=periods,
        flows=memberships.make_flows(joins, periods, plan),
        places=places.spread_over_places(plan, joins.union, ground, random),
        ids=_reserve(plan, joins, periods, persons),
        until=day_number(window.until),
        notice_day=_notice_day(),
        notice_version=notice_versions(ConsentPurpose.JOINING)[0],
    )
    drawn = _people(world, persons, random)
    everybody, spare = drawn.part(0, persons), drawn.part(persons, len(drawn))
    built = BuiltWorld(scale, window, seed, world, everybody, spare)
    _fill(built)
    built.digest = _digest(built)
    return built


def _reserve(
    plan: UnionPlan, joins: memberships.Joins, periods: memberships.Periods, persons: int
) -> Ids:
    return Ids(
        workers=load.reserve_ids("people_worker", persons),
        applications=load.reserve_ids("membership_joinapplication", len(joins)),
        memberships=load.reserve_ids("membership_membership", len(periods)),
        unions=plan.column("id"),
    )


def _notice_day() -> int:
    return day_number(date.fromisoformat(notice_versions(ConsentPurpose.JOINING)[0]))


def _people(world: World, persons: int, random: np.random.Generator) -> people.People:
    """Return the persons in the order of their first join, and some more for what is under way."""
    first = np.flatnonzero(~world.joins.is_again)
    channel = world.joins.channel[first]
    assurance = np.where(channel == 2, int(Assurance.HOST_VERIFIED), int(Assurance.PHONE_CONFIRMED))
    on_site = (channel == 3) & (random.random(persons) < 0.4)
    assurance = np.where(on_site, int(Assurance.SEEN_ON_SITE), assurance)
    more = np.zeros(SPARE, dtype=np.int64)
    return people.make_people(
        random,
        occupations=np.concatenate([world.joins.occupation[first], more + 4]),
        joined=np.concatenate([world.joins.approved[first].astype(np.int64), more + world.until]),
        created=np.concatenate([world.joins.created[first], more]),
        assurance=np.concatenate([assurance, more]).astype(np.int16),
        first_id=world.ids.workers,
    )


def _fill(built: BuiltWorld) -> None:
    """Copy every table, then fold the flows of closed months."""
    world, scale = built.world, built.scale
    if scale.is_bulk:
        with load.without_indexes():
            _copy_all(built)
    else:
        _copy_all(built)
    load.put_in_order()
    built.counts = {
        "unions": len(world.plan.rows),
        "new_unions": int(world.plan.column("is_new_form").sum()),
        "people": len(built.people),
        "joins": len(world.joins),
        "memberships": len(world.periods),
        "live_members": rows.live_by_flows(world.flows),
    }


def _copy_all(built: BuiltWorld) -> None:
    everybody, seed = built.people, built.seed
    with Progress("人员", total=len(everybody), unit="人") as progress:
        load.copy_table(
            "people_worker",
            len(everybody),
            lambda a, b: people.worker_rows(everybody.part(a, b), (seed, a))[0],
            progress.advance,
        )
    for table in rows.bulk_tables(built.world):
        with Progress(_LABELS[table.name], total=table.rows, unit="行") as progress:
            load.copy_table(table.name, table.rows, table.columns, progress.advance)


_LABELS = {
    "membership_joinapplication": "入会申请",
    "membership_membership": "会籍",
    "membership_transfer": "转会",
    "people_engagement": "从业经历",
    "people_consent": "同意记录",
    "membership_memberflow": "会籍变动",
}


def fold(now: datetime) -> None:
    """Fold the flows of closed months into the stocks."""
    with Progress("统计存量", unit="行") as progress, load.with_memory():
        progress.advance(fold_flows(now=now).flows)


def _digest(built: BuiltWorld) -> str:
    """Return a digest of who is who and who belonged where: the same for the same seed."""
    joins, periods = built.world.joins, built.world.periods
    parts: list[Array] = [
        built.people.identities,
        built.people.phones,
        joins.union,
        joins.person,
        joins.occupation,
        joins.channel,
        joins.created,
        periods.union,
        periods.started,
        periods.ended,
        periods.reason,
        periods.retained,
    ]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(np.ascontiguousarray(part).tobytes())
    for row in built.world.plan.rows:
        digest.update(f"{row.code}{row.name}{row.founded}".encode())
    return digest.hexdigest()
