"""The rows of each bulk table, as columns for ``wire.pack``, for a stretch of positions."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from config.demo import wire
from config.demo.memberships import Joins, Periods
from config.demo.places import Places
from config.demo.unions import UnionPlan
from config.demo.wire import Array, Column
from nuanxin.membership.states import Channel, FlowKind, JoinState, MemberState, TransferState

_DECIDERS = ("周成", "吴岚", "郑晓", "王海燕", "冯立", "陈可", "褚明", "卫平")
_CHANNELS_VIA = {Channel.ONLINE: b"web", Channel.ONE_CLICK: b"qr", Channel.COLLECTIVE: b"link"}
_EVENING = 72_000


@dataclass(frozen=True, slots=True)
class Ids:
    """The first id of each table's rows; ``unions`` are the ids by position in the plan."""

    workers: int
    applications: int
    memberships: int
    unions: Array


@dataclass(frozen=True, slots=True)
class World:
    """Everything that the rows are made of."""

    plan: UnionPlan
    joins: Joins
    periods: Periods
    flows: dict[str, Array]
    places: Places
    ids: Ids
    until: int
    notice_day: int
    notice_version: str


@dataclass(frozen=True, slots=True)
class Table:
    """One bulk table: how many rows, and the columns of the rows in a stretch."""

    name: str
    rows: int
    columns: Callable[[int, int], list[Column]]


def bulk_tables(world: World) -> list[Table]:
    """Return the tables after ``people_worker``, in the order in which they are filled."""
    movers = np.flatnonzero(world.periods.previous >= 0)
    firsts = np.flatnonzero(~world.joins.is_again)
    return [
        Table(
            "membership_joinapplication",
            len(world.joins),
            lambda a, b: _applications(world, slice(a, b)),
        ),
        Table(
            "membership_membership",
            len(world.periods),
            lambda a, b: _memberships(world, slice(a, b)),
        ),
        Table("membership_transfer", len(movers), lambda a, b: _transfers(world, movers[a:b])),
        Table("people_engagement", len(firsts), lambda a, b: _engagements(world, firsts[a:b])),
        Table("people_consent", 2 * len(firsts), lambda a, b: _consents(world, firsts, a, b)),
        Table(
            "membership_memberflow",
            len(world.flows["day"]),
            lambda a, b: _flows(world, slice(a, b)),
        ),
    ]


