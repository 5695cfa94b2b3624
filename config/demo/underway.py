"""What is under way in a demonstration, done through the product's own actions.

A queue to review, rosters at two stages, proposals to transfer, a merger, an end, a task: so that
every page of the desk has something to show.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.conf import settings

from config.demo import accounts, names, wire
from config.demo.accounts import SignIn
from config.demo.unions import PlannedUnion
from config.demo.world import BuiltWorld
from nuanxin.kernel import clock, regions
from nuanxin.kernel.actor import SYSTEM, Actor, Role
from nuanxin.kernel.identity import check_digit
from nuanxin.membership.actions import ceremony, rosters, transfer, upkeep
from nuanxin.membership.actions import unions as member_moves
from nuanxin.membership.actions.confirm import NEEDED_CONSENTS, ConsentGiven
from nuanxin.membership.actions.join import submit_application
from nuanxin.membership.actions.roster_reading import read_batch
from nuanxin.membership.models import Membership
from nuanxin.membership.states import Channel
from nuanxin.orgs import actions as orgs
from nuanxin.orgs.states import DissolutionGround
from nuanxin.people.actions.duplicates import find_duplicates
from nuanxin.people.models import Worker
from nuanxin.people.states import Assurance

CLEAN, DOUBTFUL = 29, 8
OVERDUE = 2
INVITED, PREVIEWED = 24, 18


def carry_out_endings(built: BuiltWorld) -> None:
    """Merge one union into another and dissolve one, as of their days in the past."""
    plan = built.world.plan
    merged, into = plan.by_handle("merged"), plan.by_handle("merged_into")
    day, now = _morning_of(merged)
    orgs.merge_unions(
        source_ids=[merged.id],
        target_id=into.id,
        effective_on=day,
        document="总工复〔演示〕31号",
        reason="两家站点合并",
        actor=SYSTEM,
        now=now,
    )
    member_moves.move_members_of_merged_union(
        from_union_id=merged.id, to_union_id=into.id, actor=SYSTEM, now=now
    )
    gone = plan.by_handle("dissolved")
    day, now = _morning_of(gone)
    orgs.dissolve_union(
        union_id=gone.id,
        effective_on=day,
        dissolution_ground=DissolutionGround.UPPER_APPROVED,
        document="总工复〔演示〕45号",
        reason="单位关停",
        actor=SYSTEM,
        now=now,
    )
    member_moves.retain_members_of_dissolved_union(union_id=gone.id, actor=SYSTEM, now=now)


def _morning_of(row: PlannedUnion) -> tuple[date, datetime]:
    day = wire.day_of(row.closes)
    return day, clock.day_start(day) + timedelta(hours=10)


@dataclass(slots=True)
class _Spare:
    """Hands out the spare persons of a world one by one."""

    built: BuiltWorld
    called: list[str]
    at: int = 0

    def take(self, count: int) -> list[dict[str, Any]]:
        """Return the next ``count`` persons."""
        spare, first = self.built.spare, self.at
        self.at += count
        return [
            {
                "name": self.called[i],
                "identity": spare.identities[i].decode(),
                "phone": spare.phones[i].decode(),
            }
            for i in range(first, self.at)
        ]


def spare_of(built: BuiltWorld) -> _Spare:
    """Return the spare persons of a world with their names."""
    sexes = np.where(built.spare.women, "F", "M").tolist()
    random = np.random.default_rng([built.seed, 7])
    return _Spare(built, names.people_names(random, sexes))


def fill_queue(built: BuiltWorld, spare: _Spare, *, now: datetime) -> dict[str, list[int]]:
    """Let people ask to join the home union: most are clean, a few give a reason to look."""
    home = built.world.plan.by_handle("home")
    platform = f"{names.TRADES[home.occupation]}站点"
    asked: dict[str, list[int]] = {"clean": [], "doubtful": []}
    people_asking = [(one, "clean") for one in spare.take(CLEAN)]
    people_asking += [(one, "doubtful") for one in _doubtful(built, spare)]
    for at, (one, kind) in enumerate(people_asking):
        hours = 24 * 24 + at if at < OVERDUE else 8 * 24 - at * 4
        fields: dict[str, Any] = {
            "place_stated": platform,
            "assurance": Assurance.PHONE_CONFIRMED,
        } | one
        receipt = submit_application(
            **fields,
            union_code=home.code,
            channel=Channel.ONE_CLICK if at % 3 == 0 else Channel.ONLINE,
            occupations=["delivery_rider" if at % 4 else "courier"],
            work_adcode=home.adcode,
            consents=_consents(built),
            actor=Actor(name=one["name"]),
            now=now - timedelta(hours=hours),
        )
        if receipt.application_id is not None:
            asked[kind].append(receipt.application_id)
    return asked


def _consents(built: BuiltWorld) -> tuple[ConsentGiven, ...]:
    version = built.world.notice_version
    return tuple(ConsentGiven(consent.purpose, version) for consent in NEEDED_CONSENTS)


def _doubtful(built: BuiltWorld, spare: _Spare) -> Iterator[dict[str, Any]]:
    """Yield eight persons with one thing each that a reviewer should look at."""
    one, two, three, elsewhere, renamed, borrowed, unsure, old = spare.take(8)
    everybody = built.people
    member = accounts.live_members(built.world, _position(built, "backstop"))[0]
    # Three on the phone of a member: a family, or somebody who applies for others.
    for person in (one, two, three):
        yield person | {"phone": everybody.phones[member].decode()}
    couriers = built.world.plan.by_handle("couriers")
    yield elsewhere | {"place_stated": f"{couriers.employer}浙江有限公司"}
    first, second = _leavers(built)[:2]
    yield renamed | {
        "identity": everybody.identities[first].decode(),
        "phone": everybody.phones[first].decode(),
    }
    yield borrowed | {"identity": everybody.identities[second].decode()}
    yield unsure | {"assurance": Assurance.STATED_BY_ROSTER}
    birth = built.window.until.replace(day=15) - timedelta(days=60 * 365)
    first17 = f"{built.scale.home}{birth:%Y%m%d}901"
    yield old | {"identity": first17 + check_digit(first17)}


def _position(built: BuiltWorld, handle: str) -> int:
    return next(at for at, row in enumerate(built.world.plan.rows) if row.handle == handle)


def _leavers(built: BuiltWorld) -> list[int]:
    """Return persons who have left and not come back."""
    periods, joins = built.world.periods, built.world.joins
    person = joins.person[periods.join]
    left = np.isin(periods.reason, (2, 3))
    back = np.isin(person, person[periods.ended == 0])
    return [int(one) for one in person[left & ~back]]


def work_of_officers(
    built: BuiltWorld, spare: _Spare, sign_ins: list[SignIn], *, now: datetime
) -> dict[str, Any]:
    """Let the officer of the home union drop rosters and propose transfers; return their ids."""
    home = built.world.plan.by_handle("home")
    entry = next(one for one in sign_ins if one.role is Role.GRASSROOTS_OFFICER)
    officer = accounts.actor_of(entry, now)
    yesterday = now - timedelta(days=2)
    held = clock.business_day(now) + timedelta(days=3)
    ceremony_id = ceremony.create_ceremony(
        union_id=home.id,
        title="新会员集体入会仪式",
        place=f"{regions.region(str(home.adcode)).name}工人文化宫",
        held_on=held,
        actor=officer,
        now=yesterday,
    )
    objects: dict[str, Any] = {"ceremonies": [_id(ceremony_id)]}
    if settings.FILES_ROOT:
        done = _drop(home, spare.take(INVITED), "九月新站点.csv", officer, yesterday)
        rosters.confirm_batch(batch_id=done, actor=officer, now=yesterday)
        rosters.run_batch(batch_id=done, actor=officer, now=yesterday)
        waiting = spare.take(PREVIEWED)
        waiting[3]["identity"] = waiting[3]["identity"][:17] + _another(waiting[3]["identity"][17])
        waiting[5] = dict(waiting[4])
        waiting[7]["phone"] = ""
        members = accounts.live_members(built.world, _position(built, "backstop"))
        waiting[9] = _member_row(built, members[1])
        shown = _drop(home, waiting, "十月补录.csv", officer, now - timedelta(hours=3))
        objects["batches"] = [done, shown]
    members = accounts.live_members(built.world, _position(built, "backstop"))
    ids = [built.people.first_id + person for person in members[2:4]]
    chosen = Membership.objects.filter(worker_id__in=ids, ended_on=None).values_list(
        "id", flat=True
    )
    objects["transfers"] = [
        transfer.propose_transfer(
            membership_id=number,
            to_union_id=home.id,
            channel=Channel.ONLINE,
            actor=officer,
            now=yesterday,
        )
        for number in chosen
    ]
    return objects


def _drop(
    home: PlannedUnion, listed: list[dict[str, Any]], name: str, officer: Actor, now: datetime
) -> int:
    """Drop a roster of these persons as an officer would, and have it read; return its id."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["序号", "姓名", "身份证号", "手机号", "职业"])
    for at, one in enumerate(listed, start=1):
        writer.writerow([at, one["name"], one["identity"], one["phone"], "外卖配送员"])
    batch_id = rosters.open_batch(
        union_id=home.id,
        file_name=name,
        content=text.getvalue().encode("utf-8-sig"),
        actor=officer,
        now=now,
    )
    read_batch(batch_id=batch_id, now=now)
    return batch_id


def _member_row(built: BuiltWorld, person: int) -> dict[str, Any]:
    everybody = built.people
    return {
        "name": Worker.objects.get(id=everybody.first_id + person).name,
        "identity": everybody.identities[person].decode(),
        "phone": everybody.phones[person].decode(),
    }


def _another(digit: str) -> str:
    return "0" if digit != "0" else "1"


def _id(created: Any) -> int:
    return int(getattr(created, "id", created))


def keep_house(*, now: datetime) -> None:
    """Run the nightly work once: overdue ones go up, duplicates are found, tasks are asked."""
    upkeep.escalate_overdue(actor=SYSTEM, now=now)
    upkeep.ask_to_found_unions(actor=SYSTEM, now=now)
    find_duplicates(now - timedelta(days=30), now=now)
