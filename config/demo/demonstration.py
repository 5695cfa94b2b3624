"""Loading a demonstration: the empty installation becomes a world, and its manifest says how."""

import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from config.demo import (
    accounts,
    asking,
    camps,
    contacts,
    contests,
    denominators,
    families,
    finding,
    fulfilment,
    inspections,
    lists,
    load,
    manifest,
    programmes,
    proofs,
    publications,
    reports,
    rules,
    season,
    siting,
    station_life,
    station_services,
    stations,
    underway,
    world,
)
from config.demo.scales import SCALES
from config.demo.world import BuiltWorld
from config.places import Places
from config.progress import Progress
from config.schema import bring_up_to_date
from nuanxin.kernel import clock
from nuanxin.kernel.actor import SYSTEM
from nuanxin.kernel.errors import Conflict
from nuanxin.records.actions import append_event


def load_demonstration(
    where: Places,
    *,
    scale: str,
    seed: int,
    until: date | None = None,
    again: bool = False,
) -> BuiltWorld:
    """Build the world of ``scale`` and ``seed`` and write its manifest; return what was built.

    ``until`` is the last day of its five years (yesterday unless given). With ``again`` a
    demonstration that is there is thrown away first. Raises ``Conflict`` when the database holds
    anything that is not a demonstration's.
    """
    now = clock.now()
    if until is not None and until >= clock.business_day(now):
        raise Conflict("demo.until", "演示数据最晚到昨天为止。请把 --until 改成更早的日期。")
    if not is_empty():
        _clear(where, again=again)
    manifest.begin(where.manifest, scale=scale, seed=seed)
    try:
        with transaction.atomic():
            built, sign_ins = build(scale, seed=seed, until=until, now=now)
    except BaseException:
        where.manifest.unlink(missing_ok=True)  # nothing was kept: the installation is empty
        raise
    with Progress("整理数据库") as progress:
        if SCALES[scale].is_bulk:
            load.vacuum()
        progress.advance()
    manifest.write(where.manifest, built, sign_ins, now=now)
    settings.IS_DEMONSTRATION = True
    return built


def build(
    scale: str, *, seed: int, now: datetime, until: date | None = None
) -> tuple[BuiltWorld, list[accounts.SignIn]]:
    """Build a world with accounts and things under way, in the caller's transaction."""
    built = world.build_world(scale, seed=seed, now=now, until=until)
    underway.carry_out_endings(built)
    spare = underway.spare_of(built)
    underway.fill_queue(built, spare, now=now)
    sign_ins = accounts.open_accounts(built.world, built.people, now=now)
    made = underway.work_of_officers(built, spare, sign_ins, now=now)
    made |= programmes.open_offers(built, sign_ins, now=now)
    families.live_together(built, sign_ins, offers=made["offers"], now=now)
    made |= fulfilment.hold_sessions(made["offers"][0], sign_ins, now=now)
    made |= rules.draft_rules(sign_ins, now=now)
    proofs.attest(built, sign_ins, now=now)
    lists.fill_lists(built, sign_ins, now=now)
    made |= asking.ask_and_answer(sign_ins, offers=made["offers"], now=now)
    made |= contests.hold_contest(built, sign_ins, now=now)
    if not SCALES[scale].is_bulk:  # every rule over a million people: the night does it
        finding.find_and_tell(sign_ins, now=now)
    made |= camps.open_camps(built, sign_ins, now=now)
    made |= stations.open_stations(built, sign_ins, now=now)
    inspections.look_around(sign_ins, now=now)
    station_services.open_desks(sign_ins, now=now)
    made |= station_life.live_a_year(SCALES[scale], sign_ins, kept=made["kept_station"], now=now)
    made |= siting.plan_sites(sign_ins, seed=seed, now=now)
    underway.keep_house(now=now)
    with transaction.atomic(), load.without_indexes(contacts.TABLES):
        contacts.make_contacts(now=now)
        world.fold(now)
    season.deliver(SCALES[scale], now=now)
    denominators.enter(now=now)
    written = reports.write_report(sign_ins, now=now)
    if not SCALES[scale].is_bulk:  # a million flows are read for each: on the desk, when wanted
        made["publications"] = publications.publish(built, sign_ins, now=now)
    append_event(
        "demo.loaded",
        actor=SYSTEM,
        at=now,
        subject_type="demonstration",
        subject_id=None,
        data={"scale": scale, "seed": seed, "digest": built.digest, "persons": len(built.people)},
    )
    built.objects = made | written | _objects(built)
    built.counts["live_members"] = _live_members()
    return built, sign_ins


