"""服务项目 at the desk: list, a new offer from a definition, its pools, its draw, who has places."""

import csv
import io
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nuanxin.access.pages.asking import actor_of
from nuanxin.access.permissions import requires
from nuanxin.kernel import clock, policy
from nuanxin.kernel.errors import NotFound, Refusal
from nuanxin.kernel.parameters import NATION, parameter
from nuanxin.kernel.text import whole_number
from nuanxin.orgs import queries as orgs
from nuanxin.programmes import permissions
from nuanxin.programmes.actions import awarding, exporting, offers
from nuanxin.programmes.forms.offers import OfferForm, SeedForm, ValueForm
from nuanxin.programmes.pages import words
from nuanxin.programmes.queries import desk as queries
from nuanxin.programmes.queries.definitions import (
    definition_of,
    find_definition,
    list_definitions,
)
from nuanxin.programmes.queries.finding import count_reminders
from nuanxin.programmes.queries.rule_texts import rule_of
from nuanxin.programmes.queries.rule_versions import list_begun_rules
from nuanxin.programmes.rules.definition_faults import Period
from nuanxin.programmes.states import Kind, OfferState, Way

_METHODS = ["GET", "HEAD", "POST"]
_ACTS = {
    "publish": offers.publish_offer,
    "close": offers.close_offer,
    "cancel": offers.cancel_offer,
    "award": awarding.award_by_points,
    "post": awarding.post_claimed,
}


@requires("programme.view")
@require_GET
def offer_list(request: HttpRequest) -> HttpResponse:
    """List the offers below one's unions, the latest first."""
    actor = actor_of(request)
    after = request.GET.get("after", "")
    known = whole_number(after)
    rows, following = queries.list_desk_offers(actor=actor, after=known)
    context = {
        "page_title": "服务项目",
        "page_lead": "体检、疗休养、培训、慰问……定好谁能报、名额怎么给，发布以后会员就能在手机上报。",
        "columns": [
            {"label": "哪一期"}, {"label": "主办"}, {"label": "名额怎么给", "css": "nw"},
            {"label": "名额", "css": "num"}, {"label": "给出", "css": "num"},
            {"label": "报名到", "css": "nw"}, {"label": "状态"},
        ],
        "rows": [_row(row) for row in rows],
        "next_url": f"?{urlencode({'after': following})}" if following else "",
        "new_url": reverse("desk-offer-kinds") if policy.holds(actor, permissions.MANAGE) else "",
    }  # fmt: skip
    return render(request, "programmes/desk/list.html", context)


@requires("programme.manage")
@require_GET
def offer_kinds(request: HttpRequest) -> HttpResponse:
    """Choose what an offer is of: every definition that is there."""
    actor, today = actor_of(request), clock.business_day(clock.now())
    paths = policy.scope_paths(actor, permissions.MANAGE)
    offered = [
        known.definition
        for known in list_definitions(today)
        if known.definition.is_offered(today) and any(known.is_near(path) for path in paths)
    ]
    context = {
        "page_title": "办哪一种",
        "page_lead": "谁能报、要带什么、名额能怎么给，都写在定义里。没有要的，新定一项，不用改程序。",
        "definitions_url": reverse("desk-definitions"),
        "columns": [
            {"label": "名称"}, {"label": "给什么"}, {"label": "名额怎么给"}, {"label": "依据"},
        ],
        "rows": [
            {
                "id": one.code,
                "name": one.title,
                "url": f"{reverse('desk-offer-new')}?{urlencode({'of': one.code})}",
                "cells": [
                    {"text": one.title, "note": one.season or one.kind.label},
                    one.gives,
                    "、".join(way.label for way in one.ways),
                    {"text": one.source, "note": f"{one.checked_on} 核对"},
                ],
            }
            for one in offered
        ],
        "crumbs": _crumbs("新的一期"),
    }  # fmt: skip
    return render(request, "programmes/desk/kinds.html", context)


