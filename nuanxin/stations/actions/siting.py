"""Siting plans: asked for, worked out by a job in steps that are kept, worked out again to check."""

import secrets
from dataclasses import replace
from datetime import datetime
from time import monotonic
from typing import Any

import numpy as np
from django.db import transaction

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import Conflict, Malformed, Refusal
from nuanxin.kernel.parameters import parameter
from nuanxin.records.actions import append_event
from nuanxin.stations import permissions
from nuanxin.stations.models import SitingPlan
from nuanxin.stations.queries.areas import Area, get_area
from nuanxin.stations.queries.siting import get_plan_row, has_worked_places, is_grid_of
from nuanxin.stations.queries.siting_demand import names_near, open_stations_about, read_demand
from nuanxin.stations.rules.siting import Floats, Incidence, within_reach
from nuanxin.stations.rules.siting_capacity import share_out
from nuanxin.stations.rules.siting_grid import HOURS, Cells
from nuanxin.stations.rules.siting_plan import (
    STEPS,
    Answer,
    Bools,
    Question,
    VanQuestion,
    answer,
    busiest,
    digest,
    pack,
    unpack,
)
from nuanxin.stations.rules.siting_settings import Settings, detour, reach_m, stay_minutes
from nuanxin.stations.states import DemandSource, PlanState

MOST_CANDIDATES = 20_000
MOST_CELLS = 120_000
MOST_WAITING = 3
SEEDS = 2**31


@transaction.atomic
def ask_for_plan(*, name: str, settings: Settings, actor: Actor, now: datetime) -> SitingPlan:
    """Note that a plan is to be worked out; the job does it (``carry_out_plan``).

    A seed of 0 is drawn here, and kept. Raises ``NotFound`` for an area out of scope, ``Malformed``
    for a table of another area, ``Conflict`` while three of the area are not worked out yet.
    """
    area = get_area(actor, permissions.PLAN, settings.adcode)
    if DemandSource.GRID in settings.sources and not is_grid_of(settings.grid_id, area.path):
        raise Malformed("stations.siting_grid", "选了「自己上传的需求表」，还要选是哪一张。")
    working = [int(state) for state in PlanState if state.is_working]
    waiting = SitingPlan.objects.filter(union_id=area.union_id, state__in=working)
    if len(waiting.order_by("id").values_list("id", flat=True)[:MOST_WAITING]) == MOST_WAITING:
        raise Conflict(
            "stations.siting_busy", f"这里已经有 {MOST_WAITING} 份方案在算。算好一份再要下一份。"
        )
    if not settings.seed:
        settings = replace(settings, seed=secrets.randbelow(SEEDS - 1) + 1)
    plan = SitingPlan.objects.create(
        union_id=area.union_id,
        name=name,
        settings=settings.to_json(),
        seed=settings.seed,
        asked_by=actor.account_id,
        asked_at=now,
        moved_at=now,
    )
    _note("stations.siting_asked", plan, actor, now, {"name": name, "adcode": settings.adcode})
    return plan


def carry_out_plan(*, plan_id: int, now: datetime) -> None:
    """Work out a plan and keep it; a plan that is done stays as it is, one cut off is taken up.

    The numbers are read once and kept first, so that what is taken up answers the same question.
    """
    plan = SitingPlan.objects.filter(id=plan_id).first()
    if plan is None or not PlanState(plan.state).is_working:
        return
    started = monotonic()
    try:
        question = _question_of(plan, now)
        found = answer(question, lambda step: _moved(plan, step, now))
    except Refusal as refusal:
        plan.state, plan.failure = PlanState.FAILED, refusal.message
        plan.done_at = now
        plan.save(update_fields=["state", "failure", "done_at"])
        return
    plan.result = _result(question, found)
    plan.state, plan.done_at = PlanState.DONE, now
    plan.took_ms = round(1000 * (monotonic() - started))
    plan.save(update_fields=["result", "state", "done_at", "took_ms"])


@transaction.atomic
def check_plan(*, plan_id: int, actor: Actor, now: datetime) -> bool:
    """Work a plan out again from what was kept; note and return whether it comes out the same.

    Raises ``NotFound`` out of scope and ``Conflict`` while it is not worked out.
    """
    get_plan_row(plan_id, actor=actor)
    plan = SitingPlan.objects.select_for_update().get(id=plan_id)
    if plan.state != PlanState.DONE or plan.question is None:
        raise Conflict("stations.siting_not_done", "这份方案还没有算好，没有可核对的。")
    question = unpack(bytes(plan.question))
    again = _result(question, answer(question), names=plan.result["names"])
    is_same = digest(question) == plan.digest and _comparable(again) == _comparable(plan.result)
    plan.checked_at, plan.is_same = now, is_same
    plan.save(update_fields=["checked_at", "is_same"])
    _note("stations.siting_checked", plan, actor, now, {"is_same": is_same})
    return is_same