def _applications(world: World, part: slice) -> list[Column]:
    joins, ids = world.joins, world.ids
    union = joins.union[part]
    via = _by_channel(joins.channel[part])
    confirmed = joins.confirmed[part]
    deciders = wire.texts([_DECIDERS[i % len(_DECIDERS)] for i in range(len(world.plan.rows))])
    start = part.start
    return [
        Column("id", "int8", np.arange(ids.applications + start, ids.applications + part.stop)),
        Column("worker_id", "int8", joins.person[part] + ids.workers),
        Column("union_id", "int8", ids.unions[union]),
        Column("channel", "int2", joins.channel[part]),
        Column("state", "int2", int(JoinState.APPROVED)),
        Column("occupation", "int2", joins.occupation[part]),
        Column("work_adcode", "int4", world.places.adcode[part]),
        Column("place_stated", "text", world.places.stated[part]),
        Column("outlet_id", "int8", world.places.outlet[part], world.places.outlet[part] == 0),
        Column("doubts", "int2", 0),
        Column("created_at", "timestamptz", joins.created[part]),
        Column("confirmed_at", "timestamptz", confirmed),
        Column("confirmed_via", "text", via),
        Column("due_on", "date", (confirmed // wire.DAY_US).astype(np.int32) + 14),
        Column("reminders_sent", "int2", 0),
        Column("decided_at", "timestamptz", joins.decided[part]),
        Column("decided_by_name", "text", deciders[union]),
        Column("decision_note", "text", ""),
    ]


def _memberships(world: World, part: slice) -> list[Column]:
    periods, joins, ids = world.periods, world.joins, world.ids
    join = periods.join[part]
    ended, retained = periods.ended[part], periods.retained[part]
    previous = periods.previous[part]
    state = np.select(
        [ended > 0, retained > 0],
        [int(MemberState.ENDED), int(MemberState.RETAINED)],
        int(MemberState.LIVE),
    )
    recorded = np.where(
        previous < 0,
        joins.decided[join],
        wire.instants(periods.started[part], np.full(len(join), _EVENING)),
    )
    outlet = np.where(previous < 0, world.places.outlet[join], 0)
    return [
        Column("id", "int8", np.arange(ids.memberships + part.start, ids.memberships + part.stop)),
        Column("worker_id", "int8", joins.person[join] + ids.workers),
        Column("union_id", "int8", ids.unions[periods.union[part]]),
        Column("state", "int2", state),
        Column("channel", "int2", joins.channel[join]),
        Column("occupation", "int2", joins.occupation[join]),
        Column("work_adcode", "int4", world.places.adcode[join]),
        Column("outlet_id", "int8", outlet, outlet == 0),
        Column("started_on", "date", periods.started[part]),
        Column("ended_on", "date", ended, ended == 0),
        Column("end_reason", "int2", periods.reason[part], ended == 0),
        Column("joined_on", "date", joins.approved[join]),
        Column("retained_on", "date", retained, retained == 0),
        Column("application_id", "int8", join + ids.applications),
        Column("previous_id", "int8", previous + ids.memberships, previous < 0),
        Column("recorded_at", "timestamptz", recorded),
    ]


def _transfers(world: World, at: Array) -> list[Column]:
    periods, joins, ids = world.periods, world.joins, world.ids
    join = periods.join[at]
    decided = wire.instants(periods.started[at], np.full(len(at), _EVENING))
    return [
        Column("worker_id", "int8", joins.person[join] + ids.workers),
        Column("from_membership_id", "int8", periods.previous[at] + ids.memberships),
        Column("to_union_id", "int8", ids.unions[periods.union[at]]),
        Column("to_membership_id", "int8", at + ids.memberships),
        Column("state", "int2", int(TransferState.ACCEPTED)),
        Column("channel", "int2", joins.channel[join]),
        Column("proposed_at", "timestamptz", decided - 3_600_000_000),
        Column("decided_at", "timestamptz", decided),
    ]


def _engagements(world: World, join: Array) -> list[Column]:
    joins, places = world.joins, world.places
    # How long in the trade before joining: spread without drawing anew, by the position.
    before = (join * 7919) % 1_100
    source = np.where(joins.channel[join] == int(Channel.COLLECTIVE), b"roster", b"application")
    return [
        Column("worker_id", "int8", joins.person[join] + world.ids.workers),
        Column("occupation", "int2", joins.occupation[join]),
        Column("employer_id", "int8", places.employer[join], places.employer[join] == 0),
        Column("outlet_id", "int8", places.outlet[join], places.outlet[join] == 0),
        Column("place_stated", "text", places.stated[join]),
        Column("relation", "int2", np.where(places.employer[join] > 0, 1, 2)),
        Column("work_adcode", "int4", places.adcode[join]),
        Column("started_on", "date", (joins.approved[join] - before).astype(np.int32)),
        Column("recorded_at", "timestamptz", joins.confirmed[join]),
        Column("source", "text", source),
    ]


def _consents(world: World, firsts: Array, start: int, stop: int) -> list[Column]:
    """Two a person: joining, and the identity number; under the notice that is in force now.

    Who joined before that notice came gave his consent anew in the weeks after it.
    """
    at = np.arange(start, stop)
    join = firsts[at // 2]
    confirmed = world.joins.confirmed[join]
    room = max(world.until - world.notice_day, 1)
    renewed = wire.instants(world.notice_day + (join * 31) % room, 36_000 + (join * 97) % 36_000)
    return [
        Column("worker_id", "int8", world.joins.person[join] + world.ids.workers),
        Column("purpose", "int2", 1 + at % 2),
        Column("notice_version", "text", world.notice_version),
        Column(
            "granted_at",
            "timestamptz",
            np.where(world.notice_day > world.until, confirmed, np.maximum(confirmed, renewed)),
        ),
        Column("granted_via", "text", _by_channel(world.joins.channel[join])),
    ]


def _flows(world: World, part: slice) -> list[Column]:
    flows = world.flows
    day = flows["day"][part]
    return [
        Column("day", "date", day),
        Column("union_id", "int8", world.ids.unions[flows["union"][part]]),
        Column("county", "int4", flows["county"][part]),
        Column("occupation", "int2", flows["occupation"][part]),
        Column("channel", "int2", flows["channel"][part]),
        Column("kind", "int2", flows["kind"][part]),
        Column("persons", "int4", flows["persons"][part]),
        Column("recorded_at", "timestamptz", wire.instants(day, np.full(len(day), _EVENING))),
    ]


def _by_channel(channel: Array) -> Array:
    words = np.array([b"", *(_CHANNELS_VIA[one] for one in Channel)], dtype=np.bytes_)
    return words[channel]


def live_by_flows(flows: dict[str, Array]) -> int:
    """Return how many live members the flows add up to."""
    signs = np.zeros(32, dtype=np.int64)
    for kind in FlowKind:
        signs[int(kind)] = kind.sign
    return int((signs[flows["kind"]] * flows["persons"]).sum())
