"""疑似重复 on the desk: two records of one person, merged with a choice per field, or told apart.

The machine only proposes. A merge is taken back from the same page for thirty days.
"""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nuanxin.access.permissions import requires
from nuanxin.kernel import clock
from nuanxin.kernel.errors import Malformed
from nuanxin.membership.queries.belongings import Standing, standings_of
from nuanxin.people import actions as people_actions
from nuanxin.people import queries as people
from nuanxin.people.states import MergeField, Side

_ORDER = ("first", "second")
_NAMES = {"first": "第一份", "second": "第二份"}


@requires("person.merge")
@require_GET
def duplicate_list(request: HttpRequest) -> HttpResponse:
    """List the pairs that look like one person, and the merges that can still be taken back."""
    actor = _actor(request)
    page = people.list_duplicates(actor=actor, cursor=request.GET.get("after", ""))
    merges = people.list_undoable_merges(actor=actor, now=clock.now())
    shown = {row.id for pair in page.items for row in (pair.first, pair.second)}
    stands = standings_of(shown)
    context = {
        "page_title": f"{len(page.items)} 对档案像是同一个人" if page.items else "没有疑似重复",
        "page_lead": "机器只提示，合不合由您定。合错了，30 天内能原样拆回来。",
        "columns": [
            {"label": "第一份"}, {"label": "第二份"}, {"label": "相同之处"},
            {"label": "会籍"}, {"label": "发现", "css": "nw"},
        ],
        "rows": [_pair_row(pair, stands) for pair in page.items],
        "next_url": f"?{urlencode({'after': page.next})}" if page.next else "",
        "merges": [_merge_row(merge) for merge in merges],
        "banner": _banner(request.GET.get("merged", ""), merges),
    }  # fmt: skip
    return render(request, "membership/duplicates/list.html", context)


@requires("person.merge")
@require_http_methods(["GET", "HEAD", "POST"])
def duplicate(request: HttpRequest, duplicate_id: int) -> HttpResponse:
    """Compare a pair; merge it with a choice per field, or say that these are two people."""
    actor, now = _actor(request), clock.now()
    pair = people.get_duplicate(duplicate_id, actor=actor)
    if request.method == "POST" and request.POST.get("do") == "different":
        people_actions.dismiss_duplicate(duplicate_id=pair.id, actor=actor, now=now)
        return HttpResponseRedirect(reverse("desk-duplicates"))
    if request.method == "POST":
        kept, folded, choices = _chosen(pair, request.POST)
        merge_id = people_actions.merge_workers(
            kept_id=kept.id, folded_id=folded.id, choices=choices, actor=actor, now=now
        )
        return HttpResponseRedirect(
            f"{reverse('desk-duplicates')}?{urlencode({'merged': merge_id})}"
        )
    stands = standings_of([pair.first.id, pair.second.id])
    kept_name = _proposed(pair, stands)
    context = {
        "page_title": f"{pair.first.name}和{pair.second.name}，是同一个人吗？"
        if pair.first.name != pair.second.name
        else f"两个{pair.first.name}，是同一个人吗？",
        "page_lead": "、".join(pair.sign_labels),
        "columns": [{"label": "资料"}, {"label": "第一份"}, {"label": "第二份"}],
        "rows": _compared(pair, stands),
        "questions": _questions(pair, kept_name),
        "is_own": actor.worker_id in (pair.first.id, pair.second.id),
        "crumbs": [{"label": "疑似重复", "url": reverse("desk-duplicates")}, {"label": "比对"}],
    }
    return render(request, "membership/duplicates/pair.html", context)


@requires("person.merge")
@require_POST
def merge_undo(request: HttpRequest, merge_id: int) -> HttpResponse:
    """Take a merge apart again; every link goes back where it was."""
    people_actions.undo_merge(merge_id=merge_id, actor=_actor(request), now=clock.now())
    return HttpResponseRedirect(reverse("desk-duplicates"))


# ---- inside -----------------------------------------------------------------------------------


def _actor(request: HttpRequest) -> Any:
    return request.actor  # type: ignore[attr-defined]


def _pair_row(pair: Any, stands: Mapping[int, Standing]) -> dict[str, Any]:
    return {
        "id": pair.id,
        "name": pair.first.name,
        "url": reverse("desk-duplicate", args=[pair.id]),
        "cells": [
            {"text": pair.first.name, "note": pair.first.masked_identity or "没有证件号"},
            {"text": pair.second.name, "note": pair.second.masked_identity or "没有证件号"},
            "、".join(pair.sign_labels),
            {"text": _stand(stands.get(pair.first.id)), "note": _stand(stands.get(pair.second.id))},
            str(clock.business_day(pair.found_at)),
        ],
    }


