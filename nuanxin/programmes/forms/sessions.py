"""Forms of sessions, and what devices at the door send."""

import json
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django import forms

from nuanxin.kernel.clock import SHANGHAI
from nuanxin.kernel.errors import Malformed
from nuanxin.programmes.actions.checking_in import MOST_SCANS, ScanSent
from nuanxin.programmes.actions.sessions import MOST_CAPACITY, SessionDraft
from nuanxin.programmes.actions.slot_sessions import LONGEST_MINUTES, SlotsDraft

_NUMBER = {"required": "填一个整数。", "invalid": "填一个整数。"}
_TIME = {"required": "填时间。", "invalid": "写成 09:00 这样。"}
_LONGEST_CODE = 40
_LONGEST_CARD = 300


class SessionForm(forms.Form):
    """One session: what it is called, where, when, for how many."""

    title = forms.CharField(
        label="这一场叫什么", max_length=40, error_messages={"required": "起个名字，比如“上午场”。"}
    )
    place = forms.CharField(
        label="地点", max_length=100, error_messages={"required": "写清在哪里。"}
    )
    day = forms.DateField(
        label="哪天",
        error_messages={"required": "选一天。", "invalid": "选一天，比如 2026-12-10。"},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    begins = forms.TimeField(label="几点开始", help_text="比如 09:00。", error_messages=_TIME)
    ends = forms.TimeField(label="几点结束", help_text="比如 11:30。", error_messages=_TIME)
    capacity = forms.IntegerField(
        label="多少人", min_value=1, max_value=MOST_CAPACITY, error_messages=_NUMBER
    )
    change_hours = forms.IntegerField(
        label="开始前几小时，自己还能改", min_value=0, max_value=720, initial=24,
        error_messages=_NUMBER,
    )  # fmt: skip
    bring = forms.CharField(label="要带什么", max_length=200, required=False)
    series = forms.IntegerField(
        label="和第几班一起", required=False, min_value=1, max_value=200,
        help_text="同一班的场次要都来，比如培训的几个晚上。单独一场就空着。", error_messages=_NUMBER,
    )  # fmt: skip

    def draft(self) -> SessionDraft:
        """Return what was filled in."""
        data = self.cleaned_data
        return SessionDraft(
            title=data["title"],
            place=data["place"],
            starts_at=datetime.combine(data["day"], data["begins"], SHANGHAI),
            ends_at=datetime.combine(data["day"], data["ends"], SHANGHAI),
            capacity=data["capacity"],
            bring=data["bring"],
            change_hours=data["change_hours"],
            series=data["series"],
        )


class SlotSessionsForm(forms.Form):
    """What all slots of an offer have in common."""

    slot_place = forms.CharField(
        label="地点", max_length=100, error_messages={"required": "写清在哪里。"}
    )
    minutes = forms.IntegerField(
        label="一个时段多少分钟", min_value=1, max_value=LONGEST_MINUTES, initial=60,
        error_messages=_NUMBER,
    )  # fmt: skip
    slot_change_hours = forms.IntegerField(
        label="开始前几小时，自己还能改", min_value=0, max_value=720, initial=24,
        error_messages=_NUMBER,
    )  # fmt: skip
    slot_bring = forms.CharField(label="要带什么", max_length=200, required=False)

    def draft(self) -> SlotsDraft:
        """Return what was filled in."""
        data = self.cleaned_data
        return SlotsDraft(
            place=data["slot_place"],
            minutes=data["minutes"],
            bring=data["slot_bring"],
            change_hours=data["slot_change_hours"],
        )


def read_scans(body: bytes) -> tuple[str, list[ScanSent]]:
    """Return device and scans out of what was sent; raise ``Malformed`` programmes.scans."""
    fault = Malformed("programmes.scans", "送来的签到看不懂，请刷新签到页再试。")
    try:
        sent: Any = json.loads(body)
        rows = sent["scans"]
        if not isinstance(rows, list) or len(rows) > MOST_SCANS:
            raise fault
        return str(sent.get("device", ""))[:40], [_scan(row) for row in rows]
    except (ValueError, KeyError, TypeError, AttributeError) as unreadable:
        raise fault from unreadable


def _scan(row: dict[str, Any]) -> ScanSent:
    at = datetime.fromisoformat(str(row["at"]).replace("Z", "+00:00"))
    if at.tzinfo is None:
        raise ValueError("a moment without its zone")
    return ScanSent(
        client_id=UUID(str(row["id"])),
        scanned_at=at,
        code=str(row.get("code", ""))[:_LONGEST_CODE],
        card=str(row.get("card", ""))[:_LONGEST_CARD],
    )


def calendar_text(*, uid: str, title: str, place: str, starts_at: datetime, ends_at: datetime,
                  stamp: datetime) -> str:  # fmt: skip
    """Return one event as an iCalendar file (RFC 5545), lines folded at 75 bytes."""
    lines = (
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Nuanxin//Bookings//ZH", "BEGIN:VEVENT",
        f"UID:{uid}", f"DTSTAMP:{_utc(stamp)}", f"DTSTART:{_utc(starts_at)}", f"DTEND:{_utc(ends_at)}",
        f"SUMMARY:{_escaped(title)}", f"LOCATION:{_escaped(place)}",
        "BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{_escaped(title)}", "TRIGGER:-PT2H",
        "END:VALARM", "END:VEVENT", "END:VCALENDAR",
    )  # fmt: skip
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    return re.sub(r"([\\;,])", r"\\\1", " ".join(text.split()))


def _folded(line: str) -> str:
    parts, part = [], ""
    for sign in line:
        if len((part + sign).encode()) > 73:
            parts.append(part)
            part = ""
        part += sign
    return "\r\n ".join([*parts, part])