@transaction.atomic
def drop_plan(*, plan_id: int, actor: Actor, now: datetime) -> None:
    """Throw a plan away; who did stays in the log. Raises ``NotFound`` out of scope."""
    get_plan_row(plan_id, actor=actor)
    plan = SitingPlan.objects.select_for_update().get(id=plan_id)
    _note("stations.siting_dropped", plan, actor, now, {"name": plan.name, "digest": plan.digest})
    plan.delete()


def served_hours(cells: Cells, day: Any, reach: float) -> Bools:
    """Return cells × 24: whether a station in reach is open in that hour of the day."""
    stations = open_stations_about(cells.lat, cells.lng, reach, day)
    starts, reached = within_reach(stations.lat, stations.lng, cells.lat, cells.lng, reach)
    owners = np.repeat(np.arange(len(stations.ids)), np.diff(starts))
    served = np.zeros((len(cells), HOURS), bool)
    np.logical_or.at(served, reached, stations.hours[owners])
    return served


def served_with_room(
    cells: Cells, day: Any, reach: float, *, stay_minutes: int
) -> tuple[Floats, int, int]:
    """Return (persons × hour that the stations there serve with their seats, stations, of those without).

    A station of which nobody wrote down the seats serves everybody within reach.
    """
    stations = open_stations_about(cells.lat, cells.lng, reach, day)
    starts, reached = within_reach(stations.lat, stations.lng, cells.lat, cells.lng, reach)
    weights = cells.persons.sum(axis=1)
    seats = np.where(np.isnan(stations.seats), np.inf, stations.seats)[:, None]
    room = np.where(stations.hours, seats * 60 / stay_minutes, 0.0)
    every = tuple(range(len(stations.ids)))
    found = share_out(Incidence(starts, reached, weights), every, cells.persons, room)
    return cells.persons - found.left, len(every), int(np.isnan(stations.seats).sum())


def _question_of(plan: SitingPlan, now: datetime) -> Question:
    """Return the numbers of the plan: those kept, or read now and kept."""
    if plan.question is not None:
        return unpack(bytes(plan.question))
    settings = Settings.from_json(plan.settings)
    demand = read_demand(
        settings.adcode, sources=settings.sources, grid_id=settings.grid_id, day=settings.day
    )
    cells = demand.cells(settings.side_m)
    if not float(cells.persons.sum()):
        raise Conflict("stations.siting_no_demand", _no_demand())
    if len(cells) > MOST_CELLS:
        raise Conflict(
            "stations.siting_too_fine",
            f"这样分有 {len(cells):,} 格，最多 {MOST_CELLS:,} 格。格子取大一点再算。",
        )
    question = _asked(settings, cells, plan)
    told = demand.told
    if settings.seats:
        question, room = _with_room(settings, cells, question)
        told = told | room
    plan.question, plan.digest, plan.told = pack(question), digest(question), told
    plan.state, plan.moved_at = PlanState.RUNNING, now
    plan.save(update_fields=["question", "digest", "told", "state", "moved_at"])
    return question


def _asked(settings: Settings, cells: Cells, plan: SitingPlan) -> Question:
    reach = reach_m(settings.travel, settings.minutes, adcode=settings.adcode, on=settings.day)
    most = np.argsort(-cells.persons.sum(axis=1), kind="stable")[:MOST_CANDIDATES]
    sites = np.sort(most)
    return Question(
        lat=cells.lat,
        lng=cells.lng,
        persons=np.round(cells.persons, 4),
        served=served_hours(cells, settings.day, reach),
        site_lat=cells.lat[sites],
        site_lng=cells.lng[sites],
        reach_m=reach,
        count=settings.count,
        opens=settings.opens,
        closes=settings.closes,
        vans=_vans(settings, plan) if settings.vans else None,
        seed=settings.seed,
    )