@requires("programme.manage")
@require_http_methods(_METHODS)
def offer_new(request: HttpRequest) -> HttpResponse:
    """Draft an offer; first see how the places would be shared, each step in words."""
    actor, now = actor_of(request), clock.now()
    known = find_definition(request.GET.get("of", "")[:60], clock.business_day(now))
    if known is None:
        return HttpResponseRedirect(reverse("desk-offer-kinds"))
    defined = known.definition
    begun = list_begun_rules(clock.business_day(now))
    rules = [(one.code, rule_of(one.text).title) for one in begun]
    initial = _initial(actor, defined, now)
    form = OfferForm(request.POST or None, definition=defined, rules=rules, initial=initial)
    split = None
    if request.method == "POST" and form.is_valid():
        try:
            union = orgs.get_union_by_code(form.cleaned_data["union"])
            split = offers.preview_split(form.draft())
            if request.POST.get("do") == "create":
                made = offers.create_offer(
                    draft=form.draft(), union_id=union.id, actor=actor, now=now
                )
                return HttpResponseRedirect(reverse("desk-offer", args=[made.id]))
        except NotFound:
            form.add_error("union", "没有找到这家工会，或者不在您的范围里。")
        except Refusal as refusal:
            form.add_error(None, refusal.message)
    context = {
        "page_title": defined.title,
        "page_lead": f"{defined.gives}。依据：{defined.source}。",
        "form": form,
        "has_rules": bool(rules),
        "split": split,
        "split_rows": _split_rows(form, split) if split else [],
        "split_columns": _SPLIT_COLUMNS,
        "crumbs": _crumbs(defined.title),
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "programmes/desk/new.html", context, status=status)


@requires("programme.view")
@require_GET
def offer(request: HttpRequest, offer_id: int) -> HttpResponse:
    """Show an offer: what it is, its pools with proof, what can be done now."""
    return _offer_page(request, offer_id)


def _offer_page(
    request: HttpRequest, offer_id: int, *, problem: str = "", status: int = 200
) -> HttpResponse:
    found = queries.get_desk_offer(offer_id, actor=actor_of(request))
    row = found.row
    context = {
        "page_title": row.title,
        "page_lead": f"{row.union_name}，{row.way.label}，报名到 {words.moment(row.closes_at)}。",
        "offer": found,
        "facts": [{"label": "状态", "value": row.state.label}, *words.facts_of(row)],
        "pool_columns": [*_SPLIT_COLUMNS, {"label": "给出", "css": "num"}, {"label": "候补", "css": "num"}],
        "pool_rows": [_pool_row(pool) for pool in found.pools],
        "reminder_rows": words.reminder_facts(count_reminders(offer_id)),
        "problem": problem,
        "acts": _acts(found, clock.now()),
        "act_url": reverse("desk-offer-act", args=[offer_id]),
        "draw_url": reverse("desk-offer-draw", args=[offer_id]) if row.way is Way.DRAW else "",
        "awards_url": reverse("desk-offer-awards", args=[offer_id]),
        "notices_url": reverse("desk-notices") if row.state is OfferState.PUBLICITY else "",
        "places_url": reverse("desk-offer-places", args=[offer_id])
        if row.state in (OfferState.OPEN, OfferState.CLOSED, OfferState.AWARDED) and row.way is not Way.SLOT
        else "",
        "points_url": reverse("desk-offer-points", args=[offer_id])
        if row.way in (Way.SCORE, Way.NEED)
        else "",
        "sessions_url": reverse("desk-sessions", args=[offer_id]),
        "deliveries_url": reverse("desk-offer-deliveries", args=[offer_id]),
        "certificates_url": reverse("desk-certificates", args=[offer_id])
        if (defined := definition_of(offer_id)) and defined.certificate_percent
        else "",
        "contest_url": reverse("desk-offer-contest", args=[offer_id])
        if row.kind is Kind.CONTEST and found.may_manage
        else "",
        "public_url": "" if row.state is OfferState.DRAFT else reverse("offer", args=[row.code]),
        "crumbs": _crumbs(row.title),
    }  # fmt: skip
    return render(request, "programmes/desk/offer.html", context, status=status)


@requires("programme.manage")
@require_POST
def offer_act(request: HttpRequest, offer_id: int) -> HttpResponse:
    """Publish, close, cancel, award by points, or post who took a place."""
    queries.get_desk_offer(offer_id, actor=actor_of(request))
    act = _ACTS.get(request.POST.get("do", ""))
    if act is None:
        return _offer_page(request, offer_id, problem="没看清要做哪一步，再点一下。", status=422)
    try:
        act(offer_id=offer_id, actor=actor_of(request), now=clock.now())
    except NotFound:
        raise
    except Refusal as refusal:
        return _offer_page(request, offer_id, problem=refusal.message, status=refusal.status)
    return HttpResponseRedirect(reverse("desk-offer", args=[offer_id]))