def _merge_row(merge: Any) -> dict[str, Any]:
    return {
        "id": merge.id,
        "text": f"{merge.folded.name}并入{merge.kept.name}（{merge.kept.masked_identity or '没有证件号'}）",
        "detail": f"{clock.business_day(merge.merged_at)} 合并，"
        f"{clock.business_day(merge.undo_until)} 前能拆开",
        "url": reverse("desk-merge-undo", args=[merge.id]),
        "name": merge.kept.name,
    }


def _banner(merged: str, merges: list[Any]) -> dict[str, str] | None:
    """Return what the page says right after a merge, with the way back."""
    for merge in merges:
        if str(merge.id) == merged:
            return {
                "text": f"合好了，留下的是{merge.kept.name}。",
                "detail": f"会籍、申请、同意都跟了过去。{clock.business_day(merge.undo_until)} 前能原样拆开。",
                "undo_url": reverse("desk-merge-undo", args=[merge.id]),
                "undo_label": "拆开",
            }
    return None


def _stand(standing: Standing | None) -> str:
    return f"{standing.union_name}，{standing.label}" if standing else "没有会籍"


def _proposed(pair: Any, stands: Mapping[int, Standing]) -> str:
    """Return the side to keep unless the officer says otherwise: the member, else the older one."""
    first, second = stands.get(pair.first.id), stands.get(pair.second.id)
    if bool(second and second.is_member) and not bool(first and first.is_member):
        return "second"
    if bool(first and first.is_member):
        return "first"
    return "first" if pair.first.created_at <= pair.second.created_at else "second"


def _compared(pair: Any, stands: Mapping[int, Standing]) -> list[dict[str, Any]]:
    both = (pair.first, pair.second)
    lines = [
        ("姓名", [row.name for row in both]),
        ("证件号", [row.masked_identity or "没有" for row in both]),
        ("出生", [f"{row.birth_on or '不详'}  {row.sex_label}".strip() for row in both]),
        ("手机号", [row.masked_phone or "没有" for row in both]),
        ("会籍", [_stand(stands.get(row.id)) for row in both]),
        ("核实程度", [row.assurance.label for row in both]),
        ("建档", [str(clock.business_day(row.created_at)) for row in both]),
    ]
    return [{"cells": [label, *values]} for label, values in lines]


def _questions(pair: Any, kept: str) -> list[dict[str, Any]]:
    """Return the choices of the form: which record stays, and each field from which one."""
    both = {"first": pair.first, "second": pair.second}
    values = {
        MergeField.NAME: {side: row.name for side, row in both.items()},
        MergeField.IDENTITY: {side: row.masked_identity for side, row in both.items()},
        MergeField.PHONE: {side: row.masked_phone for side, row in both.items()},
    }
    questions = [
        {
            "legend": "留下哪一份",
            "name": "keep",
            "hint": "会员卡号跟着留下的这一份。另一份的会籍、申请、同意都并过来。",
            "choices": _sides({side: _NAMES[side] for side in _ORDER}, kept),
        }
    ]
    for field in MergeField:
        has = [side for side in _ORDER if values[field][side]]
        chosen = kept if kept in has or not has else has[0]
        shown = {side: f"{values[field][side] or '没有'}（{_NAMES[side]}）" for side in _ORDER}
        questions.append(
            {
                "legend": f"{field.label}用哪个",
                "name": field.value,
                "hint": "",
                "choices": _sides(shown, chosen),
            }
        )
    return questions


def _sides(labels: dict[str, str], chosen: str) -> list[dict[str, Any]]:
    return [
        {"value": side, "label": label, "is_chosen": side == chosen}
        for side, label in labels.items()
    ]


def _chosen(pair: Any, posted: Any) -> tuple[Any, Any, dict[str, str]]:
    """Return the record that stays, the one that is folded, and a side for each field."""
    asked = {
        name: posted.get(name, "") for name in ("keep", *(field.value for field in MergeField))
    }
    if any(value not in _ORDER for value in asked.values()):
        raise Malformed("people.merge_choice", "请为每一项选定留下哪一份的内容。")
    kept, folded = (
        (pair.first, pair.second) if asked["keep"] == "first" else (pair.second, pair.first)
    )
    choices = {
        field.value: str(Side.KEPT if asked[field.value] == asked["keep"] else Side.FOLDED)
        for field in MergeField
    }
    return kept, folded, choices