def _with_room(
    settings: Settings, cells: Cells, question: Question
) -> tuple[Question, dict[str, Any]]:
    """Return the question with capacity counted, and what is told of the seats there are."""
    stay = stay_minutes(settings.adcode, settings.day)
    taken, stations, unknown = served_with_room(
        cells, settings.day, question.reach_m, stay_minutes=stay
    )
    held: Floats = np.round(np.minimum(taken, question.persons), 4).astype(np.float64)
    counted = replace(question, holds=settings.seats * 60 / stay, taken=held)
    return counted, {"stay": stay, "stations": stations, "seats_unknown": unknown}


def _vans(settings: Settings, plan: SitingPlan) -> VanQuestion:
    from nuanxin.kernel import regions

    rule = parameter("stations.van", adcode=str(settings.adcode), on=settings.day).value
    home = regions.region(str(settings.adcode))
    return VanQuestion(
        count=settings.vans,
        starts_at=settings.van_from * 60,
        ends_at=settings.van_until * 60,
        stay=rule["stay"],
        rest=rule["rest"],
        longest=rule["longest"],
        most_stops=rule["stops"],
        pace=rule["pace"] / detour(settings.adcode, settings.day),
        home_lat=home.lat,
        home_lng=home.lng,
    )


def _result(
    question: Question, found: Answer, names: dict[str, str] | None = None
) -> dict[str, Any]:
    """Return the answer as it is kept: sites, bound, vans, trial, with names of places near."""
    choice = found.solution.choice
    places = sorted({*choice.chosen, *(one.stop for day in found.van_days for one in day)})
    if names is None:
        lat = [float(question.site_lat[place]) for place in places]
        lng = [float(question.site_lng[place]) for place in places]
        names = dict(zip(map(str, places), names_near(lat, lng), strict=True))
    trial = found.trial
    return {
        "total": round(found.total, 2),
        "served_before": round(found.served_before, 2),
        "served": round(choice.served, 2),
        "bound": round(found.solution.bound, 2),
        "gap": round(found.solution.gap, 5),
        "proof": found.solution.proof.value,
        "is_best": found.solution.is_best,
        "names": names,
        "sites": [
            _site(question, site, gain, hours)
            for site, gain, hours in zip(choice.chosen, choice.gains, found.by_hour, strict=True)
        ],
        "vans": [[_stop(question, one) for one in day] for day in found.van_days],
        "trial": {
            name: round(getattr(trial, name), 2)
            for name in ("planned", "random", "by_persons", "by_chance", "best_seen")
        },
        "cells": len(question.lat),
        "candidates": len(question.site_lat),
        "reach_m": round(question.reach_m),
        "rest_minutes": question.vans.rest if question.vans else 0,
    }


def _site(question: Question, site: int, gain: float, hours: list[float]) -> dict[str, Any]:
    first, last, worth = busiest(hours)
    return {
        "place": site,
        "lat": round(float(question.site_lat[site]), 6),
        "lng": round(float(question.site_lng[site]), 6),
        "gain": round(gain, 2),
        "hours": [round(one, 2) for one in hours],
        "busy": [first, last, round(worth, 2)],
    }


def _stop(question: Question, stand: Any) -> dict[str, Any]:
    return {
        "place": stand.stop,
        "lat": round(float(question.site_lat[stand.stop]), 6),
        "lng": round(float(question.site_lng[stand.stop]), 6),
        "from": stand.arrives_at,
        "until": stand.leaves_at,
        "rest": stand.rests_at,
        "worth": round(stand.worth, 2),
    }


def _comparable(result: dict[str, Any]) -> dict[str, Any]:
    """Return what must be the same again: which of two equal ways proved it may differ by version."""
    return {name: result[name] for name in ("total", "served_before", "served", "vans", "trial")}


def _moved(plan: SitingPlan, step: int, now: datetime) -> None:
    plan.done_steps, plan.state = min(step, STEPS), PlanState.RUNNING
    plan.save(update_fields=["done_steps", "state"])


def _no_demand() -> str:
    if not has_worked_places():
        return "还没有点过谁在哪里干活。每天夜里点一次，明天再算；急用的，上传一张需求表。"
    return "这个地方没有带位置的需求：登记的人都没有写网点。先补网点，或者上传一张需求表。"


def _note(kind: str, plan: SitingPlan, actor: Actor, now: datetime, data: dict[str, Any]) -> None:
    append_event(
        kind,
        actor=actor,
        at=now,
        subject_type="siting_plan",
        subject_id=plan.id,
        union_id=plan.union_id,
        data=data,
    )


__all__ = [
    "Area",
    "ask_for_plan",
    "carry_out_plan",
    "check_plan",
    "drop_plan",
    "served_hours",
]