def is_empty() -> bool:
    """Return whether neither a union nor a person nor an account has been entered."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT NOT (EXISTS (SELECT 1 FROM orgs_union) OR EXISTS (SELECT 1 FROM people_worker)"
            " OR EXISTS (SELECT 1 FROM access_account))"
        )
        return bool(cursor.fetchone()[0])


def _clear(where: Places, *, again: bool) -> None:
    """Throw a demonstration away, with its files; refuse to touch anything else."""
    from config.commands.up import is_running

    if not manifest.read(where.manifest).get("demonstration"):
        raise Conflict(
            "demo.not_empty",
            "数据库里已经有资料，不是演示数据，不能再装演示数据。"
            "请换一个空的数据文件夹：nuanxin demo --data 文件夹。",
        )
    if not again:
        raise Conflict(
            "demo.there_already",
            "演示数据已经装过了。要清掉重装，请加上 --again（里面改过的都会丢掉）。",
        )
    if is_running(where):
        raise Conflict("demo.in_use", "服务正在使用这份数据。请先按 Ctrl-C 停下它，再重装。")
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    shutil.rmtree(Path(settings.FILES_ROOT), ignore_errors=True)
    where.manifest.unlink(missing_ok=True)
    bring_up_to_date()


def _live_members() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM membership_membership WHERE state = 1")
        return int(cursor.fetchone()[0])


_OBJECTS = {
    "applications_waiting": """
        SELECT id FROM membership_joinapplication WHERE union_id = %(home)s AND state = 2
        AND doubts = 0 ORDER BY id LIMIT 40""",
    "applications_doubtful": """
        SELECT id FROM membership_joinapplication WHERE union_id = %(home)s AND state = 2
        AND doubts > 0 ORDER BY id LIMIT 40""",
    "applications_invited": """
        SELECT id FROM membership_joinapplication WHERE union_id = %(home)s AND state = 1
        ORDER BY id LIMIT 40""",
    "members_of_home": """
        SELECT worker_id FROM membership_membership WHERE union_id = %(home)s
        AND ended_on IS NULL ORDER BY id LIMIT 20""",
    "memberships_of_home": """
        SELECT id FROM membership_membership WHERE union_id = %(home)s
        AND ended_on IS NULL ORDER BY id LIMIT 20""",
    "members_of_beside": """
        SELECT worker_id FROM membership_membership WHERE union_id = %(beside)s
        AND ended_on IS NULL ORDER BY id LIMIT 20""",
    "memberships_of_beside": """
        SELECT id FROM membership_membership WHERE union_id = %(beside)s
        AND ended_on IS NULL ORDER BY id LIMIT 20""",
    "tasks": "SELECT id FROM membership_task WHERE done_at IS NULL ORDER BY id LIMIT 20",
    "duplicates": """
        SELECT id FROM people_duplicatecandidate WHERE settled_at IS NULL ORDER BY id LIMIT 20""",
    "union_ids": "SELECT id FROM orgs_union ORDER BY id LIMIT 5",
    "worker_ids": "SELECT id FROM people_worker ORDER BY id LIMIT 5",
    "application_ids": """
        SELECT id FROM membership_joinapplication WHERE state = 2 ORDER BY id LIMIT 5""",
    "membership_ids": """
        SELECT id FROM membership_membership WHERE ended_on IS NULL ORDER BY id LIMIT 5""",
    "transfer_ids": "SELECT id FROM membership_transfer ORDER BY id LIMIT 5",
    "batch_ids": "SELECT id FROM membership_rosterbatch ORDER BY id LIMIT 5",
    "employers": "SELECT id FROM orgs_employer ORDER BY id LIMIT 5",
    "outlets": "SELECT id FROM orgs_outlet ORDER BY id LIMIT 5",
}


def _objects(built: BuiltWorld) -> dict[str, Any]:
    """Return ids of things of each kind, for scripts."""
    plan = built.world.plan
    values = {"home": plan.by_handle("home").id, "beside": plan.by_handle("beside").id}
    found: dict[str, Any] = {}
    with connection.cursor() as cursor:
        for key, statement in _OBJECTS.items():
            cursor.execute(statement, values)
            found[key] = [int(row[0]) for row in cursor.fetchall()]
    found["nothing"] = [2**53 - 1]  # an id of no kind, for asking after what is not there
    takes = [row for row in plan.rows if row.level == 5 and not row.closes]
    return found | {"union_codes": [row.code for row in takes[:5]]}
