"""How camps and children are told to their families and keepers."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from django.urls import reverse

from nuanxin.kernel.clock import SHANGHAI
from nuanxin.programmes.pages.words import moment
from nuanxin.programmes.queries.camps import ClassRow, MyChild, MyPlace
from nuanxin.programmes.states import GRADES, ClaimState, grade_label


def date_words(on: date | None) -> str:
    """Return 2027 年 7 月 5 日."""
    return "" if on is None else f"{on.year} 年 {on.month} 月 {on.day} 日"


def clock_time(at: datetime) -> str:
    """Return 8:05 of the day, there."""
    return f"{at.astimezone(SHANGHAI):%H:%M}"


def span(first: date, last: date) -> str:
    """Return 7 月 5 日到 7 月 25 日."""
    return f"{first.month} 月 {first.day} 日到 {last.month} 月 {last.day} 日"


def hours(opens_at: time, closes_at: time) -> str:
    """Return 8:30 到 17:30."""
    return f"{opens_at:%H:%M} 到 {closes_at:%H:%M}"


def grades(first: int, last: int) -> str:
    """Return 一年级到三年级, or 一年级 where it is one."""
    return grade_label(first) if first == last else f"{grade_label(first)}到{grade_label(last)}"


def class_line(room: ClassRow) -> dict[str, Any]:
    """Return a class in the list of a camp."""
    left = f"剩 {room.left} 个" if room.left > 0 else "满了，可候补"
    return {
        "title": f"{room.label}，{grades(room.grade_from, room.grade_to)}",
        "text": f"{hours(room.opens_at, room.closes_at)}，{room.place}",
        "end_strong": left,
        "end": f"候补 {room.waiting} 人" if room.waiting else f"共 {room.size} 个",
    }


def class_choices(rooms: Sequence[ClassRow], grade: int) -> list[dict[str, Any]]:
    """Return the classes a child of this grade may be in; the first with room is chosen."""
    fitting = [room for room in rooms if room.takes(grade)]
    first = next((room.id for room in fitting if room.left > 0), fitting[0].id if fitting else 0)
    return [
        {
            "value": room.id,
            "label": f"{room.label}，{'剩 ' + str(room.left) + ' 个' if room.left > 0 else '排候补'}",
            "is_chosen": room.id == first,
        }
        for room in fitting
    ]


def grade_choices(chosen: int) -> list[dict[str, Any]]:
    """Return the grades to choose of."""
    return [
        {"value": number, "label": label, "is_chosen": number == chosen}
        for number, label in enumerate(GRADES)
    ]


def child_line(child: MyChild, today: date) -> dict[str, Any]:
    """Return a child in a list: where it stands."""
    place = child.place
    said = {
        ClaimState.WAITING: lambda p: f"{p.class_label}候补第 {p.line}",
        ClaimState.GRANTED: lambda p: f"{p.class_label}有名额留着，{moment(p.keep_until)} 前确认",
        ClaimState.CONFIRMED: lambda p: (
            today_words(p) if p.is_on(today) else f"{p.class_label}有名额"
        ),
    }
    text = said[place.state](place) if place else f"{grade_label(child.grade)}，没有报托管"
    answer = ""
    if place:
        answer = "yes" if place.state.holds_seat else "maybe"
    return {
        "title": child.hint, "text": text, "answer": answer, "url": reverse("child", args=[child.id]),
    }  # fmt: skip


def today_words(place: MyPlace) -> str:
    """Return where a child is today."""
    if place.handed_at:
        return f"今天 {place.handed_at.astimezone(SHANGHAI):%H:%M} 接走了"
    if place.arrived_at:
        return f"今天 {place.arrived_at.astimezone(SHANGHAI):%H:%M} 到了托管点"
    return "今天还没记到"


def place_facts(place: MyPlace) -> list[dict[str, str]]:
    """Return what a guardian must know of a place."""
    return [
        {"label": "哪一期", "value": place.title},
        {"label": "班", "value": place.class_label},
        {"label": "日子", "value": span(place.starts_on, place.ends_on)},
        {"label": "时间", "value": hours(place.opens_at, place.closes_at)},
        {"label": "地点", "value": place.where},
    ]
