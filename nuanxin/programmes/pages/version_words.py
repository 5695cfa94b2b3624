"""How versions are told at the desk, whatever their text is: state, span, who and when, what differs."""

from datetime import date, datetime
from typing import Any

from nuanxin.kernel.clock import SHANGHAI
from nuanxin.programmes.models.versions import TextVersion
from nuanxin.programmes.rules.rule_changes import Line
from nuanxin.programmes.states import VersionState

COLUMNS = [
    {"label": "哪一版"},
    {"label": "状态"},
    {"label": "什么时候用", "css": "nw"},
    {"label": "谁起草"},
    {"label": "谁复核"},
]
_STATES = {VersionState.DRAFT: "care", VersionState.SUBMITTED: "care", VersionState.RELEASED: "ok"}


def version_row(
    version: TextVersion, today: date, *, name: dict[str, str], why: str
) -> dict[str, Any]:
    """Return a line of the versions of a text, by ``COLUMNS``; ``why`` it was revoked, else ""."""
    text, kind = _standing(version, today)
    return {
        "cells": [
            {"text": f"第 {version.number} 版"} | name,
            {"text": text, "state": kind, "note": why},
            {"text": span(version), "css": "nw"},
            {"text": version.drafted_by_name, "note": moment(version.drafted_at)},
            {"text": version.released_by_name or "—", "note": moment(version.released_at)},
        ]
    }


def _standing(version: TextVersion, today: date) -> tuple[str, str]:
    """Return where a version stands on a day in a word, and how that looks."""
    state = VersionState(version.state)
    if state is not VersionState.RELEASED or version.valid_from is None:
        return state.label, _STATES.get(state, "off")
    if version.valid_to is not None and version.valid_to < today:
        return "以前用的", "off"
    return ("要用的", "care") if version.valid_from > today else ("在用", "ok")


def being_changed(working: TextVersion | None, coming: TextVersion | None) -> dict[str, str]:
    """Return the cell of a list that says who is changing a text, or from when the next one counts."""
    if working is not None:
        label = f"第 {working.number} 版{VersionState(working.state).label}"
        return {"text": label, "note": working.drafted_by_name, "state": "care"}
    if coming is not None:
        return {"text": f"第 {coming.number} 版 {coming.valid_from} 起", "state": "off"}
    return {"text": "没有在改的", "css": "mute"}


def span(version: TextVersion) -> str:
    """Return 2027-01-01 起, or from when until when."""
    if version.valid_from is None:
        return "—"
    if version.state == VersionState.REVOKED:
        return f"原定 {version.valid_from} 起"
    return f"{version.valid_from} 起" + (f"，到 {version.valid_to}" if version.valid_to else "")


def moment(at: datetime | None) -> str:
    """Return 2026-11-27 18:00, "" for None."""
    return "" if at is None else f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def changed_rows(lines: list[Line]) -> list[dict[str, str]]:
    """Return the lines of a comparison with their marks."""
    return [{"mark": line.mark.value, "word": line.mark.label, "text": line.text} for line in lines]
