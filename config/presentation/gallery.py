"""Made-up rows for the gallery: every component in all its states. Names and numbers are invented."""

import math
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import segno
from django import forms
from django.conf import settings
from django.utils.safestring import mark_safe

from config.presentation.components import Component, find_component
from nuanxin.kernel import clock, regions

COMPONENTS_DIR = Path(__file__).resolve().parent.parent.parent / "templates" / "components"
TRADES = [
    ("rider", "送外卖", "scoot"),
    ("courier", "送快递", "box"),
    ("driver", "开网约车", "car"),
    ("trucker", "开货车", "truck"),
    ("carer", "护老护病", "care"),
    ("cleaner", "家政保洁", "broom"),
]
UNION = "拱墅区外卖配送行业工会联合会"


class GalleryForm(forms.Form):
    """A form with one field of each kind and two mistakes in what was sent."""

    phone = forms.CharField(
        label="手机号",
        help_text="用来登录，办好了发短信告诉你。",
        error_messages={"required": "还没填手机号。"},
        widget=forms.TextInput(
            attrs={"type": "tel", "inputmode": "numeric", "autocomplete": "tel"}
        ),
    )
    number = forms.CharField(
        label="身份证号",
        min_length=18,
        max_length=18,
        help_text="18 位。最后一位是 X 也行，大小写都认。",
        error_messages={"min_length": "少了一位，现在是 %(show_value)d 位。看看最后是不是漏了 X。"},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    county = forms.ChoiceField(label="区或县", choices=[("330105", "拱墅区"), ("330106", "西湖区")])
    joined_on = forms.DateField(
        label="哪天开始做的", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    reason = forms.CharField(label="想说的", required=False, widget=forms.Textarea)
    tells = forms.BooleanField(label="有合适的就告诉我", required=False)
    days = forms.MultipleChoiceField(
        label="哪几天有空",
        required=False,
        choices=[("1", "周一"), ("3", "周三"), ("6", "周六")],
        widget=forms.CheckboxSelectMultiple,
    )
    channel = forms.ChoiceField(
        label="怎么找你",
        required=False,
        choices=[("sms", "短信"), ("call", "电话")],
        widget=forms.RadioSelect,
    )


def gallery_context(look: str) -> dict[str, Any]:
    """Return the whole context of the gallery in one look ("worker" or "desk")."""
    now = clock.now()
    form = GalleryForm(
        {"phone": "", "number": "34112619950412271", "county": "330106", "days": ["3"]}
    )
    return {
        "look": look,
        "form": form,
        "declared": _declared("worker" if look == "worker" else "desk"),
        **(_worker(now) if look == "worker" else _desk(clock.business_day(now))),
    }


def _declared(look: str) -> list[Component]:
    names = sorted(path.stem for path in (COMPONENTS_DIR / look).glob("*.html"))
    return [find_component(f"{look}/{name}") for name in names]


def _worker(now: datetime) -> dict[str, Any]:
    code = segno.make("NX1.demo.3301052611870526", error="m", micro=False)
    today = clock.business_day(now)
    return {
        "trades": [
            {"value": v, "label": t, "icon": i, "is_chosen": v == "rider"} for v, t, i in TRADES
        ],
        "days": [
            {"value": "1", "label": "12 月 2 日", "text": "还剩 12 个", "is_chosen": False},
            {"value": "2", "label": "12 月 4 日", "text": "还剩 3 个", "is_chosen": True},
        ],
        "proposal": {
            "value": "1",
            "title": UNION,
            "reasons": ["你送外卖，它就是骑手的工会", "你常在拱墅区跑", "3,204 个同行已经在里面"],
        },
        "others": [
            {"value": "2", "title": "大关街道工会联合会", "text": "离你最近，办事走路 6 分钟"},
            {"value": "3", "title": "杭州迅达配送公司工会", "text": "和迅达签了劳动合同的，进这个"},
        ],
        "facts": [
            {"label": "姓名", "value": "陈永强", "url": "#"},
            {"label": "身份证号", "value": "3411**********2716", "url": "#", "act": "看全号"},
            {"label": "手机号", "value": "138****6027", "url": "#"},
            {"label": "进的工会", "value": UNION},
        ],
        "rows": [
            {
                "title": "冬季暖心包",
                "text": "护膝和手套，去驿站领",
                "answer": "yes",
                "end": "12 月 20 日前",
                "url": "#",
            },
            {
                "title": "孩子的寒假托管班",
                "text": "答一句就知道：孩子几年级？",
                "answer": "maybe",
                "end": "12 月 31 日前",
                "url": "#",
            },
            {
                "title": "学历提升补助",
                "text": "社保再缴 2 个月",
                "answer": "no",
                "end_strong": "明年 1 月",
                "end": "再看",
                "url": "#",
            },
            {
                "title": "李老师看了手机号",
                "text": "区总工会。为了：通知体检改期",
                "end": "10 月 9 日",
            },
            {"title": "下载我的全部资料", "url": "#"},
        ],
        "next_steps": [
            {"text": "今天 12:09，申请收到", "is_done": True},
            {"text": "12 月 1 日前，工会审核", "detail": "6 个工作日。你不用做什么。"},
            {"text": "通过那天，短信告诉你", "detail": "临时卡自己变成正式卡，卡号不变。"},
        ],
        "points": [
            {"word": "看病", "text": "医疗互助的钱工会替你交，住院自己掏的部分能再报一笔。"},
            {"word": "歇脚", "text": "附近的驿站进门就能坐，热水、充电、微波炉都不收钱。"},
            {"word": "撑腰", "text": "欠薪、受伤、乱扣钱，律师免费帮你算清楚。"},
        ],
        "qr": mark_safe(
            code.svg_inline(border=0, omitsize=True, dark="#1F1B18", title="会员二维码")
        ),
        "issued_at": now,
        "renew_at": now + timedelta(seconds=120),
        "today": today,
        "errors": [
            {"message": "还没填手机号。", "id": "id_phone"},
            {"message": "身份证号少了一位。", "id": "id_number"},
        ],
    }


def _desk(today: date) -> dict[str, Any]:
    return {
        "today": today,
        "steps": ["上传", "认列", "看结果", "办理"],
        "crumbs": [{"label": "集体入会", "url": "#"}, {"label": "看结果"}],
        "columns": [
            {"label": "姓名"},
            {"label": "职业与单位"},
            {"label": "工会与渠道"},
            {"label": "入会日期", "key": "joined_on", "css": "nw"},
            {"label": "状态"},
        ],
        "people": _people(),
        "county_columns": [
            {"label": "县（市、区）"},
            {"label": "会员，人", "key": "members", "css": "num"},
            {"label": "比上月", "css": "num"},
            {"label": "新建工会，家", "css": "num"},
        ],
        "counties": [
            {
                "cells": [
                    "拱墅区",
                    {"text": "13,482", "css": "num"},
                    {"text": "+1,069", "css": "num up"},
                    {"text": "63", "css": "num"},
                ],
                "url": "#",
            },
            {
                "cells": [
                    "上城区",
                    {"text": "38,965", "css": "num"},
                    {"text": "−8", "css": "num down"},
                    {"text": "0", "css": "num"},
                ],
                "url": "#",
            },
            {
                "cells": [
                    "淳安县",
                    {"text": "4,795", "css": "num"},
                    {"text": "—", "css": "num"},
                    {"text": "12", "css": "num"},
                ],
                "url": "#",
            },
        ],
        "county_total": [
            "合计",
            {"text": "57,242", "css": "num"},
            {"text": "+1,061", "css": "num"},
            {"text": "75", "css": "num"},
        ],
        "tabs": [
            {"label": "全部", "url": "#", "active": True, "count": 13735},
            {"label": "待审批", "url": "#", "active": False, "count": 37},
            {"label": "转会中", "url": "#", "active": False, "count": 21},
            {"label": "资料不全", "url": "#", "active": False},
        ],
        "trades": [{"value": "", "label": "全部职业", "is_chosen": True}]
        + [{"value": v, "label": t, "is_chosen": False} for v, t, _ in TRADES],
        "chosen": [{"label": "外卖配送员", "url": "#"}, {"label": "最近 30 天", "url": "#"}],
        "outcomes": [
            {"label": "新入会", "count": 1006, "css": "c-new", "url": "#", "active": False},
            {"label": "提议转会", "count": 71, "css": "c-move", "url": "#", "active": False},
            {"label": "已是会员", "count": 118, "css": "c-same", "url": "#", "active": False},
            {"label": "要改", "count": 38, "css": "c-fix", "url": "#", "active": True},
            {"label": "表内重复", "count": 15, "css": "c-dup", "url": "#", "active": False},
        ],
        "todos": [
            {
                "title": "朝晖货运司机联合工会，届满没有换届",
                "text": "延期要先报我会批准，一般不超过六个月",
                "owner": "我",
                "due_on": today - timedelta(days=3),
                "is_main": True,
            },
            {
                "title": "37 份入会申请，29 份资料齐全",
                "text": "可以一起通过；8 份有疑问，各附原因",
                "owner": "我",
                "due_on": today,
                "is_main": False,
            },
            {
                "title": "大关街道工会联合会，法人证书到期",
                "text": "到期前 30 日内可以申请换发",
                "owner": "刘畅代办",
                "due_on": today + timedelta(days=25),
                "is_main": False,
            },
            {
                "title": "转会提议 6 份，原工会已同意",
                "text": "本人已在手机上确认",
                "owner": "我",
                "due_on": "",
                "is_main": False,
            },
        ],
        "case_facts": [
            {"label": "他填的", "value": "入会申请，2026-11-13"},
            {"label": "我们查到的", "value": "2024-05-06 起在会，良渚街道工会联合会"},
        ],
        "history": [
            {"text": "浙北迅达速运工会·祥符分会", "detail": "2024-07-01 起，转会", "is_now": True},
            {"text": "浙北迅达速运工会·德清分会", "detail": "2022-08-15 — 2024-06-30，集体入会"},
        ],
        "facts": [
            {"label": "证件", "value": "身份证 3205**********4178"},
            {"label": "手机", "value": "177****6629"},
            {"label": "状态", "value": "在会", "state": "ok"},
            {"label": "工会", "value": "浙北迅达速运工会", "url": "#"},
        ],
        "lines": [
            {"text": "迅达大关", "note": "212 人入会", "end": "可撤回", "url": "#"},
            {"text": "东新家政", "note": "58 人入会", "end": "已过期限"},
        ],
        "lineage": [
            {"label": "定义", "value": "新发展会员，第 3 版", "url": "#"},
            {"label": "截至", "value": "2026-10-31 24:00"},
            {"label": "算出", "value": "2026-11-02 06:10"},
            {"label": "指纹", "value": "9f3c 71a8 … 21b4", "is_code": True},
            {"label": "重算", "value": "今天 06:00 一致", "state": "ok"},
        ],
        "tree": [
            {
                "label": "浙江省总工会",
                "url": "#",
                "children": [
                    {
                        "label": "杭州市总工会",
                        "url": "#",
                        "children": [
                            {
                                "label": "拱墅区总工会",
                                "url": "#",
                                "children": [
                                    {
                                        "label": "本会",
                                        "is_here": True,
                                        "children": [
                                            {"label": "杭州分会", "note": "5,914", "url": "#"},
                                            {"label": "绍兴分会", "note": "2,587", "url": "#"},
                                        ],
                                    }
                                ],
                            }
                        ],
                    }
                ],
            }
        ],
        "months": [f"{2021 + (9 + i) // 12}.{(9 + i) % 12 + 1}" for i in range(61)],
        "growth": [
            {
                "label": "新发展会员",
                "values": [round(117.5 * (i / 60) ** 0.85, 2) for i in range(61)],
            }
        ],
        "events": {"2023.4": "2023年4月，全省蓝骑士集中入会"},
        "year": ["25.11", "12", "26.1", "2", "3", "4", "5", "6", "7", "8", "9", "10"],
        "compared": [
            {
                "label": "近十二个月",
                "values": [811, 946, 1121, 1034, 988, 1402, 1187, 1075, 968, 1211, 1096, 1284],
            },
            {
                "label": "再前一年",
                "values": [640, 702, 811, 790, 866, 1011, 930, 855, 806, 914, 870, 902],
            },
            {
                "label": "计划",
                "values": [800, 800, 800, 900, 900, 900, None, None, 1000, 1000, 1000, 1000],
            },
        ],
        "cities": [
            {"label": "杭州", "value": 326782, "url": "#", "is_chosen": True},
            {"label": "宁波", "value": 197687, "url": "#"},
            {"label": "景宁畲族自治县", "value": 13655},
            {"label": "舟山", "value": 0},
        ],
        "pairs": [
            {"label": "外卖骑手", "bars": [{"value": 4120}, {"value": 3870}]},
            {"label": "快递员", "bars": [{"value": 2960}, {"value": 0, "text": "不公布"}]},
        ],
        "by_county": _by_county(),
        "by_city": {
            "330102": 28,
            "330105": 46,
            "330106": 27,
            "330108": 0,
            "330109": None,
            "330110": 38,
        },
    }


def _people() -> list[dict[str, Any]]:
    raw = [
        (
            "王建军",
            "138****2206",
            "外卖配送员",
            "蓝鸟配送·和睦站",
            "和睦街道工会联合会",
            "集体入会",
            "2026-11-20",
            "待审批",
            "info",
        ),
        (
            "李春燕",
            "159****8814",
            "快递员",
            "迅达速运·大关网点",
            "浙北迅达速运工会",
            "一键入会",
            "2026-11-20",
            "待审批",
            "info",
        ),
        (
            "孙立",
            "135****4420",
            "货车司机",
            "自有车辆",
            "朝晖货运司机联合工会",
            "网上入会",
            "2024-03-11",
            "在会",
            "ok",
        ),
        (
            "郑小芳",
            "139****1145",
            "家政服务员",
            "一家亲家政",
            "湖墅家政行业工会",
            "网上入会",
            "2023-09-02",
            "转会中",
            "care",
        ),
        (
            "周海波",
            "177****6629",
            "快递员",
            "迅达速运·祥符网点",
            "浙北迅达速运工会",
            "集体入会",
            "2022-08-15",
            "在会",
            "ok",
        ),
        (
            "何玉兰",
            "158****9072",
            "养老护理员",
            "半山福寿苑",
            "拱墅养老服务行业工会",
            "集体入会",
            "2022-06-30",
            "保留会籍",
            "",
        ),
        (
            "谢志强",
            "133****5518",
            "货车司机",
            "自有车辆",
            "朝晖货运司机联合工会",
            "网上入会",
            "2026-11-18",
            "没有通过",
            "stop",
        ),
    ]
    return [
        {
            "id": number,
            "name": name,
            "url": f"?look=desk&open={number}",
            "is_open": name == "周海波",
            "cells": [
                {"text": name, "note": phone},
                {"text": trade, "note": firm},
                {"text": union, "note": channel},
                {"text": day, "css": "nw"},
                {"text": state, "state": kind or "rest"},
            ],
        }
        for number, (name, phone, trade, firm, union, channel, day, state, kind) in enumerate(raw)
    ]


def _by_county() -> dict[str, float | None]:
    tiles = regions.tilemap().tiles
    spread = {t.code: round(900 + 50_000 * abs(math.sin(int(t.code) * 0.7)) ** 3) for t in tiles}
    values: dict[str, float | None] = dict(spread)
    values["330922"] = None
    values["330382"] = 0
    return values


def is_open() -> bool:
    """Return whether the gallery may be looked at: in development and in a demonstration."""
    return bool(settings.DEBUG or getattr(settings, "IS_DEMONSTRATION", False))
