"""The search field of the bar: people and unions of one's scope, in one answer."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.desk.queries.searching import Found, search_desk
from nuanxin.kernel.actor import Actor
from nuanxin.orgs.queries import region_name

LONGEST = 60
_DIGITS_OF_A_NUMBER = 7


@requires("membership.list", "org_unit.manage")
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """Find by a name or a code; the number of a person is sent by POST and stays out of addresses."""
    actor: Actor = actor_of(request)
    is_sent = request.method == "POST"
    text = (request.POST if is_sent else request.GET).get("q", "").strip()[:LONGEST]
    may_be_a_person = sum(char.isdigit() for char in text) >= _DIGITS_OF_A_NUMBER
    if is_sent and not may_be_a_person:
        return HttpResponseRedirect(f"{reverse('desk-search')}?{urlencode({'q': text})}")
    found = search_desk(actor=actor, text=text, with_people=is_sent or not may_be_a_person)
    return render(request, "desk/search.html", _context(found, text))


def _context(found: Found, text: str) -> dict[str, Any]:
    count = len(found.members) + len(found.unions)
    return {
        "page_title": "想找谁、找哪家工会？"
        if not text
        else f"找到 {count} 项"
        if count
        else "没有找到",
        "is_asked": bool(text),
        "people_columns": [{"label": "姓名"}, {"label": "手机号"}, {"label": "工会"},
                           {"label": "状态"}],
        "people": [
            {
                "url": reverse("desk-member", args=[one.id]),
                "cells": [
                    {"text": one.name, "note": one.masked_identity},
                    one.masked_phone or "—",
                    {"text": one.union_name, "note": one.place},
                    one.state.label,
                ],
            }
            for one in found.members
        ],
        "people_url": f"{reverse('desk-members')}?{urlencode({'q': text})}"
        if found.has_more_members
        else "",
        "union_columns": [{"label": "工会"}, {"label": "类型"}, {"label": "在哪里"}],
        "unions": [
            {
                "url": reverse("desk-union", args=[one.code]),
                "cells": [
                    {"text": one.name, "note": one.code},
                    one.kind.label,
                    region_name(one.adcode, one.town_code),
                ],
            }
            for one in found.unions
        ],
    }  # fmt: skip


search_urls = [path("desk/search/", search, name="desk-search")]