@requires("programme.manage")
@require_http_methods(_METHODS)
def offer_draw(request: HttpRequest, offer_id: int) -> HttpResponse:
    """Commit the list, then draw with the value that came out; both are told to everybody."""
    actor, now = actor_of(request), clock.now()
    found = queries.get_desk_offer(offer_id, actor=actor)
    if found.row.way is not Way.DRAW:
        raise NotFound()
    step = request.POST.get("do", "") if request.method == "POST" else ""
    seed = SeedForm(request.POST if step == "commit" else None)
    value = ValueForm(request.POST if step == "run" else None)
    problem, status = "", 200
    try:
        if step == "commit" and seed.is_valid():
            awarding.commit_draw(offer_id=offer_id, seed=seed.seed(), actor=actor, now=now)
            return HttpResponseRedirect(request.path)
        if step == "run" and value.is_valid():
            awarding.run_draw(
                offer_id=offer_id,
                value=value.cleaned_data["value"] or None,
                revealed=value.numbers(),
                actor=actor,
                now=now,
            )
            return HttpResponseRedirect(request.path)
    except Refusal as refusal:
        problem, status = refusal.message, refusal.status
    if request.method == "POST" and status == 200:
        status = 422
    context = {
        "page_title": f"抽签：{found.row.title}",
        "page_lead": f"{found.row.places:,} 个名额，{found.row.applicants:,} 人报名。",
        "draw": found.draw,
        "seed_words": _seed_words(found.draw),
        "is_sealed": bool(found.draw and found.draw.committed["seed"].get("sealed")),
        "winners": len(found.draw.done["result"]["winners"])
        if found.draw and found.draw.done
        else 0,
        "seed": seed,
        "value": value,
        "problem": problem,
        "file_url": reverse("offer-draw", args=[found.row.code]),
        "script_url": reverse("draw-script"),
        "awards_url": reverse("desk-offer-awards", args=[offer_id]),
        "crumbs": _crumbs(found.row.title, reverse("desk-offer", args=[offer_id]), "抽签"),
    }
    return render(request, "programmes/desk/draw.html", context, status=status)


@requires("programme.view")
@require_GET
def offer_awards(request: HttpRequest, offer_id: int) -> HttpResponse:
    """List who has a place, in the order of the places."""
    found = queries.get_desk_offer(offer_id, actor=actor_of(request))
    after = request.GET.get("after", "")
    known = whole_number(after, longest=8)
    rows, following = queries.list_awards(offer_id, after=-1 if known is None else known)
    context = {
        "page_title": f"谁有名额：{found.row.title}",
        "page_lead": f"共 {found.row.places:,} 个名额，还有 {found.row.waiting:,} 人候补。",
        "columns": [{"label": label} for label in exporting.COLUMNS],
        "rows": [
            {"id": row.number, "name": row.name, "url": reverse("desk-offer-basis", args=[offer_id, row.basis_of]) if row.basis_of else "", "cells": [c or {"text": "—", "css": "none"} for c in exporting.cells(row)]}
            for row in rows
        ],
        "next_url": f"?{urlencode({'after': following})}" if following is not None else "",
        "export_url": reverse("desk-offer-export", args=[offer_id]) if found.may_export else "",
        "crumbs": _crumbs(found.row.title, reverse("desk-offer", args=[offer_id]), "名单"),
    }  # fmt: skip
    return render(request, "programmes/desk/awards.html", context)


