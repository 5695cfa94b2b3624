"""Inspections of the demonstration: a sample drawn, some stations looked at, one thing to be mended;
keepers with papers and a week's roster; a selection before the public."""

from datetime import datetime, timedelta
from uuid import uuid4

from django.db import connection

from config.demo import accounts
from config.demo.accounts import SignIn
from nuanxin.kernel.actor import Actor, Role
from nuanxin.kernel.clock import business_day, day_start
from nuanxin.kernel.errors import Malformed
from nuanxin.stations.actions import inspecting, keeping, selecting
from nuanxin.stations.rules.inspections import form_of
from nuanxin.stations.states.inspections import Finding, InspectionKind, PaperKind

_LOOKED_AT, _NOMINATED, _ROSTERED = 5, 3, 2
_MISSING = ((), ("sign",), ("fire",), ("map", "clean"), ())


def look_around(sign_ins: list[SignIn], *, now: datetime) -> None:
    """Draw a sample of the home county and inspect; plan a week; show a list of the most beautiful."""
    entry = next(one for one in sign_ins if one.role is Role.COUNTY_CADRE)
    cadre = accounts.actor_of(entry, now)
    union_id, path = cadre.grants[0].union_id, cadre.grants[0].union_path
    assert union_id is not None
    codes = _stations_below(path)
    if not codes:
        return
    _sample(union_id, cadre, now)
    for code, missing in zip(codes[:_LOOKED_AT], _MISSING, strict=False):
        _inspect(code, missing, cadre, now)
    _roster(path, cadre, now)
    _select(union_id, codes[:_NOMINATED], cadre, now)


def _stations_below(path: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT s.code FROM stations_station s JOIN orgs_union u ON u.id = s.union_id
            WHERE starts_with(u.path, %s) AND s.standing = 1 ORDER BY s.code LIMIT 20""",
            [path],
        )
        return [row[0] for row in cursor.fetchall()]


def _sample(union_id: int, cadre: Actor, now: datetime) -> None:
    earlier = now - timedelta(days=12)
    made = inspecting.commit_round(
        union_id=union_id, title="四季度抽查", permille=200,
        due_on=business_day(now) + timedelta(days=18),
        seed="封存后第五天收盘的上证指数，交易所网站上看", actor=cadre, now=earlier,
    )  # fmt: skip
    inspecting.draw_round(
        round_id=made.id, value="3407.26", actor=cadre, now=earlier + timedelta(days=5)
    )


def _inspect(code: str, missing: tuple[str, ...], cadre: Actor, now: datetime) -> None:
    adcode, at = code[:6], now - timedelta(days=3)
    form = form_of(adcode, on=business_day(at))
    is_day = not missing
    sheet = inspecting.Sheet(
        client_id=uuid4(),
        station_code=code,
        kind=InspectionKind.MASTER_DAY if is_day else InspectionKind.SAMPLE,
        inspected_at=at,
        until_at=at + timedelta(hours=7) if is_day else None,
        heard="骑手说中午坐不下，想多两把椅子；药箱里缺创可贴。" if is_day else "",
        found={one.code: Finding.NO if one.code in missing else Finding.YES for one in form.items},
        notes=dict.fromkeys(missing, "当面跟站长说了"),
    )
    inspecting.take_sheet(sheet=sheet, actor=cadre, now=now)


def _roster(path: str, cadre: Actor, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT k.id FROM stations_stationkeeper k
            JOIN stations_station s ON s.id = k.station_id JOIN orgs_union u ON u.id = s.union_id
            WHERE starts_with(u.path, %s) AND k.until_on IS NULL ORDER BY k.id LIMIT %s""",
            [path, _ROSTERED],
        )
        keepers = [row[0] for row in cursor.fetchall()]
    today = business_day(now)
    monday = day_start(today - timedelta(days=today.weekday()))
    for keeper in keepers:
        for kind, course in ((PaperKind.TRAINING, "急救和消防"), (PaperKind.RECORD_CHECK, "")):
            keeping.note_paper(
                keeper_id=keeper, kind=kind, done_on=today - timedelta(days=60), is_clear=True,
                course=course, actor=cadre, now=now,
            )  # fmt: skip
        for day in range(5):
            start = monday + timedelta(days=day, hours=8)
            keeping.plan_shift(
                keeper_id=keeper, starts_at=start, ends_at=start + timedelta(hours=9),
                actor=cadre, now=now,
            )  # fmt: skip


def _select(union_id: int, codes: list[str], cadre: Actor, now: datetime) -> None:
    earlier = now - timedelta(days=2)
    made = selecting.open_selection(
        union_id=union_id, title="今年的最美驿站", year=business_day(now).year, places=1,
        nominate_until=business_day(now), actor=cadre, now=earlier,
    )  # fmt: skip
    for code in codes:
        selecting.nominate(
            selection_id=made.id, station_code=code, reason="通宵有热水，骑手换电不用排队，药箱每周有人看",
            actor=cadre, now=earlier,
        )  # fmt: skip
    selecting.rank_nominations(selection_id=made.id, actor=cadre, now=now)
    edge = [codes[0]]
    try:
        selecting.post_selection(selection_id=made.id, at_edge=[], actor=cadre, now=now)
    except Malformed:  # equals: the committee takes the first
        selecting.post_selection(selection_id=made.id, at_edge=edge, actor=cadre, now=now)