@requires("programme.export")
@require_POST
def offer_export(request: HttpRequest, offer_id: int) -> HttpResponse:
    """Give the list as CSV, masked; what for is asked and kept."""
    try:
        rows = exporting.export_awards(
            offer_id=offer_id,
            purpose=request.POST.get("purpose", ""),
            actor=actor_of(request),
            now=clock.now(),
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return _offer_page(request, offer_id, problem=refusal.message, status=refusal.status)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(exporting.COLUMNS)
    writer.writerows(exporting.safe_cells(row) for row in rows)
    answer = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="awards-{offer_id}.csv"'
    return answer


# ---- inside -----------------------------------------------------------------------------------

_SPLIT_COLUMNS = [
    {"label": "哪一份"}, {"label": "名额", "css": "num"}, {"label": "其中定向", "css": "num"},
]  # fmt: skip


def _crumbs(*more: str) -> list[dict[str, str]]:
    crumbs = [{"label": "服务项目", "url": reverse("desk-offers")}]
    if len(more) == 3:
        return [*crumbs, {"label": more[0], "url": more[1]}, {"label": more[2]}]
    return [*crumbs, {"label": more[0]}]


def _row(row: queries.DeskRow) -> dict[str, Any]:
    is_open = row.state is OfferState.OPEN
    return {
        "id": row.id,
        "name": row.title,
        "url": reverse("desk-offer", args=[row.id]),
        "cells": [
            row.title,
            row.union_name,
            row.way.label,
            {"text": f"{row.places:,} 个", "css": "num"},
            {"text": f"给出 {row.taken:,}" if row.taken else "还没给", "css": "num"},
            f"{words.day(row.closes_at)}止",
            {"text": row.state.label, "state": "ok" if is_open else "off"},
        ],
    }


def _pool_row(pool: queries.PoolRow) -> dict[str, Any]:
    numbers = (pool.places, pool.directed, pool.taken, pool.waiting)
    families = f"其中 {pool.families:,} 家一起等" if pool.families else ""
    cells: list[Any] = [pool.label, *({"text": f"{n:,}", "css": "num"} for n in numbers)]
    cells[-1]["note"] = families
    return {"cells": cells}


def _split_rows(form: OfferForm, split: Any) -> list[dict[str, Any]]:
    labels = [pool.label for pool in form.cleaned_data["pools"]] or ["全部"]
    return [
        {"cells": [label, {"text": f"{n:,}", "css": "num"}, {"text": f"{d:,}", "css": "num"}]}
        for label, n, d in zip(labels, split.places, split.directed, strict=True)
    ]


def _acts(found: queries.DeskOffer, now: Any) -> list[dict[str, str]]:
    """Return what can be done with the offer now: the main thing first."""
    if not found.may_manage:
        return []
    state, way = found.row.state, found.row.way
    acts = []
    if state is OfferState.DRAFT:
        acts.append({"do": "publish", "label": "发布", "kind": "go"})
    if state is OfferState.OPEN:
        acts.append({"do": "close", "label": "结束报名", "kind": ""})
    is_over = state is OfferState.CLOSED or now >= found.row.closes_at
    if way in (Way.SCORE, Way.NEED) and is_over and state in (OfferState.OPEN, OfferState.CLOSED):
        label = "定名额，先公示" if found.row.publicity_days else "定名额"
        acts.insert(0, {"do": "award", "label": label, "kind": "go"})
    posts = way.is_at_once and found.row.publicity_days
    if posts and is_over and state in (OfferState.OPEN, OfferState.CLOSED):
        acts.insert(0, {"do": "post", "label": "公示名单", "kind": "go"})
    if state in (OfferState.DRAFT, OfferState.OPEN, OfferState.CLOSED):
        acts.append({"do": "cancel", "label": "取消这一期", "kind": ""})
    return acts


def _seed_words(draw: Any) -> str:
    if draw is None:
        return ""
    seed = draw.committed["seed"]
    sealed = seed.get("sealed")
    return "、".join(one["name"] for one in sealed) + "封存的数" if sealed else seed["public"]


def _initial(actor: Any, defined: Any, now: Any) -> dict[str, Any]:
    paths = policy.scope_paths(actor, permissions.MANAGE)
    own = int(paths[0].rstrip("/").rsplit("/", 1)[-1]) if paths and paths[0] != "/" else None
    today = clock.business_day(now)
    union = orgs.get_union(own) if own else None
    place = f"{union.adcode:06d}" if union else NATION
    share = parameter("programmes.directed_permille", adcode=place, on=today).value
    return {
        "title": f"{today.year} 年{defined.title}"
        if defined.period is Period.YEARLY
        else defined.title,
        "union": union.code if union else "",
        "places": defined.places or None,
        "opens_on": today,
        "directed_permille": share if defined.directed else 0,
    }
